//! Small types that many answers share.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Text {
    /// Bahasa Indonesia.
    pub id: String,
    /// English.
    pub en: String,
}

/// An office, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OfficeRef {
    /// Its id, for ever.
    pub id: u32,
    /// Its name today.
    pub name: String,
    /// Its level: `centre`, `province`, `regency`, `district`, `village`.
    pub level: String,
}

impl From<node::views::OfficeName> for OfficeRef {
    fn from(office: node::views::OfficeName) -> Self {
        Self { id: office.id.0, name: office.name, level: office.level }
    }
}

/// A person, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PersonRef {
    /// Id, 32 hexadecimal digits.
    pub id: String,
    /// The name they sign in with.
    pub name: String,
}

/// A level of the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The directorate general.
    Centre,
    /// A province.
    Province,
    /// A regency or city.
    Regency,
    /// A sub-district.
    District,
    /// A village.
    Village,
}

impl From<domain::office::Level> for Level {
    fn from(level: domain::office::Level) -> Self {
        use domain::office::Level as L;
        match level {
            L::Centre => Self::Centre,
            L::Province => Self::Province,
            L::Regency => Self::Regency,
            L::District => Self::District,
            L::Village => Self::Village,
        }
    }
}

/// The length of a reporting period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Grain {
    /// A day: `2021-01-08`.
    Day,
    /// An ISO week: `2021-W02`.
    Week,
    /// A month: `2021-01`.
    Month,
    /// A quarter: `2021-Q1`.
    Quarter,
    /// Four months: `2021-B04`.
    Third,
    /// Half a year: `2021-S1`.
    Half,
    /// A year: `2021`.
    Year,
}

impl From<domain::period::Grain> for Grain {
    fn from(grain: domain::period::Grain) -> Self {
        use domain::period::Grain as G;
        match grain {
            G::Day => Self::Day,
            G::Week => Self::Week,
            G::Month => Self::Month,
            G::Quarter => Self::Quarter,
            G::Third => Self::Third,
            G::Half => Self::Half,
            G::Year => Self::Year,
        }
    }
}

impl From<Grain> for domain::period::Grain {
    fn from(grain: Grain) -> Self {
        match grain {
            Grain::Day => Self::Day,
            Grain::Week => Self::Week,
            Grain::Month => Self::Month,
            Grain::Quarter => Self::Quarter,
            Grain::Third => Self::Third,
            Grain::Half => Self::Half,
            Grain::Year => Self::Year,
        }
    }
}

/// One thing that is wrong: a code to translate, where, and the values of its sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// A stable code, such as `form.required`.
    pub code: String,
    /// Where: a field's key, `group[row].field`, a column, a file and line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Values for the sentence, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, String>,
    /// The sentence, in the language that was asked for.
    pub message: String,
}

/// `application/problem+json`: why a request was not done (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProblemDetails {
    /// Always `about:blank`.
    pub r#type: String,
    /// The sentence of `code`, in the language that was asked for.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// A stable code, such as `policy.denied`.
    pub code: String,
    /// Everything that is wrong, not only the first.
    #[serde(default)]
    pub problems: Vec<Problem>,
}

/// A moment as RFC 3339 in UTC.
pub(crate) fn moment(ms: u64) -> String {
    let ms = i64::try_from(ms).unwrap_or(i64::MAX);
    jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::MAX).to_string()
}
