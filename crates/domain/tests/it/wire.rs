//! The wire form and cells are inverse, and no JSON makes a form panic.

use domain::form::to_json;
use domain::ids::{ChoiceId, Digest, FieldId, RowId};
use domain::period::{Date, Grain, Period};
use domain::value::{Cell, CellPath, Cells, FileRef, GeoPoint, Value};
use proptest::prelude::*;
use serde_json::{Map, Value as Json};

use crate::forms::{LINKED, OTHER, parse_fields, show};
use crate::kinds;

fn cell_of(value: impl Strategy<Value = Value> + 'static) -> BoxedStrategy<Option<Cell>> {
    prop::option::weighted(0.7, value.prop_map(Cell::Value)).boxed()
}

/// Cells of every kind, as the type allows them.
fn any_cells() -> impl Strategy<Value = Cells> {
    let text = "[a-zé]{1,9}".prop_map(Value::Text);
    let e7 = (-900_000_000i32..=900_000_000, -1_800_000_000i32..=1_800_000_000);
    let file = |media: &'static str| {
        (any::<[u8; 32]>(), 0u64..1_000, "[a-z]{1,5}").prop_map(
            move |(digest, size_bytes, name)| {
                let (digest, media_type) = (Digest(digest), media.to_owned());
                Value::File(FileRef { digest, size_bytes, media_type, name })
            },
        )
    };
    let choices = prop::collection::btree_set(1u16..=3, 1..=3);
    let date = || (0i32..18_000).prop_map(Date);
    let fields = vec![
        (1, cell_of(text.clone())),
        (2, cell_of("[a-z]( |\n|[a-z]){0,20}[a-z]".prop_map(Value::Text))),
        (
            3,
            prop_oneof![
                cell_of(any::<i64>().prop_map(Value::Int)),
                Just(Some(Cell::NotApplicable)).boxed(),
                "[a-z]{1,9}".prop_map(|why| Some(Cell::Missing(why))).boxed(),
            ]
            .boxed(),
        ),
        (4, cell_of(any::<i64>().prop_map(Value::Int))),
        (5, cell_of((-100_050i64..=i64::MAX).prop_map(Value::Int))),
        (6, cell_of((i64::MIN..=9_007_199_254_740_995).prop_map(Value::Int))),
        (7, cell_of(date().prop_map(Value::Date))),
        (8, cell_of((0u16..1_440).prop_map(Value::Time))),
        (9, cell_of(date().prop_map(|day| Value::Period(Period::containing(Grain::Third, day))))),
        (10, cell_of((1u16..=2).prop_map(|id| Value::Choice(ChoiceId(id))))),
        (
            11,
            cell_of(
                choices.prop_map(|ids| Value::Choices(ids.into_iter().map(ChoiceId).collect())),
            ),
        ),
        (13, cell_of(Just(Value::Record(OTHER)))),
        (14, cell_of(e7.prop_map(|(lat_e7, lon_e7)| Value::Point(GeoPoint { lat_e7, lon_e7 })))),
        (15, cell_of(file("image/jpeg"))),
        (16, cell_of(file("text/csv"))),
        (17, cell_of(any::<bool>().prop_map(Value::Bool))),
    ];
    let (ids, cells): (Vec<u16>, Vec<_>) = fields.into_iter().unzip();
    let row = (any::<u32>(), text, cell_of(any::<i64>().prop_map(Value::Int)));
    let rows = prop::collection::vec(row, 0..5);
    (cells, rows).prop_map(move |(cells, rows)| {
        let single = ids.iter().zip(cells);
        let mut all: Cells =
            single.filter_map(|(id, cell)| Some((CellPath::field(FieldId(*id)), cell?))).collect();
        for (row, name, amount) in rows {
            let path = |id| CellPath::row(FieldId(20), RowId(row), FieldId(id));
            all.insert(path(21), Cell::Value(name));
            all.extend(amount.map(|cell| (path(22), cell)));
        }
        all
    })
}

fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        "\\PC{0,8}|[0-9.:-]{0,10}|x|y|\n".prop_map(Json::from),
    ];
    let key =
        "row|na|missing|lat|lon|digest|size_bytes|media_type|name|nama|jumlah|remove|[a-z]{1,4}";
    leaf.prop_recursive(3, 24, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Json::from),
            prop::collection::btree_map(key, inner, 0..5)
                .prop_map(|map| Json::Object(map.into_iter().collect())),
        ]
    })
}

#[test]
fn wire_and_cells_are_inverse() {
    let pack = kinds::pack();
    proptest!(ProptestConfig::with_cases(500), |(cells in any_cells())| {
        let json = to_json(&pack.types[0], &cells);
        let text = serde_json::to_string(&json).unwrap();
        let read = parse_fields(&pack, serde_json::from_str(&text).unwrap());
        prop_assert_eq!(read.map_err(|problems| show(&problems)), Ok(cells));
    });
}

#[test]
fn no_json_makes_a_form_panic() {
    let pack = kinds::pack_of(kinds::files(LINKED));
    let keys: Vec<String> = pack.types[0].fields.iter().map(|field| field.key.clone()).collect();
    let keys = prop_oneof![prop::sample::select(keys), "[a-z]{1,4}".prop_map(|key| key)];
    let fields = prop::collection::btree_map(keys, any_json(), 0..8);
    proptest!(ProptestConfig::with_cases(2_000), |(fields in fields)| {
        let fields: Map<String, Json> = fields.into_iter().collect();
        if let Ok(cells) = parse_fields(&pack, fields) {
            let again = parse_fields(&pack, to_json(&pack.types[0], &cells));
            prop_assert_eq!(again.map_err(|problems| show(&problems)), Ok(cells));
        }
    });
}
