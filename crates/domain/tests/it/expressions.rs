//! The compiled tree evaluates as the CEL crate interprets the source, where both have a value,
//! and to null where CEL has an error.

use domain::expr::{self, Datum, Moment, Scene};
use domain::ids::{FieldId, OfficeId};
use domain::pack::{FieldKind, Pack};
use domain::value::{Cell, CellPath, Cells, Value};
use proptest::prelude::*;

use crate::kinds;

/// What the fields of an expression hold.
#[derive(Clone, Debug)]
struct Given {
    a: Option<i64>,
    b: Option<i64>,
    text: Option<String>,
    yes: Option<bool>,
}

fn given() -> impl Strategy<Value = Given> {
    let number = || {
        prop_oneof![
            8 => (-9i64..10).prop_map(Some),
            1 => any::<i64>().prop_map(Some),
            1 => Just(Some(i64::MIN)),
            1 => Just(None),
        ]
    };
    let text = prop::option::weighted(0.9, "[abé]{0,4}");
    (number(), number(), text, prop::option::weighted(0.9, any::<bool>()))
        .prop_map(|(a, b, text, yes)| Given { a, b, text, yes })
}

fn number() -> BoxedStrategy<String> {
    let leaf = prop_oneof![
        Just("a".to_owned()),
        Just("b".to_owned()),
        (-9i64..10).prop_map(|n| n.to_string()),
        Just("size(teks)".to_owned()),
    ];
    let op = prop::sample::select(vec!["+", "-", "*", "/", "%"]);
    leaf.prop_recursive(4, 24, 2, move |inner| {
        prop_oneof![
            (inner.clone(), op.clone(), inner.clone())
                .prop_map(|(a, op, b)| format!("({a} {op} {b})")),
            inner.clone().prop_map(|a| format!("-({a})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("(ya ? {a} : {b})")),
        ]
    })
    .boxed()
}

fn truth() -> BoxedStrategy<String> {
    let compare = prop::sample::select(vec!["==", "!=", "<", "<=", ">", ">="]);
    let of_text = prop::sample::select(vec!["startsWith", "endsWith", "contains"]);
    let leaf = prop_oneof![
        Just("ya".to_owned()),
        Just("true".to_owned()),
        (number(), compare.clone(), number()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
        ("[abé]{0,2}", compare).prop_map(|(t, op)| format!("teks {op} '{t}'")),
        (of_text, "[abé]{0,2}").prop_map(|(f, t)| format!("teks.{f}('{t}')")),
        (number(), prop::collection::vec(-5i64..6, 1..4))
            .prop_map(|(a, list)| format!("{a} in {list:?}")),
    ];
    leaf.prop_recursive(4, 24, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} && {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} || {b})")),
            inner.clone().prop_map(|a| format!("!({a})")),
            (inner.clone(), inner.clone(), inner)
                .prop_map(|(a, b, c)| format!("({a} ? {b} : {c})")),
        ]
    })
    .boxed()
}

fn compile(number: &str, truth: &str) -> Pack {
    kinds::pack_of(kinds::files(&format!(
        "[[field]]\nid = 90\nkey = \"hasil\"\nsection = \"s\"\nkind = \"computed\"\n\
         expr = \"{number}\"\n\
         [[rule]]\nkey = \"benar\"\nexpr = \"{truth}\"\nfields = []\n"
    )))
}

fn cells(given: &Given) -> Cells {
    let value =
        |id, value: Option<Value>| Some((CellPath::field(FieldId(id)), Cell::Value(value?)));
    let all = [
        value(1, given.text.clone().map(Value::Text)),
        value(3, given.a.map(Value::Int)),
        value(4, given.b.map(Value::Int)),
        value(17, given.yes.map(Value::Bool)),
    ];
    all.into_iter().flatten().collect()
}

fn ours(pack: &Pack, given: &Given) -> (Option<i64>, Option<bool>) {
    let ty = &pack.types[0];
    let cells = cells(given);
    let moment = Moment { today: None, period: None, office: OfficeId(1), state: None };
    let scene = Scene::new(ty, &cells, moment);
    let FieldKind::Computed(expr, 0) = &ty.field(FieldId(90)).unwrap().kind else { panic!() };
    let number = expr::eval(expr, &scene).as_ref().and_then(Datum::as_int);
    (number, expr::truth(&ty.rules[0].expr, &scene))
}

fn theirs(source: &str, given: &Given) -> Option<cel::Value> {
    let mut context = cel::Context::default();
    if let Some(a) = given.a {
        context.add_variable_from_value("a", a);
    }
    if let Some(b) = given.b {
        context.add_variable_from_value("b", b);
    }
    if let Some(text) = &given.text {
        context.add_variable_from_value("teks", text.as_str());
    }
    if let Some(yes) = given.yes {
        context.add_variable_from_value("ya", yes);
    }
    cel::Program::compile(source).unwrap().execute(&context).ok()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_tree_equals_the_interpreter(
        number in number(),
        truth in truth(),
        givens in prop::collection::vec(given(), 1..6),
    ) {
        let pack = compile(&number, &truth);
        for given in givens {
            let (our_number, our_truth) = ours(&pack, &given);
            let their_number = theirs(&number, &given).map(|value| {
                let cel::Value::Int(number) = value else { panic!("{value:?}") };
                number
            });
            let their_truth = theirs(&truth, &given).map(|value| {
                let cel::Value::Bool(truth) = value else { panic!("{value:?}") };
                truth
            });
            prop_assert_eq!(our_number, their_number, "{} of {:?}", number, given);
            prop_assert_eq!(our_truth, their_truth, "{} of {:?}", truth, given);
        }
    }
}

/// A number, with `a` and `b` given.
fn check_number(source: &str, scale: u8, a: Option<i64>, b: Option<i64>, expected: Option<i64>) {
    let pack = kinds::pack_of(kinds::files(&format!(
        "[[field]]\nid = 90\nkey = \"hasil\"\nsection = \"s\"\nkind = \"computed\"\n\
         scale = {scale}\nexpr = \"{source}\"\n"
    )));
    let given = Given { a, b, text: None, yes: None };
    let cells = cells(&given);
    let moment = Moment { today: None, period: None, office: OfficeId(1), state: None };
    let found = domain::form::computed(&pack.types[0], &cells, moment);
    let expected = expected.map(|number| Cell::Value(Value::Int(number)));
    assert_eq!(found.get(&CellPath::field(FieldId(90))), expected.as_ref(), "{source}");
}

#[test]
fn numbers_come_to_the_scale_of_their_place() {
    check_number("a / b", 0, Some(7), Some(2), Some(3));
    check_number("a / b", 1, Some(7), Some(2), Some(35));
    check_number("100.0 * a / b", 2, Some(1), Some(8), Some(1250));
    check_number("a / b", 1, Some(1), Some(20), Some(0));
    check_number("a / b", 1, Some(3), Some(20), Some(2));
    check_number("a * 0.5 + b", 1, Some(3), Some(1), Some(25));
    check_number("a", 2, Some(3), None, Some(300));
    check_number("a + b", 0, Some(i64::MAX), Some(1), None);
    check_number("a / b", 3, Some(1), Some(0), None);
    check_number("coalesce(a, b, 5)", 0, None, Some(4), Some(4));
    check_number("max(a, b)", 0, Some(3), None, Some(3));
    check_number("days(date('2021-01-08'), date('2021-02-01'))", 0, None, None, Some(24));
}

#[test]
fn a_rule_is_null_until_it_can_be_judged() {
    let pack = compile("1", "a > b || b > 5");
    let truth = |a, b| ours(&pack, &Given { a, b, text: None, yes: None }).1;
    assert_eq!(truth(None, Some(6)), Some(true));
    assert_eq!(truth(None, Some(1)), None);
    assert_eq!(truth(Some(0), Some(1)), Some(false));
}
