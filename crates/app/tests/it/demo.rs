use std::collections::BTreeSet;

use app::demo::{Options, Role, prepare};
use domain::ids::OfficeId;

async fn told(role: Role, dir: &std::path::Path) -> (u64, u64, BTreeSet<OfficeId>) {
    let options = Options {
        dir: dir.to_owned(),
        role,
        seed: 7,
        days: 12,
        offices_limit: 4,
        password: Some("laut-tenang-2021-perahu".to_owned()),
        joins: false,
    };
    let demo = prepare(&options, &mut |_, _| {}).await.unwrap();
    let offices = demo.accounts.iter().map(|account| account.office).collect();
    let node = std::sync::Arc::clone(&demo.node);
    tokio::task::spawn_blocking(move || node.close()).await.unwrap();
    (demo.told.kept, demo.told.repeated, offices)
}

#[tokio::test]
async fn each_level_has_a_demo_of_its_own_that_goes_on() {
    for (role, offices) in [
        (Role::Centre, [1, 21, 2101].as_slice()),
        (Role::Province, [21, 2101].as_slice()),
        (Role::Regency, [2101].as_slice()),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let (first, _, accounts) = told(role, dir.path()).await;
        assert!(first > 12, "{role:?}: {first}");
        assert_eq!(accounts, offices.iter().copied().map(OfficeId).collect(), "{role:?}");
        let (again, ..) = told(role, dir.path()).await;
        assert!(again < first, "{role:?}: {again} of {first} told twice");
    }
}
