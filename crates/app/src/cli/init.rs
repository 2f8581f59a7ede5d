//! `genggam init`.

use std::path::Path;

use clap::Args;
use domain::office::Tree;
use node::Config;
use serde_json::json;

use super::opened::PasswordFile;
use super::{Context, Done, failed, today};

#[derive(Debug, Args)]
pub(super) struct Init {
    /// The office that runs the node: a code or a name
    #[arg(long)]
    office: String,
    /// The node's name; the office's if absent
    #[arg(long)]
    name: Option<String>,
    /// Name that the first administrator signs in with
    #[arg(long, value_name = "NAME")]
    admin: String,
    #[command(flatten)]
    password: PasswordFile,
}

pub(super) const EXAMPLES: &str = "\
Examples:
  genggam init --office 'Kota Batam' --admin sari
  genggam init --office 21.71 --admin sari --password-file - < secret.txt

The password of the first administrator (pengelola) is asked for.";

pub(super) fn run(context: &Context, init: &Init) -> Done {
    if context.dir.join("genggam.db").exists() {
        return Err(failed::said("node_exists", &[("path", &context.dir.display())]));
    }
    let (tree, today) = (Tree::built_in(), today());
    let office = super::office::named(&tree, &init.office, today)?;
    let named = tree.at(office, today).map_or("", |at| at.name);
    let name = init.name.clone().unwrap_or_else(|| named.to_owned());
    let password = init.password.read(context)?;
    check(&password)?;
    make(&context.dir)?;
    let config = Config {
        dir: context.dir.clone(),
        office: Some(office),
        name: Some(name.clone()),
        simulation: Some(false),
    };
    super::runtime()?.block_on(async {
        let node = super::opened::open(&config).await?;
        let founded = node.found(&init.admin, &init.admin, &password);
        tokio::task::spawn_blocking(move || node.close()).await?;
        founded.map_err(failed::failure)
    })?;
    let (output, path) = (&context.output, context.dir.display());
    if output.json {
        let office = office.0;
        return Ok(output.json(&json!({"dir": path.to_string(), "office": office, "name": name}))?);
    }
    output.say("cli.init_done", &[("name", &name), ("office", &named), ("path", &path)])?;
    Ok(output.remark("cli.init_next", &[])?)
}

/// Before anything is made: a node without an administrator would be of no use.
fn check(password: &str) -> Done {
    let min = node::people::PASSWORD_CHARS_MIN;
    if password.chars().count() < min {
        return Err(failed::said("password_short", &[("min", &min)]));
    }
    Ok(())
}

fn make(dir: &Path) -> Done {
    std::fs::create_dir_all(dir).map_err(failed::file(dir))
}
