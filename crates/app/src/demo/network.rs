//! How the nodes of a demo become one network: requests and enrolments lie in a folder that they
//! share, in the place of the people who would carry them.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::ids::OfficeId;
use domain::period::Date;
use domain::trust::{Certificate, KeyRole};
use node::enrol::{Dialled, Enrolment, JoinError, Request};
use node::{Actor, ControlError, Node};
use thiserror::Error;

/// How often a node looks into the folder.
const LOOK_EVERY: Duration = Duration::from_millis(200);
const REQUEST: &str = ".request.json";
const JOINED: &str = ".joined.json";

/// Why nodes of a demo don't become a network.
#[derive(Debug, Error)]
pub enum NetworkError {
    /// A file of the shared folder can't be read or written.
    #[error("cannot use `{}`", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A request can't be certified.
    #[error(transparent)]
    Certify(#[from] ControlError),
    /// The enrolment can't be used.
    #[error(transparent)]
    Join(#[from] JoinError),
    /// Storage failed.
    #[error("storage failed")]
    Storage(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Asks the office above for a certificate, waits for it, and joins.
pub(super) async fn join(node: &Node, folder: &Path) -> Result<Dialled, NetworkError> {
    let name = |ending| folder.join(format!("{}{ending}", node.about().office));
    let (request, joined) = (name(REQUEST), name(JOINED));
    // One that lies there is of an earlier run: its address may be another now.
    remove(&joined)?;
    write(&request, &node.kernel().request())?;
    loop {
        if let Some(enrolment) = read::<Enrolment>(&joined)? {
            node.kernel().join(&enrolment)?;
            let office = enrolment.parent().map_err(JoinError::from)?.office;
            return Ok(Dialled { url: enrolment.url, office });
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Certifies whatever node directly below asks for it, for as long as it is polled. `url` is where
/// this node listens.
pub(super) async fn answer(
    node: &Node,
    by: &Actor,
    folder: &Path,
    url: &str,
) -> Result<(), NetworkError> {
    loop {
        // It can't certify before it stands under a root itself.
        if let Some(enrolment) = node.kernel().enrolment(url) {
            for (office, path) in requests(folder)? {
                let Some(request) = read::<Request>(&path)? else { continue };
                let Ok(certificate) = request.certificate() else { continue };
                if certificate.office != office || !is_directly_below(node, office) {
                    continue;
                }
                if !is_certified(node, &certificate) {
                    node.certify(by, certificate).await?;
                }
                remove(&path)?;
                write(&folder.join(format!("{office}{JOINED}")), &enrolment)?;
            }
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

fn requests(folder: &Path) -> Result<Vec<(OfficeId, PathBuf)>, NetworkError> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed(folder))? {
        let path = entry.map_err(failed(folder))?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        let office = name.and_then(|name| name.strip_suffix(REQUEST)?.parse().ok());
        found.extend(office.map(|office| (OfficeId(office), path)));
    }
    Ok(found)
}

fn is_directly_below(node: &Node, office: OfficeId) -> bool {
    let today = Date::of_ms(node.now_ms());
    let above = node.tree().at(office, today).and_then(|office| office.parent);
    above == Some(node.about().office)
}

fn is_certified(node: &Node, certificate: &Certificate) -> bool {
    let rules = node.kernel().rules();
    let mut entries = rules.trust.entries();
    entries.any(|(_, entry)| entry.certificate == *certificate && !entry.is_revoked())
}

/// Whether a node of another office is certified for this one: it files by itself.
pub(super) fn has_own_node(node: &Node, office: OfficeId) -> bool {
    let rules = node.kernel().rules();
    let mut entries = rules.trust.entries().map(|(_, entry)| entry);
    office != node.about().office
        && entries.any(|entry| {
            let certificate = &entry.certificate;
            (certificate.role, certificate.office) == (KeyRole::Node, office) && !entry.is_revoked()
        })
}

/// Written under another name first, so that it is there whole or not at all.
fn write(path: &Path, value: &impl serde::Serialize) -> Result<(), NetworkError> {
    let text = serde_json::to_string_pretty(value).expect("invariant: it is plain data");
    let beside = path.with_extension("tmp");
    std::fs::write(&beside, text + "\n")
        .and_then(|()| std::fs::rename(&beside, path))
        .map_err(failed(path))
}

/// What lies there; none while there is nothing, or something else.
fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Result<Option<T>, NetworkError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(serde_json::from_str(&text).ok()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(path)(error)),
    }
}

fn remove(path: &Path) -> Result<(), NetworkError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(path)(error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

pub(super) fn failed(path: &Path) -> impl FnOnce(io::Error) -> NetworkError {
    let path = path.to_owned();
    move |source| NetworkError::File { path, source }
}
