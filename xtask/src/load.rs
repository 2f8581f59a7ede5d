//! A client that files incident reports, as many at once as asked.

use std::path::Path;

use anyhow::Context as _;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};

use crate::server::PASSWORD;
use crate::sh;

/// Signs in and files reports over one kept connection.
#[derive(Debug)]
pub(crate) struct Client {
    agent: ureq::Agent,
    url: String,
    cookie: String,
    template: Value,
    office: u32,
    random: StdRng,
}

/// An acknowledged report.
#[derive(Clone, Debug)]
pub(crate) struct Acknowledged {
    /// The record, as hexadecimal.
    pub(crate) record: String,
    /// Its place in the node's log.
    pub(crate) pos: u64,
}

/// A cookie of a new session.
pub(crate) fn sign_in(url: &str, name: &str) -> anyhow::Result<String> {
    let answer = ureq::post(format!("{url}/api/session"))
        .header("origin", url)
        .send_json(json!({"name": name, "password": PASSWORD}))?;
    let cookie = answer.headers().get("set-cookie").context("no session cookie")?;
    Ok(cookie.to_str()?.split(';').next().unwrap_or_default().to_owned())
}

/// The form of the first example of `kejadian` that is accepted.
pub(crate) fn template() -> anyhow::Result<Value> {
    let folder = sh::root().join("packs/kejadian/examples");
    let mut files: Vec<_> = std::fs::read_dir(&folder)?.collect::<Result<_, _>>()?;
    files.sort_by_key(std::fs::DirEntry::path);
    for file in files {
        let example: Value = read_json(&file.path())?;
        if example["expect"] == "accepted" {
            return Ok(example["form"].clone());
        }
    }
    anyhow::bail!("packs/kejadian has no accepted example")
}

fn read_json(path: &Path) -> anyhow::Result<Value> {
    let text = std::fs::read_to_string(path)?;
    serde_json::from_str(&text).with_context(|| format!("{} isn't JSON", path.display()))
}

impl Client {
    /// A client of this session, whose reports are about this office.
    pub(crate) fn new(url: &str, cookie: &str, office: u32, seed: u64) -> anyhow::Result<Self> {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(std::time::Duration::from_secs(30)))
            .http_status_as_error(false);
        Ok(Self {
            agent: config.build().into(),
            url: url.to_owned(),
            cookie: cookie.to_owned(),
            template: template()?,
            office,
            random: StdRng::seed_from_u64(seed),
        })
    }

    /// The next form, with its own record and submission.
    pub(crate) fn form(&mut self) -> Value {
        let mut form = self.template.clone();
        form["record"] = json!(self.id());
        form["submission"] = json!(self.id());
        form["office"] = json!(self.office);
        form
    }

    fn id(&mut self) -> String {
        format!("{:032x}", self.random.random::<u128>())
    }

    /// Files a form and waits for the receipt.
    pub(crate) fn file(&self, form: &Value) -> anyhow::Result<Acknowledged> {
        let mut answer = self
            .agent
            .post(format!("{}/api/submissions", self.url))
            .header("cookie", &self.cookie)
            .header("origin", &self.url)
            .send_json(json!({"create": form}))?;
        let status = answer.status();
        let body: Value = answer.body_mut().read_json()?;
        anyhow::ensure!(status.is_success(), "{status}: {body}");
        let record = body["record"].as_str().context("a receipt names its record")?.to_owned();
        Ok(Acknowledged { record, pos: body["pos"].as_u64().context("a receipt has its place")? })
    }

    /// Whether the node has a record.
    pub(crate) fn has(&self, record: &str) -> anyhow::Result<bool> {
        let answer = self
            .agent
            .get(format!("{}/api/records/{record}", self.url))
            .header("cookie", &self.cookie)
            .call()?;
        Ok(answer.status().is_success())
    }

    /// Asks for a figure.
    pub(crate) fn figure(&self, query: &Value) -> anyhow::Result<Value> {
        let mut answer = self
            .agent
            .post(format!("{}/api/figures", self.url))
            .header("cookie", &self.cookie)
            .header("origin", &self.url)
            .send_json(query)?;
        let status = answer.status();
        let body: Value = answer.body_mut().read_json()?;
        anyhow::ensure!(status.is_success(), "{status}: {body}");
        Ok(body)
    }
}
