//! Operations of another node.

use domain::hlc::Hlc;
use domain::ids::{PersonId, RecordId, SubmissionId};
use domain::op::{
    self, Audience, Change, Create, FORMAT, Lane, Op, SealedOp, StreamHead, StreamId, TypeRef,
    sign_head, writer_id,
};
use domain::permit::Permit;
use domain::problem::ProblemCode;
use domain::trust::{Certificate, Holder, KeyRole};
use domain::value::{Cell, CellPath, Value};
use ed25519_dalek::SigningKey;
use expect_test::expect;
use node::Batch;

use crate::fixture::{BATAM, NOW_MS, Setup, told};
use crate::pack::pack;

/// Whose phone it is.
pub(crate) const HOLDER: PersonId = PersonId([42; 16]);

pub(crate) fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

pub(crate) fn stream() -> StreamId {
    StreamId {
        writer: writer_id(&key().verifying_key()),
        epoch: 1,
        audience: Audience::Up(BATAM),
        lane: Lane::Forms,
    }
}

pub(crate) fn creation(n: u8, version: u32) -> Op {
    let text = |text: &str| Cell::Value(Value::Text(text.to_owned()));
    let date = Cell::Value(Value::Date(domain::period::Date::new(2021, 1, 8).unwrap()));
    let field = |id| CellPath::field(domain::ids::FieldId(id));
    Op {
        format: FORMAT,
        moved: None,
        time: Hlc { ms: NOW_MS, counter: u32::from(n) },
        author: HOLDER,
        office: BATAM,
        submission: SubmissionId([n; 16]),
        change: Change::Create(Create {
            record: RecordId([n; 16]),
            type_ref: TypeRef { pack: "uji".to_owned(), version, type_id: 1 },
            office: BATAM,
            period: None,
            cells: [(field(1), text("Dari ponsel")), (field(2), date)].into(),
        }),
    }
}

/// A node that knows the phone.
pub(crate) async fn with_phone() -> Setup {
    let setup = Setup::new().await;
    certify_phone(&setup).await;
    setup
}

/// The node certifies the phone.
pub(crate) async fn certify_phone(setup: &Setup) {
    let phone = Certificate {
        role: KeyRole::Device,
        key: key().verifying_key().to_bytes(),
        seal: [0; 32],
        office: BATAM,
        name: "Ponsel Batam".to_owned(),
        holder: Some(Holder::prove(&key(), HOLDER)),
    };
    setup.node.certify(&setup.actor("admin"), phone).await.unwrap();
}

/// Operations of a phone of Batam, one after the other.
pub(crate) fn sealed(ops: Vec<Op>) -> Vec<SealedOp> {
    let mut head = StreamHead::start(&stream());
    let seal = |op: Op| {
        let permit = Permit::granted(op.author, BATAM, "create");
        let sealed = op::seal(&permit, &stream(), &head, op).unwrap();
        head = sealed.head();
        sealed
    };
    ops.into_iter().map(seal).collect()
}

pub(crate) fn batch(ops: &[SealedOp]) -> Batch {
    Batch {
        stream: stream(),
        first_seq: ops[0].seq(),
        ops: ops.iter().map(|op| op.bytes().to_vec()).collect(),
        signature: sign_head(&key(), &stream(), &ops[ops.len() - 1].head()).signature,
    }
}

#[tokio::test]
async fn what_proves_itself_is_kept_and_known_again() {
    let setup = with_phone().await;
    let ops = sealed(vec![creation(1, 1), creation(2, 1), creation(3, 1)]);
    let gap = setup.node.ingest(batch(&ops[1..])).await;
    expect!["Refused: op.forged"].assert_eq(&told(&gap, "taken"));
    let first = setup.node.ingest(batch(&ops[..2])).await.unwrap();
    assert_eq!((first.kept, first.known, first.next_seq), (2, 0, 3));
    let again = setup.node.ingest(batch(&ops)).await.unwrap();
    assert_eq!((again.kept, again.known, again.next_seq), (1, 2, 4));
    let view = setup.node.record(&setup.actor("operator"), RecordId([3; 16])).unwrap();
    assert_eq!(view.title, "Dari ponsel");
    assert_eq!(setup.node.verify().unwrap().faults, Vec::<String>::new());
}

#[tokio::test]
async fn what_does_not_is_quarantined() {
    let setup = with_phone().await;
    let ops = sealed(vec![creation(1, 1), creation(2, 1)]);
    let mut changed = batch(&ops);
    changed.ops[1] = creation_bytes(&ops[0]);
    let mut unsigned = batch(&ops);
    unsigned.signature = [0; 64];
    let mut unknown = batch(&ops);
    unknown.stream.writer = writer_id(&SigningKey::from_bytes(&[8; 32]).verifying_key());
    let mut elsewhere = batch(&ops);
    elsewhere.stream.audience = Audience::Up(crate::fixture::ACEH);
    for (bad, code) in [
        (changed, ProblemCode::OpForged),
        (unsigned, ProblemCode::OpForged),
        (unknown, ProblemCode::SyncUnknownWriter),
        (elsewhere, ProblemCode::OpForged),
    ] {
        let result = setup.node.ingest(bad).await.unwrap();
        assert_eq!((result.kept, result.quarantined, result.next_seq), (0, 2, 1));
        assert_eq!(result.refused, Some(code));
    }
    assert!(setup.node.record(&setup.actor("operator"), RecordId([1; 16])).is_err());
    let own = StreamId { writer: setup.node.writer(), ..stream() };
    let mut forged = batch(&ops);
    forged.stream = own;
    assert_eq!(setup.node.ingest(forged).await.unwrap().quarantined, 2);
}

fn creation_bytes(op: &SealedOp) -> Vec<u8> {
    op.bytes().to_vec()
}

/// A record whose pack has not arrived waits, and shows when it has: on screen and in figures.
#[tokio::test]
async fn a_record_waits_for_its_pack() {
    let setup = with_phone().await;
    let ops = sealed(vec![creation(1, 2)]);
    assert_eq!(setup.node.ingest(batch(&ops)).await.unwrap().kept, 1);
    assert!(setup.node.record(&setup.actor("operator"), RecordId([1; 16])).is_err());
    let mut next = pack();
    next.version = 2;
    // In this version a record counts from the beginning.
    next.types[0].workflow.states[0].counts = true;
    setup.node.publish_pack(&setup.actor("admin"), next).await.unwrap();
    let view = setup.node.record(&setup.actor("operator"), RecordId([1; 16])).unwrap();
    assert_eq!((view.title.as_str(), view.version), ("Dari ponsel", 2));
    assert_eq!(crate::project::total(&setup, "uji.jumlah").await, "1");
    let setup = setup.restart().await;
    assert_eq!(crate::project::total(&setup, "uji.jumlah").await, "1");
    setup.node.rebuild_facts();
    assert_eq!(crate::project::total(&setup, "uji.jumlah").await, "1");
}
