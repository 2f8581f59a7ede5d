//! Signing in and out, cookies.

use app::http::Cookie;
use axum::http::{Method, StatusCode, header};
use expect_test::expect;
use serde_json::json;

use crate::app::{BATAM, PASSWORD, TestApp};

#[tokio::test]
async fn signing_in_gives_a_cookie_and_signing_out_ends_it_on_the_server() {
    let app = TestApp::new().await;
    let me = app.sign_in("Budi", PASSWORD).await;
    assert_eq!(me.status, StatusCode::OK);
    assert_eq!(
        me.json["roles"],
        json!([{"role": "operator", "office": BATAM, "office_name": "Kota Batam"}])
    );
    assert_eq!(me.json["office"], json!({"id": BATAM, "name": "Kota Batam", "level": "regency"}));
    assert_eq!(me.json["simulation"], false);
    let cookie = me.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(cookie.starts_with("session="), "{cookie}");
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict; Max-Age=43200"), "{cookie}");

    assert_eq!(app.get("budi", "/api/me").await.json["person"]["name"], "budi");
    let out = app.send("budi", Method::DELETE, "/api/session", None).await;
    assert_eq!(out.status, StatusCode::NO_CONTENT);
    assert!(out.headers[header::SET_COOKIE].to_str().unwrap().contains("Max-Age=0"));
    // The same cookie, sent again, is nobody's.
    let me = app.get("budi", "/api/me").await;
    assert_eq!((me.status, me.code()), (StatusCode::UNAUTHORIZED, "session.none"));
}

#[tokio::test]
async fn over_tls_the_cookie_is_bound_to_the_host() {
    let app = TestApp::with(Cookie::Secure).await;
    let request = axum::http::Request::post("/api/session")
        .header(header::HOST, "genggam.test")
        .header(header::ORIGIN, "https://genggam.test")
        .header(header::CONTENT_TYPE, "application/json")
        .body(json!({"name": "sari", "password": PASSWORD}).to_string().into())
        .unwrap();
    let answer = app.raw(request).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let cookie = answer.headers()[header::SET_COOKIE].to_str().unwrap();
    assert!(cookie.starts_with("__Host-session="), "{cookie}");
    assert!(cookie.ends_with("; Secure"), "{cookie}");
    assert!(answer.headers().contains_key(header::STRICT_TRANSPORT_SECURITY));
}

#[tokio::test]
async fn wrong_names_and_wrong_passwords_look_alike_and_are_counted() {
    let app = TestApp::new().await;
    let unknown = app.sign_in("siapa", "sandi yang salah").await;
    let wrong = app.sign_in("budi", "sandi yang salah").await;
    assert_eq!(unknown.status, StatusCode::UNAUTHORIZED);
    assert_eq!(unknown.json, wrong.json);
    expect![[r#"
        {
          "type": "about:blank",
          "title": "Wrong name or password.",
          "status": 401,
          "code": "session.wrong_credentials",
          "problems": [
            {
              "code": "session.wrong_credentials",
              "message": "Wrong name or password."
            }
          ]
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&wrong.json).unwrap());
    for _ in 0..7 {
        app.sign_in("budi", "sandi yang salah").await;
    }
    let locked = app.sign_in("budi", PASSWORD).await;
    assert_eq!(
        (locked.status, locked.code()),
        (StatusCode::TOO_MANY_REQUESTS, "session.too_many_tries")
    );
    app.clock.advance(16 * 60 * 1000);
    assert_eq!(app.sign_in("budi", PASSWORD).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_session_ends_with_the_day() {
    let app = TestApp::new().await;
    assert_eq!(app.get("budi", "/api/me").await.status, StatusCode::OK);
    app.clock.advance(24 * 60 * 60 * 1000);
    assert_eq!(app.get("budi", "/api/me").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn administrators_manage_people_and_others_do_not() {
    let app = TestApp::new().await;
    let new = json!({"login": "dewi", "name": "Dewi", "password": "sandi yang panjang",
        "role": "operator", "office": BATAM});
    let denied = app.post("vera", "/api/people", new.clone()).await;
    assert_eq!((denied.status, denied.code()), (StatusCode::FORBIDDEN, "policy.denied"));
    let added = app.post("sari", "/api/people", new.clone()).await;
    assert_eq!(added.status, StatusCode::CREATED, "{added:?}");
    let again = app.post("sari", "/api/people", new).await;
    assert_eq!((again.status, again.code()), (StatusCode::CONFLICT, "person.name_taken"));

    let person = format!("/api/people/{}", added.json["id"].as_str().unwrap());
    let role = json!({"role": "analis", "office": BATAM});
    let given = app.post("sari", &format!("{person}/roles"), role.clone()).await;
    assert_eq!(given.status, StatusCode::NO_CONTENT, "{given:?}");
    assert_eq!(
        app.post("budi", &format!("{person}/roles"), role).await.status,
        StatusCode::FORBIDDEN
    );
    let people = app.get("sari", "/api/people").await;
    let dewi = people.json["people"].as_array().unwrap().iter().find(|p| p["login"] == "dewi");
    assert_eq!(dewi.unwrap()["roles"].as_array().unwrap().len(), 2);
    assert_eq!(app.get("pim", "/api/people").await.status, StatusCode::FORBIDDEN);

    let short = json!({"password": "pendek"});
    let short = app.post("sari", &format!("{person}/password"), short).await;
    assert_eq!((short.status, short.code()), (StatusCode::UNPROCESSABLE_ENTITY, "person.password"));
    let set = app.post("sari", &format!("{person}/password"), json!({"password": PASSWORD})).await;
    assert_eq!(set.status, StatusCode::NO_CONTENT, "{set:?}");
    assert_eq!(app.sign_in("dewi", PASSWORD).await.status, StatusCode::OK);
    let nobody = app.post("sari", "/api/people/zz/password", json!({"password": PASSWORD})).await;
    assert_eq!(nobody.status, StatusCode::NOT_FOUND);
}
