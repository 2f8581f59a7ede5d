//! `cargo xtask demo`: a centre, a province and a regency, each a node of its own.

use std::path::Path;

use clap::Args;

use crate::server::Server;
use crate::{setup, sh};

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Build with full optimisation (takes longer to build).
    #[arg(long)]
    release: bool,
    /// Further arguments for every `genggam demo`, after `--`.
    #[arg(last = true)]
    rest: Vec<String>,
}

/// Whose nodes, and their ports: the centre, which has most to tell, is shown last.
const ROLES: [(&str, &str); 3] = [("regency", "8483"), ("province", "8482"), ("centre", "8481")];

/// Builds, starts the three nodes, and stays until the centre's ends.
pub(crate) fn run(args: &DemoArgs) -> anyhow::Result<()> {
    let program = setup::build(args.release)?;
    let base = sh::root().join("target/demo");
    let mut nodes = Vec::new();
    println!("telling a year of reports to three nodes");
    for (role, server) in ROLES.iter().zip(start_all(&program, &base, &args.rest)) {
        let server = server?;
        println!("{:>9}: {}", role.0, server.url);
        for account in &server.accounts {
            println!(
                "           {:<32} {} ({} {})",
                account.name, account.role, account.level, account.office
            );
        }
        nodes.push(server);
    }
    println!("\npassword of every account: {}", crate::server::PASSWORD);
    println!("The country is at {}; Ctrl-C ends all three.", nodes[2].url);
    nodes[2].wait()
}

/// All at once: the smaller ones are ready long before the centre, beside its one committer.
fn start_all(program: &Path, base: &Path, rest: &[String]) -> Vec<anyhow::Result<Server>> {
    std::thread::scope(|scope| {
        let starting = ROLES.map(|(role, port)| {
            scope.spawn(move || {
                let mut args = vec!["--role", role];
                args.extend(rest.iter().map(String::as_str));
                Server::demo_at(program, &base.join(role), port, &args)
            })
        });
        let failed = |_| anyhow::anyhow!("starting a node panicked");
        starting.map(|thread| thread.join().map_err(failed).flatten()).into()
    })
}
