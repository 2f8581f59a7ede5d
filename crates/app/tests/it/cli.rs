//! The command line through its library entry, with what it prints captured.

use std::ffi::OsString;

use app::output::Output;
use expect_test::{Expect, expect};
use serde_json::Value;
use tempfile::TempDir;

/// Exit code, standard output, standard error.
fn run(line: &[&str]) -> (u8, String, String) {
    let (output, captured) = Output::captured();
    let arguments = ["genggam"].iter().chain(line).map(OsString::from);
    let code = app::cli::run(arguments, output);
    (code, captured.out(), captured.err())
}

fn check(line: &str, code: u8, expect: &Expect) {
    let words: Vec<&str> = line.split(' ').collect();
    let (got, out, err) = run(&words);
    assert_eq!(got, code, "{line}: {out}{err}");
    expect.assert_eq(&format!("{out}{err}"));
}

#[test]
fn the_tree_has_its_offices_at_its_date() {
    let count = |on: &str, level: &str| {
        let (code, out, _) = run(&["office", "tree", "--on", on, "--json"]);
        assert_eq!(code, 0);
        let offices: Vec<Value> = serde_json::from_str(&out).unwrap();
        offices.iter().filter(|office| office["level"] == level).count()
    };
    let all = |on| ["centre", "province", "regency"].map(|level| count(on, level));
    assert_eq!(all("2021-01-08"), [1, 34, 514]);
    assert_eq!(all("2026-01-01"), [1, 38, 514]);
}

#[test]
fn a_branch_of_the_tree_is_indented() {
    let (code, out, _) =
        run(&["office", "tree", "--on", "2021-01-08", "--under", "Kepulauan Riau"]);
    assert_eq!(code, 0);
    expect![[r#"
        21             Kepulauan Riau
          21.01          Kabupaten Bintan
          21.02          Kabupaten Karimun
          21.03          Kabupaten Natuna
          21.04          Kabupaten Lingga
          21.05          Kabupaten Kepulauan Anambas
          21.71          Kota Batam
          21.72          Kota Tanjung Pinang
    "#]]
    .assert_eq(&out);
}

#[test]
fn offices_are_found_or_the_doubt_is_said() {
    check(
        "office find 21.71 --on 2021-01-08 --lang en",
        0,
        &expect![[r#"
         code   BPS  level            name
        21.71  2171  regency or city  Ditjen Politik dan Pemerintahan Umum › Kepulauan Riau › Kota Batam
    "#]],
    );
    check(
        "office find 11.1 --on 2021-01-08 --lang en",
        1,
        &expect![[r#"
        The code “11.1” seems damaged by a spreadsheet; perhaps 11.10 Kabupaten Aceh Singkil, 11.01 Kabupaten Aceh Selatan is meant.
    "#]],
    );
    check(
        "office find Atlantis --on 2021-01-08 --lang id",
        1,
        &expect![[r#"
        Tidak ada kantor dengan kode atau nama “Atlantis” pada tanggal itu; mungkin maksudnya .
    "#]],
    );
}

#[test]
fn the_division_of_papua_is_among_the_events() {
    let (code, out, _) = run(&["office", "events", "--json"]);
    assert_eq!(code, 0);
    let events: Vec<Value> = serde_json::from_str(&out).unwrap();
    let found = events.iter().filter(|event| event["change"] == "found");
    let names: Vec<&str> = found.map(|event| event["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"Papua Selatan"), "{names:?}");
    let of_2022 = events.iter().filter(|event| event["date"].as_str().unwrap().starts_with("2022"));
    assert!(of_2022.clone().count() > 26);
    assert!(of_2022.clone().all(|event| event["basis"].as_str().unwrap().starts_with("UU ")));
}

#[test]
fn a_wrong_command_line_is_another_code_than_a_refusal() {
    assert_eq!(run(&["bogus"]).0, 2);
    assert_eq!(run(&["office", "tree", "--on", "2021-02-30"]).0, 2);
    let (code, help, _) = run(&["--help"]);
    assert_eq!(code, 0);
    assert!(help.contains("Exit codes:"), "{help}");
    let dir = TempDir::new().unwrap();
    let dir = dir.path().join("none");
    let dir = dir.to_str().unwrap();
    let (code, out, err) = run(&["pack", "list", "--dir", dir, "--lang", "id"]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.starts_with("Belum ada simpul di "), "{err}");
    let (code, _, err) = run(&["pack", "list", "--dir", dir, "--json", "--lang", "en"]);
    let err: Value = serde_json::from_str(&err).unwrap();
    assert_eq!(code, 1);
    assert!(err["error"].as_str().unwrap().starts_with("There is no node in "), "{err}");
}

#[test]
fn other_machines_are_not_served_in_the_clear() {
    let line = ["serve", "--listen", "0.0.0.0", "--lang", "en"];
    let (code, _, err) = run(&line);
    assert_eq!(code, 1);
    assert!(err.starts_with("Refusing to serve 0.0.0.0:8080 without TLS."), "{err}");
    let (code, _, err) =
        run(&["serve", "--tls-cert", "gone.pem", "--tls-key", "gone.pem", "--lang", "en"]);
    assert_eq!(code, 1);
    assert!(err.contains("gone.pem"), "{err}");
}

#[test]
fn the_life_of_a_node() {
    let dir = TempDir::new().unwrap();
    let secret = dir.path().join("secret");
    std::fs::write(&secret, "laut tenang 2021\n").unwrap();
    let node = dir.path().join("node");
    let (node, secret) = (node.to_str().unwrap(), secret.to_str().unwrap());
    let go = |line: &[&str]| {
        let mut line = line.to_vec();
        line.extend(["--dir", node, "--lang", "en"]);
        run(&line)
    };
    let ok = |line: &[&str]| {
        let (code, out, err) = go(line);
        assert_eq!(code, 0, "{line:?}: {out}{err}");
        out
    };
    let init = ["init", "--office", "Kota Batam", "--admin", "sari", "--password-file", secret];
    assert!(ok(&init).starts_with("The node “Kota Batam” for Kota Batam is ready in "));
    assert_eq!(go(&init).0, 1);
    let (code, _, err) = go(&["person", "list", "--as", "siapa"]);
    assert_eq!((code, err.as_str()), (1, "Not found, or you may not see it.\n"));
    let add = [
        "person",
        "add",
        "budi",
        "--role",
        "operator",
        "--at",
        "21.71",
        "--as",
        "sari",
        "--password-file",
        secret,
    ];
    assert_eq!(ok(&add), "budi is added.\n");
    let (code, _, err) = go(&add);
    assert_eq!((code, err.as_str()), (1, "name: The name “budi” is taken by somebody else.\n"));
    let role = ["person", "role", "budi", "--role", "analis", "--at", "Kota Batam", "--as", "sari"];
    assert_eq!(ok(&role), "budi is now analis at Kota Batam.\n");
    let listed: Value =
        serde_json::from_str(&ok(&["person", "list", "--as", "sari", "--json"])).unwrap();
    assert_eq!(listed.as_array().unwrap().len(), 2);
    assert_eq!(
        ok(&["person", "password", "budi", "--as", "sari", "--password-file", secret]),
        "budi's password is changed; their old sessions end.\n"
    );

    let pack = concat!(env!("CARGO_MANIFEST_DIR"), "/../../packs/kejadian");
    assert_eq!(go(&["pack", "publish", pack, "--as", "budi"]).0, 1);
    assert!(
        ok(&["pack", "publish", pack, "--as", "sari"]).starts_with("The pack kejadian version ")
    );
    assert!(ok(&["pack", "list"]).contains("kejadian"));
    assert!(ok(&["facts", "rebuild"]).starts_with("Facts hold the log up to position 1 of 1"));
    assert!(ok(&["audit", "verify"]).starts_with("Every chain holds: 1 streams, 1 operations"));
    let copy = dir.path().join("copy.db");
    let copy = copy.to_str().unwrap();
    assert!(ok(&["backup", copy]).contains("A backup of "));
    assert_eq!(go(&["backup", copy]).0, 1);
    restored(&dir, node, copy, secret);
    another_key(&dir, node, secret);
}

/// Another key is asked for, as often as one likes; the centre's stands under the root alone.
fn another_key(dir: &TempDir, node: &str, secret: &str) {
    let request = dir.path().join("request.json");
    let request = request.to_str().unwrap();
    let rotate = |node: &str| run(&["node", "rotate", request, "--dir", node, "--lang", "en"]);
    let asked = |_| {
        let (code, out, err) = rotate(node);
        assert_eq!(code, 0, "{err}");
        assert!(out.starts_with("The request for another key is in "), "{out}");
        std::fs::read_to_string(request).unwrap()
    };
    let [first, second] = [(), ()].map(asked);
    assert_eq!(first, second);
    let centre = dir.path().join("centre");
    let centre = centre.to_str().unwrap();
    let init = ["init", "--office", "Pusat", "--admin", "sari", "--password-file", secret];
    assert_eq!(run(&[&init[..], &["--dir", centre]].concat()).0, 0);
    let (code, _, err) = rotate(centre);
    assert_eq!(code, 1);
    assert!(err.starts_with("The root alone certifies the centre's key"), "{err}");
}

/// A backup becomes a node again, in an empty folder and with its own key.
fn restored(dir: &TempDir, node: &str, copy: &str, secret: &str) {
    let (key, again) = (format!("{node}/node.key"), dir.path().join("again"));
    let again = again.to_str().unwrap();
    let restore = |line: &[&str]| {
        let (code, out, err) = run(&[&["restore", "--lang", "en"], line].concat());
        (code, out + &err)
    };
    let (code, told) = restore(&[copy, "--dir", node]);
    assert!(code == 1 && told.contains("is not empty"), "{told}");
    let (code, told) = restore(&[secret, "--dir", again]);
    assert!(code == 1 && told.starts_with("This file is no backup"), "{told}");
    let other = dir.path().join("other.key");
    std::fs::write(&other, [7; 32]).unwrap();
    let (code, told) = restore(&[copy, "--dir", again, "--key", other.to_str().unwrap()]);
    assert!(code == 1 && told.starts_with("This key is another node's"), "{told}");
    let (code, told) = restore(&[copy, "--dir", again, "--key", &key]);
    assert_eq!(code, 0, "{told}");
    assert!(told.contains(": 1 operations, every chain holds."), "{told}");
    assert!(told.contains("is lost with the old disk"), "{told}");
    let (code, _, err) = run(&["audit", "verify", "--dir", again]);
    assert_eq!(code, 0, "{err}");
}

#[test]
fn packs_are_begun_checked_and_tried() {
    let dir = TempDir::new().unwrap();
    let parent = dir.path().to_str().unwrap();
    let (code, out, err) = run(&["pack", "new", "coba", "--in", parent, "--lang", "en"]);
    assert_eq!(code, 0, "{out}{err}");
    let folder = dir.path().join("coba");
    let at = folder.to_str().unwrap();
    let (code, out, err) = run(&["pack", "check", at, "--lang", "en"]);
    assert_eq!(code, 0, "{out}{err}");
    let (code, out, err) = run(&["pack", "try", at, "--lang", "en"]);
    assert_eq!(code, 0, "{out}{err}");
    let (code, _, err) = run(&["pack", "new", "coba", "--in", parent, "--lang", "en"]);
    assert_eq!(code, 1, "{err}");

    let file = folder.join("workflow.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{text}\nwarna = \"biru\"\n")).unwrap();
    let (code, out, _) = run(&["pack", "check", at, "--json"]);
    assert_eq!(code, 1);
    let told: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(told["problems"][0]["file"], "workflow.toml", "{told}");
    assert!(told["problems"][0]["line"].as_u64().unwrap() > 1, "{told}");
}

#[test]
fn a_corpus_is_a_form_a_line() {
    let corpus = |office| {
        run(&["corpus", "--kind", "prose", "--count", "3", "--seed", "1", "--office", office])
    };
    let (code, out, err) = corpus("2101");
    assert_eq!(code, 0, "{err}");
    let forms: Vec<domain::form::RawForm> =
        out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(forms.len(), 3);
    assert_eq!(corpus("1").0, 1, "the centre files no incidents");
}

/// The centre keeps everything; a province says what it would do, and why no more.
#[test]
fn pruning_says_why_not() {
    let folder = TempDir::new().unwrap();
    let password = folder.path().join("password");
    std::fs::write(&password, "laut-tenang-2021-perahu").unwrap();
    let prune = |office: &str, more: &[&str]| {
        let dir = folder.path().join(office);
        let (dir, password) = (dir.to_str().unwrap(), password.to_str().unwrap());
        let init = ["init", "--admin", "admin", "--office", office, "--password-file", password];
        assert!(run(&[&init[..], &["--dir", dir]].concat()).0 < 2);
        run(&[&["prune", "--dir", dir, "--lang", "en"], more].concat())
    };
    let said = |(code, out, err): (u8, String, String)| format!("{code} {out}{err}");
    expect![[r#"
        1 Nothing stands above this node: it keeps everything.
    "#]]
    .assert_eq(&said(prune("pusat", &[])));
    expect![[r#"
        1 Operations stay for 30 days at least.
    "#]]
    .assert_eq(&said(prune("21", &["--older-than", "29"])));
    let (code, out, _) = prune("21", &["--dry-run", "--json"]);
    let told: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &told["operations"], &told["dry_run"]), (0, &0.into(), &true.into()));
}
