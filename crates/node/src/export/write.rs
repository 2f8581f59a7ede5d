//! A table as a file.

use domain::expr::number;
use facts::table::{Table, Values};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet};

use super::{ExportError, ExportFormat, Mark};
use crate::import::guarded;

/// Characters of the longest text in a cell of a workbook.
const SHEET_TEXT_CHARS_MAX: usize = 32_767;
/// A mark by which spreadsheets know UTF-8.
const BOM: &[u8] = b"\xef\xbb\xbf";

pub(super) fn write(
    format: ExportFormat,
    type_key: &str,
    table: &Table,
    mark: &Mark,
) -> Result<Vec<u8>, ExportError> {
    match format {
        ExportFormat::Csv => csv(table).map_err(ExportError::Csv),
        ExportFormat::Xlsx => workbook(type_key, table, mark),
        ExportFormat::Parquet => Ok(table.to_parquet(&notes(type_key, mark))?),
    }
}

fn notes(type_key: &str, mark: &Mark) -> Vec<(String, String)> {
    let notes = [
        ("genggam.type", type_key.to_owned()),
        ("genggam.exported_by", mark.by.clone()),
        ("genggam.exported_at", mark.at.clone()),
        ("genggam.simulation", mark.simulation.to_string()),
    ];
    notes.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// A value as text; empty if there is none.
fn text(values: &Values, row: usize) -> String {
    match values {
        Values::Text(texts) => texts[row].as_deref().map(|text| guarded(text).into_owned()),
        Values::Integer(numbers) => numbers[row].map(|number| number.to_string()),
        Values::Decimal(scale, numbers) => numbers[row].map(|number| decimal(number, *scale)),
        Values::Date(dates) => dates[row].map(|date| date.to_string()),
        Values::Bool(truths) => truths[row].map(|truth| truth.to_string()),
        Values::Bytes(_) => None,
    }
    .unwrap_or_default()
}

fn decimal(number: i128, scale: u8) -> String {
    i64::try_from(number)
        .map_or_else(|_| format!("{number}e-{scale}"), |n| number::show(n, u32::from(scale)))
}

fn csv(table: &Table) -> std::io::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(BOM.to_vec());
    writer.write_record(table.columns().iter().map(|column| column.name.as_str()))?;
    for row in 0..table.rows() {
        writer.write_record(table.columns().iter().map(|column| text(&column.values, row)))?;
    }
    writer.into_inner().map_err(|error| std::io::Error::other(error.to_string()))
}

fn workbook(type_key: &str, table: &Table, mark: &Mark) -> Result<Vec<u8>, ExportError> {
    let mut book = Workbook::new();
    book.set_properties(&DocProperties::new().set_author(&mark.by).set_subject(type_key));
    let bold = Format::new().set_bold();
    let day = Format::new().set_num_format("yyyy-mm-dd");
    let sheet = book.add_worksheet().set_name("Data")?;
    sheet.set_freeze_panes(1, 0)?;
    sheet.set_footer(format!("&L{} &R{}", mark.by.replace('&', "&&"), mark.at));
    for (at, column) in (0_u16..).zip(table.columns()) {
        sheet.write_string_with_format(0, at, &column.name, &bold)?;
        for (row, index) in (1_u32..).zip(0..table.rows()) {
            cell(sheet, (row, at), &column.values, index, &day).map_err(|error| match error {
                CellError::TooLong => ExportError::CellTooLong { column: column.name.clone() },
                CellError::Sheet(error) => error.into(),
            })?;
        }
    }
    let origin = book.add_worksheet().set_name("Asal")?;
    for (row, (key, value)) in (0_u32..).zip(notes(type_key, mark)) {
        origin.write_string_with_format(row, 0, &key, &bold)?;
        origin.write_string(row, 1, &value)?;
    }
    Ok(book.save_to_buffer()?)
}

enum CellError {
    TooLong,
    Sheet(rust_xlsxwriter::XlsxError),
}

impl From<rust_xlsxwriter::XlsxError> for CellError {
    fn from(error: rust_xlsxwriter::XlsxError) -> Self {
        Self::Sheet(error)
    }
}

/// Numbers that a workbook holds exactly become numbers, all others text.
fn cell(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    values: &Values,
    index: usize,
    day: &Format,
) -> Result<(), CellError> {
    match values {
        Values::Text(texts) => {
            if let Some(text) = &texts[index] {
                if text.chars().count() > SHEET_TEXT_CHARS_MAX {
                    return Err(CellError::TooLong);
                }
                sheet.write_string(row, column, text)?;
            }
        }
        Values::Integer(_) | Values::Decimal(..) => {
            let text = text(values, index);
            // Fifteen digits are what a workbook's numbers keep.
            let exact = text.bytes().filter(u8::is_ascii_digit).count() <= 15;
            match text.parse::<f64>() {
                Ok(number) if exact => sheet.write_number(row, column, number)?,
                Ok(_) | Err(_) if text.is_empty() => sheet,
                Ok(_) | Err(_) => sheet.write_string(row, column, &text)?,
            };
        }
        Values::Date(dates) => {
            if let Some(date) = dates[index] {
                let (year, month, day_of) = date.ymd();
                let known = u16::try_from(year).ok().zip(u8::try_from(month).ok());
                let known = known.zip(u8::try_from(day_of).ok());
                let known = known.map(|((y, m), d)| ExcelDateTime::from_ymd(y, m, d));
                match known {
                    Some(Ok(date)) => sheet.write_datetime_with_format(row, column, &date, day)?,
                    _ => sheet.write_string(row, column, date.to_string())?,
                };
            }
        }
        Values::Bool(truths) => {
            if let Some(truth) = truths[index] {
                sheet.write_boolean(row, column, truth)?;
            }
        }
        Values::Bytes(_) => {}
    }
    Ok(())
}
