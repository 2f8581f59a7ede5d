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
}

pub(super) fn run(context: &Context, command: &Command) -> Done {
    let Command::Now = command;
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
    let ended = dial::once(node, peer, &dial::Until::Said).await;
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
