//! `cargo xtask demo`: a centre, a province and a regency, each a node of its own.

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

/// Builds, starts the province and the regency in the background, and the centre in front.
pub(crate) fn run(args: &DemoArgs) -> anyhow::Result<()> {
    let program = setup::build(args.release)?;
    let base = sh::root().join("target/demo");
    let rest: Vec<&str> = args.rest.iter().map(String::as_str).collect();
    let mut nodes = Vec::new();
    for (role, port) in [("regency", "8483"), ("province", "8482"), ("centre", "8481")] {
        println!("starting the node of the {role}");
        let dir = base.join(role);
        let mut fixed = vec!["--role", role];
        fixed.extend(rest.iter().copied());
        let server = Server::demo_at(&program, &dir, port, &fixed)?;
        println!("{role:>9}: {}", server.url);
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
