//! The built-in tree, its dates and its places.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::LazyLock;

use domain::ids::OfficeId;
use domain::office::{
    Amendment, FIRST_DAY, Founding, Level, OfficeChange, OfficeEvent, Tree, built_in_events,
    districts, places, villages,
};
use domain::period::Date;
use expect_test::{Expect, expect};
use proptest::prelude::*;

pub(crate) const THEN: &str = "2021-01-08";
pub(crate) const NOW: &str = "2026-01-01";

pub(crate) fn built_in() -> &'static Tree {
    static TREE: LazyLock<Tree> = LazyLock::new(Tree::built_in);
    &TREE
}

pub(crate) fn date(text: &str) -> Date {
    text.parse().unwrap()
}

fn counts(tree: &Tree, on: &str) -> [usize; 3] {
    [Level::Centre, Level::Province, Level::Regency]
        .map(|level| tree.list(date(on), Some(level)).len())
}

#[test]
fn the_country_is_counted_on_each_date() {
    let tree = built_in();
    assert_eq!(FIRST_DAY, date("1945-08-17"));
    for (on, expected) in [
        ("1945-08-16", [0, 0, 0]),
        ("1989-07-26", [1, 34, 514]),
        ("2021-01-08", [1, 34, 514]),
        ("2022-07-24", [1, 34, 514]),
        ("2022-07-25", [1, 37, 514]),
        ("2022-12-07", [1, 37, 514]),
        ("2022-12-08", [1, 38, 514]),
        ("2026-01-01", [1, 38, 514]),
    ] {
        assert_eq!(counts(tree, on), expected, "{on}");
    }
    let dates: Vec<String> = tree.change_dates().iter().map(ToString::to_string).collect();
    assert_eq!(dates, ["2020-02-26", "2022-07-25", "2022-12-08"]);
}

#[test]
fn a_code_begins_with_its_parents() {
    let tree = built_in();
    for on in ["2021-01-08", "2022-08-01", "2026-01-01"] {
        for office in tree.list(date(on), Some(Level::Regency)) {
            let parent = tree.at(office.parent.unwrap(), date(on)).unwrap();
            assert_eq!(parent.level, Level::Province);
            assert!(office.code.starts_with(parent.code), "{on} {office:?} {parent:?}");
        }
    }
}

#[test]
fn twenty_six_regencies_were_recoded() {
    let tree = built_in();
    let mut lines = String::new();
    let mut recoded = 0;
    for before in tree.list(date("2021-01-08"), Some(Level::Regency)) {
        let after = tree.at(before.id, date("2026-01-01")).unwrap();
        if before.code != after.code {
            recoded += 1;
            assert_eq!((before.name, before.bps), (after.name, after.bps));
            let parents = [before, after].map(|office| office.parent.unwrap());
            writeln!(
                lines,
                "{} {} in {} -> {} in {} {}",
                before.id, before.code, parents[0], after.code, parents[1], after.name
            )
            .unwrap();
        } else {
            assert_eq!(before.parent, after.parent);
        }
    }
    assert_eq!(recoded, 26);
    expect![[r#"
        9301 91.01 in 91 -> 93.01 in 93 Kabupaten Merauke
        9501 91.02 in 91 -> 95.01 in 95 Kabupaten Jayawijaya
        9401 91.04 in 91 -> 94.01 in 94 Kabupaten Nabire
        9402 91.07 in 91 -> 94.02 in 94 Kabupaten Puncak Jaya
        9403 91.08 in 91 -> 94.03 in 94 Kabupaten Paniai
        9404 91.09 in 91 -> 94.04 in 94 Kabupaten Mimika
        9502 91.12 in 91 -> 95.02 in 95 Kabupaten Pegunungan Bintang
        9503 91.13 in 91 -> 95.03 in 95 Kabupaten Yahukimo
        9504 91.14 in 91 -> 95.04 in 95 Kabupaten Tolikara
        9302 91.16 in 91 -> 93.02 in 93 Kabupaten Boven Digoel
        9303 91.17 in 91 -> 93.03 in 93 Kabupaten Mappi
        9304 91.18 in 91 -> 93.04 in 93 Kabupaten Asmat
        9505 91.21 in 91 -> 95.05 in 95 Kabupaten Mamberamo Tengah
        9506 91.22 in 91 -> 95.06 in 95 Kabupaten Yalimo
        9507 91.23 in 91 -> 95.07 in 95 Kabupaten Lanny Jaya
        9508 91.24 in 91 -> 95.08 in 95 Kabupaten Nduga
        9405 91.25 in 91 -> 94.05 in 94 Kabupaten Puncak
        9406 91.26 in 91 -> 94.06 in 94 Kabupaten Dogiyai
        9407 91.27 in 91 -> 94.07 in 94 Kabupaten Intan Jaya
        9408 91.28 in 91 -> 94.08 in 94 Kabupaten Deiyai
        9601 92.01 in 92 -> 96.01 in 96 Kabupaten Sorong
        9602 92.04 in 92 -> 96.02 in 96 Kabupaten Sorong Selatan
        9603 92.05 in 92 -> 96.03 in 96 Kabupaten Raja Ampat
        9604 92.09 in 92 -> 96.04 in 96 Kabupaten Tambrauw
        9605 92.10 in 92 -> 96.05 in 96 Kabupaten Maybrat
        9671 92.71 in 92 -> 96.71 in 96 Kota Sorong
    "#]]
    .assert_eq(&lines);
}

#[test]
fn the_line_of_an_office_changes_with_the_date() {
    let tree = built_in();
    let merauke = OfficeId(9301);
    let line = |on: &str| -> Vec<u32> {
        tree.path_of(merauke, date(on)).into_iter().map(|office| office.0).collect()
    };
    assert_eq!(line(THEN), [1, 91, 9301]);
    assert_eq!(line(NOW), [1, 93, 9301]);
    assert!(tree.is_within(merauke, OfficeId(91), date(THEN)));
    assert!(!tree.is_within(merauke, OfficeId(91), date(NOW)));
    assert!(!tree.is_within(OfficeId(93), OfficeId(1), date(THEN)));
    assert_eq!(tree.ancestor_at(merauke, Level::Province, date(NOW)), Some(OfficeId(93)));
    assert_eq!(tree.ancestor_at(merauke, Level::Regency, date(NOW)), Some(merauke));
    assert_eq!(tree.children(OfficeId(91), date(THEN)).len(), 29);
    assert_eq!(tree.children(OfficeId(91), date(NOW)).len(), 9);
    assert_eq!(tree.sources(OfficeId(96)), [OfficeId(92)]);
    assert_eq!(tree.at(merauke, date(NOW)).unwrap().utc_offset_minutes, 540);
}

#[test]
fn every_office_has_a_place_and_every_regency_a_tile_of_its_own() {
    let tree = built_in();
    let mut tiles = BTreeSet::new();
    for office in tree.list(date(NOW), None) {
        let place = places::place(office.id).unwrap_or_else(|| panic!("{office:?}"));
        assert!((-115_000_000..=65_000_000).contains(&place.lat_e7), "{office:?}");
        assert!((945_000_000..=1_415_000_000).contains(&place.lon_e7), "{office:?}");
        let tile = place.tile_x.zip(place.tile_y);
        assert_eq!(tile.is_some(), office.level == Level::Regency, "{office:?}");
        if let Some(tile) = tile {
            assert!(tiles.insert(tile), "two offices on {tile:?}");
        }
    }
    assert_eq!(tiles.len(), 514);
    assert_eq!(places::place(OfficeId(99)), None);
}

#[test]
fn districts_and_villages_load() {
    let tree = built_in();
    let kelurahan = "code,district_code,name\n21.71.01.1001,21.71.01,\"Contoh, Satu\"\n";
    let district =
        districts("code,regency_code,name\r\n21.71.01,21.71,Contoh\r\n", tree, date(NOW));
    let mut events = built_in_events();
    events.push(district.unwrap());
    let tree = Tree::from_events(&events).unwrap();
    events.push(villages(kelurahan, &tree, date(NOW)).unwrap());
    let tree = Tree::from_events(&events).unwrap();
    let path: Vec<u32> =
        tree.path_of(OfficeId(868_405_001), date(NOW)).iter().map(|id| id.0).collect();
    assert_eq!(path, [1, 21, 2171, 217_101, 868_405_001]);
    assert_eq!(tree.find("21.71.01", date(NOW)), Ok(OfficeId(217_101)));
    assert_eq!(tree.find("Kecamatan Contoh", date(NOW)), Ok(OfficeId(217_101)));
    assert!(tree.find("Contoh", date(NOW)).is_err(), "below regencies only when asked");

    let bad = "code,regency_code,name\n21.71,21.71,A\n21.71.01,21.99,B\n21.71.02\n";
    let error = districts(bad, &tree, date(NOW)).unwrap_err();
    expect!["Lines([Code { line: 2 }, Parent { line: 3 }, Columns { line: 4 }])"]
        .assert_eq(&format!("{error:?}"));
    expect![[r#"Header { expected: "code,regency_code,name" }"#]]
        .assert_eq(&format!("{:?}", districts("kode", &tree, date(NOW)).unwrap_err()));
}

fn founding(id: u32, code: &str, parent: u32) -> OfficeChange {
    OfficeChange::Found(Founding {
        id: OfficeId(id),
        level: Level::Province,
        code: code.to_owned(),
        bps: None,
        name: format!("Kantor {id}"),
        parent: Some(OfficeId(parent)),
        from: Vec::new(),
        utc_offset_minutes: 420,
    })
}

fn amendment(id: u32) -> Amendment {
    Amendment { id: OfficeId(id), code: None, bps: None, name: None, parent: None }
}

#[test]
fn events_that_make_no_tree_say_why() {
    let check = |changes: Vec<OfficeChange>, expect: Expect| {
        let mut events = built_in_events();
        let (date, basis) = (date("2030-01-01"), "test".to_owned());
        events.push(OfficeEvent { date, basis, changes });
        expect.assert_eq(&Tree::from_events(&events).unwrap_err().to_string());
    };
    let change = OfficeChange::Change;
    check(vec![founding(11, "97", 1)], expect!["office 11 is founded twice"]);
    check(
        vec![founding(97, "11", 1)],
        expect!["offices 11 and 97 both have the code `11` on 2030-01-01"],
    );
    check(vec![founding(97, "9.7", 1)], expect!["`9.7` is no code of the level of office 97"]);
    check(vec![founding(97, "97", 11)], expect!["office 97 has no fitting parent on 2030-01-01"]);
    check(vec![founding(97, "97", 98)], expect!["office 97 has no fitting parent on 2030-01-01"]);
    check(vec![change(amendment(98))], expect!["office 98 does not exist on 2030-01-01"]);
    let named = |name: &str| change(Amendment { name: Some(name.to_owned()), ..amendment(11) });
    check(vec![named("A"), named("B")], expect!["office 11 is changed in two ways on 2030-01-01"]);
    check(vec![named(" ")], expect!["office 11 has no name"]);
    check(
        vec![OfficeChange::Close(OfficeId(11), vec![])],
        expect!["office 11 is closed on 2030-01-01, and office 1101 still belongs to it"],
    );
    check(
        vec![OfficeChange::Close(OfficeId(98), vec![])],
        expect!["office 98 does not exist on 2030-01-01"],
    );
}

#[test]
fn a_closed_office_is_gone_and_names_its_heirs() {
    let mut events = built_in_events();
    let day = date("2030-01-01");
    let close = OfficeChange::Close(OfficeId(2171), vec![OfficeId(2172)]);
    events.push(OfficeEvent { date: day, basis: "test".to_owned(), changes: vec![close] });
    let tree = Tree::from_events(&events).unwrap();
    assert!(tree.exists(OfficeId(2171), day.plus_days(-1)));
    assert!(!tree.exists(OfficeId(2171), day));
    assert_eq!(tree.heirs(OfficeId(2171)), [OfficeId(2172)]);
    assert_eq!(tree.lifetime(OfficeId(2171)), Some((FIRST_DAY, Some(day))));
}

proptest! {
    #[test]
    fn any_order_of_events_gives_one_tree(seed in any::<[u8; 16]>()) {
        let mut events: Vec<OfficeEvent> = built_in_events()
            .into_iter()
            .flat_map(|event| {
                let OfficeEvent { date, basis, changes } = event;
                changes.into_iter().map(move |change| OfficeEvent {
                    date,
                    basis: basis.clone(),
                    changes: vec![change],
                })
            })
            .collect();
        for (index, byte) in (0..events.len()).zip(seed.iter().cycle()) {
            let other = (index * 31 + usize::from(*byte)) % events.len();
            events.swap(index, other);
        }
        let tree = Tree::from_events(&events).unwrap();
        let expected = built_in();
        for on in [THEN, "2022-08-01", NOW] {
            prop_assert_eq!(tree.list(date(on), None), expected.list(date(on), None));
        }
    }

    #[test]
    fn no_table_breaks_the_loader(text in "(code,regency_code,name\n)?[0-9.,\"\r\nA]{0,80}") {
        let tree = built_in();
        let _loaded = districts(&text, tree, date(NOW));
        let _loaded = villages(&text, tree, date(NOW));
    }
}
