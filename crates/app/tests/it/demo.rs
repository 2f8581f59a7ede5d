use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::sync::Arc;

use app::demo::{Options, Role, prepare};
use domain::ids::{OfficeId, WriterId};
use domain::op::{Audience, Lane, StreamId};
use node::clock::SystemClock;
use node::{Config, Node};
use serde_json::Value;

async fn told(role: Role, dir: &Path) -> (u64, u64, BTreeSet<OfficeId>) {
    let options = Options {
        dir: dir.to_owned(),
        role,
        seed: 7,
        days: 12,
        offices_limit: 4,
        password: Some("laut-tenang-2021-perahu".to_owned()),
        joins: false,
    };
    let demo = prepare(&options, &mut |_, _| {}).await.unwrap();
    let offices = demo.accounts.iter().map(|account| account.office).collect();
    let node = Arc::clone(&demo.node);
    tokio::task::spawn_blocking(move || node.close()).await.unwrap();
    (demo.told.kept, demo.told.repeated, offices)
}

#[tokio::test]
async fn each_level_has_a_demo_of_its_own_that_goes_on() {
    for (role, offices) in [
        (Role::Centre, [1, 21, 2101].as_slice()),
        (Role::Province, [21, 2101].as_slice()),
        (Role::Regency, [2101].as_slice()),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let (first, _, accounts) = told(role, dir.path()).await;
        assert!(first > 12, "{role:?}: {first}");
        assert_eq!(accounts, offices.iter().copied().map(OfficeId).collect(), "{role:?}");
        let (again, ..) = told(role, dir.path()).await;
        assert!(again < first, "{role:?}: {again} of {first} told twice");
    }
}

/// A node of a network of demos, as a process of its own; ended when dropped.
struct Running {
    child: std::process::Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Running {
    fn start(base: &Path, role: &str, more: &[&str]) -> Self {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_genggam"));
        command.args(["demo", "--json", "--quiet", "--port", "0", "--role", role, "--seed", "7"]);
        command.args(["--days", "3", "--offices-limit", "4"]).args(more);
        command.arg("--dir").arg(base.join(role)).arg("--network").arg(base.join("network"));
        let mut child = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// The next line about this; the test's runner ends one that never comes.
    fn told(&mut self, event: &str) -> Value {
        let lines = self.lines.by_ref().map(|line| serde_json::from_str(&line.unwrap()).unwrap());
        lines
            .inspect(|line: &Value| assert_eq!(line["problems"], Value::Null, "{line}"))
            .find(|line| line["event"] == event)
            .unwrap_or_else(|| panic!("it ended before `{event}`"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// How far every stream of reports of an office stands at a node that isn't running.
async fn reports(dir: &Path, office: u32) -> BTreeMap<StreamId, u64> {
    let config = Config { dir: dir.to_owned(), ..Config::default() };
    let node = Node::open(&config, Arc::new(SystemClock)).await.unwrap();
    let mut held: BTreeMap<_, _> = node.kernel().held().unwrap().into_iter().collect();
    held.retain(|stream, _| {
        stream.audience == Audience::Up(OfficeId(office)) && stream.lane != Lane::Control
    });
    let closing = Arc::clone(&node);
    tokio::task::spawn_blocking(move || closing.close()).await.unwrap();
    held
}

fn writers(held: &BTreeMap<StreamId, u64>) -> BTreeSet<WriterId> {
    held.keys().map(|stream| stream.writer).collect()
}

#[tokio::test]
async fn what_a_regency_files_while_its_link_is_away_reaches_the_centre() {
    let base = tempfile::tempdir().unwrap();
    let network = base.path().to_owned();
    let told = tokio::task::spawn_blocking(move || {
        let plan = ["--link-up", "1", "--link-down", "12"];
        let mut regency = Running::start(&network, "regency", &plan);
        let mut province = Running::start(&network, "province", &["--no-live"]);
        let _centre = Running::start(&network, "centre", &["--no-live"]);
        let told = [province.told("caught_up"), regency.told("caught_up")];
        // What was filed just as the link went may be all that was filed: so a few times.
        let mut backs = (0..5).map(|_| regency.told("link_up"));
        let back = backs.find(|back| back["waiting"].as_u64() > Some(0)).unwrap();
        drop(backs);
        let delivered = regency.told("delivered");
        assert_eq!(delivered["operations"], back["waiting"]);
        // The province passes on what it has just taken.
        regency.told("link_down");
        let [province, regency] = told;
        [province, regency, delivered]
    });
    let told = told.await.unwrap();
    assert!(told[..2].iter().all(|told| told["operations"].as_u64() > Some(10)), "{told:?}");
    let [centre, province, regency] =
        ["centre", "province", "regency"].map(|role| base.path().join(role));
    let (above, here) = (reports(&centre, 2101).await, reports(&regency, 2101).await);
    let others = writers(&reports(&centre, 2102).await);
    let arrived = above.iter().filter(|(stream, _)| !others.contains(&stream.writer));
    let arrived: u64 = arrived.map(|(_, next_seq)| next_seq - 1).sum();
    assert!(arrived >= told[2]["operations"].as_u64().unwrap(), "{above:?} {here:?}");
    assert_eq!(writers(&above), writers(&here), "{above:?} {here:?}");
    let told = reports(&centre, 2102).await;
    assert!(!told.is_empty());
    assert_eq!(reports(&province, 2102).await, told, "the province has its part");
    assert!(reports(&regency, 2102).await.is_empty(), "the regency has no part of others");
}
