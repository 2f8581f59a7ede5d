//! Mistakes in a pack's source: each has a place, a code and what to do.

use std::collections::BTreeMap;

use domain::pack::author::{PackProblem, Sources, compile_sources, scaffold};
use domain::pack::{Pack, check_upgrade};
use expect_test::{Expect, expect};
use proptest::prelude::*;

/// The files of the pack that `pack new` begins.
pub(crate) fn small() -> BTreeMap<String, String> {
    let parent = tempfile::tempdir().unwrap();
    let folder = scaffold(parent.path(), "coba").unwrap();
    let mut files = BTreeMap::new();
    for part in ["", "types", "views", "messages"] {
        for entry in std::fs::read_dir(folder.join(part)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let name = path.strip_prefix(&folder).unwrap().to_str().unwrap().to_owned();
                files.insert(name, std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    files
}

pub(crate) fn compile(files: &BTreeMap<String, String>) -> Result<Pack, Vec<PackProblem>> {
    compile_sources(&Sources::from_texts(files.clone()))
}

/// The small pack with one text of one file replaced, and what is then wrong with it.
fn check(file: &str, from: &str, to: &str, expected: &Expect) {
    let mut files = small();
    let text = files.get_mut(file).unwrap();
    assert!(text.contains(from), "{file} has {from:?}");
    *text = text.replacen(from, to, 1);
    let problems = compile(&files).expect_err("a mistake");
    let lines: Vec<String> = problems.iter().map(|problem| format!("{problem}\n")).collect();
    expected.assert_eq(&lines.concat());
}

const TYPE: &str = "types/laporan.toml";

#[test]
fn keys_and_values() {
    check(
        TYPE,
        "required = true",
        "requird = true",
        &expect![[r#"
        types/laporan.toml:17:1: unknown key `requird`: correct or remove it; keys here are group, id, key, kind, missing, not_applicable, relevant, required, section, unit [pack.key_unknown]
    "#]],
    );
    check(
        TYPE,
        "kind = \"integer\"",
        "kind = \"number\"",
        &expect![[r#"
        types/laporan.toml:23:8: no field kind `number`: write text, longtext, integer, decimal, money, date, time, period, choice, choices, office, record, point, photo, file, group, computed or bool [pack.bad_value]
    "#]],
    );
    check(
        TYPE,
        "min = 0",
        "min = 0.5",
        &expect![[r#"
        types/laporan.toml:25:7: `min` is wrong: too many digits after the point for a field with 0 digits after the point [pack.bad_value]
    "#]],
    );
    check(
        TYPE,
        "id = 2",
        "id = 1",
        &expect![[r#"
        types/laporan.toml:19:1: the field number 1 is used twice: give this one another [pack.duplicate]
    "#]],
    );
    check(
        TYPE,
        "key = \"banyak\"",
        "key = \"Banyak\"",
        &expect![[r#"
        types/laporan.toml:21:7: `Banyak` can't be a key: begin with a lower-case letter, go on with lower-case letters, digits and _ [pack.bad_name]
    "#]],
    );
    check(
        TYPE,
        "title = \"judul\"",
        "title = \"nama\"",
        &expect![[r#"
        types/laporan.toml:7:9: `title` must name a text field outside repeat groups; `nama` isn't one [pack.unknown_field]
    "#]],
    );
    check(
        TYPE,
        "grain = \"month\"",
        "grain = \"moon\"",
        &expect![[r#"
        types/laporan.toml:5:9: `moon` is not possible here: write one of day, week, month, quarter, third, half, year [pack.bad_value]
    "#]],
    );
    check(
        TYPE,
        "[[section]]",
        "[[section]",
        &expect![[r#"
        types/laporan.toml:9:11: this is not TOML: unclosed array table, expected `]` [pack.syntax]
    "#]],
    );
}

#[test]
fn expressions() {
    check(
        TYPE,
        "banyak > 0",
        "banyak >",
        &expect![[r#"
        types/laporan.toml:36:21: this is not a CEL expression: Syntax error: mismatched input '<EOF>' [expr.syntax]
    "#]],
    );
    check(
        TYPE,
        "banyak > 0",
        "banyk > 0",
        &expect![[r#"
        types/laporan.toml:36:13: `banyk` is neither a field of this type nor a variable [expr.unknown]
    "#]],
    );
    check(
        TYPE,
        "banyak > 0",
        "banyak + 1",
        &expect![[r#"
        types/laporan.toml:36:20: this gives a number: here belongs true or false [expr.type]
    "#]],
    );
    check(
        TYPE,
        "banyak > 0",
        "judul == 'é' && banyak > 'a'",
        &expect![[r#"
        types/laporan.toml:36:36: a number and a text don't go together [expr.type]
    "#]],
    );
    check(
        TYPE,
        "banyak > 0",
        "today > period.last",
        &expect![[r#"
        types/laporan.toml:36:13: `today` can't be asked here, where the answer must be the same every day: use it in a rule [expr.not_here]
    "#]],
    );
}

#[test]
fn words_of_the_pack_language() {
    check(
        TYPE,
        "banyak > 0",
        "state == 'selesai'",
        &expect![[r#"
        types/laporan.toml:36:22: the type has no state `selesai`: it has dikirim, dikembalikan, diterima [pack.unknown_state]
    "#]],
    );
    check(
        TYPE,
        "banyak > 0",
        "[1, 2].exists(x, x == banyak)",
        &expect![[r#"
        types/laporan.toml:36:26: the pack language has no `exists` with these arguments; it has has, missing, notApplicable, size, count, sum, min, max, startsWith, endsWith, contains, days, coalesce, date and time [expr.unknown]
    "#]],
    );
    check(
        TYPE,
        "banyak > 0",
        "banyak == null",
        &expect![[r#"
        types/laporan.toml:36:23: `null` can't be compared: write `has(field)` or `!has(field)` [expr.unsupported]
    "#]],
    );
    check(
        TYPE,
        "hadir / banyak",
        "rata_rata + 1",
        &expect![[r#"
        types/laporan.toml:40:7: the computed field `rata_rata` reads itself, perhaps by way of others: break the circle [pack.cycle]
    "#]],
    );
    check(
        "measures.toml",
        "hadir / kegiatan",
        "hadir / orang",
        &expect![[r#"
        measures.toml:34:20: the pack has no measure `orang` [pack.unknown_measure]
    "#]],
    );
}

#[test]
fn references_between_files() {
    check(
        "workflow.toml",
        "to = \"diterima\"",
        "to = \"terima\"",
        &expect![[r#"
        workflow.toml:12:1: no action leads to the state `diterima`: add one, or take the state away [pack.unreachable_state]
        workflow.toml:23:6: no state `terima`: the states are dikirim, dikembalikan, diterima [pack.unknown_state]
    "#]],
    );
    check(
        "workflow.toml",
        "to = \"dikembalikan\"",
        "to = \"diterima\"",
        &expect![[r#"
        workflow.toml:7:1: no action leads to the state `dikembalikan`: add one, or take the state away [pack.unreachable_state]
    "#]],
    );
    check(
        "workflow.toml",
        "[[laporan.state]]",
        "[[laporn.state]]",
        &expect![[r#"
        workflow.toml:1:3: the pack has no record type `laporn` [pack.unknown_type]
        workflow.toml:12:1: no action leads to the state `diterima`: add one, or take the state away [pack.unreachable_state]
        workflow.toml:17:14: no state `dikirim`: the states are dikembalikan, diterima [pack.unknown_state]
        workflow.toml:22:9: no state `dikirim`: the states are dikembalikan, diterima [pack.unknown_state]
        workflow.toml:28:9: no state `dikirim`: the states are dikembalikan, diterima [pack.unknown_state]
        workflow.toml:37:6: no state `dikirim`: the states are dikembalikan, diterima [pack.unknown_state]
    "#]],
    );
}

#[test]
fn texts_views_and_measures() {
    check(
        "messages/en.toml",
        "judul = \"Title\"",
        "jdul = \"Title\"",
        &expect![[r#"
        messages/en.toml:1:1: no text for `field.laporan.judul`: add it to messages/en.toml [message.missing]
        messages/en.toml:10:1: the pack has nothing that `field.laporan.jdul` would name: remove it [message.unknown]
    "#]],
    );
    check(
        "views/daftar.toml",
        "\"banyak\"",
        "\"bnyak\"",
        &expect![[r#"
        views/daftar.toml:4:20: `laporan` has no field `bnyak` outside repeat groups [pack.unknown_field]
    "#]],
    );
    check(
        "views/per_provinsi.toml",
        "period:month",
        "period:moon",
        &expect![[r#"
        views/per_provinsi.toml:5:12: no axis `period:moon`: after the colon belongs one of day, week, month, quarter, third, half, year [pack.bad_value]
    "#]],
    );
    check(
        "schedule.toml",
        "2021-01-01",
        "2021-02-30",
        &expect![[r#"
        schedule.toml:6:8: this is not a date: write year-month-day in quotes, as "2021-01-08" [pack.bad_value]
    "#]],
    );
    check(
        "measures.toml",
        "{ status = \"state\" }",
        "{ keadaan = \"state\" }",
        &expect![[r#"
        measures.toml:8:1: say what the dimension `status` is here: add it to this `dims` [pack.key_missing]
        measures.toml:12:10: the measure has no dimension `keadaan`: add it to `dims` [pack.unknown_dim]
    "#]],
    );
}

#[test]
fn missing_files() {
    let mut files = small();
    files.remove("messages/en.toml");
    files.insert("measure.toml".to_owned(), String::new());
    let problems = compile(&files).unwrap_err();
    let lines: Vec<String> = problems.iter().map(|problem| format!("{problem}\n")).collect();
    expect![[r#"
        measure.toml:1:1: no pack has such a file: remove it, or correct its name [pack.file_unknown]
        messages/en.toml:1:1: this file is missing: add it [pack.file_missing]
    "#]].assert_eq(&lines.concat());
}

/// What is wrong with following the small pack by one with a text replaced.
fn check_next(file: &str, from: &str, to: &str, expected: &Expect) {
    let old = compile(&small()).unwrap();
    let mut files = small();
    let head = files.get_mut("pack.toml").unwrap();
    *head = head.replace("version = 1", "version = 2");
    let text = files.get_mut(file).unwrap();
    *text = text.replace(from, to);
    let new = compile(&files).unwrap();
    let lines = check_upgrade(&old, &new)
        .into_iter()
        .map(|one| format!("{}: {} [{}]\n", one.at, one.message, one.fault.as_str()));
    expected.assert_eq(&lines.collect::<String>());
}

#[test]
fn numbers_keep_their_meaning() {
    check_next(TYPE, "required = true", "required = false", &expect![[""]]);
    check_next(
        TYPE,
        "id = 3\nkey = \"hadir\"",
        "id = 9\nkey = \"hadir\"",
        &expect![[r#"
        laporan.hadir: this field is published and records may hold it: keep it, with `relevant = "false"` so that it is no longer asked [upgrade.number_gone]
    "#]],
    );
    check_next(
        TYPE,
        "grain = \"month\"",
        "grain = \"week\"",
        &expect![[r#"
        laporan: event or periodic, and the grain, stay: make a new type [upgrade.number_changed]
    "#]],
    );
    check_next(
        TYPE,
        "scale = 1",
        "scale = 2",
        &expect![[r#"
        laporan.rata_rata: a published field keeps its kind, scale, grain and repeat group: give the changed field a new number and key [upgrade.number_changed]
    "#]],
    );
    check_next(
        "workflow.toml",
        "id = 3\nkey = \"kirim_kembali\"",
        "id = 4\nkey = \"kirim_kembali\"",
        &expect![[r#"
            laporan.kirim_kembali: this action is published and records may use its number: keep it [upgrade.number_gone]
        "#]],
    );
    check_next(
        "measures.toml",
        "scale = 1",
        "scale = 2",
        &expect![[r#"
        hadir_per_kegiatan: a published measure keeps its unit, scale, kind and dimensions, and new dimensions come last: give the changed measure a new key [upgrade.number_changed]
    "#]],
    );
}

#[test]
fn every_code_is_its_own() {
    let codes = domain::pack::author::PackCode::ALL.iter().map(|code| code.as_str());
    let distinct: std::collections::BTreeSet<_> = codes.clone().collect();
    assert_eq!(distinct.len(), codes.count());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Whatever a file holds, there is a pack or a list of problems, never a panic.
    #[test]
    fn a_damaged_file_never_panics(
        which in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        cut in 0usize..40,
        insert in "[ -~]{0,12}|\\PC{0,6}|\n\\[\\[field\\]\\]\n",
    ) {
        let mut files = small();
        let names: Vec<String> = files.keys().cloned().collect();
        let text = files.get_mut(which.get(&names)).unwrap();
        let chars: Vec<char> = text.chars().collect();
        let at = at.index(chars.len());
        let end = (at + cut).min(chars.len());
        let damaged: String =
            chars[..at].iter().copied().chain(insert.chars()).chain(chars[end..].iter().copied()).collect();
        *text = damaged;
        if let Err(problems) = compile(&files) {
            prop_assert!(!problems.is_empty());
        }
    }

    /// Whatever an expression is, it compiles or is explained, and in little time.
    #[test]
    fn a_wild_expression_never_panics(expr in "([-!(\\[+*/%<>=&|?:.,a-z0-9' ]|banyak|hadir|has\\(){0,60}") {
        let mut files = small();
        let text = files.get_mut(TYPE).unwrap();
        *text = text.replacen("banyak > 0", &expr, 1);
        let _ = compile(&files).is_ok();
    }
}

#[test]
fn deep_and_long_expressions_are_refused() {
    let deep = [
        "(".repeat(900) + &")".repeat(900),
        "[".repeat(900),
        "true ? ".repeat(900) + "true",
        "1 + ".repeat(450) + "1 > 0",
        "a.".repeat(900) + "b",
        "size(".repeat(300) + "judul" + &")".repeat(300) + " > 0",
        "true || ".repeat(1_900) + "true",
    ];
    for expr in deep {
        let mut files = small();
        let text = files.get_mut(TYPE).unwrap();
        *text = text.replacen("banyak > 0", &expr, 1);
        let Err(problems) = compile(&files) else { panic!("{} compiles", &expr[..20]) };
        let codes: Vec<&str> = problems.iter().map(|problem| problem.code.as_str()).collect();
        assert!(codes.iter().all(|code| code.starts_with("expr.")), "{} {codes:?}", &expr[..20]);
    }
}

#[test]
fn a_dictionary_is_read_from_its_file_and_told_when_it_is_too_large() {
    let parent = tempfile::tempdir().unwrap();
    let folder = scaffold(parent.path(), "coba").unwrap();
    assert_eq!(domain::pack::author::compile(&folder).unwrap().dictionary, None);
    let put = |bytes: usize| std::fs::write(folder.join("dictionary.bin"), vec![7; bytes]).unwrap();
    put(100);
    let pack = domain::pack::author::compile(&folder).unwrap();
    assert_eq!(pack.dictionary.unwrap().0, [7; 100]);
    put(48 * 1024 + 1);
    let problems = domain::pack::author::compile(&folder).unwrap_err();
    let text: Vec<String> = problems.iter().map(ToString::to_string).collect();
    expect![[r"
        dictionary.bin:1:1: the dictionary has 49153 bytes, more than 49152: make a smaller one [pack.too_large]"]]
    .assert_eq(&text.join("\n"));
}
