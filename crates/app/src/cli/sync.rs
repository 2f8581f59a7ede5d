//! `genggam sync`.

use clap::Subcommand;
use node::enrol::Dialled;
use serde_json::json;

use super::{Context, Done, failed, opened};
use crate::dial;
use crate::http::chain;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Dial the node above, exchange what there is, and end
    Now,
    /// How the running node stands with the nodes that it dials
    Status,
}

pub(super) fn run(context: &Context, command: &Command) -> Done {
    if let Command::Status = command {
        return status(context);
    }
    opened::with(context, async |node| {
        let peers = node.kernel().dialled()?;
        if peers.is_empty() {
            return Err(failed::said("sync_nobody", &[]));
        }
        for peer in peers {
            now(context, &node, &peer).await?;
        }
        Ok(())
    })
}

async fn now(context: &Context, node: &std::sync::Arc<node::Node>, peer: &Dialled) -> Done {
    let bar = context.output.progress("cli.sync_progress", None);
    let mut ended = dial::once(node, peer, &dial::Until::Said).await;
    if ended.as_ref().is_ok_and(|ended| ended.rehomed) {
        ended = dial::once(node, peer, &dial::Until::Said).await;
    }
    bar.finish_and_clear();
    let ended = ended.map_err(|error| {
        let reason = chain(&error);
        let values: [(&str, &dyn std::fmt::Display); 2] = [("url", &peer.url), ("reason", &reason)];
        failed::said("sync_failed", &values)
    })?;
    let output = &context.output;
    if output.json {
        return Ok(output.json(&json!({
            "url": peer.url, "sent": ended.sent_ops, "received": ended.taken_ops,
        }))?);
    }
    let values: [(&str, &dyn std::fmt::Display); 3] =
        [("url", &peer.url), ("sent", &ended.sent_ops), ("received", &ended.taken_ops)];
    Ok(output.say("cli.sync_done", &values)?)
}

/// Where a running node writes how it stands: the store is its own while it runs.
const STATUS: &str = "sync.json";

/// Writes how the node stands with those that it dials, whenever that changes, for as long as it
/// is waited for.
pub(super) async fn keep_status(node: &std::sync::Arc<node::Node>) -> Done {
    let (file, beside) = (node.dir().join(STATUS), node.dir().join("sync.json.new"));
    let mut written = None;
    loop {
        let peers = node.sync_board().peers();
        if written.as_ref() != Some(&peers) {
            std::fs::write(&beside, serde_json::to_vec(&peers)?).map_err(failed::file(&beside))?;
            std::fs::rename(&beside, &file).map_err(failed::file(&file))?;
            written = Some(peers);
        }
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }
}

fn status(context: &Context) -> Done {
    let (output, file) = (&context.output, context.dir.join(STATUS));
    let bytes = match std::fs::read(&file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(failed::said("sync_not_running", &[("path", &context.dir.display())]));
        }
        read => read.map_err(failed::file(&file))?,
    };
    let peers: Vec<serde_json::Value> = serde_json::from_slice(&bytes)?;
    if output.json {
        return Ok(output.json(&json!(peers))?);
    }
    let mut rows = Vec::new();
    for peer in &peers {
        let lanes = peer["lanes"].as_array().into_iter().flatten();
        let waits = lanes.filter(|lane| lane["waiting_ops"] != 0 || lane["in_flight_ops"] != 0);
        let waits: Vec<String> = waits
            .map(|lane| {
                let name = lane["lane"].as_str().unwrap_or_default();
                format!("{name} {}+{}", lane["waiting_ops"], lane["in_flight_ops"])
            })
            .collect();
        rows.push(vec![
            peer["url"].as_str().unwrap_or_default().to_owned(),
            output.text(&format!("cli.peer.{}", peer["state"].as_str().unwrap_or_default())),
            format!("{}/{}", peer["done_ops"], peer["total_ops"]),
            format!("{} B/s", peer["bytes_per_second"]),
            waits.join(", "),
        ]);
    }
    let heads = ["peer", "state", "done", "rate", "waits"]
        .map(|head| output.text(&format!("cli.head.{head}")));
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    Ok(output.table(&heads, &rows)?)
}
