//! What every use case looks at: packs, policies and offices as they stand at one moment.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use domain::ids::OfficeId;
use domain::limits::HELLO_DICTIONARIES_MAX;
use domain::office::{OfficeEvent, Tree, TreeError, built_in_events};
use domain::op::{Change, Op, TypeRef};
use domain::period::Date;
use domain::sync::{DictionaryId, Ppm};
use domain::trust::Trust;

use crate::packs::PackSet;
use crate::policy::{Judge, Policies, level_key};
use crate::views::OfficeName;

const MINUTE_MS: i64 = 60_000;
/// Where an office's time is unknown, the time of the capital holds.
const WIB_MINUTES: i16 = 420;

static BUILT_IN: LazyLock<Arc<Tree>> = LazyLock::new(|| Arc::new(Tree::built_in()));

/// Packs, policies and offices: replaced as a whole when a pack or an event of offices arrives.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) packs: Arc<PackSet>,
    pub(crate) policies: Arc<Policies>,
    pub(crate) tree: Arc<Tree>,
    /// The events that made the tree what it is, beyond those that are built in.
    further: Arc<[OfficeEvent]>,
    /// Who may write.
    pub(crate) trust: Arc<Trust>,
}

impl World {
    /// The built-in tree with these further events, and these packs; nobody is trusted yet.
    pub(crate) fn new(packs: PackSet, further: &[OfficeEvent]) -> Result<Self, TreeError> {
        let policies = Policies::new(packs.latest().map(AsRef::as_ref));
        Ok(Self {
            packs: Arc::new(packs),
            policies: Arc::new(policies),
            tree: tree_of(further)?,
            further: further.into(),
            trust: Arc::default(),
        })
    }

    /// Takes note of the dictionaries of its packs.
    pub(crate) fn teach(&self, codec: &Ppm) {
        for pack in self.packs.all() {
            if let Some(dictionary) = &pack.dictionary {
                codec.learn(&dictionary.0);
            }
        }
    }

    /// This world with these packs and further events: what is the same stays, as policies and
    /// trees take long to make. Nobody is trusted yet.
    pub(crate) fn followed_by(
        &self,
        packs: PackSet,
        further: &[OfficeEvent],
    ) -> Result<Self, TreeError> {
        let mut next = Self { trust: Arc::default(), ..self.clone() };
        if !packs.latest().eq(self.packs.latest()) {
            next.policies = Arc::new(Policies::new(packs.latest().map(AsRef::as_ref)));
        }
        if *self.further != *further {
            (next.tree, next.further) = (tree_of(further)?, further.into());
        }
        next.packs = Arc::new(packs);
        Ok(next)
    }

    /// The tree with these further events; where they make none, the tree as it is.
    pub(crate) fn tree_with(&self, further: &[OfficeEvent]) -> Arc<Tree> {
        if *self.further == *further {
            return Arc::clone(&self.tree);
        }
        tree_of(further).unwrap_or_else(|_| Arc::clone(&self.tree))
    }

    /// The events that made the tree what it is, beyond those that are built in.
    pub(crate) fn further(&self) -> &[OfficeEvent] {
        &self.further
    }

    /// The dictionaries of its packs: every version's, since a peer may have another.
    pub(crate) fn dictionaries(&self) -> Vec<DictionaryId> {
        let ids = self.packs.all().filter_map(|pack| pack.dictionary.as_ref());
        let mut ids: Vec<_> = ids.map(|dictionary| DictionaryId::of(&dictionary.0)).collect();
        ids.sort_unstable();
        ids.dedup();
        ids.truncate(HELLO_DICTIONARIES_MAX);
        ids
    }

    /// The dictionary that suits operations, and the keys of the types that they name.
    pub(crate) fn squeezing(&self, ops: &[Vec<u8>]) -> (DictionaryId, BTreeMap<TypeRef, String>) {
        let mut keys = BTreeMap::new();
        for op in ops.iter().filter_map(|op| minicbor::decode::<Op>(op).ok()) {
            if let Change::Create(create) = op.change
                && let Some(ty) = self.packs.by_ref(&create.type_ref)
            {
                keys.insert(create.type_ref, ty.key());
            }
        }
        let named = keys.keys().find_map(|ty| self.packs.pack(&ty.pack));
        let pack = named.or_else(|| self.packs.latest().find(|pack| pack.dictionary.is_some()));
        let dictionary = pack.and_then(|pack| pack.dictionary.as_ref());
        let id =
            dictionary.map_or(DictionaryId::NONE, |dictionary| DictionaryId::of(&dictionary.0));
        (id, keys)
    }

    /// The policies, the tree and the day at an office.
    pub(crate) fn judge(&self, home: OfficeId, now_ms: u64) -> Judge {
        Judge {
            policies: Arc::clone(&self.policies),
            tree: Arc::clone(&self.tree),
            today: self.today_at(home, now_ms),
        }
    }

    /// The date at an office at a moment.
    pub(crate) fn today_at(&self, office: OfficeId, now_ms: u64) -> Date {
        let ahead_ms = i64::from(self.offset_minutes(office, now_ms)) * MINUTE_MS;
        Date::of_ms(now_ms.saturating_add_signed(ahead_ms))
    }

    /// The day by which scope and trust are judged. A clock that stands before the program knew
    /// its youngest office is wrong, and must not make that office a stranger.
    pub(crate) fn trust_date(&self, now_ms: u64) -> Date {
        let known = BUILT_IN.change_dates().last().copied();
        let today = Date::of_ms(now_ms);
        known.map_or(today, |known| today.max(known))
    }

    /// How far the clocks of an office are ahead of UTC.
    pub(crate) fn offset_minutes(&self, office: OfficeId, now_ms: u64) -> i16 {
        let office = self.tree.at(office, Date::of_ms(now_ms));
        office.map_or(WIB_MINUTES, |office| office.utc_offset_minutes)
    }

    /// An office in short, by its name on a day.
    pub(crate) fn office_name(&self, id: OfficeId, on: Date) -> OfficeName {
        let found = self.tree.at(id, on);
        OfficeName {
            id,
            name: found.as_ref().map(|office| office.name.to_owned()).unwrap_or_default(),
            level: found.map(|office| level_key(office.level).to_owned()).unwrap_or_default(),
        }
    }
}

fn tree_of(further: &[OfficeEvent]) -> Result<Arc<Tree>, TreeError> {
    if further.is_empty() {
        return Ok(Arc::clone(&BUILT_IN));
    }
    let mut events = built_in_events();
    events.extend_from_slice(further);
    Tree::from_events(&events).map(Arc::new)
}
