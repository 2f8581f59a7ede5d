//! From counts to what stands out.

use domain::ids::OfficeId;
use domain::limits::{WATCH_SCAN_COUNTS_MAX, WATCH_ZONE_OFFICES_MAX};
use domain::office::{self, Tree};
use domain::period::{Date, Period};

use super::ask::{Name, Question};
use super::scan::{Draw, Ground, Scan};
use super::series::{Correction, Counts, OfficeCounts};
use super::zones::{Spot, zones};
use super::{Point, Verdict};
use crate::error::QueryError;
use crate::figure::{MeasureInfo, UpTo};

/// Scatterings of a scan: the smallest p-value is one in five hundred.
const REPLICAS: u32 = 499;
/// Clusters told at most: more than a handful is no help.
const CLUSTERS_MAX: usize = 5;
/// The p-value up to which a cluster is told, where none is asked.
const SCAN_ALPHA: f64 = 0.05;
/// Periods' worth of the common rate that is added to an office's own, so that one whose past is
/// empty isn't expected to have nothing for ever.
const COMMON_PERIODS: f64 = 1.0;

/// What stands out.
#[derive(Clone, Debug, PartialEq)]
pub struct Watch {
    /// The measure.
    pub measure: MeasureInfo,
    /// The method.
    pub method: Name,
    /// The judged periods.
    pub periods: Vec<Period>,
    /// The offices that stood out in a judged period, those of the last period first.
    pub signals: Vec<Signal>,
    /// What the scan found.
    pub clusters: Vec<Found>,
    /// Offices that were judged in the last period.
    pub judged: usize,
    /// Offices with too little to judge the last period by.
    pub unjudged: usize,
    /// Offices with hidden counts.
    pub hidden: usize,
    /// How counts were corrected.
    pub correction: Correction,
    /// What they hold.
    pub up_to: UpTo,
}

/// An office that stood out.
#[derive(Clone, Debug, PartialEq)]
pub struct Signal {
    /// The office.
    pub office: OfficeId,
    /// Its name.
    pub label: String,
    /// Its judged periods.
    pub points: Vec<Judged>,
}

/// One judged period.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judged {
    /// The period.
    pub period: Period,
    /// What was counted, and how much of it has been received.
    pub point: Point,
    /// What the method says; none where there is too little to judge by.
    pub verdict: Option<Verdict>,
}

/// A cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Its offices, with names.
    pub offices: Vec<(OfficeId, String)>,
    /// Since when.
    pub since: Period,
    /// What was counted.
    pub counted: u64,
    /// What was expected.
    pub expected: f64,
    /// The logarithm of the likelihood ratio.
    pub ratio: f64,
    /// Its p-value.
    pub p: f64,
}

/// Judges counts. The tree of a day says which offices lie together.
///
/// # Errors
/// If a scan would scatter more counts than it may.
pub fn judge(
    question: &Question,
    counts: Counts,
    tree: &Tree,
    on: Date,
    draw: &mut impl Draw,
) -> Result<Watch, QueryError> {
    let from = counts.periods.len().saturating_sub(question.periods);
    let hidden = counts.offices.iter().filter(|office| office.points.is_none()).count();
    let mut watch = Watch {
        measure: counts.measure,
        method: question.method,
        periods: counts.periods[from..].to_vec(),
        signals: Vec::new(),
        clusters: Vec::new(),
        judged: 0,
        unjudged: 0,
        hidden,
        correction: counts.correction,
        up_to: counts.up_to,
    };
    let Some(method) = question.method.method(question.grain, question.alpha) else {
        watch.clusters = scan(question, &counts.offices, &watch.periods, (tree, on), draw)?;
        watch.judged = counts.offices.len() - hidden;
        return Ok(watch);
    };
    for OfficeCounts { office, label, points } in counts.offices {
        let Some(points) = points else { continue };
        let verdicts = method.judge(&points, from);
        match verdicts.last() {
            Some(Some(_)) => watch.judged += 1,
            Some(None) | None => watch.unjudged += 1,
        }
        if verdicts.iter().flatten().any(|verdict| verdict.alarm) {
            let rows = watch.periods.iter().zip(&points[from..]).zip(verdicts);
            let row = |((period, point), verdict): ((&Period, &Point), _)| Judged {
                period: *period,
                point: *point,
                verdict,
            };
            watch.signals.push(Signal { office, label, points: rows.map(row).collect() });
        }
    }
    watch
        .signals
        .sort_by(|a, b| b.rank().partial_cmp(&a.rank()).unwrap_or(a.office.cmp(&b.office)));
    Ok(watch)
}

impl Signal {
    /// The last period that stood out, and how far it did.
    #[must_use]
    pub fn rank(&self) -> (Option<Period>, f64) {
        let alarms = self.points.iter().filter_map(|judged| {
            let verdict = judged.verdict.filter(|verdict| verdict.alarm)?;
            Some((Some(judged.period), verdict.score))
        });
        alarms.last().unwrap_or((None, 0.0))
    }
}

fn scan(
    question: &Question,
    offices: &[OfficeCounts],
    judged: &[Period],
    (tree, on): (&Tree, Date),
    draw: &mut impl Draw,
) -> Result<Vec<Found>, QueryError> {
    let known: Vec<(&OfficeCounts, &[Point])> =
        offices.iter().filter_map(|office| Some((office, office.points.as_deref()?))).collect();
    let ground = ground(&known, judged.len());
    let all: u64 = ground.counts.iter().flatten().sum();
    if all > WATCH_SCAN_COUNTS_MAX {
        let max = usize::try_from(WATCH_SCAN_COUNTS_MAX).unwrap_or(usize::MAX);
        return Err(QueryError::TooLarge { cells: all, max });
    }
    let spots: Vec<Spot> = known.iter().map(|(office, _)| spot(tree, office.office, on)).collect();
    let scan = Scan {
        replicas: REPLICAS,
        clusters_max: CLUSTERS_MAX,
        alpha: question.alpha.unwrap_or(SCAN_ALPHA),
    };
    let zones = zones(&spots, WATCH_ZONE_OFFICES_MAX.min(spots.len().div_ceil(2)));
    let found = scan.clusters(&ground, &zones, draw).into_iter().filter_map(|cluster| {
        let named = |index: &usize| (known[*index].0.office, known[*index].0.label.clone());
        Some(Found {
            offices: cluster.members.iter().map(named).collect(),
            since: *judged.get(judged.len().checked_sub(cluster.periods)?)?,
            counted: cluster.counted,
            expected: cluster.expected,
            ratio: cluster.ratio,
            p: cluster.p,
        })
    });
    Ok(found.collect())
}

/// What the judged periods hold, and what the past of each office, and a little of all, says.
fn ground(known: &[(&OfficeCounts, &[Point])], judged: usize) -> Ground {
    let split = |points: &[Point]| points.len().saturating_sub(judged);
    let sums = |points: &[Point]| {
        let received = points.iter().filter(|point| point.share > 0.0);
        received.fold((0.0, 0.0), |(counts, shares), p| (counts + p.count, shares + p.share))
    };
    let past: Vec<(f64, f64)> =
        known.iter().map(|(_, points)| sums(&points[..split(points)])).collect();
    let (counts, shares) = past.iter().fold((0.0, 0.0), |sum, own| (sum.0 + own.0, sum.1 + own.1));
    // Before the first fact all offices are alike.
    let common = if counts > 0.0 { counts / shares } else { 1.0 };
    let expected = known.iter().zip(&past).map(|((_, points), (counts, shares))| {
        let rate = (counts + common * COMMON_PERIODS) / (shares + COMMON_PERIODS);
        points[split(points)..].iter().map(|point| rate * point.share).collect()
    });
    let counts = known.iter().map(|(_, points)| {
        // What came of a period of which next to nothing is received can't be held against it.
        let counted = points[split(points)..].iter();
        counted.map(|point| if point.share > 0.0 { whole(point.count) } else { 0 }).collect()
    });
    Ground { counts: counts.collect(), expected: expected.collect() }
}

fn whole(count: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count: whole, and not below zero"
    )]
    let whole = count as u64;
    whole
}

fn spot(tree: &Tree, office: OfficeId, on: Date) -> Spot {
    let degrees = |e7: i32| f64::from(e7) / 1e7;
    let place = office::place(office);
    let mut above: Vec<u32> = tree.ancestors(office, on).map(|above| above.0).collect();
    above.reverse();
    Spot { seat: place.map(|place| (degrees(place.lat_e7), degrees(place.lon_e7))), above }
}
