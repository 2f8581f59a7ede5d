//! Early warning: the question, and what stands out.

use domain::ids::OfficeId;
use domain::problem::{Problem, ProblemCode};
use node::figures::watch::answer::{self, Judged, Signal, Watch as Answer};
use node::figures::watch::ask::{Name, Question};
use node::figures::watch::series::Correction;
use node::figures::{self as figure, Axis};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::common::Grain;
use super::figures::{Filter, MeasureInfo, UpTo, place};

/// How many of the last periods are judged, where nothing is said.
const PERIODS: usize = 8;

/// A question of early warning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WatchQuery {
    /// A measure that counts, `pack.key`.
    pub measure: String,
    /// Only facts whose dimensions have these values.
    #[serde(default)]
    pub filters: Vec<Filter>,
    /// Only offices within this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub office: Option<u32>,
    /// Whose counts are judged: `province`, `regency`, `district`, `village` or `leaf`.
    pub level: String,
    /// Of which periods: `day`, `week` or `month`.
    pub grain: Grain,
    /// The last day; only periods that have ended by then are judged.
    pub to: String,
    /// How many of the last periods are judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub periods: Option<usize>,
    /// `c1`, `c2`, `c3`, `cusum`, `farrington` or `scan`.
    pub method: String,
    /// The share of false alarms meant; the method's own if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alpha: Option<f64>,
    /// Only what was known at this moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_known: Option<String>,
    /// Where the scan's chance begins; the same question has the same answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}

/// What stands out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Watch {
    /// The measure.
    pub measure: MeasureInfo,
    /// The method.
    pub method: String,
    /// The judged periods, in order.
    pub periods: Vec<String>,
    /// Offices that stood out in a judged period, the latest and farthest first.
    pub signals: Vec<WatchSignal>,
    /// What the scan found, the most telling first.
    pub clusters: Vec<WatchCluster>,
    /// Offices that were judged in the last period.
    pub judged: usize,
    /// Offices with too little to judge the last period by.
    pub unjudged: usize,
    /// Offices with hidden counts, which aren't judged.
    pub hidden: usize,
    /// How counts were corrected for what wasn't received: `completeness` or `delay`.
    pub correction: String,
    /// What the counts hold.
    pub up_to: UpTo,
}

/// An office that stood out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WatchSignal {
    /// The office.
    pub office: u32,
    /// Its name.
    pub label: String,
    /// The last period in which it stood out.
    pub period: String,
    /// Its judged periods, in order.
    pub points: Vec<WatchPoint>,
}

/// One judged period of an office.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WatchPoint {
    /// The period.
    pub period: String,
    /// The count received.
    pub observed: f64,
    /// The share of the period's reports that is thought to have been received, 0 to 1.
    pub share: f64,
    /// The count expected of that share; null where there is too little to judge by.
    pub expected: Option<f64>,
    /// The count above which it stands out.
    pub threshold: Option<f64>,
    /// How far it stands out, as the method measures it.
    pub score: Option<f64>,
    /// It stands out.
    pub alarm: bool,
}

/// Neighbouring offices with more than expected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WatchCluster {
    /// The offices.
    pub offices: Vec<WatchOffice>,
    /// The first of the periods; the last is the last judged.
    pub since: String,
    /// The count.
    pub observed: u64,
    /// The count expected.
    pub expected: f64,
    /// The logarithm of the likelihood ratio.
    pub ratio: f64,
    /// How often chance alone gives as much anywhere, 0 to 1.
    pub p: f64,
}

/// An office of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WatchOffice {
    /// The office.
    pub office: u32,
    /// Its name.
    pub label: String,
}

impl WatchQuery {
    /// The question that is meant, or the place and reason why it is none.
    pub(crate) fn parse(self) -> Result<Question, Problem> {
        let level: Axis = place("level", format!("office:{}", self.level).parse())?;
        let Axis::Office(level) = level else {
            return Err(Problem::new(ProblemCode::QueryInvalid).at("level"));
        };
        let filter = |Filter { dim, r#in }| figure::Filter { dim, values: r#in };
        Ok(Question {
            measure: self.measure,
            filters: self.filters.into_iter().map(filter).collect(),
            office: self.office.map(OfficeId),
            level,
            grain: self.grain.into(),
            to: place("to", self.to.parse())?,
            periods: self.periods.unwrap_or(PERIODS),
            method: place("method", self.method.parse::<Name>())?,
            alpha: self.alpha,
            as_known: self.as_known.map(|text| place("as_known", text.parse())).transpose()?,
            seed: self.seed.unwrap_or(1),
        })
    }
}

impl From<Answer> for Watch {
    fn from(answer: Answer) -> Self {
        let correction = match answer.correction {
            Correction::Completeness => "completeness",
            Correction::Delay => "delay",
        };
        Self {
            measure: answer.measure.into(),
            method: answer.method.to_string(),
            periods: answer.periods.iter().map(ToString::to_string).collect(),
            signals: answer.signals.into_iter().map(WatchSignal::from).collect(),
            clusters: answer.clusters.into_iter().map(WatchCluster::from).collect(),
            judged: answer.judged,
            unjudged: answer.unjudged,
            hidden: answer.hidden,
            correction: correction.to_owned(),
            up_to: UpTo { pos: answer.up_to.pos, known_ms: answer.up_to.known_ms },
        }
    }
}

impl From<Signal> for WatchSignal {
    fn from(signal: Signal) -> Self {
        let (period, _) = signal.rank();
        Self {
            office: signal.office.0,
            label: signal.label,
            period: period.map_or_else(String::new, |period| period.to_string()),
            points: signal.points.into_iter().map(WatchPoint::from).collect(),
        }
    }
}

impl From<Judged> for WatchPoint {
    fn from(Judged { period, point, verdict }: Judged) -> Self {
        Self {
            period: period.to_string(),
            observed: point.count,
            share: point.share,
            expected: verdict.map(|verdict| verdict.expected),
            threshold: verdict.map(|verdict| verdict.threshold),
            score: verdict.map(|verdict| verdict.score),
            alarm: verdict.is_some_and(|verdict| verdict.alarm),
        }
    }
}

impl From<answer::Found> for WatchCluster {
    fn from(found: answer::Found) -> Self {
        let office = |(office, label): (OfficeId, String)| WatchOffice { office: office.0, label };
        Self {
            offices: found.offices.into_iter().map(office).collect(),
            since: found.since.to_string(),
            observed: found.counted,
            expected: found.expected,
            ratio: found.ratio,
            p: found.p,
        }
    }
}
