//! Exporting records as a file: CSV, XLSX or Parquet. It needs its own right, is capped, written
//! to the audit trail, and every row carries who took it and when.

mod columns;
mod write;

use std::str::FromStr;

use domain::ids::OfficeId;
use domain::limits::{EXPORT_ROWS_MAX, PAGE_ROWS_MAX};
use domain::period::Date;
use domain::problem::{Problem, ProblemCode};
use facts::table::TableError;
use serde::Serialize;
use store::StoreError;
use store::audit::{self, Entry};
use thiserror::Error;

use crate::actor::Actor;
use crate::failure::{Failure, FailureKind, Storage, storage_problem};
use crate::node::Node;
use crate::records::{Listing, ReadError};

/// What to export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// `pack.type`.
    pub type_key: String,
    /// Records of this office and those below it.
    pub office: Option<OfficeId>,
    /// Dated on this day or later.
    pub from: Option<Date>,
    /// Dated on this day or earlier.
    pub to: Option<Date>,
    /// As what file.
    pub format: ExportFormat,
}

/// A kind of file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ExportFormat {
    /// Comma-separated text.
    #[default]
    Csv,
    /// A workbook.
    Xlsx,
    /// Columns, for programs.
    Parquet,
}

/// A text that names no kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("an export is `csv`, `xlsx` or `parquet`")]
pub struct UnknownFormat;

impl FromStr for ExportFormat {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        match text {
            "csv" => Ok(Self::Csv),
            "xlsx" => Ok(Self::Xlsx),
            "parquet" => Ok(Self::Parquet),
            _ => Err(UnknownFormat),
        }
    }
}

impl ExportFormat {
    /// How names of such files end.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Parquet => "parquet",
        }
    }

    /// What a browser is told of such a file.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Parquet => "application/vnd.apache.parquet",
        }
    }
}

/// An exported file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// The file.
    pub bytes: Vec<u8>,
    /// Records in it.
    pub rows: usize,
    /// A name for it.
    pub name: String,
}

/// Why records can't be exported.
#[derive(Debug, Error)]
pub enum ExportError {
    /// They can't be read, or not taken out.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// More records than one export may hold.
    #[error("more than {max} records: ask for a shorter time or a smaller part of the country")]
    TooLarge {
        /// The limit.
        max: usize,
    },
    /// A text is longer than a cell of a workbook may be.
    #[error("`{column}` holds a text that is too long for a workbook: take CSV or Parquet")]
    CellTooLong {
        /// The column.
        column: String,
    },
    /// The table can't be written.
    #[error("the table cannot be written")]
    Table(#[from] TableError),
    /// The CSV file can't be written.
    #[error("the file cannot be written")]
    Csv(#[source] std::io::Error),
    /// The workbook can't be written.
    #[error("the workbook cannot be written")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
    /// Storage failed.
    #[error("storage failed")]
    Storage(#[source] Storage),
}

impl From<StoreError> for ExportError {
    fn from(error: StoreError) -> Self {
        Self::Storage(Storage::new(error))
    }
}

impl Failure for ExportError {
    fn kind(&self) -> FailureKind {
        match self {
            Self::Read(error) => error.kind(),
            Self::TooLarge { .. } | Self::CellTooLong { .. } => FailureKind::Invalid,
            Self::Table(_) | Self::Csv(_) | Self::Workbook(_) | Self::Storage(_) => {
                FailureKind::Storage
            }
        }
    }

    fn problems(&self) -> Vec<Problem> {
        match self {
            Self::Read(error) => error.problems(),
            Self::TooLarge { max } => {
                vec![Problem::new(ProblemCode::ExportTooLarge).with("max", max)]
            }
            Self::CellTooLong { column } => {
                vec![Problem::new(ProblemCode::TooLong).at(column)]
            }
            Self::Table(_) | Self::Csv(_) | Self::Workbook(_) | Self::Storage(_) => {
                storage_problem()
            }
        }
    }
}

/// Who takes records out, when, and from what: it stands in every file.
#[derive(Clone, Debug)]
struct Mark {
    by: String,
    at: String,
    simulation: bool,
}

impl Node {
    /// Exports the records that the person may read and take out.
    ///
    /// # Errors
    /// If they may take out nothing of the type, or it is more than one export may hold.
    pub fn export(&self, by: &Actor, export: &Export) -> Result<Exported, ExportError> {
        let world = self.core.world();
        let ty = world.packs.by_key(&export.type_key);
        let ty = ty.ok_or_else(|| ReadError::UnknownType(export.type_key.clone()))?;
        let records = self.export_records(by, export)?;
        let now_ms = self.core.clock.now_ms();
        let mark = Mark {
            by: by.name().to_owned(),
            at: timestamp(now_ms),
            simulation: self.is_simulation(),
        };
        let table = columns::table(&world, &ty, &records, &mark, now_ms)?;
        let bytes = write::write(export.format, &export.type_key, &table, &mark)?;
        let Export { type_key, office, from, to, format } = export;
        let extension = format.extension();
        let day = |date: &Option<Date>| date.map_or_else(|| "…".to_owned(), |d| d.to_string());
        let entry = Entry {
            at_ms: now_ms,
            person: Some(by.person()),
            action: "export".to_owned(),
            subject: type_key.clone(),
            detail: format!(
                "{extension}, rows {}, office {}, {} to {}",
                records.len(),
                office.map_or_else(|| "all".to_owned(), |office| office.to_string()),
                day(from),
                day(to),
            ),
        };
        self.core.store.write(|tx| audit::put(tx, &entry))?;
        let name = format!("{type_key}-{}.{extension}", Date::of_ms(now_ms));
        Ok(Exported { bytes, rows: records.len(), name })
    }

    fn export_records(
        &self,
        by: &Actor,
        export: &Export,
    ) -> Result<Vec<domain::record::Record>, ExportError> {
        let listing = Listing {
            office: export.office,
            from: export.from,
            to: export.to,
            ..Listing::default()
        };
        let (mut records, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let page =
                self.export_page(by, &export.type_key, &listing, cursor.as_deref(), PAGE_ROWS_MAX)?;
            records.extend(page.rows);
            if records.len() > EXPORT_ROWS_MAX {
                return Err(ExportError::TooLarge { max: EXPORT_ROWS_MAX });
            }
            match page.next {
                Some(next) => cursor = Some(next),
                None => return Ok(records),
            }
        }
    }
}

/// A moment as `2021-01-08T03:00:00Z`.
fn timestamp(ms: u64) -> String {
    let ms = i64::try_from(ms).unwrap_or(i64::MAX);
    jiff::Timestamp::from_millisecond(ms).map(|at| at.to_string()).unwrap_or_default()
}
