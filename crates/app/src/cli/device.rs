//! `genggam device`: phones and browsers with a key of their own.

use clap::Subcommand;
use domain::ids::WriterId;
use node::{NewDevice, Node};
use qrcode::render::unicode::Dense1x2;
use serde_json::json;

use super::opened::By;
use super::{Context, Done, failed, opened};
use crate::dial;
use crate::http::{chain, device_link, qr, wire};

pub(super) const EXAMPLES: &str = "\
A device is enrolled by a code that its person types within ten minutes, signed in at this node:
  genggam device enrol --person budi --as sari
  genggam device enrol --person budi --url https://batam.example:8443 --as sari
                                     with a QR code that opens the page
  genggam device list --as sari
  genggam device revoke 3f… --reason 'telepon hilang' --as sari

While the node is being served, its page Perangkat does the same.";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make a code by which a person enrols one device
    Enrol {
        /// The name they sign in with
        #[arg(long)]
        person: String,
        /// The device's office, a code or a name; else the highest where they hold a role
        #[arg(long)]
        at: Option<String>,
        /// What people will call the device; else the person's name
        #[arg(long)]
        name: Option<String>,
        /// Where browsers reach this node: a QR code is printed too
        #[arg(long)]
        url: Option<String>,
        #[command(flatten)]
        by: By,
    },
    /// The devices of the offices that an administrator manages
    List {
        #[command(flatten)]
        by: By,
    },
    /// End a device's key: what it sealed and is here stays, nothing after it is taken
    Revoke {
        /// The key, as `device list` names it
        key: WriterId,
        /// Why, in words
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        by: By,
    },
}

pub(super) fn run(context: &Context, command: Command) -> Done {
    opened::with(context, async |node| match command {
        Command::Enrol { person, at, name, url, by } => {
            if let Some(url) = &url {
                let refused = |error| failed::said("node_url", &[("reason", &chain(&error))]);
                dial::check(url).map_err(refused)?;
            }
            enrol(context, &node, &by, (&person, at.as_deref(), name), url.as_deref())
        }
        Command::List { by } => list(context, &node, &by),
        Command::Revoke { key, reason, by } => {
            let by = by.actor(&node)?;
            node.revoke_device(&by, key, &reason).await.map_err(failed::failure)?;
            Ok(context.output.say("cli.node_revoked", &[("key", &key)])?)
        }
    })
}

fn enrol(
    context: &Context,
    node: &Node,
    by: &By,
    (login, at, name): (&str, Option<&str>, Option<String>),
    url: Option<&str>,
) -> Done {
    let by = by.actor(node)?;
    let person = opened::person(node, &by, login)?;
    let office = at.map(|at| opened::office(node, at)).transpose()?;
    let name = name.unwrap_or_else(|| login.to_owned());
    let made =
        node.device_code(&by, &NewDevice { person, office, name }).map_err(failed::failure)?;
    let output = &context.output;
    let ends = wire::moment(made.expires_ms);
    let link = url.map(|url| device_link(url, &made.code));
    if output.json {
        return Ok(output.json(&json!({
            "code": made.code, "person": made.person, "office": made.office,
            "expires_at": ends, "link": link,
        }))?);
    }
    output.line(&made.code)?;
    if let Some(link) = &link {
        output.line(qr(link)?.render::<Dense1x2>().build())?;
        output.line(link)?;
    }
    Ok(output.say("cli.device_code", &[("person", &made.person), ("time", &ends)])?)
}

fn list(context: &Context, node: &Node, by: &By) -> Done {
    let devices = node.devices(&by.actor(node)?).map_err(failed::failure)?;
    let output = &context.output;
    let devices: Vec<wire::Device> = devices.into_iter().map(Into::into).collect();
    if output.json {
        return Ok(output.json(&json!(devices))?);
    }
    if devices.is_empty() {
        return Ok(output.say("cli.no_rows", &[])?);
    }
    let rows: Vec<Vec<String>> = devices
        .into_iter()
        .map(|device| {
            let state = match &device.revoked {
                None => output.text("cli.node_stands"),
                Some(revoked) => {
                    format!("{} {}", output.text("cli.node_ended"), revoked.reason)
                }
            };
            let heard = device.heard_at.unwrap_or_else(|| "–".to_owned());
            vec![device.id, device.name, device.person.name, device.office.name, heard, state]
        })
        .collect();
    let heads = ["key", "name", "person", "office", "heard", "state"]
        .map(|head| output.text(&format!("cli.head.{head}")));
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    Ok(output.table(&heads, &rows)?)
}
