//! Rows of a file, CSV or XLSX, one after the other.

use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::{Path, PathBuf};

use calamine::{DataRef, Reader, Xlsx};
use domain::limits::{
    IMPORT_CELL_BYTES_MAX, IMPORT_COLUMNS_MAX, IMPORT_FILE_BYTES_MAX, IMPORT_ROWS_MAX,
    IMPORT_UNPACKED_BYTES_MAX,
};
use thiserror::Error;

use super::mapping::FileOptions;

/// Why a file can't be read.
#[derive(Debug, Error)]
pub enum FileError {
    /// It can't be opened.
    #[error("cannot read `{}`", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It is larger than the limit.
    #[error("the file is larger than {max} bytes")]
    TooLarge {
        /// The limit.
        max: u64,
    },
    /// It has more rows than the limit.
    #[error("the file has more than {max} rows")]
    TooManyRows {
        /// The limit.
        max: usize,
    },
    /// It has more columns than the limit.
    #[error("the file has more than {max} columns")]
    TooManyColumns {
        /// The limit.
        max: usize,
    },
    /// It has no row with the names of its columns.
    #[error("the file has no row {row} with the names of its columns")]
    NoHeader {
        /// The row where they should be.
        row: usize,
    },
    /// Two columns have one name.
    #[error("two columns are named `{name}`")]
    ColumnTwice {
        /// The name.
        name: String,
    },
    /// It is no XLSX workbook.
    #[error("the file is no workbook that can be read")]
    Workbook,
    /// The workbook has no such sheet.
    #[error("the workbook has no sheet `{sheet}`; it has {}", has.join(", "))]
    NoSheet {
        /// The sheet asked for.
        sheet: String,
        /// Those that it has.
        has: Vec<String>,
    },
}

/// A cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Cell {
    #[default]
    Empty,
    Text(String),
    /// A workbook's number, with `.` before its decimals.
    Number(String),
    /// A workbook's date, as `2021-01-08`.
    Date(String),
    Bool(bool),
    /// A workbook's error, such as `#REF!`; a text that isn't UTF-8; a text that is too long.
    Fault(String),
}

impl Cell {
    /// The cell as the file shows it.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Empty => "",
            Self::Text(text) | Self::Number(text) | Self::Date(text) | Self::Fault(text) => text,
            Self::Bool(true) => "true",
            Self::Bool(false) => "false",
        }
    }
}

/// A row.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Row {
    /// The line of a CSV file, or the row of a sheet, from 1.
    pub(super) number: u64,
    pub(super) cells: Vec<Cell>,
}

/// What a reading file gives, in order: its columns, then its rows.
#[derive(Debug)]
pub(super) enum Item {
    Header(Vec<String>),
    Row(Row),
}

/// Takes what is read; `false` stops.
pub(super) type Take<'a> = &'a mut dyn FnMut(Item) -> bool;

/// Reads a file to its end, or until told to stop.
pub(super) fn read(path: &Path, options: &FileOptions, take: Take<'_>) -> Result<(), FileError> {
    let io = |source| FileError::Io { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(io)?;
    if file.metadata().map_err(io)?.len() > IMPORT_FILE_BYTES_MAX {
        return Err(FileError::TooLarge { max: IMPORT_FILE_BYTES_MAX });
    }
    let mut start = Vec::new();
    file.by_ref().take(4).read_to_end(&mut start).map_err(io)?;
    file.rewind().map_err(io)?;
    let mut rows = Rows { header_row: options.header_row.unwrap_or(1), read: 0, columns: 0, take };
    if start.starts_with(b"PK\x03\x04") {
        workbook(file, options.sheet.as_deref(), &mut rows)?;
    } else {
        let delimiter = options.delimiter.and_then(|c| u8::try_from(c).ok());
        let delimiter = match delimiter {
            Some(delimiter) => delimiter,
            None => guess_delimiter(&mut file).map_err(io)?,
        };
        csv(file, delimiter, &mut rows).map_err(|error| match error {
            CsvEnd::File(error) => error,
            CsvEnd::Io(source) => io(source),
        })?;
    }
    if rows.columns == 0 {
        return Err(FileError::NoHeader { row: rows.header_row });
    }
    Ok(())
}

/// Rows on their way to whoever takes them.
struct Rows<'a> {
    header_row: usize,
    read: usize,
    columns: usize,
    take: Take<'a>,
}

impl Rows<'_> {
    /// Passes a row on; `false` stops.
    fn push(&mut self, mut row: Row) -> Result<bool, FileError> {
        while row.cells.last() == Some(&Cell::Empty) {
            row.cells.pop();
        }
        if row.cells.is_empty() {
            return Ok(true);
        }
        if row.cells.len() > IMPORT_COLUMNS_MAX {
            return Err(FileError::TooManyColumns { max: IMPORT_COLUMNS_MAX });
        }
        self.read += 1;
        if self.read < self.header_row {
            return Ok(true);
        }
        if self.read - self.header_row > IMPORT_ROWS_MAX {
            return Err(FileError::TooManyRows { max: IMPORT_ROWS_MAX });
        }
        if self.read == self.header_row {
            let names: Vec<String> =
                row.cells.iter().map(|cell| cell.text().trim().to_owned()).collect();
            for (at, name) in names.iter().enumerate() {
                if !name.is_empty() && names[..at].contains(name) {
                    return Err(FileError::ColumnTwice { name: name.clone() });
                }
            }
            self.columns = names.len();
            return Ok((self.take)(Item::Header(names)));
        }
        if row.cells.len() < self.columns {
            row.cells.resize(self.columns, Cell::Empty);
        }
        Ok((self.take)(Item::Row(row)))
    }
}

/// The sign that stands most often in the first line, outside quotes.
fn guess_delimiter(file: &mut File) -> std::io::Result<u8> {
    let mut start = Vec::new();
    file.by_ref().take(64 * 1024).read_to_end(&mut start)?;
    file.rewind()?;
    let mut counts = [(b',', 0_usize), (b';', 0), (b'\t', 0)];
    let mut quoted = false;
    for byte in start {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => break,
            _ if !quoted => {
                counts.iter_mut().filter(|(sign, _)| *sign == byte).for_each(|(_, n)| *n += 1);
            }
            _ => {}
        }
    }
    let best = counts.iter().rev().max_by_key(|(_, count)| *count);
    Ok(best.map_or(b',', |(sign, _)| *sign))
}

enum CsvEnd {
    File(FileError),
    Io(std::io::Error),
}

impl From<FileError> for CsvEnd {
    fn from(error: FileError) -> Self {
        Self::File(error)
    }
}

fn csv(file: File, delimiter: u8, rows: &mut Rows<'_>) -> Result<(), CsvEnd> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .has_headers(false)
        .from_reader(BufReader::new(file));
    let mut record = csv::ByteRecord::new();
    let mut first = true;
    while reader.read_byte_record(&mut record).map_err(|error| CsvEnd::Io(error.into()))? {
        let number = record.position().map_or(0, csv::Position::line);
        let mut cells: Vec<Cell> = record.iter().map(text_cell).collect();
        if let (true, Some(Cell::Text(text))) = (first, cells.first_mut()) {
            *text = text.trim_start_matches('\u{feff}').to_owned();
        }
        first = false;
        if !rows.push(Row { number, cells })? {
            break;
        }
    }
    Ok(())
}

fn text_cell(bytes: &[u8]) -> Cell {
    if bytes.is_empty() {
        return Cell::Empty;
    }
    if bytes.len() > IMPORT_CELL_BYTES_MAX {
        return Cell::Fault(format!("> {IMPORT_CELL_BYTES_MAX} B"));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Cell::Text(text.to_owned()),
        Err(_) => Cell::Fault(String::from_utf8_lossy(bytes).into_owned()),
    }
}

/// Refuses a zip that unpacks to more than the limit.
fn check_unpacked(file: &File) -> Result<(), FileError> {
    let copy = file.try_clone().map_err(|_| FileError::Workbook)?;
    let mut zip = zip::ZipArchive::new(BufReader::new(copy)).map_err(|_| FileError::Workbook)?;
    let mut left = IMPORT_UNPACKED_BYTES_MAX;
    for index in 0..zip.len() {
        let part = zip.by_index(index).map_err(|_| FileError::Workbook)?;
        let unpacked = std::io::copy(&mut part.take(left + 1), &mut std::io::sink());
        let unpacked = unpacked.map_err(|_| FileError::Workbook)?;
        left = left
            .checked_sub(unpacked)
            .ok_or(FileError::TooLarge { max: IMPORT_UNPACKED_BYTES_MAX })?;
    }
    Ok(())
}

fn workbook(mut file: File, sheet: Option<&str>, rows: &mut Rows<'_>) -> Result<(), FileError> {
    check_unpacked(&file)?;
    file.rewind().map_err(|_| FileError::Workbook)?;
    let mut book: Xlsx<_> =
        Xlsx::new(BufReader::new(file)).map_err(|_: calamine::XlsxError| FileError::Workbook)?;
    let has = book.sheet_names();
    let name = match sheet {
        Some(sheet) => has.iter().find(|name| name.as_str() == sheet),
        None => has.first(),
    };
    let Some(name) = name.cloned() else {
        return Err(FileError::NoSheet { sheet: sheet.unwrap_or_default().to_owned(), has });
    };
    let mut cells = book.worksheet_cells_reader(&name).map_err(|_| FileError::Workbook)?;
    let mut row = Row::default();
    loop {
        let cell = cells.next_cell().map_err(|_| FileError::Workbook)?;
        let place = cell.as_ref().map(calamine::Cell::get_position);
        let number = place.map(|(number, _)| u64::from(number) + 1);
        if number != Some(row.number) {
            if row.number > 0 && !rows.push(std::mem::take(&mut row))? {
                return Ok(());
            }
            let Some(number) = number else { return Ok(()) };
            row = Row { number, cells: Vec::new() };
        }
        let (Some(cell), Some((_, column))) = (cell, place) else { return Ok(()) };
        let column = usize::try_from(column).unwrap_or(usize::MAX);
        let value = sheet_cell(cell.get_value());
        if column >= IMPORT_COLUMNS_MAX {
            if value == Cell::Empty {
                continue;
            }
            return Err(FileError::TooManyColumns { max: IMPORT_COLUMNS_MAX });
        }
        if row.cells.len() <= column {
            row.cells.resize(column + 1, Cell::Empty);
        }
        row.cells[column] = value;
    }
}

fn sheet_cell(value: &DataRef<'_>) -> Cell {
    match value {
        DataRef::Empty => Cell::Empty,
        DataRef::Int(number) => Cell::Number(number.to_string()),
        DataRef::Float(number) => Cell::Number(number.to_string()),
        DataRef::String(text) => text_cell(text.as_bytes()),
        DataRef::SharedString(text) => text_cell(text.as_bytes()),
        DataRef::Bool(truth) => Cell::Bool(*truth),
        DataRef::DateTime(moment) => moment_cell(moment),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            Cell::Date(text.split('T').next().unwrap_or_default().to_owned())
        }
        DataRef::Error(error) => Cell::Fault(error.to_string()),
    }
}

/// A workbook's moment: its date, or its time where it has no date.
fn moment_cell(moment: &calamine::ExcelDateTime) -> Cell {
    let days = moment.as_f64();
    if !moment.is_datetime() || !(0.0..2_958_466.0).contains(&days) {
        return Cell::Number(days.to_string());
    }
    let (year, month, day, hour, minute, ..) = moment.to_ymd_hms_milli();
    if days < 1.0 {
        return Cell::Text(format!("{hour:02}:{minute:02}"));
    }
    Cell::Date(format!("{year:04}-{month:02}-{day:02}"))
}
