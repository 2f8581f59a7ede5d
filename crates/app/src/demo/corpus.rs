//! Incident forms for benches: what a demo's operator would file, in one of the two ways of writing.

use domain::form::RawForm;
use domain::ids::OfficeId;
use domain::office::Tree;
use domain::period::Date;
use rand::RngExt;

use super::text::{Kind, Writer};
use super::{chance, country::Country, incident};

/// Days that the forms tell of: a regency's backlog after a month without a link.
const DAYS: i32 = 30;

/// Forms of one office, about days up to `until`; the same arguments give the same forms. `None`
/// if the office is no regency or province on that day.
#[must_use]
pub fn forms(
    kind: Kind,
    seed: u64,
    office: OfficeId,
    until: Date,
) -> Option<impl Iterator<Item = RawForm>> {
    let country = Country::new(&Tree::built_in(), office, until, seed, 1);
    let unit = country.unit(office)?.clone();
    let way = match kind {
        Kind::Templated => 0,
        Kind::Prose => 1,
    };
    let mut chance = chance::of(seed, &[5, u64::from(office.0), way]);
    Some(std::iter::repeat_with(move || {
        let day = Date(until.0 - chance.random_range(0..DAYS));
        let report = Writer::new(chance.random(), kind).report(&unit.scene(day));
        incident::form(&mut chance, &unit, day, &report)
    }))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use domain::form::{self, FormContext};

    use super::*;

    const OFFICE: OfficeId = OfficeId(2101);

    fn until() -> Date {
        Date::new(2026, 1, 31).unwrap()
    }

    #[test]
    fn forms_are_valid_and_differ_by_seed_alone() {
        let pack = crate::demo::compile("kejadian").unwrap();
        let context =
            FormContext { today: until(), refs: &BTreeMap::new(), tree: &Tree::built_in() };
        for kind in [Kind::Templated, Kind::Prose] {
            let some = |seed| -> Vec<RawForm> {
                forms(kind, seed, OFFICE, until()).unwrap().take(200).collect()
            };
            for form in some(1) {
                assert_eq!(form.office, OFFICE);
                let judged = form::parse(&form, &pack, &context);
                assert!(judged.is_ok(), "{form:?}: {:?}", judged.unwrap_err().problems());
            }
            assert_eq!(some(1), some(1));
            assert_ne!(some(1), some(2));
        }
    }

    #[test]
    fn the_centre_reports_no_incidents() {
        assert!(forms(Kind::Prose, 1, OfficeId(1), until()).is_none());
    }
}
