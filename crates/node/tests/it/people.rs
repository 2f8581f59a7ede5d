use domain::period::Date;
use expect_test::expect;
use node::{NewPerson, RoleAt};

use crate::fixture::{ACEH, BATAM, CENTRE, KEPRI, Setup, incident, told};

const PASSWORD: &str = "kata sandi panjang";

fn new(login: &str, role: &str, office: domain::ids::OfficeId) -> NewPerson {
    NewPerson {
        login: login.to_owned(),
        name: "Siti".to_owned(),
        password: Some(PASSWORD.to_owned()),
        roles: vec![RoleAt { role: role.to_owned(), office }],
    }
}

#[tokio::test]
async fn a_session_begins_with_a_password_and_ends() {
    let setup = Setup::empty().await;
    let node = &setup.node;
    let token = node.sign_in(" ADMIN ", PASSWORD, "127.0.0.1").await.unwrap();
    let actor = node.actor(token.as_str()).unwrap().unwrap();
    let me = node.me(&actor);
    expect!["admin, pengelola at Ditjen Politik dan Pemerintahan Umum, pusat"].assert_eq(&format!(
        "{}, {} at {}, {}",
        me.person.name, me.roles[0].role, me.roles[0].office_name, me.node.name
    ));
    assert_eq!(format!("{token:?}"), "SessionToken(…)");
    setup.clock.advance(12 * 60 * 60 * 1000);
    assert_eq!(node.actor(token.as_str()).unwrap(), None);
    let token = node.sign_in("admin", PASSWORD, "127.0.0.1").await.unwrap();
    node.sign_out(token.as_str()).unwrap();
    assert_eq!(node.actor(token.as_str()).unwrap(), None);
    assert_eq!(node.actor("").unwrap(), None);
}

#[tokio::test]
async fn wrong_names_and_wrong_passwords_look_alike() {
    let setup = Setup::empty().await;
    for (name, password) in
        [("admin", "salah"), ("nobody", PASSWORD), ("admin", ""), ("admin", &"x".repeat(10_000))]
    {
        let result = setup.node.sign_in(name, password, "127.0.0.1").await;
        expect!["NotSignedIn: session.wrong_credentials"].assert_eq(&told(&result, "in"));
    }
    for n in 0..10 {
        drop(setup.node.sign_in("admin", "salah", &format!("10.0.0.{n}")).await);
    }
    let locked = setup.node.sign_in("admin", PASSWORD, "10.1.0.1").await;
    expect!["Busy: session.too_many_tries"].assert_eq(&told(&locked, "in"));
    let unknown = setup.node.sign_in("nobody2", PASSWORD, "10.1.0.1").await;
    expect!["NotSignedIn: session.wrong_credentials"].assert_eq(&told(&unknown, "in"));
}

#[tokio::test]
async fn a_password_that_is_set_ends_the_sessions() {
    let setup = Setup::empty().await;
    let node = &setup.node;
    let admin = setup.actor("admin");
    let token = node.sign_in("admin", PASSWORD, "127.0.0.1").await.unwrap();
    assert!(node.actor(token.as_str()).unwrap().is_some());
    let short = node.set_password(&admin, admin.person(), "pendek");
    expect!["Invalid: person.password at password"].assert_eq(&told(&short, "set"));
    node.set_password(&admin, admin.person(), "sandi lain yang panjang").unwrap();
    assert_eq!(node.actor(token.as_str()).unwrap(), None);
    assert!(node.sign_in("admin", PASSWORD, "127.0.0.1").await.is_err());
}

#[tokio::test]
async fn roles_hold_from_a_day_until_another() {
    let setup = Setup::new().await;
    let admin = setup.actor("admin");
    let id = setup.node.create_person(&admin, &new("siti", "operator", ACEH)).unwrap();
    let here = RoleAt { role: "operator".to_owned(), office: BATAM };
    let (from, until) = (Date::new(2021, 1, 9).unwrap(), Date::new(2021, 1, 10).unwrap());
    setup.node.assign_role(&admin, id, &here, from, Some(until)).unwrap();
    let mut seen = Vec::new();
    for day in 0..3 {
        let result = setup.submit("siti", incident(day + 1, BATAM, "Banjir")).await;
        seen.push(told(&result, "kept"));
        setup.clock.advance(86_400_000);
    }
    expect!["Denied: policy.denied | kept | Denied: policy.denied"].assert_eq(&seen.join(" | "));
    let old = RoleAt { role: "operator".to_owned(), office: ACEH };
    setup.node.end_role(&admin, id, &old).unwrap();
    assert_eq!(setup.actor("siti").roles().len(), 0);
}

#[tokio::test]
async fn administrators_manage_their_own_part_of_the_country() {
    let setup = Setup::new().await;
    setup.person("admin21", "pengelola", KEPRI);
    let kepri = setup.actor("admin21");
    let results = [
        setup.node.create_person(&kepri, &new("batam1", "operator", BATAM)),
        setup.node.create_person(&kepri, &new("aceh1", "operator", ACEH)),
        setup.node.create_person(&kepri, &new("pusat1", "pengelola", CENTRE)),
        setup.node.create_person(&kepri, &new("batam1", "operator", BATAM)),
        setup.node.create_person(&kepri, &new("b", "raja", BATAM)),
        setup.node.create_person(&kepri, &new("dua kata", "operator", BATAM)),
        setup.node.create_person(&setup.actor("operator"), &new("x", "operator", BATAM)),
    ];
    let results: Vec<String> = results.iter().map(|result| told(result, "created")).collect();
    expect![[r#"
        created
        Denied: policy.denied
        Denied: policy.denied
        Refused: person.name_taken at name
        Invalid: person.role_unknown at role
        Invalid: person.name at name
        Denied: policy.denied"#]]
    .assert_eq(&results.join("\n"));
    let centre = setup.actor("admin").person();
    let taken = setup.node.set_password(&kepri, centre, "sandi milik saya");
    expect!["NotFound: not_found"].assert_eq(&told(&taken, "set"));
    let seen = setup.node.people(&kepri).unwrap();
    let seen: Vec<&str> = seen.iter().map(|person| person.login.as_str()).collect();
    expect!["admin21 batam1 kepala operator verifikator"].assert_eq(&seen.join(" "));
    let trail = setup.node.audit_trail(&setup.actor("admin"), None, 3).unwrap();
    let trail: Vec<String> =
        trail.iter().map(|(_, e)| format!("{} {}", e.action, e.subject)).collect();
    expect!["create_person batam1 | create_person admin21 | create_person aceh"]
        .assert_eq(&trail.join(" | "));
    assert!(setup.node.audit_trail(&kepri, None, 3).is_err());
}

#[tokio::test]
async fn nobody_founds_a_node_twice_and_nobody_stays_who_left() {
    let setup = Setup::empty().await;
    let twice = setup.node.found("other", "Other", PASSWORD);
    expect!["Denied: policy.denied"].assert_eq(&told(&twice, "founded"));
    let admin = setup.actor("admin");
    let id = setup.node.create_person(&admin, &new("siti", "operator", BATAM)).unwrap();
    let token = setup.node.sign_in("siti", PASSWORD, "127.0.0.1").await.unwrap();
    setup.node.set_active(&admin, id, false).unwrap();
    assert_eq!(setup.node.actor(token.as_str()).unwrap(), None);
    assert!(setup.node.sign_in("siti", PASSWORD, "127.0.0.1").await.is_err());
    assert!(setup.node.local_actor("siti").is_err());
}
