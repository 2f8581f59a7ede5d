//! Names of keys, axes and measures in the reader's language.

use domain::office::Tree;
use domain::pack::Unit;
use domain::period::Date;

use super::{AxisInfo, Context, Key as KeyInfo, MeasureInfo};
use crate::figure::grid::Side;
use crate::key::Key;
use crate::places::Wanted;
use crate::query::Axis;
use crate::query::catalog::Entry;
use crate::query::check::Asked;
use crate::query::view::{Spec, View};

/// The axes of a side with their keys.
pub(super) fn axes(
    side: &Side,
    asked: &Asked<'_>,
    context: &Context<'_>,
    wanted: &Wanted<'_>,
) -> Vec<AxisInfo> {
    let infos = side.axes.iter().enumerate().map(|(index, axis)| {
        let first = asked.bases().next();
        let label = match axis {
            Axis::Dim(dim) => {
                let text = first.and_then(|entry| entry.text(context.lang, &format!("dim.{dim}")));
                text.unwrap_or(dim).to_owned()
            }
            Axis::Office(_) | Axis::Period(_) => axis.to_string(),
        };
        let keys = side.keys(index).into_iter().map(|key| KeyInfo {
            key: key.to_string(),
            label: match (axis, key) {
                (Axis::Office(_), Key::Office(id)) => {
                    let name = office_name(context.tree, *id, wanted);
                    name.unwrap_or_else(|| id.to_string())
                }
                (Axis::Dim(dim), Key::Text(value)) => first.map_or_else(
                    || value.clone(),
                    |entry| entry.value_label(context.lang, dim, value),
                ),
                _ => key.to_string(),
            },
        });
        AxisInfo { axis: axis.to_string(), label, keys: keys.collect() }
    });
    infos.collect()
}

/// The office's name by the boundaries asked: with "then", its last within the period.
fn office_name(tree: &Tree, id: domain::ids::OfficeId, wanted: &Wanted<'_>) -> Option<String> {
    let changes = tree.change_dates().iter().rev().copied();
    let within = changes.filter(|date| *date <= wanted.to);
    let dates = [wanted.placed_on(wanted.to), wanted.to].into_iter().chain(within);
    let mut offices = dates.filter_map(|date: Date| tree.at(id, date));
    offices.next().map(|office| office.name.to_owned())
}

/// A measure as it is shown in a figure.
pub(super) fn shown(spec: &Spec, entry: &Entry, scale: u8, lang: &str) -> MeasureInfo {
    let percent = spec.view.is_some_and(View::is_percent);
    let plain = measure(entry, lang);
    MeasureInfo {
        measure: spec.name.clone(),
        view: spec.view.map(|view| view.to_string()),
        scale,
        unit: if percent { Some("persen".to_owned()) } else { plain.unit },
        unit_label: if percent { Some("%".to_owned()) } else { plain.unit_label },
        ..plain
    }
}

/// A measure as a figure tells it.
pub(crate) fn measure(entry: &Entry, lang: &str) -> MeasureInfo {
    let text = |key: &str| entry.text(lang, key).map(str::to_owned);
    let unit = match &entry.unit {
        Unit::Fixed(unit) => Some(unit.clone()),
        Unit::Dim(_) => None,
    };
    MeasureInfo {
        measure: entry.name.clone(),
        view: None,
        label: text(&format!("measure.{}", entry.key)).unwrap_or_else(|| entry.name.clone()),
        unit_label: unit
            .as_ref()
            .map(|unit| text(&format!("unit.{unit}")).unwrap_or_else(|| unit.clone())),
        unit,
        scale: entry.scale,
        definition: text(&format!("definition.{}", entry.key)).unwrap_or_default(),
        source: entry.source.clone(),
        kind: entry.kind_name(),
        suppress_below: entry.suppress_below,
    }
}
