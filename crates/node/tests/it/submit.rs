use domain::form::{RawAcknowledge, RawComment};
use domain::ids::{OfficeId, RecordId, SubmissionId};
use expect_test::expect;
use node::Submission;
use serde_json::json;

use crate::fixture::{ACEH, BATAM, KEPRI, Setup, daily, incident, patch, told};

#[tokio::test]
async fn a_report_walks_from_draft_to_approval_and_back() {
    let setup = Setup::new().await;
    let record = setup.filed(1, "Banjir").await;
    let back = setup.returns("verifikator", 2, record, "korban");
    setup.submit("verifikator", back).await.unwrap();
    let view = setup.node.record(&setup.actor("operator"), record).unwrap();
    assert_eq!((view.state.as_str(), view.returned[0].at.as_str()), ("draf", "korban"));
    assert_eq!(view.returned[0].by_name, "Nama verifikator");

    setup.submit("operator", patch(3, record, json!({"korban": 3}))).await.unwrap();
    setup.submit("operator", setup.moves("operator", 4, record, "ajukan")).await.unwrap();
    setup.submit("verifikator", setup.moves("verifikator", 5, record, "setujui")).await.unwrap();
    let view = setup.node.record(&setup.actor("operator"), record).unwrap();
    assert_eq!((view.state.as_str(), view.approved, view.returned.len()), ("disetujui", true, 0));

    setup.submit("operator", patch(6, record, json!({"korban": 4}))).await.unwrap();
    let view = setup.node.record(&setup.actor("operator"), record).unwrap();
    assert_eq!((view.state.as_str(), view.approved), ("diajukan", false));
    let effects: Vec<String> = view
        .history
        .iter()
        .map(|event| serde_json::to_value(&event.effect).unwrap()["effect"].to_string())
        .collect();
    expect![[r#""created" "moved" "moved" "patched" "moved" "moved" "patched""#]]
        .assert_eq(&effects.join(" "));
}

#[tokio::test]
async fn sending_again_gives_the_first_receipt() {
    let setup = Setup::new().await;
    let first = setup.submit("operator", incident(1, BATAM, "Banjir")).await.unwrap();
    setup.clock.advance(60_000);
    let again = setup.submit("operator", incident(1, BATAM, "Banjir")).await.unwrap();
    assert!(again.repeated);
    assert_eq!(again.receipt, first.receipt);
    let other = setup.submit("operator", incident(1, BATAM, "Gempa")).await;
    expect!["Refused: submission.reused"].assert_eq(&told(&other, "kept"));
    let somebody = setup.submit("aceh", incident(1, BATAM, "Banjir")).await;
    expect!["Refused: submission.reused"].assert_eq(&told(&somebody, "kept"));
}

#[tokio::test]
async fn what_is_wrong_is_all_told_and_nothing_is_kept() {
    let setup = Setup::new().await;
    let Submission::Create(mut raw) = incident(1, BATAM, "") else { unreachable!() };
    raw.fields.insert("korban".to_owned(), json!("banyak"));
    raw.fields.insert("lanjutan".to_owned(), json!(RecordId([9; 16])));
    let wrong = setup.submit("operator", Submission::Create(raw)).await;
    expect![
        "Invalid: form.wrong_kind at korban, form.wrong_record at lanjutan, form.required at judul"
    ]
    .assert_eq(&told(&wrong, "kept"));
    let record = setup.node.record(&setup.actor("operator"), RecordId([1; 16]));
    expect!["NotFound: not_found"].assert_eq(&told(&record, "found"));
    let right = setup.submit("operator", incident(1, BATAM, "Banjir")).await;
    expect!["kept"].assert_eq(&told(&right, "kept"));
}

#[tokio::test]
async fn a_reference_is_looked_up() {
    let setup = Setup::new().await;
    let first = setup.drafted(1, "Banjir").await;
    let Submission::Create(mut raw) = incident(2, BATAM, "Susulan") else { unreachable!() };
    raw.fields.insert("lanjutan".to_owned(), json!(first));
    let kept = setup.submit("operator", Submission::Create(raw)).await;
    expect!["kept"].assert_eq(&told(&kept, "kept"));
}

#[tokio::test]
async fn nobody_writes_for_another_office() {
    let setup = Setup::new().await;
    for (n, who, office, expected) in [
        (1, "operator", BATAM, "kept"),
        (2, "operator", KEPRI, "Denied: policy.denied"),
        (3, "aceh", BATAM, "Denied: policy.denied"),
        (4, "aceh", ACEH, "kept"),
        (5, "analis", BATAM, "Denied: policy.denied"),
        (6, "admin", BATAM, "Denied: policy.denied"),
        (7, "operator", OfficeId(999_999), "Denied: policy.denied"),
    ] {
        let result = setup.submit(who, incident(n, office, "Banjir")).await;
        assert_eq!(told(&result, "kept"), expected, "{who} at {office}");
    }
}

#[tokio::test]
async fn an_import_may_bring_records_of_offices_below() {
    let setup = Setup::new().await;
    let rows =
        vec![incident(1, BATAM, "Banjir"), incident(2, BATAM, ""), incident(3, ACEH, "Gempa")];
    let results = setup.node.import_many(&setup.actor("analis"), rows).await;
    let results: Vec<String> = results.iter().map(|result| told(result, "kept")).collect();
    expect!["kept | Invalid: form.required at judul | kept"].assert_eq(&results.join(" | "));
    let entry = setup.node.submit_many(&setup.actor("analis"), vec![incident(4, BATAM, "x")]).await;
    expect!["Denied: policy.denied"].assert_eq(&told(&entry[0], "kept"));
}

#[tokio::test]
async fn one_periodic_report_per_office_and_period() {
    let setup = Setup::new().await;
    let first = setup.submit("operator", daily(1, BATAM, "2021-01-08")).await.unwrap();
    let second = setup.submit("operator", daily(2, BATAM, "2021-01-08")).await;
    expect!["Refused: record.exists at record"].assert_eq(&told(&second, "kept"));
    let next = setup.submit("operator", daily(3, BATAM, "2021-01-09")).await;
    expect!["Invalid: form.wrong_period at period"].assert_eq(&told(&next, "kept"));
    let before = setup.submit("operator", daily(4, BATAM, "2021-01-07")).await.unwrap();
    assert_ne!(first.receipt.record, before.receipt.record);
}

#[tokio::test]
async fn the_workflow_refuses_with_the_reason() {
    let setup = Setup::new().await;
    let record = setup.filed(1, "Banjir").await;
    let twice = setup.submit("operator", setup.moves("operator", 2, record, "ajukan")).await;
    expect!["Refused: workflow.wrong_state"].assert_eq(&told(&twice, "kept"));
    let stale = setup.moves("verifikator", 3, record, "setujui");
    setup.submit("operator", patch(4, record, json!({"korban": 9}))).await.unwrap();
    let stale = setup.submit("verifikator", stale).await;
    expect!["Refused: workflow.content_changed"].assert_eq(&told(&stale, "kept"));
    let nowhere = setup.returns("verifikator", 5, record, "tidak_ada");
    let nowhere = setup.submit("verifikator", nowhere).await;
    expect!["Invalid: workflow.cannot_return at tidak_ada"].assert_eq(&told(&nowhere, "kept"));
}

#[tokio::test]
async fn comments_and_acknowledgements_are_kept_with_names() {
    let setup = Setup::new().await;
    let record = setup.filed(1, "Banjir").await;
    let comment =
        RawComment { record, submission: SubmissionId([50; 16]), text: "Mohon foto".to_owned() };
    setup.submit("verifikator", Submission::Comment(comment)).await.unwrap();
    let acknowledge = RawAcknowledge { record, submission: SubmissionId([51; 16]) };
    setup.submit("analis", Submission::Acknowledge(acknowledge)).await.unwrap();
    let view = setup.node.record(&setup.actor("operator"), record).unwrap();
    let comment = &view.comments[0];
    expect!["Mohon foto, Nama verifikator, Kepulauan Riau"]
        .assert_eq(&format!("{}, {}, {}", comment.text, comment.by_name, comment.office_name));
    expect!["Ditjen Politik dan Pemerintahan Umum"].assert_eq(&view.acknowledged[0].office_name);
}

#[tokio::test]
async fn times_rise_over_a_restart_with_the_clock_set_back() {
    let setup = Setup::new().await;
    let record = setup.drafted(1, "Banjir").await;
    setup.clock.set(crate::fixture::NOW_MS - 3_600_000);
    let setup = setup.restart().await;
    setup.submit("operator", patch(2, record, json!({"korban": 5}))).await.unwrap();
    let view = setup.node.record(&setup.actor("operator"), record).unwrap();
    assert_eq!(view.fields["korban"], json!(5));
    assert!(view.history[1].time_ms >= view.history[0].time_ms);
    assert_eq!(view.heads, vec![view.history[1].tag]);
}
