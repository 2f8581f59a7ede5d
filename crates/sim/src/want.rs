//! What the simulated people do.

use domain::ids::{FieldId, OfficeId, RecordId};
use domain::op::{Acknowledge, Change, Comment, Create, Patch, ReturnedCell, Transition};
use domain::period::{Date, Grain, Period};
use domain::record::{Record, periodic_id};
use domain::value::{Cell, CellChanges, CellPath, Cells, Value};
use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use crate::pack::{ACTIONS, DAILY, EVENT, FIELDS, type_ref};

/// One thing that somebody wants done at a machine.
#[derive(Clone, Debug)]
pub(crate) enum Want {
    /// A new record, in a version of the pack.
    Create(Create),
    /// Something about a record that they look at; the last part says whether they look at an old
    /// view of it, and how old.
    About(RecordId, Doing, Option<u16>),
}

#[derive(Clone, Debug)]
pub(crate) enum Doing {
    Patch(CellChanges, u32),
    /// This action of the workflow, or, where that doesn't start from the state, mostly one that
    /// does.
    Move(usize, bool),
    Comment(String),
    Acknowledge,
}

fn number(rng: &mut ChaCha8Rng) -> Cell {
    Cell::Value(Value::Int(rng.random_range(0..4)))
}

fn path(rng: &mut ChaCha8Rng) -> CellPath {
    CellPath::field(FieldId(rng.random_range(1..=FIELDS)))
}

/// A record that somebody begins.
pub(crate) fn create(rng: &mut ChaCha8Rng, version: u32, office: OfficeId) -> Want {
    let cells: Cells = (0..3).map(|_| (path(rng), number(rng))).collect();
    if rng.random_bool(0.5) {
        let record = RecordId(rng.random());
        let type_ref = type_ref(EVENT, version);
        return Want::Create(Create { record, type_ref, office, period: None, cells });
    }
    // Few days and few offices: several machines report the same.
    let office = OfficeId(rng.random_range(1..3));
    let day = Date(rng.random_range(18_000..18_004));
    let period = Period::containing(Grain::Day, day);
    let record = periodic_id("sim.t2", office, period);
    let type_ref = type_ref(DAILY, version);
    Want::Create(Create { record, type_ref, office, period: Some(period), cells })
}

/// Something about one of the records that a machine holds.
pub(crate) fn about(rng: &mut ChaCha8Rng, record: RecordId, version: u32) -> Want {
    let doing = match rng.random_range(0..10) {
        0..=4 => {
            let changes = 1..rng.random_range(2..4);
            let change = |_| (path(rng), rng.random_bool(0.9).then(|| number(rng)));
            Doing::Patch(changes.map(change).collect(), version)
        }
        5..=7 => Doing::Move(rng.random_range(0..ACTIONS.len()), rng.random_bool(0.7)),
        8 => Doing::Comment(format!("remark {}", rng.random_range(0..1_000))),
        _ => Doing::Acknowledge,
    };
    Want::About(record, doing, rng.random_bool(0.25).then(|| rng.random()))
}

impl Want {
    pub(crate) fn record(&self) -> RecordId {
        match self {
            Self::Create(create) => create.record,
            Self::About(record, ..) => *record,
        }
    }

    /// The change, for who looks at this record.
    pub(crate) fn change(&self, standing: Option<&Record>) -> Option<Change> {
        let (doing, old) = match self {
            Self::Create(create) => return Some(Change::Create(create.clone())),
            Self::About(_, doing, old) => (doing, old),
        };
        let standing = standing?;
        let record = standing.id;
        let saw = match old {
            None => standing.saw(),
            Some(old) => vec![standing.history[usize::from(*old) % standing.history.len()].tag],
        };
        Some(match doing {
            Doing::Patch(cells, type_version) => {
                let (cells, type_version) = (cells.clone(), *type_version);
                Change::Patch(Patch { record, saw, type_version, cells })
            }
            Doing::Move(which, fitting) => {
                let fits = ACTIONS.iter().find(|(_, from, ..)| *from == standing.state);
                let fits = fits.filter(|_| *fitting && ACTIONS[*which].1 != standing.state);
                let (action, _, _, returns) = *fits.unwrap_or(&ACTIONS[*which]);
                let cell = CellPath::field(FieldId(1));
                let back = ReturnedCell { path: cell, reason: "again".into() };
                Change::Transition(Transition {
                    record,
                    saw,
                    action,
                    content: standing.content(),
                    returned: if returns { vec![back] } else { Vec::new() },
                    reason: None,
                })
            }
            Doing::Comment(text) => Change::Comment(Comment { record, saw, text: text.clone() }),
            Doing::Acknowledge => Change::Acknowledge(Acknowledge { record, saw }),
        })
    }
}
