//! Three real nodes, a regency, its province and the centre, with an emulated weak link between
//! each and the one above: cut and restored, killed and started again while reports are filed.
//! Every report that was acknowledged must be at the centre, once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use crate::bench::wan::{self, Side, Wan};
use crate::network::{self, Network, count};
use crate::server::Server;
use crate::{load, setup, sh};

/// The regency and the centre stand at one end of the link and the province at the other, so that
/// every datagram crosses it, upwards twice.
const CENTRE: Place = Place { node: "centre", side: Side::Office, port: Some("8444") };
const PROVINCE: Place = Place { node: "province", side: Side::Parent, port: Some("8443") };
const REGENCY: Place = Place { node: "regency", side: Side::Office, port: None };
const REGENCY_OFFICE: &str = "21.01";
/// Reports between one mishap and the next.
const REPORTS: u32 = 12;
/// How long the link is cut.
const CUT: Duration = Duration::from_secs(8);
/// Into the sending when something is killed: less than a round trip after the first frame left.
const INTO: Duration = Duration::from_millis(900);
/// All must be at the centre by then.
const GIVE_UP: Duration = Duration::from_secs(120);
const LOOK_EVERY: Duration = Duration::from_millis(50);

#[derive(Clone, Copy)]
struct Place {
    node: &'static str,
    side: Side,
    port: Option<&'static str>,
}

/// The three, running.
struct Three<'a> {
    program: &'a Path,
    network: Network,
    wan: Wan,
    servers: BTreeMap<&'static str, Server>,
    cookie: String,
    form: Value,
    /// Records that the regency acknowledged.
    acknowledged: BTreeSet<u128>,
}

/// Builds the program and plays.
pub(crate) fn run() -> anyhow::Result<()> {
    play(&setup::build_program(false)?)
}

/// Plays where there is a link to emulate, and says so where there is none.
pub(crate) fn in_check(program: &Path) -> anyhow::Result<()> {
    match wan::missing()? {
        Some(missing) => {
            println!("nodes: not played, for want of {missing}");
            Ok(())
        }
        None => play(program),
    }
}

fn play(program: &Path) -> anyhow::Result<()> {
    let mut three = Three::begin(program)?;
    three.file(REPORTS)?;
    three.wan.cut()?;
    let cut = Instant::now();
    three.file(REPORTS)?;
    std::thread::sleep(CUT.saturating_sub(cut.elapsed()));
    let after_cut = three.arrived(three.wan.restore()?)?;

    three.file(REPORTS)?;
    std::thread::sleep(INTO);
    three.kill(REGENCY)?;
    three.start(REGENCY)?;
    three.file(REPORTS)?;
    std::thread::sleep(INTO);
    three.kill(PROVINCE)?;
    three.file(REPORTS)?;
    three.start(PROVINCE)?;
    let after_kills = three.arrived(Instant::now())?;

    three.file(REPORTS)?;
    three.kill(CENTRE)?;
    three.file(REPORTS)?;
    three.start(CENTRE)?;
    let after_centre = three.arrived(Instant::now())?;
    println!(
        "nodes: all at the centre {after_cut:.1} s after a cut of {} s, {after_kills:.1} s after \
         the regency and the province were killed, {after_centre:.1} s after the centre was",
        CUT.as_secs()
    );
    three.end()
}

impl<'a> Three<'a> {
    fn begin(program: &'a Path) -> anyhow::Result<Self> {
        setup::debian("curl", "curl")?;
        let (network, wan) = (Network::new(program)?, Wan::start(1)?);
        let url = |of: Place| format!("https://{}:{}", of.side.address(), of.port.unwrap_or("0"));
        network.init(CENTRE.node, "pusat")?;
        network.publish(CENTRE.node, "kejadian")?;
        network.init(PROVINCE.node, "21")?;
        network.enrol(PROVINCE.node, CENTRE.node, &url(CENTRE))?;
        network.init(REGENCY.node, REGENCY_OFFICE)?;
        network.enrol(REGENCY.node, PROVINCE.node, &url(PROVINCE))?;
        network.person(REGENCY.node, "operator", REGENCY_OFFICE)?;
        let mut form = load::template()?;
        form["office"] = json!(2101);
        let servers = BTreeMap::new();
        let (cookie, acknowledged) = (String::new(), BTreeSet::new());
        let mut three = Self { program, network, wan, servers, cookie, form, acknowledged };
        [CENTRE, PROVINCE, REGENCY].into_iter().try_for_each(|of| three.start(of))?;
        let begin = Instant::now();
        let packs = "SELECT count(*) FROM packs";
        while count(&three.network.file(REGENCY.node), packs)? == 0 {
            ensure!(begin.elapsed() < GIVE_UP, "the pack did not come down");
            std::thread::sleep(LOOK_EVERY);
        }
        Ok(three)
    }

    fn start(&mut self, of: Place) -> anyhow::Result<()> {
        let dir = self.network.file(of.node);
        let server = network::serve(&self.wan, of.side, self.program, &dir, of.port)?;
        if of.port.is_none() {
            self.cookie = network::sign_in(&self.wan, &server.url)?;
        }
        self.servers.insert(of.node, server);
        Ok(())
    }

    fn kill(&mut self, of: Place) -> anyhow::Result<()> {
        self.servers.remove(of.node).context("it runs")?.kill()
    }

    /// Files so many reports at the regency.
    fn file(&mut self, reports: u32) -> anyhow::Result<()> {
        let url = self.servers.get(REGENCY.node).context("the regency runs")?.url.clone();
        for _ in 0..reports {
            let id = rand::random::<u128>();
            let hex = format!("{id:032x}");
            (self.form["record"], self.form["submission"]) = (json!(hex), json!(hex));
            let body = json!({ "create": self.form });
            network::post(&self.wan, &url, "/api/submissions", &self.cookie, &body)?;
            self.acknowledged.insert(id);
        }
        Ok(())
    }

    /// Waits until every acknowledged report is at the centre; seconds since a moment.
    fn arrived(&self, since: Instant) -> anyhow::Result<f64> {
        let begin = Instant::now();
        loop {
            let missing = self.acknowledged.difference(&self.at_centre()?).count();
            if missing == 0 {
                return Ok(since.elapsed().as_secs_f64());
            }
            ensure!(begin.elapsed() < GIVE_UP, "{missing} reports did not come to the centre");
            std::thread::sleep(LOOK_EVERY);
        }
    }

    fn at_centre(&self) -> anyhow::Result<BTreeSet<u128>> {
        let database = network::database(&self.network.file(CENTRE.node))?;
        let mut records = database.prepare("SELECT id FROM records")?;
        let ids = records.query_map([], |row| row.get::<_, [u8; 16]>(0))?;
        ids.map(|id| Ok(u128::from_be_bytes(id?))).collect()
    }

    /// Stops all, and judges what is on their disks.
    fn end(mut self) -> anyhow::Result<()> {
        self.servers.clear();
        let (reports, centre) = (self.acknowledged.len(), self.network.file(CENTRE.node));
        let operations = count(&centre, "SELECT count(*) FROM log WHERE record IS NOT NULL")?;
        let refused = count(&centre, "SELECT count(*) FROM quarantine")?;
        for node in [CENTRE.node, PROVINCE.node, REGENCY.node] {
            sh::run(&mut self.network.genggam(node, &["audit", "verify"]))?;
        }
        println!("nodes: reports {reports}, at the centre {operations}, refused {refused}");
        ensure!(self.at_centre()? == self.acknowledged, "the centre has other reports");
        ensure!(operations == u64::try_from(reports)?, "a report came twice");
        ensure!(refused == 0, "something was refused");
        Ok(())
    }
}
