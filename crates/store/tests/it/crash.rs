use domain::ids::{PersonId, SubmissionId, WriterId};
use domain::op::{
    Acknowledge, Audience, Change, FORMAT, Lane, Op, SealedOp, StreamHead, StreamId, seal,
};
use domain::permit::Permit;
use rusqlite::Connection;
use store::log::Pos;
use store::{Fault, Store, StoreError, cursors, log};

pub(crate) fn stream() -> StreamId {
    StreamId {
        writer: WriterId([1; 16]),
        epoch: 1,
        audience: Audience::Up(domain::ids::OfficeId(11)),
        lane: Lane::Forms,
    }
}

pub(crate) fn next(head: &StreamHead, ms: u64) -> SealedOp {
    let op = Op {
        format: FORMAT,
        moved: None,
        time: domain::hlc::Hlc { ms, counter: 0 },
        author: PersonId([2; 16]),
        office: domain::ids::OfficeId(11),
        submission: SubmissionId([3; 16]),
        change: Change::Acknowledge(Acknowledge {
            record: domain::ids::RecordId([4; 16]),
            saw: Vec::new(),
        }),
    };
    let permit = Permit::granted(PersonId([2; 16]), domain::ids::OfficeId(11), "acknowledge");
    seal(&permit, &stream(), head, op).unwrap()
}

fn append(store: &Store, count: u64) -> Result<(), StoreError> {
    store.write(|tx| {
        for n in 0..count {
            let op = next(&log::head(tx, &stream())?, n);
            log::append(tx, &op, n)?;
        }
        cursors::put(tx, "test", log::last_pos(tx)?)
    })
}

fn ends(store: &Store) -> (Pos, Pos) {
    store.read(|r| Ok::<_, StoreError>((log::last_pos(r)?, cursors::get(r, "test")?))).unwrap()
}

#[test]
fn a_failed_transaction_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    append(&store, 3).unwrap();
    let failed: Result<(), StoreError> = store.write(|tx| {
        log::append(tx, &next(&log::head(tx, &stream())?, 9), 9)?;
        cursors::put(tx, "test", Pos(77))?;
        Err(StoreError::Damaged { doing: "fail on purpose" })
    });
    assert!(failed.is_err());
    assert_eq!(ends(&store), (Pos(3), Pos(3)));
    append(&store, 1).unwrap();
    assert_eq!(ends(&store), (Pos(4), Pos(4)));
    assert_eq!(store.check().unwrap(), []);
}

#[test]
fn a_panic_in_a_transaction_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    append(&store, 1).unwrap();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        store.write(|tx| -> Result<(), StoreError> {
            cursors::put(tx, "test", Pos(77))?;
            panic!("on purpose")
        })
    }));
    assert!(panicked.is_err());
    assert_eq!(ends(&store), (Pos(1), Pos(1)));
    append(&store, 1).unwrap();
    assert_eq!(ends(&store), (Pos(2), Pos(2)));
}

/// The files as a killed process leaves them, its write-ahead log not yet copied: all that was
/// committed is there.
#[test]
fn a_copy_of_a_killed_nodes_files_opens_whole() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    append(&store, 5).unwrap();
    append(&store, 5).unwrap();
    let left = tempfile::tempdir().unwrap();
    for name in ["genggam.db", "genggam.db-wal"] {
        std::fs::copy(dir.path().join(name), left.path().join(name)).unwrap();
    }
    let reopened = Store::open(left.path()).unwrap();
    assert_eq!(ends(&reopened), (Pos(10), Pos(10)));
    assert_eq!(reopened.check().unwrap(), []);
}

/// A write-ahead log that ends in the middle of a commit: that commit is not there at all.
#[test]
fn half_a_commit_is_none() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    append(&store, 1).unwrap();
    let wal = dir.path().join("genggam.db-wal");
    let whole = std::fs::metadata(&wal).unwrap().len();
    append(&store, 100).unwrap();
    let grown = std::fs::metadata(&wal).unwrap().len();
    assert!(grown > whole + 8_192, "the commit is several pages");
    let left = tempfile::tempdir().unwrap();
    std::fs::copy(dir.path().join("genggam.db"), left.path().join("genggam.db")).unwrap();
    let bytes = std::fs::read(&wal).unwrap();
    let cut = usize::try_from(grown - 2_000).unwrap();
    std::fs::write(left.path().join("genggam.db-wal"), &bytes[..cut]).unwrap();
    let reopened = Store::open(left.path()).unwrap();
    assert_eq!(ends(&reopened), (Pos(1), Pos(1)));
    assert_eq!(reopened.check().unwrap(), []);
}

#[test]
fn a_damaged_chain_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    append(&store, 4).unwrap();
    drop(store);
    let file = Connection::open(dir.path().join("genggam.db")).unwrap();
    file.execute("UPDATE log SET bytes = (SELECT bytes FROM log WHERE seq = 1) WHERE seq = 2", [])
        .unwrap();
    drop(file);
    let store = Store::open(dir.path()).unwrap();
    assert_eq!(store.check().unwrap(), [Fault::Chain(stream(), 3)]);
}

#[test]
fn what_is_not_next_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    append(&store, 2).unwrap();
    let again = next(&StreamHead::start(&stream()), 0);
    let error = store.write(|tx| log::append(tx, &again, 0)).unwrap_err();
    assert!(matches!(error, StoreError::NotNext { seq: 1, next_seq: 3, .. }), "{error}");
}
