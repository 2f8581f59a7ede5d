//! `genggam node`: how nodes join, and how their keys end.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use domain::ids::WriterId;
use domain::office::Level;
use domain::trust::Certificate;
use node::enrol::{Dialled, Enrolment, JoinError, Request, Rotation, fingerprint};
use serde_json::json;

use super::opened::By;
use super::{Context, Done, failed, opened};
use crate::dial;
use crate::http::chain;

pub(super) const EXAMPLES: &str = "\
A node joins in three steps, carried by hand:
  genggam node request kepri.json                             at the new node
  genggam node enrol kepri.json joined.json --url https://pusat.example:8443 --as sari
                                                              at a node above it
  genggam node join joined.json                               at the new node

A node gets another key, and what it wrote stays as it is:
  genggam node rotate kepri.json                              at the node
  genggam node enrol kepri.json joined.json --url … --as sari at a node above it
  genggam sync now, then genggam node rotate kepri.json       at the node
  genggam node revoke KEY --reason …                          above, when it has synced again

Many at once: `genggam node enrol requests joined …` certifies every .json in the folder
requests, and writes files of the same names into the folder joined.

Compare the eight letters that request and enrol print, by telephone.";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Write what this node asks an authority to certify
    Request {
        /// The file to write
        file: PathBuf,
    },
    /// Certify another node's request, and write what it is given
    Enrol {
        /// The request, or a folder of requests: all of them are certified
        request: PathBuf,
        /// The file to write; for a folder, the folder to write files of the same names into
        file: PathBuf,
        /// Where this node listens, as the other will dial it
        #[arg(long)]
        url: String,
        #[command(flatten)]
        by: By,
    },
    /// Join with what an authority gave, and dial it from now on
    Join {
        /// The file
        file: PathBuf,
    },
    /// Dial a node at this address from now on, in place of the one before
    Dial {
        /// Where it listens
        url: String,
        /// Its office: a code or a name
        #[arg(long)]
        office: String,
    },
    /// Ask for another key for this node; or take it, once it is certified
    Rotate {
        /// The file to write the request to
        file: PathBuf,
    },
    /// The keys that are certified here
    List,
    /// End a key: what it wrote and this node holds stays, nothing after it is taken
    Revoke {
        /// The key, as `node list` names it
        key: WriterId,
        /// Why, in words
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        by: By,
    },
}

pub(super) fn run(context: &Context, command: Command) -> Done {
    match command {
        Command::Request { file } => request(context, &file),
        Command::Enrol { request, file, url, by } => enrol(context, &request, &file, &url, &by),
        Command::Join { file } => join(context, &file),
        Command::Dial { url, office } => redirect(context, &url, &office),
        Command::Rotate { file } => rotate(context, &file),
        Command::List => list(context),
        Command::Revoke { key, reason, by } => opened::with(context, async |node| {
            let actor = by.actor(&node)?;
            node.revoke(&actor, key, &reason).await.map_err(failed::failure)?;
            Ok(context.output.say("cli.node_revoked", &[("key", &key)])?)
        }),
    }
}

fn request(context: &Context, file: &Path) -> Done {
    opened::with(context, async |node| {
        let kernel = node.kernel();
        write(file, &kernel.request())?;
        let (path, print) = (file.display(), fingerprint(&kernel.own_certificate()));
        let values: [(&str, &dyn std::fmt::Display); 2] = [("path", &path), ("print", &print)];
        Ok(context.output.say("cli.node_request", &values)?)
    })
}

fn rotate(context: &Context, file: &Path) -> Done {
    opened::with(context, async |node| {
        if node.tree().level(node.about().office) == Some(Level::Centre) {
            return Err(failed::said("node_rotate_centre", &[]));
        }
        let (said, certificate) = match node.rotate()? {
            Rotation::Asked(request) => {
                write(file, &request)?;
                ("cli.node_rotate_asked", request.certificate()?)
            }
            Rotation::Taken(certificate) => ("cli.node_rotate_taken", certificate),
        };
        let (path, print) = (file.display(), fingerprint(&certificate));
        let key = node.kernel().writer();
        let values: [(&str, &dyn std::fmt::Display); 3] =
            [("path", &path), ("print", &print), ("key", &key)];
        Ok(context.output.say(said, &values)?)
    })
}

fn enrol(context: &Context, asked: &Path, file: &Path, url: &str, by: &By) -> Done {
    dial::check(url).map_err(|error| failed::said("node_url", &[("reason", &chain(&error))]))?;
    // All are read before any is certified: one that is none stops them all.
    let requests = requests(asked, file)?;
    opened::with(context, async |node| {
        let actor = by.actor(&node)?;
        let enrolment =
            node.kernel().enrolment(url).ok_or_else(|| failed::said("node_no_root", &[]))?;
        for (certificate, file) in &requests {
            node.certify(&actor, certificate.clone()).await.map_err(failed::failure)?;
            write(file, &enrolment)?;
            let (path, print) = (file.display(), fingerprint(certificate));
            let values: [(&str, &dyn std::fmt::Display); 3] =
                [("name", &certificate.name), ("path", &path), ("print", &print)];
            context.output.say("cli.node_enrolled", &values)?;
        }
        Ok(())
    })
}

/// What is asked for, each with the file to write: of one request, or of each in a folder.
fn requests(asked: &Path, file: &Path) -> anyhow::Result<Vec<(Certificate, PathBuf)>> {
    let one = |asked: &Path, file: PathBuf| {
        let request: Request = read(asked)?;
        Ok((request.certificate().map_err(|_| unreadable(asked))?, file))
    };
    if !asked.is_dir() {
        return Ok(vec![one(asked, file.to_owned())?]);
    }
    let entries = std::fs::read_dir(asked).map_err(failed::file(asked))?;
    let entries = entries.map(|entry| Ok(entry.map_err(failed::file(asked))?.path()));
    let mut paths = entries.collect::<anyhow::Result<Vec<_>>>()?;
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
    if paths.is_empty() {
        return Err(unreadable(asked));
    }
    paths.sort();
    std::fs::create_dir_all(file).map_err(failed::file(file))?;
    let named = |path: PathBuf| {
        let to = file.join(path.file_name().unwrap_or_default());
        one(&path, to)
    };
    paths.into_iter().map(named).collect()
}

fn join(context: &Context, file: &Path) -> Done {
    let enrolment: Enrolment = read(file)?;
    opened::with(context, async |node| {
        node.kernel().join(&enrolment).map_err(|error| match error {
            JoinError::Unreadable(_) => unreadable(file),
            JoinError::OtherRoot => failed::said("node_other_root", &[]),
            JoinError::Storage(_) | JoinError::Open(_) => error.into(),
        })?;
        Ok(context.output.say("cli.node_joined", &[("url", &enrolment.url)])?)
    })
}

fn redirect(context: &Context, url: &str, office: &str) -> Done {
    dial::check(url).map_err(|error| failed::said("node_url", &[("reason", &chain(&error))]))?;
    opened::with(context, async |node| {
        let office = opened::office(&node, office)?;
        node.kernel().dial(&[Dialled { url: url.to_owned(), office }])?;
        Ok(context.output.say("cli.node_joined", &[("url", &url)])?)
    })
}

fn list(context: &Context) -> Done {
    opened::with(context, async |node| {
        let (rules, tree, today) = (node.kernel().rules(), node.tree(), opened::today(&node));
        let output = &context.output;
        let mut rows = Vec::new();
        let mut lines = Vec::new();
        for (writer, entry) in rules.trust.entries() {
            let certificate = &entry.certificate;
            let office = tree.at(certificate.office, today).map_or("", |at| at.name).to_owned();
            let state = if entry.is_revoked() { "cli.node_ended" } else { "cli.node_stands" };
            lines.push(json!({
                "key": writer, "office": certificate.office, "name": certificate.name,
                "fingerprint": fingerprint(certificate), "revoked": entry.is_revoked(),
            }));
            rows.push(vec![
                writer.to_string(),
                office,
                certificate.name.clone(),
                fingerprint(certificate),
                output.text(state),
            ]);
        }
        if output.json {
            return Ok(output.json(&json!(lines))?);
        }
        let heads = ["key", "office", "name", "print", "state"]
            .map(|head| output.text(&format!("cli.head.{head}")));
        let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
        Ok(output.table(&heads, &rows)?)
    })
}

fn write(file: &Path, value: &impl serde::Serialize) -> Done {
    let text = serde_json::to_string_pretty(value)? + "\n";
    std::fs::write(file, text).map_err(failed::file(file))
}

fn read<T: serde::de::DeserializeOwned>(file: &Path) -> anyhow::Result<T> {
    let text = std::fs::read_to_string(file).map_err(failed::file(file))?;
    serde_json::from_str(&text).map_err(|_| unreadable(file))
}

fn unreadable(file: &Path) -> anyhow::Error {
    failed::said("node_unreadable", &[("path", &file.display())])
}
