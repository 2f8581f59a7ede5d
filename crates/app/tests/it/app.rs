//! A node in a temporary folder behind the real router, with people of three offices.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use app::http::{Cookie, Peer, Site, router};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, Response, StatusCode, header};
use domain::ids::OfficeId;
use domain::pack::author::compile;
use node::clock::{SetClock, submission_id};
use node::{Config, NewPerson, Node, RoleAt};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::watch;
use tower::ServiceExt;

/// 8 January 2021, 10:00 in western Indonesia.
pub(crate) const NOW_MS: u64 = 1_610_074_800_000;
pub(crate) const PASSWORD: &str = "laut tenang 2021";
pub(crate) const BATAM: u32 = 2171;
pub(crate) const BINTAN: u32 = 2101;
pub(crate) const KEPRI: u32 = 21;
const HOST: &str = "genggam.test";

pub(crate) struct TestApp {
    pub(crate) node: Arc<Node>,
    pub(crate) clock: Arc<SetClock>,
    pub(crate) closing: watch::Sender<bool>,
    router: Router,
    cookies: Mutex<BTreeMap<String, String>>,
    _dir: TempDir,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) json: Value,
}

impl Answer {
    /// The code of the refusal.
    pub(crate) fn code(&self) -> &str {
        self.json["code"].as_str().unwrap_or("")
    }
}

impl TestApp {
    pub(crate) async fn new() -> Self {
        Self::with(Cookie::Plain).await
    }

    pub(crate) async fn with(cookie: Cookie) -> Self {
        let dir = TempDir::new().unwrap();
        let clock = Arc::new(SetClock::at(NOW_MS));
        let config = Config {
            dir: dir.path().to_owned(),
            office: Some(OfficeId(1)),
            name: Some("pusat".to_owned()),
            simulation: Some(false),
        };
        let node = Node::open(&config, clock.clone()).await.unwrap();
        people(&node);
        let admin = node.local_actor("sari").unwrap();
        for name in ["kejadian", "lapsit"] {
            let folder = format!("{}/../../packs/{name}", env!("CARGO_MANIFEST_DIR"));
            let pack = compile(folder.as_ref()).unwrap();
            node.publish_pack(&admin, pack).await.unwrap();
        }
        let (closing, watch) = watch::channel(false);
        let router = router(Site::new(Arc::clone(&node), cookie, watch));
        Self { node, clock, closing, router, cookies: Mutex::default(), _dir: dir }
    }

    /// Sends a request as it is.
    pub(crate) async fn raw(&self, request: Request<Body>) -> Response<Body> {
        self.router.clone().oneshot(request).await.unwrap()
    }

    /// Sends a request as somebody (nobody if empty), from our own site.
    pub(crate) async fn send(
        &self,
        who: &str,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, HOST)
            .header(header::ORIGIN, format!("http://{HOST}"))
            .header(header::ACCEPT_LANGUAGE, "en");
        if !who.is_empty() {
            request = request.header(header::COOKIE, self.cookie(who).await);
        }
        let request = match body {
            Some(body) => request
                .header(header::CONTENT_TYPE, "application/json")
                .body(Body::from(body.to_string())),
            None => request.body(Body::empty()),
        };
        answer(self.raw(request.unwrap()).await).await
    }

    pub(crate) async fn get(&self, who: &str, path: &str) -> Answer {
        self.send(who, Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, who: &str, path: &str, body: Value) -> Answer {
        self.send(who, Method::POST, path, Some(body)).await
    }

    /// The cookie of somebody's session, signing them in the first time.
    pub(crate) async fn cookie(&self, who: &str) -> String {
        if let Some(cookie) = self.cookies.lock().unwrap().get(who) {
            return cookie.clone();
        }
        let answer = Box::pin(self.sign_in(who, PASSWORD)).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        let cookie = answer.headers[header::SET_COOKIE].to_str().unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        self.cookies.lock().unwrap().insert(who.to_owned(), cookie.clone());
        cookie
    }

    pub(crate) async fn sign_in(&self, who: &str, password: &str) -> Answer {
        let body = json!({ "name": who, "password": password });
        self.post("", "/api/session", body).await
    }

    /// Files an incident of an office, and gives the receipt.
    pub(crate) async fn file(&self, who: &str, office: u32) -> Value {
        let answer = self.post(who, "/api/submissions", incident(office)).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        answer.json
    }
}

async fn answer(response: Response<Body>) -> Answer {
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, 32 << 20).await.unwrap();
    let json = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    Answer { status: parts.status, headers: parts.headers, json }
}

/// The administrator at the centre, and people of the province and of two regencies.
fn people(node: &Node) {
    node.found("sari", "Sari", PASSWORD).unwrap();
    let admin = node.local_actor("sari").unwrap();
    let cast = [
        ("budi", "operator", BATAM),
        ("tuti", "operator", BINTAN),
        ("vera", "verifikator", KEPRI),
        ("pim", "pimpinan", 1),
    ];
    for (login, role, office) in cast {
        let role = RoleAt { role: role.to_owned(), office: OfficeId(office) };
        let new = NewPerson {
            login: login.to_owned(),
            name: login.to_owned(),
            password: Some(PASSWORD.to_owned()),
            roles: vec![role],
        };
        node.create_person(&admin, &new).unwrap();
    }
}

/// A request that comes over a connection from this address.
pub(crate) fn from_address(mut request: Request<Body>, address: &str) -> Request<Body> {
    request.extensions_mut().insert(Peer(address.parse().unwrap()));
    request
}

/// An incident that the pack accepts.
pub(crate) fn incident(office: u32) -> Value {
    json!({ "create": {
        "type": "kejadian.kejadian",
        "submission": submission_id(),
        "record": node::clock::record_id(),
        "office": office,
        "fields": {
            "judul": "Banjir rob di pesisir, 41 rumah terendam",
            "kategori": "sosial",
            "jenis": "bencana_alam",
            "athg": "gangguan",
            "urgensi": "tinggi",
            "fakta": "Air laut naik sejak pukul 04.30 dan merendam 41 rumah.",
            "tanggal": "2021-01-07",
            "meninggal": 0,
            "luka": 2,
            "tindakan": "BPBD mendirikan dapur umum.",
            "sumber": "petugas",
        },
    }})
}
