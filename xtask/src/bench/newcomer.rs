//! A regency's node that is new, or came back with an empty disk, over a weak link: seconds until a
//! year of its own reports is there, where its province has all as it came and where it has pruned.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use rusqlite::{Connection, OpenFlags};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Figure;
use super::sync::{Corpus, Kind};
use super::wan::{Side, Wan};
use crate::load::sign_in;
use crate::server::{PASSWORD, Server};
use crate::sh;

const PORT: &str = "8443";
const PARENT_URL: &str = "https://10.9.0.2:8443";
/// Incident reports of a year of one regency, each verified by the province, in a full and a quick
/// run: three a day.
const REPORTS: (usize, usize) = (1_000, 100);
/// Bits a second, each way.
const RATE: &str = "64000";
/// By how much the province's log is made older, so that it may be pruned: half a year.
const OLDER_MS: i64 = 183 * 24 * 60 * 60 * 1000;
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// A run that takes so long has failed.
const GIVE_UP: Duration = Duration::from_secs(900);

/// What `genggam prune --json` says, as far as it is told here.
#[derive(Debug, Deserialize)]
struct Pruned {
    operations: u64,
    database_bytes: Bytes,
}

#[derive(Debug, Deserialize)]
struct Bytes {
    before: u64,
    after: u64,
}

/// How far a node's database has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Held {
    operations: u64,
    records: u64,
}

/// The centre, a province and one of its regencies, with a year told.
#[derive(Debug)]
struct Place {
    program: PathBuf,
    folder: tempfile::TempDir,
    held: Held,
}

/// What bringing up a new node took.
#[derive(Clone, Copy, Debug)]
struct Taken {
    seconds: f64,
    wire_kib: f64,
}

/// Measures both.
pub(super) fn run(program: &Path, quick: bool) -> anyhow::Result<Vec<Figure>> {
    let reports = if quick { REPORTS.1 } else { REPORTS.0 };
    let place = Place::make(program, reports)?;
    let wan = Wan::start_at(1, RATE)?;
    let whole = place.newcomer(&wan, "first")?;
    let pruned = place.prune()?;
    let after = place.newcomer(&wan, "second")?;
    let figure = |figure, value, unit| Figure {
        bench: "newcomer",
        figure,
        value,
        unit,
        ..Figure::default()
    };
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let number = |n: u64| n as f64;
    Ok(vec![
        figure("operations", number(place.held.operations), ""),
        figure("records", number(place.held.records), ""),
        figure("whole_seconds", whole.seconds, "s"),
        figure("whole_wire", whole.wire_kib, "KiB"),
        figure("pruned_seconds", after.seconds, "s"),
        figure("pruned_wire", after.wire_kib, "KiB"),
        figure("pruned_operations", number(pruned.operations), ""),
        figure("database_before", number(pruned.database_bytes.before) / 1024.0, "KiB"),
        figure("database_after", number(pruned.database_bytes.after) / 1024.0, "KiB"),
    ])
}

impl Place {
    /// The nodes, the reports and what the province said to each.
    fn make(program: &Path, reports: usize) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let held = Held { operations: 0, records: 0 };
        let mut place = Self { program: program.to_owned(), folder, held };
        std::fs::write(place.file("password"), PASSWORD)?;
        place.init("centre", "pusat")?;
        let pack = sh::root().join("packs/kejadian");
        let mut publish = place.genggam("centre", &["pack", "publish", "--as", "admin"]);
        sh::output(publish.arg(pack))?;
        place.init("province", "21")?;
        place.enrol("centre", "province")?;
        place.person("province", "verifikator", "21")?;
        place.init("regency", "21.01")?;
        place.enrol("province", "regency")?;
        place.person("regency", "operator", "21.01")?;
        place.sync("province", "centre")?;
        place.sync("regency", "province")?;
        let forms = Corpus::make(program, Kind::Prose, reports)?;
        place.file_all(&forms)?;
        place.sync("regency", "province")?;
        place.verify_all(&forms)?;
        place.sync("province", "centre")?;
        place.sync("regency", "province")?;
        place.held = held_in(&place.file("regency"))?;
        Ok(place)
    }

    fn file_all(&self, forms: &Corpus) -> anyhow::Result<()> {
        let server = Server::serve(&self.program, &self.file("regency"))?;
        let cookie = sign_in(&server.url, "operator")?;
        for form in forms.read()? {
            post(&server.url, &cookie, &json!({ "create": form }))?;
        }
        Ok(())
    }

    fn verify_all(&self, forms: &Corpus) -> anyhow::Result<()> {
        let server = Server::serve(&self.program, &self.file("province"))?;
        let cookie = sign_in(&server.url, "verifikator")?;
        for form in forms.read()? {
            let record = form["record"].as_str().context("a form without a record")?;
            let url = format!("{}/api/records/{record}", server.url);
            let mut shown = ureq::get(url).header("cookie", &cookie).call()?;
            let shown: Value = shown.body_mut().read_json()?;
            let submission = format!("{:032x}", rand::random::<u128>());
            let verified = json!({
                "record": record, "submission": submission, "action": "verifikasi",
                "content": shown["content"],
            });
            post(&server.url, &cookie, &json!({ "transition": verified }))?;
        }
        Ok(())
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn genggam(&self, node: &str, args: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(args).arg("--quiet").arg("--dir").arg(self.file(node));
        command
    }

    fn init(&self, node: &str, office: &str) -> anyhow::Result<()> {
        let mut init = self.genggam(node, &["init", "--admin", "admin", "--office", office]);
        sh::output(init.arg("--password-file").arg(self.file("password"))).map(drop)
    }

    fn person(&self, node: &str, role: &str, office: &str) -> anyhow::Result<()> {
        let mut person = self.genggam(node, &["person", "add", role]);
        person.args(["--role", role, "--at", office, "--as", "admin", "--password-file"]);
        sh::output(person.arg(self.file("password"))).map(drop)
    }

    fn enrol(&self, parent: &str, child: &str) -> anyhow::Result<()> {
        let (asked, given) = (self.file("asked.json"), self.file("given.json"));
        for file in [&asked, &given] {
            if file.exists() {
                std::fs::remove_file(file)?;
            }
        }
        sh::output(self.genggam(child, &["node", "request"]).arg(&asked))?;
        let mut enrol = self.genggam(parent, &["node", "enrol"]);
        sh::output(enrol.args([&asked, &given]).args(["--url", PARENT_URL, "--as", "admin"]))?;
        sh::output(self.genggam(child, &["node", "join"]).arg(&given)).map(drop)
    }

    /// Brings two nodes to the same place, without the weak link.
    fn sync(&self, child: &str, parent: &str) -> anyhow::Result<()> {
        let office = if parent == "centre" { "pusat" } else { "21" };
        let server = Server::serve(&self.program, &self.file(parent))?;
        let dial = |url: &str| {
            let args = ["node", "dial", url, "--office", office];
            sh::output(&mut self.genggam(child, &args)).map(drop)
        };
        dial(&server.url)?;
        sh::output(&mut self.genggam(child, &["sync", "now"]))?;
        dial(PARENT_URL)
    }

    /// Enrols a new node of the regency, and waits until it has what the old one had.
    fn newcomer(&self, wan: &Wan, name: &str) -> anyhow::Result<Taken> {
        self.init(name, "21.01")?;
        self.enrol("province", name)?;
        let mut command = wan.command_at(Side::Parent, &self.program);
        command.args(["serve", "--quiet", "--json", "--tls-own", "--port", PORT, "--listen"]);
        command.arg(Side::Parent.address()).arg("--dir").arg(self.file("province"));
        let _province = Server::start(command)?;
        wan.reset()?;
        let begin = Instant::now();
        let mut command = wan.command_at(Side::Office, &self.program);
        command.args(["serve", "--quiet", "--json", "--port", "0", "--dir"]).arg(self.file(name));
        let _regency = Server::start(command)?;
        loop {
            let held = held_in(&self.file(name))?;
            if held.operations >= self.held.operations && held.records >= self.held.records {
                break;
            }
            ensure!(begin.elapsed() < GIVE_UP, "{held:?} of {:?}", self.held);
            std::thread::sleep(LOOK_EVERY);
        }
        let seconds = begin.elapsed().as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        let wire_kib = wan.sent()?.total_bytes() as f64 / 1024.0;
        Ok(Taken { seconds, wire_kib })
    }

    /// Prunes the province, whose log is made to look half a year older.
    fn prune(&self) -> anyhow::Result<Pruned> {
        let database = Connection::open(self.file("province").join("genggam.db"))?;
        database.execute("UPDATE log SET received_ms = received_ms - ?1", [OLDER_MS])?;
        drop(database);
        let mut prune = self.genggam("province", &["prune", "--json"]);
        let told: Pruned = serde_json::from_str(&sh::output(&mut prune)?)?;
        ensure!(told.operations > 0, "nothing was pruned");
        Ok(told)
    }
}

fn post(url: &str, cookie: &str, body: &Value) -> anyhow::Result<()> {
    let post = ureq::post(format!("{url}/api/submissions")).header("origin", url);
    let answer = post.header("cookie", cookie).send_json(body)?;
    ensure!(answer.status() == 201, "refused: {}", answer.status());
    Ok(())
}

/// Operations about records, and the records, on a node's disk.
fn held_in(dir: &Path) -> anyhow::Result<Held> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let database = Connection::open_with_flags(dir.join("genggam.db"), flags)?;
    database.busy_timeout(Duration::from_secs(5))?;
    let count = |sql: &str| database.query_row(sql, [], |row| row.get::<_, i64>(0));
    Ok(Held {
        operations: u64::try_from(count("SELECT count(*) FROM log WHERE record IS NOT NULL")?)?,
        records: u64::try_from(count("SELECT count(*) FROM records")?)?,
    })
}
