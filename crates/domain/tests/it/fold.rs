//! The fold, told as stories.

use std::fmt::Write as _;

use domain::ids::{Digest, OfficeId, StateId};
use domain::op::{Audience, Op};
use domain::record::{Effect, FoldError, Record, Tagged, apply, content_hash, fold, rest, unfold};
use domain::value::{Cell, Cells, Value};
use domain::workflow::{Ask, can_edit, decide};
use expect_test::{Expect, expect};

use crate::make::{
    OWNER, SEND, SEND_BACK, SENT, VERIFIED, VERIFY, acknowledge, comment, create, field, pack,
    patch, send_back, set, tagged, text, transition,
};

#[derive(Debug)]
struct Failed;

impl From<FoldError> for Failed {
    fn from(_: FoldError) -> Self {
        Self
    }
}

fn folded(ops: &[Tagged]) -> Record {
    fold(ops, &pack()).unwrap().unwrap()
}

fn content(fields: &[(u16, &str)]) -> Digest {
    content_hash(&fields.iter().map(|(id, value)| (field(*id), text(value))).collect())
}

fn first() -> Tagged {
    tagged(1, 100, create(Cells::from([(field(1), text("a")), (field(2), text("b"))])))
}

fn say(cell: Option<&Cell>) -> &str {
    match cell {
        Some(Cell::Value(Value::Text(text))) => text,
        Some(_) => "?",
        None => "-",
    }
}

fn check(ops: &[Tagged], expect: &Expect) {
    let record = folded(ops);
    let mut out = String::new();
    for (path, held) in &record.cells {
        write!(out, "f{} = {}", path.field, say(held.cell.as_ref())).unwrap();
        for loser in &held.losers {
            write!(out, " (not {})", say(loser.cell.as_ref())).unwrap();
        }
        writeln!(out).unwrap();
    }
    for (path, returned) in &record.returned {
        writeln!(out, "f{} returned: {}", path.field, returned.reason).unwrap();
    }
    let approved = if record.approved.is_some() { ", approved" } else { "" };
    writeln!(out, "state {}{approved}", record.state).unwrap();
    for event in &record.history {
        match &event.effect {
            Effect::Refused(action, why) => writeln!(out, "refused {action}: {why:?}").unwrap(),
            Effect::Patched(patched) => {
                if let Some((from, to)) = patched.reopened {
                    writeln!(out, "reopened {from} → {to}").unwrap();
                }
            }
            Effect::Foreign => writeln!(out, "foreign").unwrap(),
            Effect::Created | Effect::Moved(_) | Effect::Commented | Effect::Acknowledged => {}
        }
    }
    expect.assert_eq(&out);
}

#[test]
fn a_patch_that_saw_replaces() {
    let ops = [first(), tagged(2, 110, patch(&[1], set(1, "c")))];
    check(
        &ops,
        &expect![[r"
        f1 = c
        f2 = b
        state 1
    "]],
    );
}

#[test]
fn of_concurrent_patches_the_later_wins_and_the_other_is_kept() {
    let c = tagged(2, 110, patch(&[1], set(1, "c")));
    let d = tagged(3, 120, patch(&[1], set(1, "d")));
    check(
        &[first(), c.clone(), d.clone()],
        &expect![[r"
        f1 = d (not c)
        f2 = b
        state 1
    "]],
    );
    let seen = tagged(4, 130, patch(&[2, 3], set(1, "e")));
    check(
        &[first(), c, d, seen],
        &expect![[r"
        f1 = e
        f2 = b
        state 1
    "]],
    );
}

#[test]
fn concurrent_patches_that_agree_are_no_conflict() {
    let ops = [
        first(),
        tagged(2, 110, patch(&[1], set(1, "c"))),
        tagged(3, 120, patch(&[1], set(1, "c"))),
    ];
    check(
        &ops,
        &expect![[r"
        f1 = c
        f2 = b
        state 1
    "]],
    );
}

/// A clock that runs behind takes nothing from what its owner saw.
#[test]
fn what_was_seen_comes_before_whatever_the_clocks_say() {
    let ops = [
        first(),
        tagged(2, 900, patch(&[1], set(1, "from a fast clock"))),
        tagged(3, 50, patch(&[2], set(1, "from a slow clock"))),
    ];
    check(
        &ops,
        &expect![[r"
        f1 = from a slow clock
        f2 = b
        state 1
    "]],
    );
}

#[test]
fn a_second_creation_is_a_concurrent_patch() {
    let again = tagged(2, 90, create(Cells::from([(field(1), text("z")), (field(3), text("y"))])));
    check(
        &[first(), again],
        &expect![[r"
        f1 = a (not z)
        f2 = b
        f3 = y
        state 1
    "]],
    );
}

#[test]
fn a_creation_of_another_type_does_nothing() {
    let mut other = tagged(2, 200, create(Cells::from([(field(1), text("z"))])));
    let domain::op::Change::Create(change) = &mut other.op.change else { panic!("it creates") };
    change.type_ref.type_id = 9;
    check(
        &[first(), other],
        &expect![[r"
        f1 = a
        f2 = b
        state 1
        foreign
    "]],
    );
}

#[test]
fn cells_sent_back_stay_until_somebody_who_saw_changes_them() {
    let sent = tagged(2, 110, transition(&[1], SEND, Digest([0; 32])));
    let back = tagged(3, 120, send_back(&[2], 1, "kurang jelas"));
    let unseen = tagged(4, 130, patch(&[2], set(1, "blind")));
    let seen = tagged(5, 140, patch(&[3, 4], set(1, "clear")));
    check(
        &[first(), sent.clone(), back.clone(), unseen.clone()],
        &expect![[r"
        f1 = blind
        f2 = b
        f1 returned: kurang jelas
        state 1
    "]],
    );
    check(
        &[first(), sent, back, unseen, seen],
        &expect![[r"
        f1 = clear
        f2 = b
        state 1
    "]],
    );
}

fn approved() -> [Tagged; 3] {
    [
        first(),
        tagged(2, 110, transition(&[1], SEND, Digest([0; 32]))),
        tagged(3, 120, transition(&[2], VERIFY, content(&[(1, "a"), (2, "b")]))),
    ]
}

#[test]
fn approval_stands_for_the_content_that_was_seen() {
    check(
        &approved(),
        &expect![[r"
        f1 = a
        f2 = b
        state 3, approved
    "]],
    );
    let [a, b, c] = approved();
    let before = tagged(4, 115, patch(&[1], set(1, "c")));
    check(
        &[a, b, c, before],
        &expect![[r"
        f1 = c
        f2 = b
        state 2
        refused 2: ContentChanged
    "]],
    );
}

#[test]
fn a_change_after_approval_reopens() {
    let [a, b, c] = approved();
    let same = tagged(4, 130, patch(&[3], set(1, "a")));
    check(
        &[a.clone(), b.clone(), c.clone(), same],
        &expect![[r"
        f1 = a
        f2 = b
        state 3, approved
    "]],
    );
    let change = tagged(4, 130, patch(&[3], set(1, "c")));
    check(
        &[a, b, c, change],
        &expect![[r"
        f1 = c
        f2 = b
        state 2
        reopened 3 → 2
    "]],
    );
}

#[test]
fn of_two_moves_the_second_is_refused() {
    let ops = [
        first(),
        tagged(2, 110, transition(&[1], SEND, Digest([0; 32]))),
        tagged(3, 111, transition(&[1], SEND, Digest([0; 32]))),
        tagged(4, 112, transition(&[2], domain::ids::ActionId(77), Digest([0; 32]))),
    ];
    check(
        &ops,
        &expect![[r"
        f1 = a
        f2 = b
        state 2
        refused 1: WrongState
        refused 77: Unknown
    "]],
    );
}

#[test]
fn nothing_before_its_creation() {
    let late = tagged(2, 110, patch(&[1], set(1, "c")));
    assert_eq!(fold(std::slice::from_ref(&late), &pack()), Ok(None));
    let all = || Ok::<_, Failed>(vec![late.clone()]);
    let record = apply(None, &first(), &pack(), all).unwrap().unwrap();
    assert_eq!(record, folded(&[first(), late]));
}

#[test]
fn an_unknown_type_waits() {
    let mut pack = pack();
    pack.version = 2;
    assert!(matches!(fold(&[first()], &pack), Err(FoldError::UnknownType(_))));
}

#[test]
fn the_usual_case_needs_no_look_at_the_log() {
    let all = || -> Result<Vec<Tagged>, Failed> { panic!("the log was read") };
    let mut record = folded(&[first()]);
    for op in [
        tagged(2, 110, comment(&[1], "halo")),
        tagged(3, 50, acknowledge(&[2])),
        tagged(4, 120, patch(&[3], set(1, "c"))),
    ] {
        record = apply(Some(record), &op, &pack(), all).unwrap().unwrap();
    }
    assert_eq!(record.saw(), crate::make::saw(&[4]));
}

fn check_decide(state: StateId, ask: Ask, expect: &Expect) {
    let record = Record { state, ..folded(&[first()]) };
    let decided = decide(&record, &pack().types[0], ask, domain::hlc::Hlc { ms: 1, counter: 0 });
    let text = match decided {
        Ok(transition) => format!("saw {:?}, reason {:?}", transition.saw, transition.reason),
        Err(refused) => format!("{}: {refused}", refused.code().as_str()),
    };
    expect.assert_eq(&text);
}

#[test]
fn deciding() {
    let ask = |action| Ask {
        action,
        content: content(&[(1, "a"), (2, "b")]),
        returned: Vec::new(),
        reason: None,
    };
    check_decide(StateId(1), ask(SEND), &expect!["saw [OpTag(0101010101010101)], reason None"]);
    check_decide(SENT, ask(VERIFY), &expect!["saw [OpTag(0101010101010101)], reason None"]);
    check_decide(
        VERIFIED,
        ask(SEND),
        &expect!["workflow.wrong_state: the action does not start from state 3"],
    );
    let stale = Ask { content: Digest([1; 32]), ..ask(VERIFY) };
    check_decide(
        SENT,
        stale,
        &expect!["workflow.content_changed: the content changed since it was read"],
    );
    check_decide(
        SENT,
        ask(SEND_BACK),
        &expect!["workflow.reason_needed: the action needs a reason"],
    );
    let returning = |path, action| {
        let cell = domain::op::ReturnedCell { path, reason: "x".into() };
        Ask { returned: vec![cell], ..ask(action) }
    };
    check_decide(
        SENT,
        returning(field(3), SEND_BACK),
        &expect!["saw [OpTag(0101010101010101)], reason None"],
    );
    check_decide(
        SENT,
        returning(field(9), SEND_BACK),
        &expect!["workflow.cannot_return: the action cannot return a cell"],
    );
    check_decide(
        SENT,
        returning(field(1), VERIFY),
        &expect!["workflow.cannot_return: the action cannot return a cell"],
    );
}

#[test]
fn editable_states() {
    let editable = |state| can_edit(&Record { state, ..folded(&[first()]) }, &pack().types[0]);
    assert_eq!([1, 2, 3].map(|id| editable(StateId(id))), [true, false, true]);
}

/// What an ordinary story leaves out is nothing: all follows from the record.
#[test]
fn an_ordinary_record_unfolds_by_itself() {
    let sent = content(&[(1, "c"), (2, "b")]);
    let ops = [
        first(),
        tagged(2, 110, patch(&[1], set(1, "c"))),
        tagged(3, 120, transition(&[2], SEND, sent)),
        tagged(4, 130, comment(&[3], "terima kasih")),
        tagged(5, 140, transition(&[4], VERIFY, sent)),
        tagged(6, 150, acknowledge(&[5])),
    ];
    let record = folded(&ops);
    let rest = rest(&record, &ops);
    expect!["8201a0"].assert_eq(
        &minicbor::to_vec(&rest).unwrap().iter().map(|b| format!("{b:02x}")).collect::<String>(),
    );
    let made = unfold(&record, &rest);
    assert!(ops.iter().all(|op| made[&op.tag] == op.op));
}

/// A move that was refused, a write of what stood, a second creation: kept beside the record.
#[test]
fn what_left_nothing_in_the_record_is_kept_whole() {
    let ops = [
        first(),
        tagged(2, 110, transition(&[1], VERIFY, content(&[]))),
        tagged(3, 120, patch(&[2], set(1, "a"))),
        tagged(4, 130, create(Cells::from([(field(2), text("z"))]))),
    ];
    let record = folded(&ops);
    let rest = rest(&record, &ops);
    let made = unfold(&record, &rest);
    assert!(ops.iter().all(|op| made[&op.tag] == op.op));
    let beside = minicbor::to_vec(&rest).unwrap().len();
    let whole: usize = ops[1..].iter().map(|op| minicbor::to_vec(&op.op).unwrap().len()).sum();
    assert!(beside > whole, "{beside} of {whole}");
}

/// Written again by whoever, an operation counts where one of its streams is the record's, in
/// whatever order they came: no copy makes it a stranger's.
#[test]
fn a_copy_in_another_stream_takes_nothing_from_an_operation() {
    let again = |one: Tagged, audience: Audience| {
        let moved = Some(Digest([1; 32]));
        Tagged { op: Op { moved, ..one.op }, audience: Some(audience), ..one }
    };
    let (own, strange) = (Audience::Up(OWNER), Audience::Up(OfficeId(14)));
    for original in [first(), tagged(2, 110, patch(&[1], set(1, "c")))] {
        let counts = again(original.clone(), own.clone());
        let copy = again(original, strange.clone());
        let [one, other] = [first(), tagged(2, 110, patch(&[1], set(1, "c")))]
            .map(|op| Tagged { audience: Some(own.clone()), ..op });
        let left = if counts.tag == one.tag { other.clone() } else { one.clone() };
        let whole = folded(&[one, other]);
        for ops in [
            [counts.clone(), copy.clone(), left.clone()],
            [copy.clone(), counts.clone(), left.clone()],
            [left, copy, counts],
        ] {
            assert_eq!(folded(&ops), whole);
        }
    }
}
