//! A node with a few offices, people and a pack.

use std::sync::Arc;

use domain::form::{RawForm, RawPatch, RawReturned, RawTransition};
use domain::ids::{OfficeId, RecordId, SubmissionId};
use node::clock::SetClock;
use node::{Actor, Config, Failure, NewPerson, Node, RoleAt, Submission, SubmitError, Submitted};
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use crate::pack::pack;

pub(crate) const CENTRE: OfficeId = OfficeId(1);
pub(crate) const KEPRI: OfficeId = OfficeId(21);
pub(crate) const BATAM: OfficeId = OfficeId(2171);
pub(crate) const ACEH: OfficeId = OfficeId(11);
/// 2021-01-08T03:00:00Z: ten in the morning in Batam.
pub(crate) const NOW_MS: u64 = 1_610_074_800_000;

/// A node in a folder of its own.
pub(crate) struct Setup {
    pub(crate) dir: TempDir,
    pub(crate) clock: Arc<SetClock>,
    pub(crate) node: Arc<Node>,
}

impl Setup {
    /// With the test pack, and one person for each role: `operator` in Batam, `verifikator` and
    /// `kepala` (leadership without rights in the pack) in Kepulauan Riau, `analis` at the
    /// centre, `aceh` an operator elsewhere, `admin`.
    pub(crate) async fn new() -> Self {
        let setup = Self::empty().await;
        let admin = setup.actor("admin");
        setup.node.publish_pack(&admin, pack()).await.unwrap();
        for (login, role, office) in [
            ("operator", "operator", BATAM),
            ("verifikator", "verifikator", KEPRI),
            ("kepala", "pimpinan", KEPRI),
            ("analis", "analis", CENTRE),
            ("aceh", "operator", ACEH),
        ] {
            setup.person(login, role, office);
        }
        setup
    }

    /// With an administrator and nothing else.
    pub(crate) async fn empty() -> Self {
        let dir = TempDir::new().unwrap();
        let clock = Arc::new(SetClock::at(NOW_MS));
        let node = open(dir.path(), CENTRE, &clock).await;
        node.found("admin", "Admin", "kata sandi panjang").unwrap();
        Self { dir, clock, node }
    }

    pub(crate) fn person(&self, login: &str, role: &str, office: OfficeId) {
        let new = NewPerson {
            login: login.to_owned(),
            name: format!("Nama {login}"),
            password: None,
            roles: vec![RoleAt { role: role.to_owned(), office }],
        };
        self.node.create_person(&self.actor("admin"), &new).unwrap();
    }

    pub(crate) fn actor(&self, login: &str) -> Actor {
        self.node.local_actor(login).unwrap()
    }

    /// Closes the node and opens it again, as after a stop.
    pub(crate) async fn restart(self) -> Self {
        self.restart_as(CENTRE).await
    }

    /// The same of a node of another office.
    pub(crate) async fn restart_as(self, office: OfficeId) -> Self {
        let Self { dir, clock, node } = self;
        node.close();
        // Work that the node had begun holds it until it sees that it is closed.
        while Arc::strong_count(&node) > 1 {
            tokio::task::yield_now().await;
        }
        drop(node);
        let node = open(dir.path(), office, &clock).await;
        Self { dir, clock, node }
    }

    pub(crate) async fn submit(
        &self,
        login: &str,
        submission: Submission,
    ) -> Result<Submitted, SubmitError> {
        self.node.submit(&self.actor(login), submission).await
    }

    /// An incident of Batam, begun and submitted for approval.
    pub(crate) async fn filed(&self, n: u8, title: &str) -> RecordId {
        let record = self.drafted(n, title).await;
        self.submit("operator", self.moves("operator", n, record, "ajukan")).await.unwrap();
        record
    }

    /// An incident of Batam, begun.
    pub(crate) async fn drafted(&self, n: u8, title: &str) -> RecordId {
        let form = incident(n, BATAM, title);
        self.submit("operator", form).await.unwrap().receipt.record
    }

    /// A move of the content as it stands.
    pub(crate) fn moves(&self, who: &str, n: u8, record: RecordId, action: &str) -> Submission {
        let content = self.node.record(&self.actor(who), record).unwrap().content;
        Submission::Transition(RawTransition {
            record,
            submission: SubmissionId([n.wrapping_add(100); 16]),
            action: action.to_owned(),
            content,
            returned: Vec::new(),
            reason: None,
        })
    }

    /// Cells sent back.
    pub(crate) fn returns(&self, who: &str, n: u8, record: RecordId, at: &str) -> Submission {
        let content = self.node.record(&self.actor(who), record).unwrap().content;
        Submission::Transition(RawTransition {
            record,
            submission: SubmissionId([n; 16]),
            action: "kembalikan".to_owned(),
            content,
            returned: vec![RawReturned { at: at.to_owned(), reason: "belum jelas".to_owned() }],
            reason: None,
        })
    }
}

async fn open(dir: &std::path::Path, office: OfficeId, clock: &Arc<SetClock>) -> Arc<Node> {
    let config = Config {
        dir: dir.to_owned(),
        office: Some(office),
        name: Some("pusat".to_owned()),
        simulation: None,
    };
    Node::open(&config, Arc::clone(clock) as Arc<dyn node::clock::Clock>).await.unwrap()
}

#[expect(clippy::wildcard_enum_match_arm, reason = "nothing else is an object")]
pub(crate) fn fields(json: Value) -> Map<String, Value> {
    match json {
        Value::Object(map) => map,
        other => panic!("not an object: {other}"),
    }
}

pub(crate) fn incident(n: u8, office: OfficeId, title: &str) -> Submission {
    Submission::Create(RawForm {
        type_key: "uji.kejadian".to_owned(),
        submission: SubmissionId([n; 16]),
        record: Some(RecordId([n; 16])),
        office,
        period: None,
        fields: fields(json!({"judul": title, "tanggal": "2021-01-08", "korban": 2})),
        confirmed: Vec::new(),
    })
}

pub(crate) fn daily(n: u8, office: OfficeId, day: &str) -> Submission {
    Submission::Create(RawForm {
        type_key: "uji.harian".to_owned(),
        submission: SubmissionId([n; 16]),
        record: None,
        office,
        period: Some(day.to_owned()),
        fields: fields(json!({"uraian": "nihil"})),
        confirmed: Vec::new(),
    })
}

pub(crate) fn patch(n: u8, record: RecordId, changes: Value) -> Submission {
    Submission::Patch(RawPatch {
        record,
        submission: SubmissionId([n; 16]),
        saw: None,
        fields: fields(changes),
        confirmed: Vec::new(),
    })
}

/// A result in a line: the state of things or the problems.
pub(crate) fn told<T, E: Failure>(result: &Result<T, E>, ok: &str) -> String {
    match result {
        Ok(_) => ok.to_owned(),
        Err(error) => {
            let problems: Vec<String> = error
                .problems()
                .iter()
                .map(|p| match &p.at {
                    Some(at) => format!("{} at {at}", p.code),
                    None => p.code.clone(),
                })
                .collect();
            format!("{:?}: {}", error.kind(), problems.join(", "))
        }
    }
}
