//! A backlog of incident reports over the link of a far office: bytes on the wire, both ways, and
//! seconds until all are on the parent's disk.

mod corpus;
mod ours;

use std::fmt;
use std::io::{self, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use indicatif::ProgressBar;

pub(super) use self::corpus::{Corpus, Kind};
use self::ours::Pair;
use super::peers::Peers;
use super::wan::Wan;
use super::{Figure, median};

/// Reports of a full and a quick run.
const REPORTS: (usize, usize) = (1_000, 100);
/// How long the link is cut, in a full and a quick run.
const BLACKOUT: (Duration, Duration) = (Duration::from_secs(120), Duration::from_secs(20));

/// What one push took.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measured {
    /// IP bytes, both ways, repetitions too.
    pub(super) wire_bytes: u64,
    /// From the first byte until all was acknowledged.
    pub(super) seconds: f64,
}

/// Two corpora and the peers: what every run is measured with.
#[derive(Debug)]
struct Ground {
    templated: Corpus,
    prose: Corpus,
    peers: Peers,
    blackout: Duration,
}

/// What the peers took in one run.
#[derive(Clone, Copy, Debug)]
struct Beside {
    pouchdb_templated: Measured,
    pouchdb_prose: Measured,
    pouchdb_after_blackout: f64,
    posts_templated: Measured,
    tls_message_bytes: f64,
}

/// What we took in one run.
#[derive(Clone, Copy, Debug)]
struct Ours {
    templated: Measured,
    prose: Measured,
    after_blackout: f64,
    after_kill: Measured,
    one_report_bytes: f64,
}

/// Measures our own synchronisation and, unless told not to, the peers beside it.
pub(super) fn run(
    program: &Path,
    quick: bool,
    runs: u64,
    alone: bool,
) -> anyhow::Result<Vec<Figure>> {
    let ground = Ground::new(program, quick)?;
    let templated = working("two nodes, templated", || Pair::make(program, &ground.templated))?;
    let prose = working("two nodes, prose", || Pair::make(program, &ground.prose))?;
    let (mut ours, mut beside) = (Vec::new(), Vec::new());
    for run in 1..=runs {
        let wan = Wan::start(run)?;
        let first = shown("templated", || templated.push(&wan))?;
        let half = first.wire_bytes / 2;
        ours.push(Ours {
            templated: first,
            prose: shown("prose", || prose.push(&wan))?,
            after_blackout: shown("seconds after a blackout at half", || {
                templated.after_blackout(&wan, half, ground.blackout)
            })?,
            after_kill: shown("after a kill at half", || templated.after_kill(&wan, half))?,
            one_report_bytes: shown("bytes of one report", || templated.one_report_bytes(&wan))?,
        });
        if !alone {
            beside.push(ground.beside(&wan)?);
        }
    }
    let mut all = our_figures(&ours);
    if !alone {
        all.iter_mut().for_each(|figure| figure.put_beside(&beside));
        all.extend(figures(&beside));
    }
    Ok(all)
}

impl Figure {
    /// The same of PouchDB's replication, where it has one.
    fn put_beside(&mut self, beside: &[Beside]) {
        let value: fn(&Beside) -> f64 = match self.figure {
            "wire_kilobytes_templated" => |run| run.pouchdb_templated.kilobytes(),
            "wire_kilobytes_prose" => |run| run.pouchdb_prose.kilobytes(),
            "seconds_templated" => |run| run.pouchdb_templated.seconds,
            "seconds_prose" => |run| run.pouchdb_prose.seconds,
            "seconds_after_blackout" => |run| run.pouchdb_after_blackout,
            _ => return,
        };
        (self.peer, self.peer_value) = (Some("PouchDB"), Some(median(beside, value)));
    }
}

fn our_figures(runs: &[Ours]) -> Vec<Figure> {
    let figure = |figure, unit, value: fn(&Ours) -> f64| Figure {
        bench: "sync",
        figure,
        value: median(runs, value),
        unit,
        ..Figure::default()
    };
    vec![
        figure("wire_kilobytes_templated", "kB", |run| run.templated.kilobytes()),
        figure("wire_kilobytes_prose", "kB", |run| run.prose.kilobytes()),
        figure("seconds_templated", "s", |run| run.templated.seconds),
        figure("seconds_prose", "s", |run| run.prose.seconds),
        figure("seconds_after_blackout", "s", |run| run.after_blackout),
        figure("seconds_after_kill", "s", |run| run.after_kill.seconds),
        figure("kilobytes_sent_twice", "kB", |run| {
            run.after_kill.kilobytes() - run.templated.kilobytes()
        }),
        figure("one_report_bytes", "B", |run| run.one_report_bytes),
    ]
}

/// Measures the peers alone, the median of so many runs.
pub(super) fn peers(program: &Path, quick: bool, runs: u64) -> anyhow::Result<Vec<Figure>> {
    let ground = Ground::new(program, quick)?;
    let mut beside = Vec::new();
    for run in 1..=runs {
        let wan = Wan::start(run)?;
        beside.push(ground.beside(&wan)?);
    }
    Ok(figures(&beside))
}

impl Ground {
    fn new(program: &Path, quick: bool) -> anyhow::Result<Self> {
        let reports = if quick { REPORTS.1 } else { REPORTS.0 };
        Ok(Self {
            templated: Corpus::make(program, Kind::Templated, reports)?,
            prose: Corpus::make(program, Kind::Prose, reports)?,
            peers: Peers::install()?,
            blackout: if quick { BLACKOUT.1 } else { BLACKOUT.0 },
        })
    }

    /// All peers once. A POST a form is measured with one kind: its time is round trips and its
    /// bytes mostly headers, whatever the text.
    fn beside(&self, wan: &Wan) -> anyhow::Result<Beside> {
        let Self { templated, prose, peers, blackout } = self;
        let tls_message_bytes =
            shown("bytes of a message on an open TLS connection", || peers.tls_message_bytes(wan))?;
        let pouchdb_templated = shown("PouchDB, templated", || peers.pouchdb(wan, templated))?;
        let pouchdb_prose = shown("PouchDB, prose", || peers.pouchdb(wan, prose))?;
        let half_bytes = pouchdb_templated.wire_bytes / 2;
        let pouchdb_after_blackout = shown("PouchDB, seconds after a blackout at half", || {
            peers.pouchdb_after_blackout(wan, templated, half_bytes, *blackout)
        })?;
        let posts_templated = shown("a POST a form, templated", || peers.posts(wan, templated))?;
        Ok(Beside {
            pouchdb_templated,
            pouchdb_prose,
            pouchdb_after_blackout,
            posts_templated,
            tls_message_bytes,
        })
    }
}

/// Measures a part, and says what came of it at once: all of them take an hour, and one may fail.
fn shown<T: fmt::Display>(
    what: &'static str,
    part: impl FnOnce() -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let begin = Instant::now();
    let measured = working(what, part)?;
    let took = begin.elapsed().as_secs_f64();
    writeln!(io::stderr(), "{what}: {measured:.1} ({took:.0} s)")?;
    Ok(measured)
}

/// Runs a part that takes minutes, and shows which.
fn working<T>(what: &'static str, part: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    let bar = ProgressBar::new_spinner().with_message(what);
    bar.enable_steady_tick(Duration::from_millis(200));
    let result = part();
    bar.finish_and_clear();
    result
}

fn figures(runs: &[Beside]) -> Vec<Figure> {
    let figure = |figure, unit, value: fn(&Beside) -> f64| Figure {
        bench: "sync-peers",
        figure,
        value: median(runs, value),
        unit,
        ..Figure::default()
    };
    vec![
        figure("pouchdb_kilobytes_templated", "kB", |run| run.pouchdb_templated.kilobytes()),
        figure("pouchdb_kilobytes_prose", "kB", |run| run.pouchdb_prose.kilobytes()),
        figure("pouchdb_seconds_templated", "s", |run| run.pouchdb_templated.seconds),
        figure("pouchdb_seconds_prose", "s", |run| run.pouchdb_prose.seconds),
        figure("pouchdb_seconds_after_blackout", "s", |run| run.pouchdb_after_blackout),
        figure("posts_kilobytes_templated", "kB", |run| run.posts_templated.kilobytes()),
        figure("posts_seconds_templated", "s", |run| run.posts_templated.seconds),
        figure("tls_message_bytes", "B", |run| run.tls_message_bytes),
    ]
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} kB, {:.1} s", self.kilobytes(), self.seconds)
    }
}

impl Measured {
    /// Thousands of bytes on the wire.
    #[expect(clippy::cast_precision_loss, reason = "some megabytes")]
    fn kilobytes(&self) -> f64 {
        self.wire_bytes as f64 / 1_000.0
    }
}
