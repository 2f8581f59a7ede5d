//! What a file is, by its own bytes: what it is said to be is not trusted.

use std::io::Cursor;

/// The kinds of file that are taken. No SVG and no HTML: a browser would run what is in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Media {
    Jpeg,
    Png,
    Webp,
    Pdf,
    Csv,
    Xlsx,
}

impl Media {
    const ALL: [Self; 6] = [Self::Jpeg, Self::Png, Self::Webp, Self::Pdf, Self::Csv, Self::Xlsx];

    /// The kind of a file. CSV has no mark of its own: text that is said to be CSV is.
    pub(crate) fn sniff(bytes: &[u8], said: &str) -> Option<Self> {
        match bytes {
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::Webp),
            [b'%', b'P', b'D', b'F', b'-', ..] => Some(Self::Pdf),
            [b'P', b'K', 3, 4, ..] => is_workbook(bytes).then_some(Self::Xlsx),
            _ if said.split(';').next() == Some("text/csv") => is_table(bytes).then_some(Self::Csv),
            _ => None,
        }
    }

    /// The kind with this media type.
    pub(crate) fn of(media_type: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|media| media.as_str() == media_type)
    }

    /// Its media type.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
            Self::Pdf => "application/pdf",
            Self::Csv => "text/csv",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }

    /// The end of its file name.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Webp => "webp",
            Self::Pdf => "pdf",
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
        }
    }

    /// It can be looked at in a page.
    pub(crate) fn is_image(self) -> bool {
        match self {
            Self::Jpeg | Self::Png | Self::Webp => true,
            Self::Pdf | Self::Csv | Self::Xlsx => false,
        }
    }
}

/// A workbook without macros. Just the list of what is packed is read, nothing is unpacked.
fn is_workbook(bytes: &[u8]) -> bool {
    let Ok(archive) = zip::ZipArchive::new(Cursor::new(bytes)) else { return false };
    let has = |name: &str| archive.index_for_name(name).is_some();
    has("[Content_Types].xml") && has("xl/workbook.xml") && !has("xl/vbaProject.bin")
}

/// Lines of text that no browser takes for a page.
fn is_table(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let text = text.trim_start_matches('\u{feff}');
    let control = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    !text.trim_start().starts_with('<') && !text.contains(control)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workbook(names: &[&str]) -> Vec<u8> {
        let mut file = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for name in names {
            file.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        }
        file.finish().unwrap().into_inner()
    }

    #[test]
    fn a_file_is_what_its_bytes_say() {
        let check = |bytes: &[u8], said, is| assert_eq!(Media::sniff(bytes, said), is, "{said}");
        check(b"\xff\xd8\xff\xe0rest", "text/html", Some(Media::Jpeg));
        check(b"\x89PNG\r\n\x1a\nrest", "image/jpeg", Some(Media::Png));
        check(b"RIFF\0\0\0\0WEBPVP8 ", "", Some(Media::Webp));
        check(b"%PDF-1.7", "", Some(Media::Pdf));
        check(
            "kode;nama\n21;Kepulauan Riau\n".as_bytes(),
            "text/csv; charset=utf-8",
            Some(Media::Csv),
        );
        check(b"kode,nama\n", "text/plain", None);
        check(b"\xef\xbb\xbf <html>", "text/csv", None);
        check(b"a,\0b", "text/csv", None);
        check(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml", None);
        check(b"<!doctype html>", "image/jpeg", None);
        check(b"GIF89a", "image/gif", None);
        check(b"MZ\x90\0", "application/pdf", None);
        check(b"", "text/csv", Some(Media::Csv));
        let book = ["[Content_Types].xml", "xl/workbook.xml"];
        check(&workbook(&book), "", Some(Media::Xlsx));
        check(&workbook(&[&book[..], &["xl/vbaProject.bin"]].concat()), "", None);
        check(&workbook(&["word/document.xml"]), "", None);
        check(b"PK\x03\x04", "", None);
        for media in Media::ALL {
            assert_eq!(Media::of(media.as_str()), Some(media));
        }
    }
}
