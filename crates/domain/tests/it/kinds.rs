//! A type with fields of every kind, for tests of expressions, forms and facts.

use std::collections::BTreeMap;

use domain::pack::Pack;
use domain::pack::author::{PackCode, Sources, compile_sources};

const TYPE: &str = r#"
id = 1
key = "t"
kind = "event"
levels = ["regency"]
title = "teks"
date = "tanggal"

[[section]]
key = "s"

[[field]]
id = 1
key = "teks"
section = "s"
kind = "text"

[[field]]
id = 2
key = "panjang"
section = "s"
kind = "longtext"
missing = true

[[field]]
id = 3
key = "a"
section = "s"
kind = "integer"
not_applicable = true
missing = true

[[field]]
id = 4
key = "b"
section = "s"
kind = "integer"

[[field]]
id = 5
key = "desimal"
section = "s"
kind = "decimal"
scale = 2
min = -1000.5

[[field]]
id = 6
key = "rupiah"
section = "s"
kind = "money"
max = 9007199254740995

[[field]]
id = 7
key = "tanggal"
section = "s"
kind = "date"

[[field]]
id = 8
key = "jam"
section = "s"
kind = "time"

[[field]]
id = 9
key = "masa"
section = "s"
kind = "period"
grain = "third"

[[field]]
id = 10
key = "satu"
section = "s"
kind = "choice"
choices = [{ id = 1, key = "x" }, { id = 2, key = "y" }]

[[field]]
id = 11
key = "banyak"
section = "s"
kind = "choices"
choices = [{ id = 1, key = "x" }, { id = 2, key = "y" }, { id = 3, key = "z" }]

[[field]]
id = 12
key = "kantor"
section = "s"
kind = "office"
levels = ["province", "regency"]

[[field]]
id = 13
key = "induk"
section = "s"
kind = "record"
type = "t"
states = ["awal"]

[[field]]
id = 14
key = "titik"
section = "s"
kind = "point"

[[field]]
id = 15
key = "foto"
section = "s"
kind = "photo"

[[field]]
id = 16
key = "berkas"
section = "s"
kind = "file"

[[field]]
id = 17
key = "ya"
section = "s"
kind = "bool"

[[field]]
id = 20
key = "baris"
section = "s"
kind = "group"
rows_max = 5
not_applicable = true

[[field]]
id = 21
key = "nama"
group = "baris"
kind = "text"

[[field]]
id = 22
key = "jumlah"
group = "baris"
kind = "decimal"
scale = 1
missing = true

[[field]]
id = 23
key = "ganda"
group = "baris"
kind = "computed"
expr = "jumlah * 2"
scale = 1
"#;

const WORKFLOW: &str = r#"
[[t.state]]
id = 1
key = "awal"
editable = true
counts = true
"#;

/// The files of a pack `p` with the type `t`, to which `more` is added.
pub(crate) fn files(more: &str) -> BTreeMap<String, String> {
    let files = [
        ("pack.toml", "name = \"p\"\nversion = 1\nroles = []\n".to_owned()),
        ("types/t.toml", format!("{TYPE}\n{more}")),
        ("workflow.toml", WORKFLOW.to_owned()),
        ("messages/id.toml", String::new()),
        ("messages/en.toml", String::new()),
    ];
    files.into_iter().map(|(name, text)| (name.to_owned(), text)).collect()
}

/// The pack of these files, with a text for everything that needs one.
pub(crate) fn pack_of(mut files: BTreeMap<String, String>) -> Pack {
    let compile =
        |files: &BTreeMap<String, String>| compile_sources(&Sources::from_texts(files.clone()));
    if let Err(problems) = compile(&files) {
        for problem in problems {
            assert_eq!(problem.code, PackCode::MessageMissing, "{problem}");
            let key = problem.message.split('`').nth(1).unwrap();
            files.get_mut(&problem.file).unwrap().push_str(&format!("{key} = \"{key}\"\n"));
        }
    }
    compile(&files).unwrap()
}

/// The pack `p` with the type `t` alone.
pub(crate) fn pack() -> Pack {
    pack_of(files(""))
}
