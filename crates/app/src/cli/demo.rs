//! `genggam demo`.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::serve::{Ready, Serve};
use super::{Context, Done, failed};
use crate::demo::{self, Account, Demo as Prepared, DemoError, Options, Role};

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
}

pub(super) const EXAMPLES: &str = "\
Examples:
  genggam demo
  genggam demo --days 30 --offices-limit 40
  genggam demo --role province --port 8082 --dir kepri

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
    };
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
        let served = ready.serve(context, &node, line);
        let served = if demo.no_live {
            served.await
        } else {
            tokio::select! {
                served = served => served,
                () = prepared.keep_filing() => Ok(()),
            }
        };
        tokio::task::spawn_blocking(move || node.close()).await?;
        served
    })
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
    output.say("cli.demo_ready", &[("count", &prepared.told.kept)])?;
    let texts = ["name", "roles", "office"].map(|key| output.text(&format!("cli.head.{key}")));
    let heads = [texts[0].as_str(), texts[1].as_str(), texts[2].as_str()];
    let row = |account: &Account| {
        vec![account.name.clone(), account.role.to_owned(), account.office_name.clone()]
    };
    output.table(&heads, &prepared.accounts.iter().map(row).collect::<Vec<_>>())?;
    Ok(output.say("cli.demo_password", &[("password", &prepared.password)])?)
}
