//! Properties: whatever arrives, in whatever order.

use std::collections::BTreeMap;

use domain::hlc::{Clock, Hlc};
use domain::ids::OfficeId;
use domain::op::{StreamHead, open_stored};
use domain::record::{FoldError, Record, Rest, Tagged, apply, fold, rest, unfold};
use domain::value::Cells;
use proptest::prelude::*;

use crate::make::{self, SEND, VERIFY, field, pack, tagged, text};

#[derive(Debug)]
struct Failed;

impl From<FoldError> for Failed {
    fn from(_: FoldError) -> Self {
        Self
    }
}

/// What one author does: at a wrong or right time, having seen some of what was there.
#[derive(Clone, Debug)]
struct Act {
    kind: u8,
    late_ms: u64,
    seen: Vec<prop::sample::Index>,
    saw_all: bool,
    cell: u16,
    value: u8,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let seen = prop::collection::vec(any::<prop::sample::Index>(), 0..4);
    let act = (0..8u8, 0..40u64, seen, any::<bool>(), 1..4u16, 0..3u8);
    let act = act.prop_map(|(kind, late_ms, seen, saw_all, cell, value)| Act {
        kind,
        late_ms,
        seen,
        saw_all,
        cell,
        value,
    });
    prop::collection::vec(act, 0..24)
}

/// The operations of a story: the first creates, each act sees some of those before it.
fn story(acts: &[Act]) -> Vec<Tagged> {
    let created = make::create(Cells::from([(field(1), text("a"))]));
    let mut ops = vec![tagged(1, 1_000, created)];
    for (tag, act) in (2..).zip(acts) {
        let before = fold(&ops, &pack()).unwrap().unwrap();
        let mut seen: Vec<u8> =
            act.seen.iter().map(|index| ops[index.index(ops.len())].tag.0[0]).collect();
        if act.saw_all {
            seen = before.heads.iter().take(16).map(|head| head.0[0]).collect();
        }
        let content = before.content();
        let changes = || {
            BTreeMap::from([(
                field(act.cell),
                (act.value > 0).then(|| text(&act.value.to_string())),
            )])
        };
        let change = match act.kind {
            0 | 1 => make::patch(&seen, changes()),
            2 => make::transition(&seen, SEND, content),
            3 => make::transition(&seen, VERIFY, content),
            4 => make::send_back(&seen, act.cell, "lagi"),
            5 => make::comment(&seen, "x"),
            6 => make::acknowledge(&seen),
            _ => make::create(Cells::from([(field(act.cell), text("second"))])),
        };
        let mut op = tagged(tag, 1_000 + u64::from(tag) * 10 - act.late_ms, change);
        op.op.office = OfficeId(u32::from(act.cell));
        ops.push(op);
    }
    ops
}

fn one_by_one(ops: &[Tagged]) -> Option<Record> {
    let mut record = None;
    for (at, op) in ops.iter().enumerate() {
        let all = || Ok::<_, Failed>(ops[..at].to_vec());
        record = apply(record, op, &pack(), all).unwrap();
    }
    record
}

proptest! {
    #[test]
    fn any_order_of_arrival_folds_equal(
        (ops, shuffled) in acts().prop_map(|acts| story(&acts))
            .prop_flat_map(|ops| (Just(ops.clone()), Just(ops).prop_shuffle())),
    ) {
        let expected = fold(&ops, &pack()).unwrap();
        prop_assert_eq!(&fold(&shuffled, &pack()).unwrap(), &expected);
        prop_assert_eq!(&one_by_one(&shuffled), &expected);
        let twice = [shuffled.clone(), shuffled].concat();
        prop_assert_eq!(&fold(&twice, &pack()).unwrap(), &expected);
    }

    /// Of what the operations say nothing is lost: each is in the history, and the record's bytes
    /// read back.
    #[test]
    fn a_record_keeps_every_operation(acts in acts()) {
        let ops = story(&acts);
        let record = fold(&ops, &pack()).unwrap().unwrap();
        prop_assert_eq!(record.history.len(), ops.len());
        let bytes = minicbor::to_vec(&record).unwrap();
        prop_assert_eq!(minicbor::decode::<Record>(&bytes).unwrap(), record);
    }

    /// The way back: a record and its rest give every operation as it was.
    #[test]
    fn a_record_unfolds(acts in acts()) {
        let ops = story(&acts);
        let record = fold(&ops, &pack()).unwrap().unwrap();
        let rest = rest(&record, &ops);
        let bytes = minicbor::to_vec(&rest).unwrap();
        let rest: Rest = minicbor::decode(&bytes).unwrap();
        let made = unfold(&record, &rest);
        prop_assert_eq!(made.len(), ops.len());
        for op in &ops {
            prop_assert_eq!(made.get(&op.tag), Some(&op.op));
        }
    }

    #[test]
    fn the_clock_only_rises(steps in prop::collection::vec((any::<bool>(), 0..1_000u64, any::<u32>()), 0..50)) {
        let mut clock = Clock::default();
        let mut last = Hlc::default();
        for (witness, ms, counter) in steps {
            if witness {
                clock.witness(Hlc { ms, counter }, ms);
                last = last.max(Hlc { ms, counter });
            } else {
                let now = clock.tick(ms);
                prop_assert!(now > last);
                last = now;
            }
        }
    }

    #[test]
    fn a_clock_far_ahead_is_not_followed(now in 0..1u64 << 40, ahead in 300_001..1u64 << 40) {
        let mut clock = Clock::default();
        clock.witness(Hlc { ms: now + ahead, counter: 0 }, now);
        prop_assert_eq!(clock.tick(now + 1), Hlc { ms: now + 1, counter: 0 });
    }

    #[test]
    fn arbitrary_bytes_are_no_reason_to_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        open(&bytes);
    }

    /// Damaged operations: near enough to real ones to reach every part of the decoder. What
    /// opens is canonical.
    #[test]
    fn damaged_operations_open_only_when_canonical(
        which in 0..9usize,
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = minicbor::to_vec(&make::one_of_each()[which]).unwrap();
        for (index, byte) in damage {
            let at = index.index(bytes.len());
            bytes[at] = byte;
        }
        open(&bytes);
    }
}

fn open(bytes: &[u8]) {
    let stream = make::stream(domain::ids::WriterId([1; 16]));
    let link = StreamHead::start(&stream).link;
    if let Ok(sealed) = open_stored(&stream, 1, link, bytes.to_vec()) {
        assert_eq!(minicbor::to_vec(sealed.op()).unwrap(), bytes);
    }
}
