use domain::ids::OfficeId;
use domain::office::{Amendment, OfficeChange, OfficeEvent};
use domain::period::Date;
use expect_test::expect;
use node::Failure;

use crate::fixture::{BATAM, Setup, incident, told};
use crate::pack::pack;

#[tokio::test]
async fn a_pack_is_published_once_and_follows_itself() {
    let setup = Setup::empty().await;
    let admin = setup.actor("admin");
    let first = setup.node.publish_pack(&admin, pack()).await.unwrap();
    let again = setup.node.publish_pack(&admin, pack()).await.unwrap();
    assert_eq!(first, again);
    let mut other = pack();
    other.types[0].fields[0].required = false;
    let same_version = setup.node.publish_pack(&admin, other.clone()).await;
    expect!["Refused: pack.version"].assert_eq(&told(&same_version, "published"));
    other.version = 2;
    setup.node.publish_pack(&admin, other).await.unwrap();
    let setup = setup.restart().await;
    let versions: Vec<u32> = setup.node.packs().all().map(|pack| pack.version).collect();
    assert_eq!(versions, [1, 2]);
    assert_eq!(setup.node.packs().pack("uji").unwrap().version, 2);
}

#[tokio::test]
async fn a_published_number_keeps_its_meaning() {
    let setup = Setup::new().await;
    let mut next = pack();
    next.version = 2;
    let gone = next.types[0].fields.remove(0);
    let error = setup.node.publish_pack(&setup.actor("admin"), next).await.unwrap_err();
    let problem = &error.problems()[0];
    assert_eq!(problem.code, "pack.invalid");
    assert!(problem.at.as_ref().unwrap().contains(&gone.key), "{problem:?}");
    assert_eq!(setup.node.packs().pack("uji").unwrap().version, 1);
}

#[tokio::test]
async fn only_administrators_publish() {
    let setup = Setup::new().await;
    for who in ["operator", "verifikator", "analis"] {
        let mut next = pack();
        next.version = 2;
        let result = setup.node.publish_pack(&setup.actor(who), next).await;
        expect!["Denied: policy.denied"].assert_eq(&told(&result, "published"));
    }
}

#[tokio::test]
async fn policies_are_checked_with_their_place() {
    let setup = Setup::empty().await;
    let admin = setup.actor("admin");
    for (policy, expected) in [
        ("permit (principal, action, resource", "policy.cedar:1:36"),
        ("\n\npermit (principal, action == Action::\"fly\", resource);", "policy.cedar:3:"),
        (
            "permit (principal, action, resource is Record)\nwhen { resource.colour == \"x\" };",
            "policy.cedar:2:",
        ),
        ("permit (principal == Person::\"ani\", action, resource);", "policy.cedar:1:1"),
    ] {
        let mut wrong = pack();
        wrong.policy = policy.to_owned();
        let error = setup.node.publish_pack(&admin, wrong).await.unwrap_err();
        let problem = &error.problems()[0];
        assert_eq!(problem.code, "pack.policy");
        let at = problem.at.clone().unwrap();
        assert!(at.starts_with(expected), "{policy}: {at} {:?}", problem.values);
    }
}

#[tokio::test]
async fn an_office_gets_another_name_from_a_day_on() {
    let setup = Setup::new().await;
    let date = Date::new(2021, 1, 9).unwrap();
    let renamed = |id| OfficeEvent {
        date,
        basis: "uji".to_owned(),
        changes: vec![OfficeChange::Change(Amendment {
            id,
            code: None,
            bps: None,
            name: Some("Kota Batam Baru".to_owned()),
            parent: None,
        })],
    };
    let admin = setup.actor("admin");
    let unknown = setup.node.change_offices(&admin, renamed(OfficeId(999_999))).await;
    expect!["Invalid: form.wrong_office"].assert_eq(&told(&unknown, "changed"));
    setup.node.change_offices(&admin, renamed(BATAM)).await.unwrap();
    let name = |setup: &Setup, date| setup.node.tree().at(BATAM, date).unwrap().name.to_owned();
    assert_eq!(name(&setup, date.plus_days(-1)), "Kota Batam");
    assert_eq!(name(&setup, date), "Kota Batam Baru");
    let setup = setup.restart().await;
    assert_eq!(name(&setup, date), "Kota Batam Baru");
    setup.submit("operator", incident(1, BATAM, "Banjir")).await.unwrap();
}
