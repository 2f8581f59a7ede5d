//! Our own run: a regency's node with a backlog at one end of the link, its parent's at the other.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::ensure;
use serde_json::{Value, json};

use super::{Corpus, Measured};
use crate::bench::median;
use crate::bench::wan::{Side, Wan};
use crate::load::sign_in;
use crate::network::{self, Network, operations};
use crate::server::Server;
use crate::{setup, sh};

const PORT: &str = "8443";
const PARENT_URL: &str = "https://10.9.0.2:8443";
/// After the end, until the last acknowledgements have crossed the link.
const SETTLE: Duration = Duration::from_secs(2);
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// A run that takes so long has failed.
const GIVE_UP: Duration = Duration::from_secs(300);
/// Reports filed one by one on an open session; the median is taken.
const SINGLES: usize = 21;

/// The folders of two nodes that know each other, one with a backlog.
#[derive(Debug)]
pub(super) struct Pair {
    program: PathBuf,
    network: Network,
    corpus: PathBuf,
    /// Operations that the parent will have in the end.
    expected: u64,
}

/// Two nodes in copies of those folders, at both ends of the link.
struct Run<'a> {
    pair: &'a Pair,
    wan: &'a Wan,
    folder: tempfile::TempDir,
    _parent: Server,
}

impl Pair {
    /// Makes the nodes, and files the corpus at the regency while there is no link.
    pub(super) fn make(program: &Path, corpus: &Corpus) -> anyhow::Result<Self> {
        let network = Network::new(program)?;
        let (program, corpus_file) = (program.to_owned(), corpus.file());
        let mut pair = Self { program, network, corpus: corpus_file, expected: 0 };
        let network = &pair.network;
        network.init("parent", "pusat")?;
        network.publish("parent", "kejadian")?;
        network.init("regency", "21.01")?;
        network.enrol("regency", "parent", PARENT_URL)?;
        network.person("regency", "operator", "21.01")?;
        network.sync("regency", ("parent", "pusat"), PARENT_URL)?;
        let before = operations(&network.file("parent"))?;
        let server = Server::serve(&pair.program, &network.file("regency"))?;
        let cookie = sign_in(&server.url, "operator")?;
        for form in corpus.read()? {
            network::submit(&server.url, &cookie, &json!({ "create": form }))?;
        }
        pair.expected = before + u64::try_from(corpus.len())?;
        Ok(pair)
    }

    fn run<'a>(&'a self, wan: &'a Wan) -> anyhow::Result<Run<'a>> {
        let folder = tempfile::tempdir()?;
        for node in ["parent", "regency"] {
            sh::output(
                Command::new("cp").arg("-r").arg(self.network.file(node)).arg(folder.path()),
            )?;
        }
        let parent = folder.path().join("parent");
        let _parent = network::serve(wan, Side::Parent, &self.program, &parent, Some(PORT))?;
        Ok(Run { pair: self, wan, folder, _parent })
    }

    /// The backlog, undisturbed.
    pub(super) fn push(&self, wan: &Wan) -> anyhow::Result<Measured> {
        let run = self.run(wan)?;
        wan.reset()?;
        let _regency = run.regency()?;
        run.measured(Instant::now())
    }

    /// Seconds from a link's return until all is there, where it was cut after so many bytes.
    pub(super) fn after_blackout(
        &self,
        wan: &Wan,
        at_bytes: u64,
        lasting: Duration,
    ) -> anyhow::Result<f64> {
        let run = self.run(wan)?;
        wan.reset()?;
        let _regency = run.regency()?;
        wan.wait_for(at_bytes)?;
        let back = wan.black_out(lasting)?;
        Ok(run.measured(back)?.seconds)
    }

    /// The same where the regency's node was killed after so many bytes and started again: seconds
    /// from its start, and all bytes.
    pub(super) fn after_kill(&self, wan: &Wan, at_bytes: u64) -> anyhow::Result<Measured> {
        let run = self.run(wan)?;
        wan.reset()?;
        let regency = run.regency()?;
        wan.wait_for(at_bytes)?;
        regency.kill()?;
        let again = Instant::now();
        let _regency = run.regency()?;
        run.measured(again)
    }

    /// Bytes both ways for one more report on an open session: the median.
    pub(super) fn one_report_bytes(&self, wan: &Wan) -> anyhow::Result<f64> {
        setup::debian("curl", "curl")?;
        let run = self.run(wan)?;
        let regency = run.regency()?;
        run.wait(self.expected)?;
        let cookie = network::sign_in(wan, &regency.url)?;
        let forms = std::fs::read_to_string(&self.corpus)?;
        let mut bytes = Vec::new();
        for (at, line) in (1u64..).zip(forms.lines().take(SINGLES)) {
            let mut form: Value = serde_json::from_str(line)?;
            let id = format!("{:032x}", rand::random::<u128>());
            (form["record"], form["submission"]) = (json!(id), json!(id));
            std::thread::sleep(SETTLE);
            wan.reset()?;
            let body = json!({ "create": form });
            network::post(wan, &regency.url, "/api/submissions", &cookie, &body)?;
            run.wait(self.expected + at)?;
            std::thread::sleep(SETTLE);
            bytes.push(wan.sent()?);
        }
        #[expect(clippy::cast_precision_loss, reason = "some hundred bytes")]
        let total = |sent: &crate::bench::wan::Sent| sent.total_bytes() as f64;
        Ok(median(&bytes, total))
    }
}

impl Run<'_> {
    /// Starts the regency's node: it dials as soon as it is ready.
    fn regency(&self) -> anyhow::Result<Server> {
        let dir = self.folder.path().join("regency");
        network::serve(self.wan, Side::Office, &self.pair.program, &dir, None)
    }

    fn measured(&self, begin: Instant) -> anyhow::Result<Measured> {
        self.wait(self.pair.expected)?;
        let seconds = begin.elapsed().as_secs_f64();
        std::thread::sleep(SETTLE);
        Ok(Measured { wire_bytes: self.wan.sent()?.total_bytes(), seconds })
    }

    /// Waits until so many operations are on the parent's disk.
    fn wait(&self, expected: u64) -> anyhow::Result<()> {
        let (begin, parent) = (Instant::now(), self.folder.path().join("parent"));
        loop {
            let found = operations(&parent)?;
            if found >= expected {
                return Ok(());
            }
            ensure!(begin.elapsed() < GIVE_UP, "{found} of {expected} operations arrived");
            std::thread::sleep(LOOK_EVERY);
        }
    }
}
