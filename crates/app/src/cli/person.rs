//! `genggam person`.

use clap::Subcommand;
use domain::period::Date;
use node::{NewPerson, Node, RoleAt};
use serde_json::json;

use super::opened::{By, PasswordFile};
use super::{Context, Done, date, failed, opened};
use crate::http::wire;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Add a person with a first role
    #[command(after_help = "\
Examples:
  genggam person add budi --name 'Budi Santoso' --role operator --at 'Kota Batam' --as sari")]
    Add {
        /// The name they will sign in with
        login: String,
        /// Their name; the same if absent
        #[arg(long)]
        name: Option<String>,
        /// The role: operator, verifikator, analis, pimpinan, pengelola, or a pack's own
        #[arg(long)]
        role: String,
        /// The office: a code or a name
        #[arg(long)]
        at: String,
        #[command(flatten)]
        password: PasswordFile,
        #[command(flatten)]
        by: By,
    },
    /// Give a person a role at an office, or end it
    Role {
        /// The name they sign in with
        login: String,
        /// The role
        #[arg(long)]
        role: String,
        /// The office: a code or a name
        #[arg(long)]
        at: String,
        /// From this day; today if absent
        #[arg(long, value_parser = date, conflicts_with = "end")]
        from: Option<Date>,
        /// Until the day before this
        #[arg(long, value_parser = date, conflicts_with = "end")]
        until: Option<Date>,
        /// End it today
        #[arg(long)]
        end: bool,
        #[command(flatten)]
        by: By,
    },
    /// Set a person's password; their sessions end
    Password {
        /// The name they sign in with
        login: String,
        #[command(flatten)]
        password: PasswordFile,
        #[command(flatten)]
        by: By,
    },
    /// The people whom an administrator manages
    List {
        #[command(flatten)]
        by: By,
    },
}

pub(super) fn run(context: &Context, command: Command) -> Done {
    opened::with(context, async |node| match command {
        Command::Add { login, name, role, at, password, by } => {
            let name = name.unwrap_or_else(|| login.clone());
            let role = RoleAt { role, office: opened::office(&node, &at)? };
            let password = Some(password.read(context)?);
            let new = NewPerson { login, name, password, roles: vec![role] };
            let by = by.actor(&node)?;
            node.create_person(&by, &new).map_err(failed::failure)?;
            Ok(context.output.say("cli.person_added", &[("name", &new.login)])?)
        }
        Command::Role { login, role, at, from, until, end, by } => {
            let role = RoleAt { role, office: opened::office(&node, &at)? };
            assign(context, &node, &by, &login, &role, end, (from, until))
        }
        Command::Password { login, password, by } => {
            let by = by.actor(&node)?;
            let person = opened::person(&node, &by, &login)?;
            let password = password.read(context)?;
            node.set_password(&by, person, &password).map_err(failed::failure)?;
            Ok(context.output.say("cli.person_password", &[("name", &login)])?)
        }
        Command::List { by } => list(context, &node, &by),
    })
}

fn assign(
    context: &Context,
    node: &Node,
    by: &By,
    login: &str,
    role: &RoleAt,
    end: bool,
    (from, until): (Option<Date>, Option<Date>),
) -> Done {
    let by = by.actor(node)?;
    let person = opened::person(node, &by, login)?;
    let from = from.unwrap_or_else(|| opened::today(node));
    let done = if end {
        node.end_role(&by, person, role)
    } else {
        node.assign_role(&by, person, role, from, until)
    };
    done.map_err(failed::failure)?;
    let tree = node.tree();
    let office = tree.at(role.office, opened::today(node)).map_or("", |at| at.name);
    let said = if end { "cli.person_role_ended" } else { "cli.person_role" };
    Ok(context.output.say(said, &[("name", &login), ("role", &role.role), ("office", &office)])?)
}

fn list(context: &Context, node: &Node, by: &By) -> Done {
    let people = node.people(&by.actor(node)?).map_err(failed::failure)?;
    let output = &context.output;
    if output.json {
        let people: Vec<wire::Person> = people.into_iter().map(Into::into).collect();
        return Ok(output.json(&json!(people))?);
    }
    let rows: Vec<Vec<String>> = people
        .into_iter()
        .map(|person| {
            let roles = person.roles.iter().map(|r| format!("{} · {}", r.role, r.office_name));
            vec![person.login, person.name, roles.collect::<Vec<_>>().join(", ")]
        })
        .collect();
    let heads = [
        output.text("cli.head.person"),
        output.text("cli.head.name"),
        output.text("cli.head.roles"),
    ];
    Ok(output.table(&heads.each_ref().map(String::as_str), &rows)?)
}
