//! Our own run: a regency's node with a backlog at one end of the link, its parent's at the other.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};

use super::{Corpus, Measured};
use crate::bench::median;
use crate::bench::wan::{Side, Wan};
use crate::load::sign_in;
use crate::server::{PASSWORD, Server};
use crate::{setup, sh};

const PORT: &str = "8443";
const PARENT_URL: &str = "https://10.9.0.2:8443";
/// After the end, until the last acknowledgements have crossed the link.
const SETTLE: Duration = Duration::from_secs(2);
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// A run that takes so long has failed.
const GIVE_UP: Duration = Duration::from_secs(300);
/// Reports filed one by one on an open session; the median is taken.
const SINGLES: usize = 11;

/// The folders of two nodes that know each other, one with a backlog.
#[derive(Debug)]
pub(super) struct Pair {
    program: PathBuf,
    folder: tempfile::TempDir,
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
        let folder = tempfile::tempdir()?;
        let mut pair =
            Self { program: program.to_owned(), folder, corpus: corpus.file(), expected: 0 };
        std::fs::write(pair.file("password"), PASSWORD)?;
        pair.init("parent", "pusat")?;
        let pack = sh::root().join("packs/kejadian");
        sh::output(pair.genggam("parent", &["pack", "publish", "--as", "admin"]).arg(pack))?;
        pair.init("regency", "21.01")?;
        let (asked, given) = (pair.file("asked.json"), pair.file("given.json"));
        sh::output(pair.genggam("regency", &["node", "request"]).arg(&asked))?;
        let mut enrol = pair.genggam("parent", &["node", "enrol"]);
        sh::output(enrol.args([&asked, &given]).args(["--url", PARENT_URL, "--as", "admin"]))?;
        sh::output(pair.genggam("regency", &["node", "join"]).arg(&given))?;
        let mut person = pair.genggam("regency", &["person", "add", "operator"]);
        person.args(["--role", "operator", "--at", "21.01", "--as", "admin", "--password-file"]);
        sh::output(person.arg(pair.file("password")))?;
        {
            let parent = Server::serve(program, &pair.file("parent"))?;
            pair.dial(&parent.url)?;
            sh::output(&mut pair.genggam("regency", &["sync", "now"]))?;
        }
        pair.dial(PARENT_URL)?;
        let before = operations(&pair.file("parent"))?;
        let server = Server::serve(program, &pair.file("regency"))?;
        let cookie = sign_in(&server.url, "operator")?;
        for line in std::fs::read_to_string(&pair.corpus)?.lines() {
            let form: Value = serde_json::from_str(line)?;
            let answer = ureq::post(format!("{}/api/submissions", server.url))
                .header("origin", &server.url)
                .header("cookie", &cookie)
                .send_json(json!({ "create": form }))?;
            ensure!(answer.status() == 201, "a form was refused: {}", answer.status());
        }
        pair.expected = before + u64::try_from(corpus.len())?;
        Ok(pair)
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

    fn dial(&self, url: &str) -> anyhow::Result<()> {
        let args = ["node", "dial", url, "--office", "pusat"];
        sh::output(&mut self.genggam("regency", &args)).map(drop)
    }

    fn run<'a>(&'a self, wan: &'a Wan) -> anyhow::Result<Run<'a>> {
        let folder = tempfile::tempdir()?;
        for node in ["parent", "regency"] {
            sh::output(Command::new("cp").arg("-r").arg(self.file(node)).arg(folder.path()))?;
        }
        let mut command = wan.command_at(Side::Parent, &self.program);
        command.args(["serve", "--quiet", "--json", "--tls-own", "--port", PORT, "--listen"]);
        command.arg(Side::Parent.address()).arg("--dir").arg(folder.path().join("parent"));
        let _parent = Server::start(command)?;
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
        let cookie = run.sign_in(&regency.url)?;
        let forms = std::fs::read_to_string(&self.corpus)?;
        let mut bytes = Vec::new();
        for (at, line) in (1u64..).zip(forms.lines().take(SINGLES)) {
            let mut form: Value = serde_json::from_str(line)?;
            let id = format!("{:032x}", rand::random::<u128>());
            (form["record"], form["submission"]) = (json!(id), json!(id));
            std::thread::sleep(SETTLE);
            wan.reset()?;
            run.post(&regency.url, "/api/submissions", &cookie, &json!({ "create": form }))?;
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
        let mut command = self.wan.command_at(Side::Office, &self.pair.program);
        command.args(["serve", "--quiet", "--json", "--port", "0", "--dir"]);
        Server::start({
            command.arg(self.folder.path().join("regency"));
            command
        })
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

    fn sign_in(&self, url: &str) -> anyhow::Result<String> {
        let body = json!({ "name": "operator", "password": PASSWORD });
        let head = self.post(url, "/api/session", "", &body)?;
        let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: "));
        let cookie = cookie.context("no session cookie")?;
        Ok(cookie.split(';').next().unwrap_or_default().to_owned())
    }

    /// Posts from within the regency's end of the link; the answer's head.
    fn post(&self, url: &str, path: &str, cookie: &str, body: &Value) -> anyhow::Result<String> {
        let mut curl = self.wan.command_at(Side::Office, "curl");
        curl.args(["--silent", "--show-error", "--fail", "--dump-header", "-", "--output"]);
        curl.args(["/dev/null", "--header", "content-type: application/json", "--header"]);
        curl.arg(format!("origin: {url}")).arg("--header").arg(format!("cookie: {cookie}"));
        curl.arg("--data-binary").arg(body.to_string()).arg(format!("{url}{path}"));
        sh::output(&mut curl)
    }
}

/// Operations on a node's disk.
fn operations(dir: &Path) -> anyhow::Result<u64> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let database = Connection::open_with_flags(dir.join("genggam.db"), flags)?;
    database.busy_timeout(Duration::from_secs(5))?;
    let count: i64 = database.query_row("SELECT count(*) FROM log", [], |row| row.get(0))?;
    Ok(u64::try_from(count)?)
}
