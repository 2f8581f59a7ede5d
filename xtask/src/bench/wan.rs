//! The link of a far office: two network namespaces joined through the emulator `wan.py`, which
//! delays, loses and counts every IP packet.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use serde::Deserialize;

use crate::{setup, sh};

/// Bits a second, each way.
const RATE: &str = "128000";
/// Milliseconds, each way.
const DELAY_MS: &str = "350";
/// Share of packets lost.
const LOSS: &str = "0.02";
/// How `docs/operating` sets up the machine of a node that others dial: 12 bytes less in each
/// packet of theirs, whoever sends it. The peers have it so too.
const AS_OPERATED: &str = "echo 0 > /proc/sys/net/ipv4/tcp_timestamps";
/// How long the emulator may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// How often [`Wan::wait_for`] looks at the counts.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Nothing sent for so long means that a side has failed: TCP repeats sooner.
const STALLED_AFTER: Duration = Duration::from_secs(60);

/// One end of the link.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Side {
    /// Where reports are written.
    Office,
    /// Where they go.
    Parent,
}

/// IP bytes that either end handed to the link since the last [`Wan::reset`], lost ones too.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sent {
    /// From the office.
    pub(crate) up_bytes: u64,
    /// From its parent.
    pub(crate) down_bytes: u64,
}

/// The running emulator; it and its namespaces end when this is dropped.
#[derive(Debug)]
pub(crate) struct Wan {
    emulator: Child,
    control: UnixDatagram,
    socket: PathBuf,
    // Removed last, after the sockets in it.
    _folder: tempfile::TempDir,
    _alone: File,
}

#[derive(Deserialize)]
struct Stats {
    a2b: Direction,
    b2a: Direction,
}

#[derive(Deserialize)]
struct Direction {
    bytes: u64,
}

impl Side {
    const BOTH: [Self; 2] = [Self::Office, Self::Parent];

    fn namespace(self) -> &'static str {
        match self {
            Self::Office => "wana",
            Self::Parent => "wanb",
        }
    }

    /// Its IPv4 address on the link.
    pub(crate) fn address(self) -> &'static str {
        match self {
            Self::Office => "10.9.0.1",
            Self::Parent => "10.9.0.2",
        }
    }
}

impl Sent {
    /// Both ways.
    pub(crate) fn total_bytes(self) -> u64 {
        self.up_bytes + self.down_bytes
    }
}

impl Wan {
    /// Starts the link; the seed chooses which packets are lost.
    pub(crate) fn start(seed: u64) -> anyhow::Result<Self> {
        Self::start_at(seed, RATE)
    }

    /// Starts it with another rate, in bits a second each way.
    pub(crate) fn start_at(seed: u64, rate: &str) -> anyhow::Result<Self> {
        if let Some(missing) = missing()? {
            bail!("the emulated link needs {missing}");
        }
        setup::debian("python3", "python3")?;
        setup::debian("ip", "iproute2")?;
        let alone = alone()?;
        let folder = tempfile::tempdir()?;
        let socket = folder.path().join("wan.sock");
        let mut command = Command::new("python3");
        command.arg(script()).args(["--rate", rate, "--delay", DELAY_MS, "--loss", LOSS]);
        command.args(["--seed", &seed.to_string(), "--ctl"]).arg(&socket);
        let mut emulator = command.stdout(Stdio::piped()).spawn().context("can't start python3")?;
        let stdout = emulator.stdout.take().context("no standard output")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        if !line.starts_with("emu up") {
            bail!("wan.py didn't start: {line:?} {}", emulator.wait()?);
        }
        let control = UnixDatagram::bind(folder.path().join("bench.sock"))?;
        control.set_read_timeout(Some(ANSWER_WITHIN))?;
        for side in Side::BOTH {
            let set = ["netns", "exec", side.namespace(), "sh", "-c", AS_OPERATED];
            sh::output(Command::new("ip").args(set))?;
        }
        Ok(Self { emulator, control, socket, _folder: folder, _alone: alone })
    }

    /// What was sent since the last [`Self::reset`].
    pub(crate) fn sent(&self) -> anyhow::Result<Sent> {
        let Stats { a2b, b2a } = self.tell("stats")?;
        Ok(Sent { up_bytes: a2b.bytes, down_bytes: b2a.bytes })
    }

    /// Counts from nought, and lets the kernel forget what it learnt from earlier connections.
    pub(crate) fn reset(&self) -> anyhow::Result<()> {
        for side in Side::BOTH {
            let flush = ["-n", side.namespace(), "tcp_metrics", "flush", "all"];
            sh::output(Command::new("ip").args(flush))?;
        }
        self.tell("reset").map(drop)
    }

    /// Waits until so many bytes have been sent.
    ///
    /// # Errors
    /// If nothing is sent any more before that.
    pub(crate) fn wait_for(&self, bytes: u64) -> anyhow::Result<()> {
        let (mut seen, mut since) = (0, Instant::now());
        loop {
            let now = self.sent()?.total_bytes();
            if now >= bytes {
                return Ok(());
            }
            if now > seen {
                (seen, since) = (now, Instant::now());
            }
            ensure!(since.elapsed() < STALLED_AFTER, "{now} of {bytes} bytes, and then silence");
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// Cuts the link for so long; returns when it came back.
    pub(crate) fn black_out(&self, lasting: Duration) -> anyhow::Result<Instant> {
        self.cut()?;
        std::thread::sleep(lasting);
        self.restore()
    }

    /// Cuts the link: what is sent from now on is lost.
    pub(crate) fn cut(&self) -> anyhow::Result<()> {
        self.tell("cut").map(drop)
    }

    /// Lets the link carry again; returns when.
    pub(crate) fn restore(&self) -> anyhow::Result<Instant> {
        self.tell("uncut")?;
        Ok(Instant::now())
    }

    /// A program at one end of the link.
    pub(crate) fn command_at(&self, side: Side, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", side.namespace()]).arg(program.as_ref());
        command
    }

    fn tell(&self, what: &str) -> anyhow::Result<Stats> {
        self.control.send_to(what.as_bytes(), &self.socket).context("wan.py is gone")?;
        let mut answer = [0; 4_096];
        let length = self.control.recv(&mut answer).context("wan.py doesn't answer")?;
        Ok(serde_json::from_slice(&answer[..length])?)
    }
}

impl Drop for Wan {
    fn drop(&mut self) {
        drop(self.emulator.kill());
        drop(self.emulator.wait());
        for side in Side::BOTH {
            drop(Command::new("ip").args(["netns", "del", side.namespace()]).output());
        }
    }
}

/// What the link can't do without and isn't here.
pub(crate) fn missing() -> anyhow::Result<Option<String>> {
    Ok(if !setup::is_root()? {
        Some("root, for network namespaces".to_owned())
    } else if !Path::new("/dev/net/tun").exists() {
        Some("/dev/net/tun".to_owned())
    } else if !script().exists() {
        Some(format!("the emulator at {}", script().display()))
    } else {
        None
    })
}

/// The emulator, which stands beside the repository.
fn script() -> PathBuf {
    sh::root().join("../shared/tools/wan.py")
}

/// The namespaces have fixed names: one link at a time.
fn alone() -> anyhow::Result<File> {
    let path = std::env::temp_dir().join("genggam-wan.lock");
    let file = File::create(&path).with_context(|| format!("can't write {}", path.display()))?;
    file.try_lock().context("another bench is using the emulated link")?;
    Ok(file)
}
