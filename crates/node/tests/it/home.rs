use expect_test::expect;

use crate::fixture::{ACEH, BATAM, CENTRE, KEPRI, Setup, daily, told};

#[tokio::test]
async fn an_office_sees_what_it_owes_and_what_waits() {
    let setup = Setup::new().await;
    setup.submit("operator", daily(1, BATAM, "2021-01-07")).await.unwrap();
    let draft = setup.drafted(2, "Banjir").await;
    let back = setup.filed(3, "Gempa").await;
    setup.submit("verifikator", setup.returns("verifikator", 4, back, "judul")).await.unwrap();
    let home = setup.node.home(&setup.actor("operator"), BATAM).unwrap();
    let due: Vec<String> = home
        .due
        .iter()
        .map(|due| format!("{} received {} late {}", due.period, due.received, due.late))
        .collect();
    expect![[r#"
        2021-01-08 received false late false
        2021-01-07 received true late false
        2021-01-06 received false late true
        2021-01-05 received false late true
        2021-01-04 received false late true
        2021-01-03 received false late true
        2021-01-02 received false late true"#]]
    .assert_eq(&due.join("\n"));
    // Midnight in Batam is 17.00 UTC.
    assert_eq!(home.due[0].due_ms, 1_610_125_200_000);
    let waiting: Vec<String> =
        home.action.iter().map(|row| format!("{} {:?}", row.row.title, row.why)).collect();
    expect!["Gempa Returned, Banjir Draft"].assert_eq(&waiting.join(", "));
    assert_eq!(home.action[1].row.record, draft);
    assert_eq!(home.recent.len(), 3);
}

#[tokio::test]
async fn an_office_above_sees_what_to_verify_and_who_is_late() {
    let setup = Setup::new().await;
    setup.submit("operator", daily(1, BATAM, "2021-01-07")).await.unwrap();
    setup.filed(2, "Gempa").await;
    let home = setup.node.home(&setup.actor("verifikator"), KEPRI).unwrap();
    let waiting: Vec<String> =
        home.action.iter().map(|row| format!("{} {:?}", row.row.title, row.why)).collect();
    expect!["Gempa ToVerify"].assert_eq(&waiting.join(", "));
    assert!(home.due.is_empty());
    expect![[r#"{"late:uji.harian": 6, "uji.harian:dikirim": 1, "uji.kejadian:diajukan": 1, "urgent": 0}"#]]
        .assert_eq(&format!("{:?}", home.counts));
}

#[tokio::test]
async fn a_start_page_is_for_those_of_the_office() {
    let setup = Setup::new().await;
    let mut seen = Vec::new();
    for (who, office) in [
        ("operator", BATAM),
        ("operator", KEPRI),
        ("aceh", BATAM),
        ("analis", ACEH),
        ("verifikator", CENTRE),
    ] {
        let home = setup.node.home(&setup.actor(who), office);
        seen.push(format!("{who} {office}: {}", told(&home, "shown")));
    }
    expect![[r#"
        operator 2171: shown
        operator 21: Denied: policy.denied
        aceh 2171: Denied: policy.denied
        analis 11: shown
        verifikator 1: Denied: policy.denied"#]]
    .assert_eq(&seen.join("\n"));
}
