//! One simulated machine: a real node on a disk of its own, with a clock and failures of its own.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use anyhow::Context as _;
use domain::ids::{OfficeId, PersonId, RecordId, WriterId};
use domain::op::StreamId;
use domain::trust::{KeyRole, What};
use ed25519_dalek::SigningKey;
use node::{Actor, Batch, Config, Follower, Kernel, RoleAt, Writer};
use store::faults::Moment;
use store::{Store, log, records, statements};
use tempfile::TempDir;

/// A clock of the world, seen by a machine whose own is off.
#[derive(Debug)]
pub(crate) struct SkewedClock {
    world: Arc<AtomicU64>,
    skew_ms: AtomicI64,
    /// What it draws by chance: a seed of its own, and how often it has drawn.
    chance: [u8; 32],
    drawn: AtomicU64,
}

impl node::clock::Clock for SkewedClock {
    fn now_ms(&self) -> u64 {
        let now_ms = self.world.load(Ordering::SeqCst);
        now_ms.saturating_add_signed(self.skew_ms.load(Ordering::SeqCst))
    }

    fn draw(&self) -> u32 {
        let drawn = self.drawn.fetch_add(1, Ordering::SeqCst).to_be_bytes();
        let digest = blake3::hash(&[&self.chance[..], &drawn].concat());
        let [a, b, c, d, ..] = *digest.as_bytes();
        u32::from_be_bytes([a, b, c, d])
    }
}

/// What fails at a commit to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fail {
    /// The machine dies before it.
    CrashBefore,
    /// The machine dies after it, before anybody is told.
    CrashAfter,
    /// The disk refuses it.
    Io,
}

#[derive(Debug, Default)]
struct Armed {
    /// What fails, after so many commits.
    next: Option<(u32, Fail)>,
    /// What the disk held when the machine died.
    died: Option<(TempDir, Fail)>,
    failed: u64,
}

/// Operations that came and wait to be committed.
#[derive(Debug)]
pub(crate) struct Waiting {
    /// The session that brought them: connection, side, the peer's number for the stream.
    pub(crate) from: (usize, usize, u32),
    pub(crate) batch: Batch,
}

/// How a machine is set up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Birth {
    pub(crate) office: OfficeId,
    pub(crate) role: KeyRole,
    pub(crate) secret: [u8; 32],
    pub(crate) skew_ms: i64,
}

#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) office: OfficeId,
    pub(crate) role: KeyRole,
    /// The machine that it dials.
    pub(crate) parent: Option<usize>,
    pub(crate) key: SigningKey,
    pub(crate) writer_id: WriterId,
    pub(crate) actor: Arc<Actor>,
    pub(crate) kernel: Kernel,
    pub(crate) writer: Writer,
    pub(crate) follower: Follower,
    pub(crate) queue: VecDeque<Waiting>,
    pub(crate) committing: bool,
    /// Its disk has little room.
    pub(crate) full: bool,
    /// Records that it pruned once.
    pub(crate) pruned: BTreeSet<RecordId>,
    /// Nobody trusts it any longer.
    pub(crate) revoked: bool,
    /// A backup of it, and a copy of its files of the same moment.
    backup: Option<TempDir>,
    /// Who it was under the keys that it had before.
    pub(crate) former: Vec<WriterId>,
    /// A key that it asked for, to take the place of its own.
    pub(crate) next: Option<SigningKey>,
    /// What it had written itself on each disk that it lost.
    pub(crate) lost: Vec<BTreeMap<StreamId, Vec<Vec<u8>>>>,
    /// It went on from a backup.
    pub(crate) restored: bool,
    /// It went on from a copy of its files, in the life that it was in.
    pub(crate) copied_back: bool,
    /// The latest that its own clock ever showed, in milliseconds since 1970.
    pub(crate) wall_max_ms: u64,
    clock: Arc<SkewedClock>,
    armed: Arc<Mutex<Armed>>,
    dir: TempDir,
}

fn locked(armed: &Mutex<Armed>) -> MutexGuard<'_, Armed> {
    armed.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A folder in memory where there is one: nothing here needs to outlive the process.
fn folder() -> std::io::Result<TempDir> {
    static ROOT: LazyLock<PathBuf> = LazyLock::new(|| {
        let memory = PathBuf::from("/dev/shm");
        if memory.is_dir() { memory } else { std::env::temp_dir() }
    });
    tempfile::Builder::new().prefix("genggam-sim-").tempdir_in(ROOT.as_path())
}

/// An empty database, made once: migrating is not what is simulated.
fn empty_database() -> anyhow::Result<&'static [u8]> {
    static EMPTY: LazyLock<Result<Vec<u8>, String>> = LazyLock::new(|| {
        let make = || -> anyhow::Result<Vec<u8>> {
            let dir = folder()?;
            let copy = dir.path().join("copy");
            Store::open(dir.path())?.copy_to(&copy)?;
            Ok(fs::read(copy)?)
        };
        make().map_err(|error| format!("{error:#}"))
    });
    EMPTY.as_deref().map_err(|error| anyhow::anyhow!(error.clone()))
}

/// What a killed process leaves.
fn copy_files(from: &Path) -> std::io::Result<TempDir> {
    let left = folder()?;
    for name in ["genggam.db", "genggam.db-wal"] {
        let file = from.join(name);
        if file.exists() {
            fs::copy(file, left.path().join(name))?;
        }
    }
    Ok(left)
}

impl Machine {
    pub(crate) fn new(birth: &Birth, world: &Arc<AtomicU64>) -> anyhow::Result<Self> {
        let dir = folder()?;
        fs::write(dir.path().join("genggam.db"), empty_database()?)?;
        let key = SigningKey::from_bytes(&birth.secret);
        let clock = Arc::new(SkewedClock {
            world: Arc::clone(world),
            skew_ms: AtomicI64::new(birth.skew_ms),
            chance: birth.secret,
            drawn: AtomicU64::new(0),
        });
        let (kernel, writer) = open(dir.path(), &key, birth.office, &clock)?;
        let mut person = [0; 16];
        person.copy_from_slice(&birth.secret[..16]);
        let role = |role: &str| RoleAt { role: role.to_owned(), office: birth.office };
        let roles = BTreeSet::from([role("operator"), role("pengelola")]);
        let armed = Arc::default();
        watch(&kernel, &armed, dir.path());
        Ok(Self {
            office: birth.office,
            role: birth.role,
            parent: None,
            writer_id: domain::op::writer_id(&key.verifying_key()),
            key,
            actor: Arc::new(Actor::simulated(PersonId(person), "somebody", roles)),
            follower: Follower::new(&kernel)?,
            kernel,
            writer,
            queue: VecDeque::new(),
            committing: false,
            full: false,
            pruned: BTreeSet::new(),
            revoked: false,
            backup: None,
            former: Vec::new(),
            next: None,
            lost: Vec::new(),
            restored: false,
            copied_back: false,
            wall_max_ms: 0,
            clock,
            armed,
            dir,
        })
    }

    /// Who it is and was.
    pub(crate) fn keys(&self) -> impl Iterator<Item = WriterId> + '_ {
        std::iter::once(self.writer_id).chain(self.former.iter().copied())
    }

    /// Whether this key is or was its own.
    pub(crate) fn is(&self, writer: WriterId) -> bool {
        self.keys().any(|key| key == writer)
    }

    pub(crate) fn store(&self) -> &Store {
        self.kernel.store()
    }

    /// What its clock shows.
    pub(crate) fn wall_ms(&mut self) -> u64 {
        let now_ms = node::clock::Clock::now_ms(self.clock.as_ref());
        self.wall_max_ms = self.wall_max_ms.max(now_ms);
        now_ms
    }

    pub(crate) fn set_clock(&mut self, skew_ms: i64) {
        self.clock.skew_ms.store(skew_ms, Ordering::SeqCst);
        self.wall_ms();
    }

    /// Lets a commit to come fail, after so many others.
    pub(crate) fn arm(&self, after: u32, fail: Fail) {
        locked(&self.armed).next = Some((after, fail));
    }

    pub(crate) fn disarm(&mut self) -> anyhow::Result<()> {
        locked(&self.armed).next = None;
        self.full = false;
        Ok(self.store().limit_pages(None)?)
    }

    /// How many commits the disk has refused since this was asked last.
    pub(crate) fn refused_commits(&self) -> u64 {
        std::mem::take(&mut locked(&self.armed).failed)
    }

    /// If it died, wakes it from what its disk held then.
    pub(crate) fn wake(&mut self) -> anyhow::Result<Option<Fail>> {
        let died = locked(&self.armed).died.take();
        let Some((left, fail)) = died else { return Ok(None) };
        self.reopen(left)?;
        Ok(Some(fail))
    }

    /// The process is killed at rest: what stays is what the disk holds, with these bytes after
    /// the end of the write-ahead log, as a write that was cut off leaves them.
    pub(crate) fn tear(&mut self, torn: &[u8]) -> anyhow::Result<()> {
        let left = copy_files(self.dir.path())?;
        let wal = left.path().join("genggam.db-wal");
        fs::OpenOptions::new().append(true).create(true).open(wal)?.write_all(torn)?;
        self.reopen(left)
    }

    /// Whether it was backed up.
    pub(crate) fn has_backup(&self) -> bool {
        self.backup.is_some()
    }

    /// Backs it up.
    pub(crate) fn back_up(&mut self) -> anyhow::Result<()> {
        let backup = folder()?;
        let (marked, plain) = (backup.path().join("marked"), backup.path().join("plain"));
        self.store().copy_to(&plain)?;
        fs::copy(&plain, &marked)?;
        store::mark_copy(&marked, "epoch", &[])?;
        self.backup = Some(backup);
        Ok(())
    }

    /// Loses its disk and goes on from its backup, or from a plain copy.
    pub(crate) fn restore(&mut self, by_hand: bool) -> anyhow::Result<()> {
        self.lost.push(self.written()?);
        let backup = self.backup.as_ref().context("there is no backup")?;
        let left = folder()?;
        let copy = backup.path().join(if by_hand { "plain" } else { "marked" });
        fs::copy(copy, left.path().join("genggam.db"))?;
        self.reopen(left)?;
        self.follower = Follower::new(&self.kernel)?;
        self.restored = true;
        self.copied_back |= by_hand;
        Ok(())
    }

    /// Goes on under the key that it asked for.
    pub(crate) fn rotate(&mut self) -> anyhow::Result<()> {
        let left = copy_files(self.dir.path())?;
        self.key = self.next.take().context("no key was asked for")?;
        let writer_id = domain::op::writer_id(&self.key.verifying_key());
        self.former.push(std::mem::replace(&mut self.writer_id, writer_id));
        // A backup is of the key before: it is made again.
        self.backup = None;
        self.reopen(left)
    }

    /// The operations of its own streams.
    fn written(&self) -> anyhow::Result<BTreeMap<StreamId, Vec<Vec<u8>>>> {
        let read = |r: &store::Reader<'_>| {
            let own = log::streams(r)?.into_iter().map(|(stream, _)| stream);
            let own = own.filter(|stream| stream.writer == self.writer_id);
            own.map(|stream| {
                let ops = log::bytes_of_stream(r, &stream, 1, usize::MAX)?;
                Ok((stream, ops))
            })
            .collect::<Result<_, store::StoreError>>()
        };
        Ok(self.store().read(read)?)
    }

    fn reopen(&mut self, left: TempDir) -> anyhow::Result<()> {
        let (kernel, writer) =
            open(left.path(), &self.key, self.office, &self.clock).context("cannot wake")?;
        watch(&kernel, &self.armed, left.path());
        (self.kernel, self.writer) = (kernel, writer);
        self.follower.reopen(&self.kernel)?;
        self.queue.clear();
        (self.dir, self.full) = (left, false);
        Ok(())
    }

    /// Where a stream stands on its disk.
    pub(crate) fn durable(&self, stream: &StreamId) -> anyhow::Result<u64> {
        Ok(self.store().read(|r| log::head(r, stream))?.next_seq)
    }

    /// Whether its log says that a key is trusted no longer.
    pub(crate) fn durable_revocation(&self, writer: WriterId) -> anyhow::Result<bool> {
        let statements = self.store().read(statements::all)?;
        Ok(statements.iter().any(|statement| match &statement.what {
            What::Revocation(revocation) => revocation.writer == writer,
            What::Certificate(_) => false,
        }))
    }

    /// Records that it holds, by id.
    pub(crate) fn records(&self) -> anyhow::Result<Vec<RecordId>> {
        let all = records::Filter::default();
        let listed = self.store().read(|r| records::list(r, &all, None, usize::MAX))?;
        let mut ids: Vec<_> = listed.into_iter().map(|listed| listed.record).collect();
        ids.sort_unstable();
        Ok(ids)
    }
}

fn open(
    dir: &Path,
    key: &SigningKey,
    office: OfficeId,
    clock: &Arc<SkewedClock>,
) -> anyhow::Result<(Kernel, Writer)> {
    let config = Config {
        dir: dir.to_owned(),
        office: Some(office),
        name: Some(format!("node of {office}")),
        simulation: Some(true),
    };
    let clock: Arc<dyn node::clock::Clock> = Arc::<SkewedClock>::clone(clock);
    let kernel = Kernel::with(Store::open(dir)?, key.clone(), &config, clock)?;
    let writer = Writer::new(&kernel)?;
    Ok((kernel, writer))
}

/// Looks at every commit of a store, and fails what was armed.
fn watch(kernel: &Kernel, armed: &Arc<Mutex<Armed>>, dir: &Path) {
    let (armed, dir) = (Arc::clone(armed), dir.to_owned());
    kernel.store().on_write(move |moment| {
        let mut armed = locked(&armed);
        let Some((after, fail)) = armed.next else { return false };
        let at = if fail == Fail::CrashAfter { Moment::AfterCommit } else { Moment::BeforeCommit };
        if moment != at {
            return false;
        }
        if after > 0 {
            armed.next = Some((after - 1, fail));
            return false;
        }
        armed.next = None;
        armed.failed += 1;
        if fail != Fail::Io {
            let left = copy_files(&dir).expect("invariant: the simulator's own disk works");
            armed.died = Some((left, fail));
        }
        true
    });
}
