//! `genggam demo`.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use node::enrol::JoinError;
use serde_json::json;

use super::serve::{Ready, Serve};
use super::{Context, Done, failed};
use crate::demo::{
    self, Account, Demo as Prepared, DemoError, Event, Network, NetworkError, Options, Plan, Role,
};

#[derive(Debug, Args)]
pub(super) struct Demo {
    #[command(flatten)]
    serve: Serve,
    /// Whose node: the whole country, Kepulauan Riau, or Kabupaten Bintan
    #[arg(long, value_enum, default_value_t = Role::Centre)]
    role: Role,
    /// Seed of everything simulated
    #[arg(long, default_value_t = 2021)]
    seed: u64,
    /// Days of reports up to today
    #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(u16).range(1..=3_660))]
    days: u16,
    /// Regencies and cities that take part, at most
    #[arg(long, default_value_t = usize::MAX, hide_default_value = true, value_name = "N")]
    offices_limit: usize,
    /// Password of all accounts; made at random if absent
    #[arg(long)]
    password: Option<String>,
    /// File nothing more once it is ready; else a few simulated reports a minute arrive
    #[arg(long)]
    no_live: bool,
    /// Be one node of several on this machine. The province and the regency then start empty, are
    /// certified by the node above through this folder, and get their part of the year by sync.
    /// Whoever can write there is certified
    #[arg(long, value_name = "DIR")]
    network: Option<PathBuf>,
    /// Seconds that the link to the node above holds, where it goes away at all
    #[arg(long, default_value_t = 60, requires = "network", value_name = "SECONDS")]
    link_up: u16,
    /// Seconds for which it is then away; 0: never
    #[arg(long, default_value_t = 0, requires = "network", value_name = "SECONDS")]
    link_down: u16,
}

pub(super) const EXAMPLES: &str = "\
Examples:
  genggam demo
  genggam demo --days 30 --offices-limit 40
  genggam demo --role province --port 8082 --dir kepri
  genggam demo --network demo-network
  genggam demo --network demo-network --role province --port 8082 --dir kepri
  genggam demo --network demo-network --role regency --port 8083 --dir bintan --link-down 45

Everything in it is simulated and says so (simulasi), but for the vaccine of Kepulauan Riau in
January 2021. Its folder is ./genggam-demo; a second run goes on from there.";

/// Folder of the demo, where none was given: never that of a real node.
const FOLDER: &str = "genggam-demo";

pub(super) fn run(context: &Context, demo: Demo) -> Done {
    let dir = folder(&context.dir);
    std::fs::create_dir_all(&dir).map_err(failed::file(&dir))?;
    let ready = Ready::check(&demo.serve, &dir)?;
    let options = Options {
        dir,
        role: demo.role,
        seed: demo.seed,
        days: demo.days,
        offices_limit: demo.offices_limit,
        password: demo.password,
        joins: demo.network.is_some(),
    };
    let seconds = |count: u16| Duration::from_secs(count.into());
    let plan = Plan { up: seconds(demo.link_up), down: seconds(demo.link_down) };
    let network = demo.network.map(|folder| Network { folder, plan });
    super::runtime()?.block_on(async {
        let prepared = prepare(context, &options).await?;
        let node = std::sync::Arc::clone(&prepared.node);
        if !context.output.json {
            show(context, &prepared)?;
        }
        let accounts = prepared.accounts.clone();
        let line = |url: &str| {
            json!({ "listening": url, "password": prepared.password, "accounts": accounts })
        };
        let beside = async |url: &str| goes_on(context, &prepared, network, demo.no_live, url).await;
        let served = ready.serve(context, &node, line, beside).await;
        tokio::task::spawn_blocking(move || node.close()).await?;
        served
    })
}

/// What a demo does while it serves.
async fn goes_on(
    context: &Context,
    prepared: &Prepared,
    network: Option<Network>,
    no_live: bool,
    url: &str,
) -> Done {
    let shows = network.is_some();
    let tell = |event: &Event| {
        // Nobody may listen any more: the node serves on.
        if shows {
            drop(told(context, event));
        }
    };
    let connected = async {
        match &network {
            Some(network) => prepared.take_part(network, url, &tell).await.map_err(refused),
            None => std::future::pending().await,
        }
    };
    let filing = async {
        if no_live {
            return std::future::pending().await;
        }
        prepared.keep_filing(&tell).await;
    };
    tokio::select! {
        done = connected => done,
        () = filing => Ok(()),
    }
}

fn refused(error: NetworkError) -> anyhow::Error {
    match error {
        NetworkError::Join(JoinError::OtherRoot) => failed::said("node_other_root", &[]),
        NetworkError::Certify(error) => failed::failure(error),
        NetworkError::File { path, source } => failed::file(&path)(source),
        NetworkError::Join(_) | NetworkError::Storage(_) => error.into(),
    }
}

fn told(context: &Context, event: &Event) -> std::io::Result<()> {
    let output = &context.output;
    if output.json {
        return output.json_line(event);
    }
    let seconds = |ms: u64| format!("{}.{}", ms / 1_000, ms % 1_000 / 100);
    match event {
        Event::Joined { url } => output.say("cli.node_joined", &[("url", url)]),
        Event::CaughtUp { ms, operations, bytes } => {
            let seconds = seconds(*ms);
            let values: [(&str, &dyn Display); 3] =
                [("seconds", &seconds), ("operations", operations), ("bytes", bytes)];
            output.say("cli.demo_caught_up", &values)
        }
        Event::LinkDown { ms } => output.say("cli.demo_link_down", &[("seconds", &seconds(*ms))]),
        Event::LinkUp { ms, waiting } => {
            let seconds = seconds(*ms);
            let values: [(&str, &dyn Display); 2] = [("seconds", &seconds), ("waiting", waiting)];
            output.say("cli.demo_link_up", &values)
        }
        Event::Delivered { operations, ms } => {
            let seconds = seconds(*ms);
            let values: [(&str, &dyn Display); 2] =
                [("operations", operations), ("seconds", &seconds)];
            output.say("cli.demo_delivered", &values)
        }
        Event::Filed { title } => output.say("cli.demo_filed", &[("title", title)]),
    }
}

fn folder(given: &Path) -> PathBuf {
    if given == Path::new(super::FOLDER) { PathBuf::from(FOLDER) } else { given.to_owned() }
}

async fn prepare(context: &Context, options: &Options) -> anyhow::Result<Prepared> {
    let bar = context.output.progress("cli.demo_progress", Some(u64::from(options.days)));
    let mut days = |all, told| {
        bar.set_length(all);
        bar.set_position(told);
    };
    let prepared = demo::prepare(options, &mut days).await;
    bar.finish_and_clear();
    prepared.map_err(|error| match error {
        DemoError::RealNode(path) => failed::said("demo_real_node", &[("path", &path.display())]),
        DemoError::OtherBeginning(path) => {
            failed::said("demo_other_beginning", &[("path", &path.display())])
        }
        DemoError::People(error) => failed::failure(error),
        DemoError::Open(_)
        | DemoError::Packs(_)
        | DemoError::Publish(_)
        | DemoError::Fill(_)
        | DemoError::Note { .. }
        | DemoError::Facts(_) => error.into(),
    })
}

fn show(context: &Context, prepared: &Prepared) -> Done {
    let output = &context.output;
    if prepared.joins() {
        output.say("cli.demo_joins", &[])?;
    } else {
        output.say("cli.demo_ready", &[("count", &prepared.told.kept)])?;
    }
    let texts = ["name", "roles", "office"].map(|key| output.text(&format!("cli.head.{key}")));
    let heads = [texts[0].as_str(), texts[1].as_str(), texts[2].as_str()];
    let row = |account: &Account| {
        vec![account.name.clone(), account.role.to_owned(), account.office_name.clone()]
    };
    output.table(&heads, &prepared.accounts.iter().map(row).collect::<Vec<_>>())?;
    Ok(output.say("cli.demo_password", &[("password", &prepared.password)])?)
}
