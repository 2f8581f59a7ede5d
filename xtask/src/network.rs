//! Nodes in folders of their own that know each other, as their administrators would make them.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};

use crate::bench::wan::{Side, Wan};
use crate::server::{PASSWORD, Server};
use crate::sh;

/// The folders of nodes, each under its name.
#[derive(Debug)]
pub(crate) struct Network {
    program: PathBuf,
    folder: tempfile::TempDir,
}

impl Network {
    /// No node yet.
    pub(crate) fn new(program: &Path) -> anyhow::Result<Self> {
        let network = Self { program: program.to_owned(), folder: tempfile::tempdir()? };
        std::fs::write(network.file("password"), PASSWORD)?;
        Ok(network)
    }

    /// A file or a node's folder.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A command about a node.
    pub(crate) fn genggam(&self, node: &str, args: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(args).arg("--quiet").arg("--dir").arg(self.file(node));
        command
    }

    /// Makes the node of an office, with an administrator.
    pub(crate) fn init(&self, node: &str, office: &str) -> anyhow::Result<()> {
        let mut init = self.genggam(node, &["init", "--admin", "admin", "--office", office]);
        sh::output(init.arg("--password-file").arg(self.file("password"))).map(drop)
    }

    /// Publishes a pack of the repository.
    pub(crate) fn publish(&self, node: &str, pack: &str) -> anyhow::Result<()> {
        let folder = sh::root().join("packs").join(pack);
        let mut publish = self.genggam(node, &["pack", "publish", "--as", "admin"]);
        sh::output(publish.arg(folder)).map(drop)
    }

    /// Certifies a node below another, which will listen at `url`.
    pub(crate) fn enrol(&self, child: &str, parent: &str, url: &str) -> anyhow::Result<()> {
        let (asked, given) = (self.file("asked.json"), self.file("given.json"));
        sh::output(self.genggam(child, &["node", "request"]).arg(&asked))?;
        let mut enrol = self.genggam(parent, &["node", "enrol"]);
        sh::output(enrol.args([&asked, &given]).args(["--url", url, "--as", "admin"]))?;
        sh::output(self.genggam(child, &["node", "join"]).arg(&given)).map(drop)
    }

    /// Adds a person, named as their role, at the node's own office.
    pub(crate) fn person(&self, node: &str, role: &str, office: &str) -> anyhow::Result<()> {
        let mut person = self.genggam(node, &["person", "add", role]);
        person.args(["--role", role, "--at", office, "--as", "admin", "--password-file"]);
        sh::output(person.arg(self.file("password"))).map(drop)
    }

    /// Lets a node dial the node of an office.
    pub(crate) fn dial(&self, node: &str, url: &str, office: &str) -> anyhow::Result<()> {
        let args = ["node", "dial", url, "--office", office];
        sh::output(&mut self.genggam(node, &args)).map(drop)
    }

    /// Brings a node to where the node of an office above is, without the weak link; it dials
    /// `url` afterwards.
    pub(crate) fn sync(&self, child: &str, parent: (&str, &str), url: &str) -> anyhow::Result<()> {
        let (parent, office) = parent;
        let server = Server::serve(&self.program, &self.file(parent))?;
        self.dial(child, &server.url, office)?;
        sh::output(&mut self.genggam(child, &["sync", "now"]))?;
        self.dial(child, url, office)
    }
}

/// Serves a node at one end of the link: to others under its own certificate, if it has a port.
pub(crate) fn serve(
    wan: &Wan,
    side: Side,
    program: &Path,
    dir: &Path,
    port: Option<&str>,
) -> anyhow::Result<Server> {
    let mut command = wan.command_at(side, program);
    command.args(["serve", "--quiet", "--json"]);
    match port {
        Some(port) => {
            command.args(["--tls-own", "--port", port, "--listen", side.address()]);
        }
        None => {
            command.args(["--port", "0"]);
        }
    }
    command.arg("--dir").arg(dir);
    Server::start(command)
}

/// Submits at a node on loopback.
///
/// # Errors
/// If it is refused.
pub(crate) fn submit(url: &str, cookie: &str, body: &Value) -> anyhow::Result<()> {
    let post = ureq::post(format!("{url}/api/submissions")).header("origin", url);
    let answer = post.header("cookie", cookie).send_json(body)?;
    ensure!(answer.status() == 201, "a form was refused: {}", answer.status());
    Ok(())
}

/// Posts from within the office's end of the link, where a node listens on loopback; the answer's
/// head.
pub(crate) fn post(
    wan: &Wan,
    url: &str,
    path: &str,
    cookie: &str,
    body: &Value,
) -> anyhow::Result<String> {
    let mut curl = wan.command_at(Side::Office, "curl");
    curl.args(["--silent", "--show-error", "--fail", "--dump-header", "-", "--output"]);
    curl.args(["/dev/null", "--header", "content-type: application/json", "--header"]);
    curl.arg(format!("origin: {url}")).arg("--header").arg(format!("cookie: {cookie}"));
    curl.arg("--data-binary").arg(body.to_string()).arg(format!("{url}{path}"));
    sh::output(&mut curl)
}

/// Signs the operator in at a node at the office's end of the link; the session's cookie.
pub(crate) fn sign_in(wan: &Wan, url: &str) -> anyhow::Result<String> {
    let body = json!({ "name": "operator", "password": PASSWORD });
    let head = post(wan, url, "/api/session", "", &body)?;
    let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: "));
    let cookie = cookie.context("no session cookie")?;
    Ok(cookie.split(';').next().unwrap_or_default().to_owned())
}

/// A node's database, to look at while the node runs.
pub(crate) fn database(dir: &Path) -> anyhow::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let database = Connection::open_with_flags(dir.join("genggam.db"), flags)?;
    database.busy_timeout(std::time::Duration::from_secs(5))?;
    Ok(database)
}

/// What a query counts in a node's database.
pub(crate) fn count(dir: &Path, sql: &str) -> anyhow::Result<u64> {
    let count: i64 = database(dir)?.query_row(sql, [], |row| row.get(0))?;
    Ok(u64::try_from(count)?)
}

/// Operations on a node's disk.
pub(crate) fn operations(dir: &Path) -> anyhow::Result<u64> {
    count(dir, "SELECT count(*) FROM log")
}
