//! What others need for the same backlog: PouchDB's replication, and a POST a form.

mod process;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::ensure;

use self::process::Process;
use super::median;
use super::sync::{Corpus, Measured};
use super::wan::{Sent, Side, Wan};
use crate::{setup, sh};

/// The scripts and the list of what they need.
const SOURCE: &str = "xtask/src/bench/peers";
const PORT: &str = "6984";
/// After the end, until the last acknowledgements have crossed the link.
const SETTLE: Duration = Duration::from_secs(2);
/// A message of one report and the acknowledgement of it, as few bytes as they could have.
const MESSAGE_BYTES: &str = "130";
const REPLY_BYTES: &str = "10";
/// Exchanges of which the median is taken: in some a packet is lost.
const EXCHANGES: usize = 15;

/// The scripts, installed, with a certificate for the parent's end of the link.
#[derive(Debug)]
pub(super) struct Peers {
    scripts: PathBuf,
    // Removed last: the certificate lies in it.
    certificate: tempfile::TempDir,
}

impl Peers {
    /// Installs them in the target folder unless they are there.
    pub(super) fn install() -> anyhow::Result<Self> {
        ensure!(sh::exists("node") && sh::exists("npm"), "the peers need Node.js 20 or later");
        setup::debian("openssl", "openssl")?;
        let scripts = sh::root().join("target/tools/sync-peers");
        copy_scripts(&scripts)?;
        setup::npm_ci(&scripts)?;
        let certificate = tempfile::tempdir()?;
        sh::output(&mut self_signed(certificate.path()))?;
        Ok(Self { scripts, certificate })
    }

    fn server(&self, wan: &Wan, script: &str, folder: &Path) -> Command {
        let mut command = wan.command_at(Side::Parent, "node");
        command.arg(self.scripts.join(script)).args([Side::Parent.address(), PORT]);
        command.arg(self.file("cert.pem")).arg(self.file("key.pem")).arg(folder);
        command
    }

    fn client(&self, wan: &Wan, script: &str) -> Command {
        let mut command = wan.command_at(Side::Office, "node");
        command.arg(self.scripts.join(script));
        command.env("NODE_EXTRA_CA_CERTS", self.file("cert.pem"));
        command
    }

    fn file(&self, name: &str) -> PathBuf {
        self.certificate.path().join(name)
    }

    /// PouchDB pushing to express-pouchdb, both on LevelDB, one shot, with its defaults.
    pub(super) fn pouchdb(&self, wan: &Wan, corpus: &Corpus) -> anyhow::Result<Measured> {
        let folder = tempfile::tempdir()?;
        let server = self.server(wan, "pouchdb-server.mjs", folder.path());
        let mut client = self.client(wan, "pouchdb-client.mjs");
        client.arg(origin()).arg(corpus.file()).arg(folder.path());
        push(wan, corpus, server, client)
    }

    /// Seconds that PouchDB needs once a link returns that was cut after so many bytes, for so
    /// long. It tries again by itself.
    pub(super) fn pouchdb_after_blackout(
        &self,
        wan: &Wan,
        corpus: &Corpus,
        at_bytes: u64,
        lasting: Duration,
    ) -> anyhow::Result<f64> {
        let folder = tempfile::tempdir()?;
        let _server = Process::start(self.server(wan, "pouchdb-server.mjs", folder.path()))?;
        let mut client = self.client(wan, "pouchdb-client.mjs");
        client.arg(origin()).arg(corpus.file()).arg(folder.path()).arg("retry");
        let client = Process::start(client)?;
        wan.reset()?;
        let begin = Instant::now();
        client.begin()?;
        wan.wait_for(at_bytes)?;
        let back = wan.black_out(lasting)?;
        let done = client.done()?;
        ensure!(done.written == corpus.len(), "PouchDB sent {} forms", done.written);
        Ok(done.seconds - (back - begin).as_secs_f64())
    }

    /// A gzipped POST a form, one after the other, over one connection; each is on disk before its
    /// answer.
    pub(super) fn posts(&self, wan: &Wan, corpus: &Corpus) -> anyhow::Result<Measured> {
        let folder = tempfile::tempdir()?;
        let server = self.server(wan, "post-server.mjs", folder.path());
        let mut client = self.client(wan, "post-client.mjs");
        client.arg(origin()).arg(corpus.file());
        push(wan, corpus, server, client)
    }

    /// IP bytes of one message and its reply on an open TLS 1.3 connection, the median.
    pub(super) fn tls_message_bytes(&self, wan: &Wan) -> anyhow::Result<f64> {
        let folder = tempfile::tempdir()?;
        let mut server = self.server(wan, "echo-server.mjs", folder.path());
        server.arg(REPLY_BYTES);
        let _server = Process::start(server)?;
        let mut client = self.client(wan, "echo-client.mjs");
        client.args([Side::Parent.address(), PORT, MESSAGE_BYTES]);
        let client = Process::start(client)?;
        let mut bytes = Vec::with_capacity(EXCHANGES);
        for _ in 0..EXCHANGES {
            std::thread::sleep(SETTLE);
            wan.reset()?;
            client.begin()?;
            client.done()?;
            std::thread::sleep(SETTLE);
            bytes.push(wan.sent()?);
        }
        #[expect(clippy::cast_precision_loss, reason = "some hundred bytes")]
        let total = |sent: &Sent| sent.total_bytes() as f64;
        Ok(median(&bytes, total))
    }
}

/// Lets a client send a corpus to a server.
fn push(wan: &Wan, corpus: &Corpus, server: Command, client: Command) -> anyhow::Result<Measured> {
    let _server = Process::start(server)?;
    let client = Process::start(client)?;
    wan.reset()?;
    client.begin()?;
    let done = client.done()?;
    ensure!(done.written == corpus.len(), "{} of {} forms came", done.written, corpus.len());
    std::thread::sleep(SETTLE);
    Ok(Measured { wire_bytes: wan.sent()?.total_bytes(), seconds: done.seconds })
}

fn origin() -> String {
    format!("https://{}:{PORT}", Side::Parent.address())
}

fn copy_scripts(to: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(sh::root().join(SOURCE))? {
        let path = entry?.path();
        let ours =
            path.extension().is_some_and(|extension| extension == "mjs" || extension == "json");
        if let Some(name) = path.file_name().filter(|_| ours) {
            let (text, target) = (std::fs::read(&path)?, to.join(name));
            // Written only if it differs: a newer lock file is a reason to install again.
            if std::fs::read(&target).ok().as_ref() != Some(&text) {
                std::fs::write(target, text)?;
            }
        }
    }
    Ok(())
}

fn self_signed(folder: &Path) -> Command {
    let mut command = Command::new("openssl");
    command.args(["req", "-x509", "-nodes", "-days", "30", "-subj", "/CN=bench"]);
    command.args(["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]);
    command.args(["-addext", &format!("subjectAltName=IP:{}", Side::Parent.address())]);
    command.arg("-keyout").arg(folder.join("key.pem"));
    command.arg("-out").arg(folder.join("cert.pem"));
    command
}
