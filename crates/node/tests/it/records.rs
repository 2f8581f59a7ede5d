use std::collections::BTreeSet;

use domain::ids::RecordId;
use expect_test::expect;
use node::{Event, Listing, RecordEvent};

use crate::fixture::{ACEH, BATAM, KEPRI, Setup, incident, told};

const EVERYBODY: [&str; 6] = ["operator", "verifikator", "kepala", "analis", "aceh", "admin"];

/// Drafts and filed incidents of two offices.
async fn filled() -> (Setup, Vec<RecordId>) {
    let setup = Setup::new().await;
    let mut records = Vec::new();
    for n in 1..=4 {
        records.push(setup.drafted(n, "Banjir bandang").await);
        records.push(setup.filed(n + 10, "Unjuk rasa").await);
        let aceh = setup.submit("aceh", incident(n + 20, ACEH, "Gempa")).await.unwrap();
        records.push(aceh.receipt.record);
    }
    (setup, records)
}

/// A list shows exactly what a fetch would, to everybody, and so do the events.
#[tokio::test]
async fn a_list_applies_the_policy_of_a_fetch() {
    let (setup, records) = filled().await;
    let mut told = Vec::new();
    for who in EVERYBODY {
        let actor = setup.actor(who);
        let fetched: BTreeSet<RecordId> = records
            .iter()
            .copied()
            .filter(|record| setup.node.record(&actor, *record).is_ok())
            .collect();
        let mut listed = BTreeSet::new();
        let mut cursor: Option<String> = None;
        loop {
            let page =
                setup.node.records(&actor, &Listing::default(), cursor.as_deref(), 3).unwrap();
            assert!(page.rows.len() <= 3);
            for row in &page.rows {
                assert!(listed.insert(row.record), "{who} sees a row twice");
                let event = Event::Record(RecordEvent {
                    record: row.record,
                    type_key: row.type_key.clone(),
                    office: row.office,
                    state: row.state.clone(),
                    pos: 1,
                });
                assert!(setup.node.may_see(&actor, &event));
            }
            match page.next {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        assert_eq!(listed, fetched, "{who}");
        told.push(format!("{who} {}", listed.len()));
    }
    expect!["operator 8, verifikator 4, kepala 0, analis 4, aceh 4, admin 0"]
        .assert_eq(&told.join(", "));
}

#[tokio::test]
async fn lists_are_narrowed() {
    let (setup, _) = filled().await;
    let operator = setup.actor("operator");
    let count =
        |listing: Listing| setup.node.records(&operator, &listing, None, 100).unwrap().rows.len();
    let set = |text: &str| BTreeSet::from([text.to_owned()]);
    let all = Listing::default;
    assert_eq!(count(Listing { states: set("draf"), ..all() }), 4);
    assert_eq!(count(Listing { office: Some(BATAM), ..all() }), 8);
    assert_eq!(count(Listing { office: Some(KEPRI), ..all() }), 8);
    assert_eq!(count(Listing { office: Some(ACEH), ..all() }), 0);
    assert_eq!(count(Listing { text: Some("unjuk".to_owned()), ..all() }), 4);
    assert_eq!(count(Listing { types: set("uji.harian"), ..all() }), 0);
    let unknown = Listing { types: set("uji.tidak_ada"), ..all() };
    let unknown = setup.node.records(&operator, &unknown, None, 10);
    expect!["Invalid: pack.unknown_type at type"].assert_eq(&told(&unknown, "listed"));
    let cursor = setup.node.records(&operator, &all(), Some("bukan"), 10);
    expect!["Invalid: query.invalid at cursor"].assert_eq(&told(&cursor, "listed"));
}

#[tokio::test]
async fn exports_are_a_right_of_their_own() {
    let (setup, _) = filled().await;
    let export = |who: &str| {
        setup.node.export_page(&setup.actor(who), "uji.kejadian", &Listing::default(), None, 100)
    };
    let mut seen = Vec::new();
    for who in EVERYBODY {
        let page = export(who);
        let rows = page.as_ref().map(|page| page.rows.len()).unwrap_or_default();
        seen.push(format!("{who}: {} {rows}", told(&page, "exported")));
    }
    expect![[r#"
        operator: Denied: policy.denied 0
        verifikator: Denied: policy.denied 0
        kepala: Denied: policy.denied 0
        analis: exported 4
        aceh: Denied: policy.denied 0
        admin: Denied: policy.denied 0"#]]
    .assert_eq(&seen.join("\n"));
}

#[tokio::test]
async fn a_view_says_what_this_person_may_do_now() {
    let (setup, records) = filled().await;
    let (draft, filed) = (records[0], records[1]);
    let may = |who: &str, record| match setup.node.record(&setup.actor(who), record) {
        Ok(view) => {
            let actions: Vec<&str> = view.actions.iter().map(|a| a.key.as_str()).collect();
            format!("{who}: edit {} [{}]", view.editable, actions.join(" "))
        }
        Err(_) => format!("{who}: nothing"),
    };
    expect!["operator: edit true [ajukan]"].assert_eq(&may("operator", draft));
    expect!["verifikator: nothing"].assert_eq(&may("verifikator", draft));
    expect!["operator: edit true []"].assert_eq(&may("operator", filed));
    expect!["verifikator: edit false [setujui kembalikan]"].assert_eq(&may("verifikator", filed));
    expect!["analis: edit false []"].assert_eq(&may("analis", filed));
}
