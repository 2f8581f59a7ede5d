//! Operations: opened, verified, and folded into a record in any order.

use domain::ids::{ActionId, FieldId, StateId};
use domain::op::{Audience, Lane, SealedOp, StreamHead, open_chain, sign_head, verify};
use domain::pack::{Action, Field, FieldKind, Kind, RecordType, State, Workflow};
use domain::record::{Record, Tagged, Types, apply, fold};
use domain::{op::TypeRef, record::FoldError};

use crate::input::pieces;
use crate::world;

/// Operations of one input: more make the fold slow and find nothing.
const OPS_MAX: usize = 24;

/// One input: the bytes of operations, as pieces.
pub fn run(data: &[u8]) {
    let bytes: Vec<Vec<u8>> = pieces(data, OPS_MAX).into_iter().map(<[u8]>::to_vec).collect();
    let audience = Audience::Up(world::OFFICES[2]);
    let stream = world::stream(2, audience, Lane::Forms);
    // One that is malformed spoils a chain, so that each is tried by itself first.
    let start = StreamHead::start(&stream);
    let alone = |bytes: &Vec<u8>| open_chain(&stream, &start, std::slice::from_ref(bytes)).is_ok();
    let good: Vec<Vec<u8>> = bytes.into_iter().filter(alone).collect();
    let opened = open_chain(&stream, &start, &good).expect("each is an operation by itself");
    let Some(last) = opened.last() else { return };
    let signer = world::key(2);
    let head = sign_head(&signer, &stream, &last.head());
    let key = signer.verifying_key();
    let verified = verify(&stream, &start, &good, &head, &key).expect("its writer signed it");
    assert_eq!(verified, opened);
    for (op, bytes) in opened.iter().zip(&good) {
        assert_eq!(minicbor::to_vec(op.op()).expect("memory"), *bytes);
    }
    folds(&opened);
}

/// The fold of whatever is of the first's record: the same in every order.
fn folds(opened: &[SealedOp]) {
    let record = opened.iter().find_map(|op| op.op().change.record());
    let of_record = opened.iter().filter(|op| op.op().change.record() == record);
    let mut ops: Vec<Tagged> = of_record.map(SealedOp::tagged).collect();
    let types = Any(ty());
    let forward = fold(&ops, &types);
    ops.reverse();
    assert_eq!(fold(&ops, &types), forward);
    let mut stands: Option<Record> = None;
    for (at, op) in ops.iter().enumerate() {
        let all = || Ok::<_, FoldError>(ops[..at].to_vec());
        stands = apply(stands, op, &types, all).expect("every type is known");
    }
    assert_eq!(Ok(stands), forward);
}

/// Knows every type, and all are one.
struct Any(RecordType);

impl Types for Any {
    fn get(&self, _: &TypeRef) -> Option<&RecordType> {
        Some(&self.0)
    }
}

/// Draft → sent → verified, which reopens to sent; sent → draft.
fn ty() -> RecordType {
    let state = |id, reopens_to| State {
        id: StateId(id),
        key: format!("s{id}"),
        editable: true,
        counts: id > 1,
        reopens_to,
    };
    let action = |id, from, to| Action {
        id: ActionId(id),
        key: format!("a{id}"),
        from: vec![StateId(from)],
        to: StateId(to),
        reason: false,
        returns: id == 3,
        guard: None,
    };
    let field = |id| Field {
        id: FieldId(id),
        key: format!("f{id}"),
        kind: FieldKind::Text,
        group: None,
        required: false,
        not_applicable: true,
        missing: true,
        relevant: None,
        unit: None,
        min: None,
        max: None,
    };
    RecordType {
        id: 1,
        key: "laporan".into(),
        kind: Kind::Event,
        fields: vec![field(1), field(2)],
        sections: Vec::new(),
        rules: Vec::new(),
        workflow: Workflow {
            states: vec![state(1, None), state(2, None), state(3, Some(StateId(2)))],
            actions: vec![action(1, 1, 2), action(2, 2, 3), action(3, 2, 1)],
        },
        title: Some(FieldId(1)),
        urgent: None,
        levels: Vec::new(),
        date: None,
        point: None,
    }
}
