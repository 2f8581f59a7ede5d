//! Looking offices up, by what people write.

use domain::office::{CodeSystem, Level, Lookup};
use domain::period::Date;
use expect_test::{Expect, expect};
use proptest::prelude::*;

use crate::office::{NOW, THEN, built_in, date};

fn check(text: &str, on: &str, expect: Expect) {
    check_with(text, on, &Lookup::default(), expect);
}

#[expect(clippy::needless_pass_by_value, reason = "an expectation is made where it is used")]
fn check_with(text: &str, on: &str, lookup: &Lookup, expect: Expect) {
    let tree = built_in();
    let actual = match tree.find_with(text, date(on), lookup) {
        Ok(id) => {
            let office = tree.at(id, date(on)).unwrap();
            format!("{} {} {}", office.id, office.code, office.name)
        }
        Err(error) => format!("{}: {error}", error.code().as_str()),
    };
    expect.assert_eq(&actual);
}

#[test]
fn codes_are_found() {
    check("21.71", NOW, expect!["2171 21.71 Kota Batam"]);
    check(" 21 . 71 ", NOW, expect!["2171 21.71 Kota Batam"]);
    check("2171", NOW, expect!["2171 21.71 Kota Batam"]);
    check("21", NOW, expect!["21 21 Kepulauan Riau"]);
    check("id:2171", NOW, expect!["2171 21.71 Kota Batam"]);
    check("91.01", THEN, expect!["9301 91.01 Kabupaten Merauke"]);
    check(
        "93.01",
        THEN,
        expect!["office.unknown: `93.01` does not exist on 2021-01-08: 91.01 Kabupaten Merauke"],
    );
    check(
        "91.01",
        NOW,
        expect!["office.unknown: `91.01` does not exist on 2026-01-01: 93.01 Kabupaten Merauke"],
    );
    check("bps:9401", NOW, expect!["9301 93.01 Kabupaten Merauke"]);
    check("kemendagri:94.01", NOW, expect!["9401 94.01 Kabupaten Nabire"]);
    check("99.99", NOW, expect!["office.unknown: no office is called `99.99`"]);
}

#[test]
fn a_number_of_two_systems_is_said_to_be_ambiguous() {
    check(
        "9401",
        NOW,
        expect![
            "office.ambiguous: `9401` may be 94.01 Kabupaten Nabire, 93.01 Kabupaten Merauke (BPS)"
        ],
    );
    check("9401", THEN, expect!["9301 91.01 Kabupaten Merauke"]);
    check(
        "1101",
        NOW,
        expect![
            "office.ambiguous: `1101` may be 11.01 Kabupaten Aceh Selatan, 11.09 Kabupaten Simeulue (BPS)"
        ],
    );
    check("91", NOW, expect!["office.ambiguous: `91` may be 91 Papua, 92 Papua Barat (BPS)"]);
    let bps = Lookup { system: CodeSystem::Bps, ..Lookup::default() };
    check_with("1101", NOW, &bps, expect!["1109 11.09 Kabupaten Simeulue"]);
    let kemendagri = Lookup { system: CodeSystem::Kemendagri, ..Lookup::default() };
    check_with("1101", NOW, &kemendagri, expect!["1101 11.01 Kabupaten Aceh Selatan"]);
}

#[test]
fn damage_by_spreadsheets_is_said() {
    check(
        "11.1",
        NOW,
        expect![
            "office.code_damaged: `11.1` is a code damaged by a spreadsheet; it may have been 11.10 Kabupaten Aceh Singkil, 11.01 Kabupaten Aceh Selatan"
        ],
    );
    check(
        "11.2",
        NOW,
        expect![
            "office.code_damaged: `11.2` is a code damaged by a spreadsheet; it may have been 11.02 Kabupaten Aceh Tenggara"
        ],
    );
    check(
        "11.3",
        NOW,
        expect![
            "office.code_damaged: `11.3` is a code damaged by a spreadsheet; it may have been 11.03 Kabupaten Aceh Timur"
        ],
    );
    check(
        "2171.0",
        NOW,
        expect![
            "office.code_damaged: `2171.0` is a code damaged by a spreadsheet; it may have been 21.71 Kota Batam"
        ],
    );
    check(
        "2.171",
        NOW,
        expect![
            "office.code_damaged: `2.171` is a code damaged by a spreadsheet; it may have been 21.71 Kota Batam"
        ],
    );
    check(
        "21,71",
        NOW,
        expect![
            "office.code_damaged: `21,71` is a code damaged by a spreadsheet; it may have been 21.71 Kota Batam"
        ],
    );
    check(
        "11.0",
        NOW,
        expect![
            "office.code_damaged: `11.0` is a code damaged by a spreadsheet; it may have been 11 Aceh"
        ],
    );
    check("99.9", NOW, expect!["office.unknown: no office is called `99.9`"]);
}

#[test]
fn names_are_found_as_people_write_them() {
    check("KAB. BINTAN", NOW, expect!["2101 21.01 Kabupaten Bintan"]);
    check("kab.bintan", NOW, expect!["2101 21.01 Kabupaten Bintan"]);
    check("bintan", NOW, expect!["2101 21.01 Kabupaten Bintan"]);
    check("Kota Batam", NOW, expect!["2171 21.71 Kota Batam"]);
    check("  KOTA   BÁTAM ", NOW, expect!["2171 21.71 Kota Batam"]);
    check("DI YOGYAKARTA", NOW, expect!["34 34 Daerah Istimewa Yogyakarta"]);
    check("D.I. Yogyakarta", NOW, expect!["34 34 Daerah Istimewa Yogyakarta"]);
    check(
        "Yogyakarta",
        NOW,
        expect![
            "office.ambiguous: `Yogyakarta` may be 34 Daerah Istimewa Yogyakarta, 34.71 Kota Yogyakarta"
        ],
    );
    check("KEP. RIAU", NOW, expect!["21 21 Kepulauan Riau"]);
    check("Kepri", NOW, expect!["21 21 Kepulauan Riau"]);
    check("DKI JAKARTA", NOW, expect!["31 31 Daerah Khusus Ibukota Jakarta"]);
    check("KOTA ADM. JAKARTA PUSAT", NOW, expect!["3171 31.71 Kota Administrasi Jakarta Pusat"]);
    check(
        "Kab. Adm. Kep. Seribu",
        NOW,
        expect!["3101 31.01 Kabupaten Administrasi Kepulauan Seribu"],
    );
    check("Anambas", NOW, expect!["2105 21.05 Kabupaten Kepulauan Anambas"]);
    check("Kota Baru", NOW, expect!["6302 63.02 Kabupaten Kotabaru"]);
    check("FAKFAK", NOW, expect!["9203 92.03 Kabupaten Fak Fak"]);
    check("Pangkajene Kepulauan", NOW, expect!["7310 73.10 Kabupaten Pangkajene dan Kepulauan"]);
    check("Toba Samosir", NOW, expect!["1212 12.12 Kabupaten Toba"]);
    check("Kabupaten Toba", THEN, expect!["1212 12.12 Kabupaten Toba"]);
}

#[test]
fn names_of_several_offices_are_not_guessed() {
    check(
        "Bandung",
        NOW,
        expect!["office.ambiguous: `Bandung` may be 32.04 Kabupaten Bandung, 32.73 Kota Bandung"],
    );
    check("Kab. Bandung", NOW, expect!["3204 32.04 Kabupaten Bandung"]);
    check(
        "Gorontalo",
        NOW,
        expect![
            "office.ambiguous: `Gorontalo` may be 75 Gorontalo, 75.01 Kabupaten Gorontalo, 75.71 Kota Gorontalo"
        ],
    );
    check("Kota Bandung, Jawa Barat", NOW, expect!["3273 32.73 Kota Bandung"]);
    check(
        "Bandung, Bali",
        NOW,
        expect![
            "office.unknown: no office is called `Bandung`; much like it: 51.03 Kabupaten Badung"
        ],
    );
    check("Prov. Gorontalo", NOW, expect!["75 75 Gorontalo"]);
    let regency = Lookup { level: Some(Level::Regency), ..Lookup::default() };
    check_with("Jambi", NOW, &regency, expect!["1571 15.71 Kota Jambi"]);
    check(
        "Papua Selatan",
        THEN,
        expect!["office.unknown: `Papua Selatan` does not exist on 2021-01-08: 93 Papua Selatan"],
    );
    check(
        "Kab. Bintam",
        NOW,
        expect![
            "office.unknown: no office is called `Kab. Bintam`; much like it: 21.01 Kabupaten Bintan"
        ],
    );
    check("Atlantis", NOW, expect!["office.unknown: no office is called `Atlantis`"]);
    check("", NOW, expect!["office.unknown: no office is called ``"]);
}

#[test]
fn every_office_is_found_by_its_code_and_its_name() {
    let tree = built_in();
    for on in [THEN, NOW] {
        for office in tree.list(date(on), None) {
            if office.level > Level::Centre {
                let known = Lookup { level: Some(office.level), ..Lookup::default() };
                let found = tree.find_with(office.name, date(on), &known);
                assert_eq!(found, Ok(office.id), "{office:?}");
                let kemendagri = Lookup { system: CodeSystem::Kemendagri, ..Lookup::default() };
                let digits = office.code.replace('.', "");
                assert_eq!(tree.find_with(&digits, date(on), &kemendagri), Ok(office.id));
            }
            if let Some(bps) = office.bps {
                assert_eq!(tree.find(&format!("bps:{bps}"), date(on)), Ok(office.id));
            }
        }
    }
}

proptest! {
    #[test]
    fn no_text_breaks_a_look_up(text in ".{0,40}", days in any::<i32>()) {
        let tree = built_in();
        if let Ok(id) = tree.find(&text, Date(days)) {
            prop_assert!(tree.exists(id, Date(days)));
        }
    }

    #[test]
    fn a_damaged_code_is_never_taken_for_an_office(number in 100_u32..1000) {
        let text = format!("{}.{}", number / 10, number % 10);
        let found = built_in().find(&text, date(NOW));
        prop_assert!(found.is_err(), "{text} was taken for {found:?}");
    }
}
