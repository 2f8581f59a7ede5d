//! A regency's node that is new, or came back with an empty disk, over a weak link: seconds until a
//! year of its own reports is there, where its province has all as it came and where it has pruned.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use rusqlite::Connection;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Figure;
use super::sync::{Corpus, Kind};
use super::wan::{Side, Wan};
use crate::load::sign_in;
use crate::network::{self, Network, count};
use crate::server::Server;
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
    network: Network,
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
        let (network, held) = (Network::new(program)?, Held { operations: 0, records: 0 });
        let mut place = Self { program: program.to_owned(), network, held };
        let network = &place.network;
        network.init("centre", "pusat")?;
        network.publish("centre", "kejadian")?;
        network.init("province", "21")?;
        network.enrol("province", "centre", PARENT_URL)?;
        network.person("province", "verifikator", "21")?;
        network.init("regency", "21.01")?;
        network.enrol("regency", "province", PARENT_URL)?;
        network.person("regency", "operator", "21.01")?;
        let (up, down) = (
            || network.sync("province", ("centre", "pusat"), PARENT_URL),
            || network.sync("regency", ("province", "21"), PARENT_URL),
        );
        up()?;
        down()?;
        let forms = Corpus::make(program, Kind::Prose, reports)?;
        place.file_all(&forms)?;
        down()?;
        place.verify_all(&forms)?;
        up()?;
        down()?;
        place.held = held_in(&place.network.file("regency"))?;
        Ok(place)
    }

    fn file_all(&self, forms: &Corpus) -> anyhow::Result<()> {
        let server = Server::serve(&self.program, &self.network.file("regency"))?;
        let cookie = sign_in(&server.url, "operator")?;
        for form in forms.read()? {
            network::submit(&server.url, &cookie, &json!({ "create": form }))?;
        }
        Ok(())
    }

    fn verify_all(&self, forms: &Corpus) -> anyhow::Result<()> {
        let server = Server::serve(&self.program, &self.network.file("province"))?;
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
            network::submit(&server.url, &cookie, &json!({ "transition": verified }))?;
        }
        Ok(())
    }

    /// Enrols a new node of the regency, and waits until it has what the old one had.
    fn newcomer(&self, wan: &Wan, name: &str) -> anyhow::Result<Taken> {
        self.network.init(name, "21.01")?;
        self.network.enrol(name, "province", PARENT_URL)?;
        let (province, regency) = (self.network.file("province"), self.network.file(name));
        let _province = network::serve(wan, Side::Parent, &self.program, &province, Some(PORT))?;
        wan.reset()?;
        let begin = Instant::now();
        let _regency = network::serve(wan, Side::Office, &self.program, &regency, None)?;
        loop {
            let held = held_in(&regency)?;
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
        let database = Connection::open(self.network.file("province").join("genggam.db"))?;
        database.execute("UPDATE log SET received_ms = received_ms - ?1", [OLDER_MS])?;
        drop(database);
        let mut prune = self.network.genggam("province", &["prune", "--json"]);
        let told: Pruned = serde_json::from_str(&sh::output(&mut prune)?)?;
        ensure!(told.operations > 0, "nothing was pruned");
        Ok(told)
    }
}

/// Operations about records, and the records, on a node's disk.
fn held_in(dir: &Path) -> anyhow::Result<Held> {
    Ok(Held {
        operations: count(dir, "SELECT count(*) FROM log WHERE record IS NOT NULL")?,
        records: count(dir, "SELECT count(*) FROM records")?,
    })
}
