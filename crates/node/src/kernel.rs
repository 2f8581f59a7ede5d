//! A node without its threads: its store, key and clock, and what holds at the moment. All that
//! it does is a call; the simulator drives it as the node's threads do.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use domain::hlc::{Clock as HlcClock, Hlc};
use domain::ids::{OfficeId, WriterId};
use domain::limits::SQUEEZED_FRAMES_MAX;
use domain::op::{SealedOp, StreamId, writer_id};
use domain::pack::Pack;
use domain::planted::{self, Bug};
use domain::sync::{DictionaryId, Held, Page, Ppm, Rules, Squeeze};
use domain::trust::{Certificate, Trust};
use ed25519_dalek::{SigningKey, VerifyingKey};
use store::{Reader, Store, StoreError, Tx, log, meta, offices, packs, statements};

use crate::clock::Clock;
use crate::keys;
use crate::node::{Config, OpenError};
use crate::packs::PackSet;
use crate::policy::Judge;
use crate::remembering::Remembering;
use crate::submit::Owner;
use crate::world::World;

const META_OFFICE: &str = "office";
const META_NAME: &str = "name";
const META_SIMULATION: &str = "simulation";
/// The life that the node is in; empty in a copy, which begins another.
pub(crate) const META_EPOCH: &str = "epoch";
/// The writer that the node is.
pub(crate) const META_WRITER: &str = "writer";
/// What the node wrote under keys that it had before: streams, with what came next in each then.
const META_FORMER: &str = "former";
/// When it was found that the node's key is used on another machine too.
pub(crate) const META_TWICE: &str = "twice";
/// The first life of a key. Later ones are drawn: two copies of a node know nothing of each other,
/// and must not begin the same.
const FIRST_EPOCH: u32 = 1;
pub(crate) const META_ROOT: &str = "root";
pub(crate) const META_PINS: &str = "pins";
pub(crate) const META_PEERS: &str = "peers";
/// Operations read at once for a frame: a frame's most, and what its next signed head may add.
const PAGE_OPS: usize = domain::limits::FRAME_OPS_MAX + domain::limits::SIGNED_EVERY_OPS;

/// A node without its threads.
#[derive(Debug)]
pub struct Kernel {
    pub(crate) store: Store,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) key: SigningKey,
    pub(crate) own: Owner,
    pub(crate) home: OfficeId,
    pub(crate) name: String,
    pub(crate) simulation: bool,
    codec: Arc<Ppm>,
    squeeze: Arc<dyn Squeeze>,
    world: RwLock<Arc<World>>,
    /// Own streams of which another branch stands above.
    pub(crate) yields: Mutex<BTreeSet<StreamId>>,
    /// Since when its key is used on another machine too; 0 where nobody knows of one.
    pub(crate) twice_ms: AtomicU64,
}

impl Kernel {
    /// Opens what is in a directory, making it on the first time.
    ///
    /// # Errors
    /// [`OpenError`], with what to do about it.
    pub fn open(config: &Config, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let store = Store::open(&config.dir)?;
        let key = keys::load_or_create(&config.dir)?;
        Self::with(store, key, config, clock)
    }

    /// The node of a store that is open already, with its key.
    ///
    /// # Errors
    /// [`OpenError`], with what to do about it.
    pub fn with(
        store: Store,
        key: SigningKey,
        config: &Config,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        let writer = writer_id(&key.verifying_key());
        let about = remember(&store, config, writer, clock.as_ref())?;
        let world = store.read(|r| load_world(r, None))?;
        if world.tree.level(about.office).is_none() {
            return Err(OpenError::UnknownOffice(about.office));
        }
        let codec = Arc::new(Ppm::default());
        world.teach(&codec);
        let own = Owner { writer };
        Ok(Self {
            store,
            clock,
            key,
            own,
            home: about.office,
            name: about.name,
            simulation: about.simulation,
            squeeze: Arc::new(Remembering::new(Arc::<Ppm>::clone(&codec), SQUEEZED_FRAMES_MAX)),
            codec,
            world: RwLock::new(Arc::new(world)),
            yields: Mutex::default(),
            twice_ms: AtomicU64::new(about.twice_ms),
        })
    }

    pub(crate) fn world(&self) -> Arc<World> {
        Arc::clone(&self.world.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads packs, offices and trust again.
    pub(crate) fn reload(&self) -> Result<(), OpenError> {
        let before = self.world();
        let world = self.store.read(|r| load_world(r, Some(&before)))?;
        world.teach(&self.codec);
        *self.world.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(world);
        Ok(())
    }

    /// The policies, the tree and the day at this node, now.
    pub(crate) fn judge(&self) -> Judge {
        self.world().judge(self.home, self.clock.now_ms())
    }

    /// Where the node's clock goes on from.
    pub(crate) fn last_clock(&self) -> Result<HlcClock, StoreError> {
        let now_ms = self.clock.now_ms();
        self.store.read(|r| {
            let former = former(r)?;
            let (mut own, mut others) = (Hlc::default(), Vec::new());
            for (stream, head) in log::streams(r)? {
                let Some(op) = last_of(r, &stream, head.next_seq)? else { continue };
                if stream.writer == self.own.writer || former.contains_key(&stream) {
                    own = own.max(op.op().time);
                } else {
                    others.push(op.op().time);
                }
            }
            // A peer's clock that runs ahead isn't followed after a restart either.
            let mut clock = HlcClock::after(own);
            others.into_iter().for_each(|seen| clock.witness(seen, now_ms));
            Ok(clock)
        })
    }

    /// The life of its key that the node is in.
    ///
    /// # Errors
    /// If storage fails.
    pub fn life(&self) -> Result<u32, StoreError> {
        Ok(self.store.read(|r| number(r, META_EPOCH))?.unwrap_or(FIRST_EPOCH))
    }

    /// It stands under a root.
    pub(crate) fn has_root(&self) -> Result<bool, StoreError> {
        Ok(self.store.read(|r| meta::get(r, META_ROOT))?.is_some())
    }

    pub(crate) fn is_centre(&self) -> bool {
        self.world().tree.level(self.home) == Some(domain::office::Level::Centre)
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Who writes its streams.
    #[must_use]
    pub fn writer(&self) -> WriterId {
        self.own.writer
    }

    /// The key that its streams are signed with.
    #[must_use]
    pub fn verifying_key(&self) -> VerifyingKey {
        self.key.verifying_key()
    }

    /// Its office.
    #[must_use]
    pub fn office(&self) -> OfficeId {
        self.home
    }

    /// What scope and trust are judged by, now.
    #[must_use]
    pub fn rules(&self) -> Rules {
        let world = self.world();
        let date = world.trust_date(self.clock.now_ms());
        Rules { tree: Arc::clone(&world.tree), date, trust: Arc::clone(&world.trust) }
    }

    /// The rules with the statements and events of offices that a transaction has just written.
    pub(crate) fn rules_in(
        &self,
        r: &Reader<'_>,
        world: &World,
        now_ms: u64,
    ) -> Result<Rules, StoreError> {
        let tree = world.tree_with(&offices::all(r)?);
        let trust = Arc::new(load_trust(r, &tree)?);
        Ok(Rules { tree, date: world.trust_date(now_ms), trust })
    }

    /// Every stream that stands here, as far as it is trusted, with the sequence number that
    /// comes next.
    ///
    /// # Errors
    /// If the log can't be read.
    pub fn held(&self) -> Result<Vec<Held>, StoreError> {
        let streams = self.store.read(log::streams)?;
        Ok(streams.into_iter().map(|(stream, head)| (stream, head.next_seq)).collect())
    }

    /// Operations of a stream from a place on, to be sent.
    ///
    /// # Errors
    /// If the log can't be read.
    pub fn page(&self, stream: &StreamId, from_seq: u64) -> Result<Page, StoreError> {
        let world = self.world();
        self.store.read(|r| {
            let ops = log::bytes_of_stream(r, stream, from_seq, PAGE_OPS)?;
            let mut boundaries = log::boundaries(r, stream, from_seq, PAGE_OPS)?;
            let end = from_seq.saturating_add(ops.len() as u64);
            if let Some(last_seq) = world.trust.trusted_until(stream)
                && stream.writer != self.own.writer
            {
                let next_seq = last_seq.saturating_add(1);
                boundaries.retain(|boundary| boundary.next_seq < next_seq);
                if next_seq > from_seq && next_seq <= end {
                    // A revocation vouches for this head; the writer may not have signed it.
                    boundaries.push(domain::sync::Boundary { next_seq, signature: [0; 64] });
                }
            }
            let (dictionary, type_keys) = world.squeezing(&ops);
            let stream = stream.clone();
            Ok(Page { stream, first_seq: from_seq, ops, boundaries, dictionary, type_keys })
        })
    }

    /// How frames are squeezed here.
    pub(crate) fn codec(&self) -> Arc<dyn Squeeze> {
        Arc::clone(&self.squeeze)
    }

    /// The dictionary ids that HELLO says.
    pub(crate) fn dictionaries(&self) -> Vec<DictionaryId> {
        self.world().dictionaries()
    }
}

struct About {
    office: OfficeId,
    name: String,
    simulation: bool,
    twice_ms: u64,
}

/// What the node is, from the store, or from the configuration the first time.
fn remember(
    store: &Store,
    config: &Config,
    writer: WriterId,
    clock: &dyn Clock,
) -> Result<About, OpenError> {
    store.write(|tx| {
        let held = number(tx, META_OFFICE)?.map(OfficeId);
        let office = match (held, config.office) {
            (Some(held), Some(asked)) if held != asked => {
                return Err(OpenError::OtherOffice { held, asked });
            }
            (Some(office), _) | (None, Some(office)) => office,
            (None, None) => return Err(OpenError::NotInitialised { dir: config.dir.clone() }),
        };
        let held =
            meta::get(tx, META_NAME)?.map(|name| String::from_utf8_lossy(&name).into_owned());
        let name = config.name.clone().or(held).unwrap_or_else(|| "genggam".to_owned());
        let held = meta::get(tx, META_SIMULATION)?.map(|flag| flag == [1]);
        let simulation = config.simulation.or(held).unwrap_or(false);
        match meta::get(tx, META_EPOCH)? {
            None => put_life(tx, FIRST_EPOCH)?,
            Some(held) if held.is_empty() => {
                let keeps = planted::is(Bug::CopyKeepsLife);
                let life = if keeps { FIRST_EPOCH } else { another_life(clock) };
                put_life(tx, life)?;
            }
            Some(_) => {}
        }
        meta::put(tx, META_OFFICE, &office.0.to_be_bytes())?;
        meta::put(tx, META_NAME, name.as_bytes())?;
        meta::put(tx, META_SIMULATION, &[u8::from(simulation)])?;
        note_former(tx, writer)?;
        meta::put(tx, META_WRITER, &writer.0)?;
        let twice = meta::get(tx, META_TWICE)?.and_then(|ms| ms.try_into().ok());
        let twice_ms = twice.map_or(0, u64::from_be_bytes);
        Ok(About { office, name, simulation, twice_ms })
    })
}

/// Goes on in a life of the key.
pub(crate) fn put_life(tx: &Tx<'_>, life: u32) -> Result<(), StoreError> {
    meta::put(tx, META_EPOCH, &life.to_be_bytes())
}

/// Takes note of what was written under another key than the one that the node has now.
fn note_former(tx: &Tx<'_>, writer: WriterId) -> Result<(), StoreError> {
    let Some(before) = meta::get(tx, META_WRITER)?.filter(|before| before[..] != writer.0) else {
        return Ok(());
    };
    let mut all = former(tx)?;
    let streams = log::streams(tx)?.into_iter();
    let its = streams.filter(|(stream, _)| stream.writer.0[..] == before[..]);
    all.extend(its.map(|(stream, head)| (stream, head.next_seq)));
    let all: Vec<_> = all.into_iter().collect();
    let bytes = minicbor::to_vec(all).expect("invariant: writing to memory does not fail");
    meta::put(tx, META_FORMER, &bytes)
}

/// The streams that this node wrote under keys that it had before, each with what came next when
/// its key was replaced: what came later another wrote.
pub(crate) fn former(r: &Reader<'_>) -> Result<BTreeMap<StreamId, u64>, StoreError> {
    let bytes = meta::get(r, META_FORMER)?;
    let Some(bytes) = bytes else { return Ok(BTreeMap::new()) };
    let all: Result<Vec<(StreamId, u64)>, _> = minicbor::decode(&bytes);
    let damaged = |_| StoreError::Damaged { doing: "read what former keys wrote" };
    Ok(all.map_err(damaged)?.into_iter().collect())
}

/// A life that no copy of this node is in.
pub(crate) fn another_life(clock: &dyn Clock) -> u32 {
    clock.draw().max(FIRST_EPOCH + 1)
}

fn number(r: &Reader<'_>, key: &str) -> Result<Option<u32>, StoreError> {
    let bytes = meta::get(r, key)?;
    Ok(bytes.and_then(|bytes| Some(u32::from_be_bytes(bytes.try_into().ok()?))))
}

/// Packs, events of offices and trust, as the log brought them.
fn load_world(r: &Reader<'_>, before: Option<&World>) -> Result<World, OpenError> {
    let packs = packs::all_versions(r)?;
    let packs = packs.iter().filter_map(|row| Pack::decode(&row.bytes).ok());
    let (packs, events) = (PackSet::new(packs), offices::all(r)?);
    let mut world = match before {
        None => World::new(packs, &events)?,
        Some(before) => before.followed_by(packs, &events)?,
    };
    world.trust = Arc::new(load_trust(r, &world.tree)?);
    Ok(world)
}

fn load_trust(r: &Reader<'_>, tree: &domain::office::Tree) -> Result<Trust, StoreError> {
    let root = meta::get(r, META_ROOT)?
        .and_then(|bytes| VerifyingKey::from_bytes(&bytes.try_into().ok()?).ok());
    Ok(Trust::new(root, &pins(r)?, &statements::all(r)?, tree))
}

/// The certificates that came with enrolments.
pub(crate) fn pins(r: &Reader<'_>) -> Result<Vec<Certificate>, StoreError> {
    let bytes = meta::get(r, META_PINS)?;
    Ok(bytes.and_then(|bytes| minicbor::decode(&bytes).ok()).unwrap_or_default())
}

/// The last operation of a stream that stands at `next_seq`.
pub(crate) fn last_of(
    r: &Reader<'_>,
    stream: &StreamId,
    next_seq: u64,
) -> Result<Option<SealedOp>, StoreError> {
    let Some(seq) = next_seq.checked_sub(1) else { return Ok(None) };
    Ok(log::find(r, stream, seq)?.map(|logged| logged.op))
}
