//! What came of the country's month: whether everything is everywhere it belongs, once, and how
//! late it was.

use serde_json::json;

use crate::say;
use crate::tree::{Arrival, Country};
use domain::op::Lane;

/// Operations that are not, byte for byte, at every office of their way.
fn lost(country: &Country) -> u64 {
    let mut lost = 0;
    for office in &country.offices {
        for (stream, filed) in &office.filed {
            let own = office.node.streams.get(stream);
            let wanted = own.map(|kept| kept.ops.as_slice()).unwrap_or_default();
            let mut above = office.parent;
            let mut missing = filed.len() - wanted.len();
            while let Some(at) = above {
                let kept = country.offices[at].node.streams.get(stream);
                let here = kept.map(|kept| kept.ops.as_slice()).unwrap_or_default();
                let same = here.iter().zip(wanted).filter(|(here, wanted)| here == wanted).count();
                missing = missing.max(wanted.len() - same);
                above = country.offices[at].parent;
            }
            lost += missing as u64;
        }
    }
    lost
}

/// Says it; an error if something is lost or doubled.
pub(crate) fn tell(country: &Country, days: u64, as_json: bool) -> anyhow::Result<()> {
    let nodes = || country.offices.iter().map(|office| &office.node);
    let (lost, doubled) = (lost(country), nodes().map(|node| node.doubled).sum::<u64>());
    let again: u64 = nodes().map(|node| node.again).sum();
    let all = late(&country.arrivals, |_| true);
    let urgent = late(&country.arrivals, |lane| lane == Lane::Urgent);
    let sums = country.sums;
    #[expect(clippy::cast_precision_loss, reason = "counts of a month")]
    let per = |bytes: u64, count: u64| bytes as f64 / count.max(1) as f64;
    let told = json!({
        "days": days,
        "offices": country.offices.len(),
        "filed": country.filed,
        "lost": lost,
        "doubled": doubled,
        "sent_again": again,
        "op_hops": country.hops,
        "connects": country.connects,
        "staleness_median_s": at_share(&all, 0.5),
        "staleness_p99_s": at_share(&all, 0.99),
        "staleness_max_s": at_share(&all, 1.0),
        "urgent_p99_s": at_share(&urgent, 0.99),
        "bytes_per_op_hop": per(sums.operations, country.hops),
        "greeting_bytes_per_connect": per(sums.greetings, country.connects),
        "idle_bytes_per_office_day": per(sums.idle, days * country.offices.len() as u64),
    });
    if as_json {
        say(&told.to_string());
    } else {
        told.as_object().into_iter().flatten().for_each(|(name, value)| {
            say(&format!("{name:>28}  {value}"));
        });
    }
    anyhow::ensure!(lost == 0, "{lost} reports are lost");
    anyhow::ensure!(doubled == 0, "{doubled} records began twice");
    Ok(())
}

/// Seconds, ascending.
fn late(arrivals: &[Arrival], of: impl Fn(Lane) -> bool) -> Vec<f64> {
    let chosen = arrivals.iter().filter(|(_, lane)| of(*lane));
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of a month")]
    let mut late: Vec<f64> = chosen.map(|(late_ms, _)| *late_ms as f64 / 1_000.0).collect();
    late.sort_by(f64::total_cmp);
    late
}

fn at_share(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an index of a list"
    )]
    let at = (last as f64 * share).round() as usize;
    sorted.get(at).copied().unwrap_or_default()
}
