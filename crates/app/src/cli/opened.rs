//! Opening the node of a command, and who acts in it.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use domain::ids::{OfficeId, PersonId};
use domain::period::Date;
use node::clock::SystemClock;
use node::{Actor, Config, Node, OpenError};

use super::{Context, failed};
use crate::http::chain;

/// Who acts. Whoever can write the node's files isn't asked for a password.
#[derive(Debug, Clone, Args)]
pub(super) struct By {
    /// The person who does it, by the name they sign in with
    #[arg(id = "by", long = "as", env = "GENGGAM_AS", value_name = "NAME")]
    name: String,
}

impl By {
    pub(super) fn actor(&self, node: &Node) -> anyhow::Result<Actor> {
        node.local_actor(&self.name).map_err(failed::failure)
    }
}

/// A password that isn't typed.
#[derive(Debug, Clone, Args)]
pub(super) struct PasswordFile {
    /// Read the password from the first line of this file; - is standard input
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

impl PasswordFile {
    /// From the file, or typed without being shown.
    pub(super) fn read(&self, context: &Context) -> anyhow::Result<String> {
        let text = match self.password_file.as_deref() {
            None => return typed(context),
            Some(path) if path == Path::new("-") => std::io::read_to_string(std::io::stdin())?,
            Some(path) => std::fs::read_to_string(path).map_err(failed::file(path))?,
        };
        match text.lines().next() {
            Some(line) if !line.is_empty() => Ok(line.to_owned()),
            Some(_) | None => Err(failed::said("password_empty", &[])),
        }
    }
}

fn typed(context: &Context) -> anyhow::Result<String> {
    let term = console::Term::stderr();
    if !term.is_term() {
        return Err(failed::said("password_empty", &[]));
    }
    term.write_str(&context.output.text("cli.password_prompt"))?;
    Ok(term.read_secure_line()?)
}

/// Opens the command's node, does the work, and closes it.
pub(super) fn with<F, T>(context: &Context, work: impl FnOnce(Arc<Node>) -> F) -> anyhow::Result<T>
where
    F: Future<Output = anyhow::Result<T>>,
{
    if !context.dir.join("genggam.db").exists() {
        return Err(failed::said("no_node", &[("path", &context.dir.display())]));
    }
    let config = Config { dir: context.dir.clone(), ..Config::default() };
    super::runtime()?.block_on(async {
        let node = open(&config).await?;
        let done = work(Arc::clone(&node)).await;
        tokio::task::spawn_blocking(move || node.close()).await?;
        done
    })
}

/// Opens a node.
pub(super) async fn open(config: &Config) -> anyhow::Result<Arc<Node>> {
    Node::open(config, Arc::new(SystemClock)).await.map_err(|error| refused(config, &error))
}

fn refused(config: &Config, error: &OpenError) -> anyhow::Error {
    let path = config.dir.display();
    failed::said("node_failed", &[("path", &path), ("reason", &chain(error))])
}

/// The date at the node's office.
pub(crate) fn today(node: &Node) -> Date {
    let now_ms = node.now_ms();
    let tree = node.tree();
    let office = tree.at(node.about().office, Date::of_ms(now_ms));
    let ahead = office.map_or(0, |office| i64::from(office.utc_offset_minutes));
    Date::of_ms(now_ms.saturating_add_signed(ahead * 60_000))
}

/// An office of the node's tree, by a code or a name, today.
pub(super) fn office(node: &Node, text: &str) -> anyhow::Result<OfficeId> {
    super::office::named(&node.tree(), text, today(node))
}

/// A person of the node, by the name they sign in with.
pub(super) fn person(node: &Node, by: &Actor, login: &str) -> anyhow::Result<PersonId> {
    let wanted = login.trim().to_lowercase();
    let people = node.people(by).map_err(failed::failure)?;
    let found = people.into_iter().find(|person| person.login == wanted);
    found.map(|person| person.id).ok_or_else(|| failed::said("no_person", &[("name", &login)]))
}
