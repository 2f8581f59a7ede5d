//! The reject file: rows as they were, with the reasons. Correct it and import it again with the
//! same mapping; its extra columns are not looked at.

use std::fs::File;
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::Path;

use domain::problem::Problem;

use super::cell::guarded;
use super::table::Row;

/// The columns that are added: codes, places and sentences, and where the row stood.
pub(super) const ADDED: [&str; 4] = ["alasan_kode", "alasan_tempat", "alasan", "alasan_baris"];

/// A mark by which spreadsheets know UTF-8.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// A sentence for a problem, in the reader's language.
pub type Say<'a> = &'a (dyn Fn(&Problem) -> String + Send + Sync);

/// A reject file being written.
pub(super) struct Rejects {
    writer: csv::Writer<BufWriter<File>>,
}

impl Rejects {
    /// Begins a file, or goes on with one whose first `keep_bytes` are right.
    pub(super) fn open(path: &Path, header: &[String], keep_bytes: u64) -> std::io::Result<Self> {
        let mut file = File::options().create(true).write(true).truncate(false).open(path)?;
        file.set_len(keep_bytes)?;
        file.seek(SeekFrom::End(0))?;
        if keep_bytes == 0 {
            file.write_all(BOM)?;
        }
        let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(BufWriter::new(file));
        if keep_bytes == 0 {
            let names = header.iter().map(String::as_str).filter(|name| !ADDED.contains(name));
            writer.write_record(
                names
                    .map(guarded)
                    .map(|name| name.into_owned())
                    .chain(ADDED.iter().map(|name| (*name).to_owned())),
            )?;
        }
        Ok(Self { writer })
    }

    /// Adds a row.
    pub(super) fn add(
        &mut self,
        header: &[String],
        row: &Row,
        problems: &[Problem],
        say: Say<'_>,
    ) -> std::io::Result<()> {
        let own = header.iter().enumerate().filter(|(_, name)| !ADDED.contains(&name.as_str()));
        for (at, _) in own {
            let text = row.cells.get(at).map_or("", super::table::Cell::text);
            // What was guarded already is kept as it is.
            let text = guarded(super::cell::unguarded(text));
            self.writer.write_field(text.as_bytes())?;
        }
        let joined = |texts: Vec<String>| texts.join("; ");
        self.writer.write_field(joined(problems.iter().map(|p| p.code.clone()).collect()))?;
        let places = problems.iter().filter_map(|problem| problem.at.clone()).collect();
        self.writer.write_field(guarded(&joined(places)).as_bytes())?;
        let sentences = problems.iter().map(say).collect::<Vec<_>>().join(" ");
        self.writer.write_field(guarded(&sentences).as_bytes())?;
        self.writer.write_field(row.number.to_string())?;
        self.writer.write_record(None::<&[u8]>)?;
        Ok(())
    }

    /// Makes what was added last, and says how long the file is.
    pub(super) fn flush(&mut self) -> std::io::Result<u64> {
        self.writer.flush()?;
        let file = self.writer.get_ref().get_ref();
        file.sync_data()?;
        Ok(file.metadata()?.len())
    }
}
