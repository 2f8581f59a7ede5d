//! `cargo xtask demo`: a centre, a province and a regency, one network of three nodes.

use std::path::Path;
use std::time::Instant;

use clap::Args;
use serde::Deserialize;

use crate::server::{self, Server};
use crate::{setup, sh};

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Build with full optimisation (takes longer to build).
    #[arg(long)]
    release: bool,
    /// Seconds that the regency's link holds.
    #[arg(long, default_value_t = 60)]
    link_up: u16,
    /// Seconds for which it is then away; 0: never.
    #[arg(long, default_value_t = 45)]
    link_down: u16,
    /// Further arguments for every `genggam demo`, after `--`.
    #[arg(last = true)]
    rest: Vec<String>,
}

/// Whose nodes, and their ports.
const ROLES: [(&str, &str); 3] = [("centre", "8481"), ("province", "8482"), ("regency", "8483")];

/// What a node says once it is ready.
#[derive(Debug, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Event {
    Joined { url: String },
    CaughtUp { ms: u64, operations: u64, bytes: u64 },
    LinkDown { ms: u64 },
    LinkUp { ms: u64, waiting: u64 },
    Delivered { operations: u64, ms: u64 },
    Filed { title: String },
}

/// Builds, starts the three nodes, and stays until they end.
pub(crate) fn run(args: &DemoArgs) -> anyhow::Result<()> {
    let program = setup::build(args.release)?;
    let base = sh::root().join("target/demo");
    println!("telling a year of reports to the centre; the other two get their part by sync");
    let begun = Instant::now();
    std::thread::scope(|scope| {
        let running = ROLES.map(|(role, port)| {
            let (program, base) = (&program, &base);
            scope.spawn(move || {
                let ended = stay(program, base, role, port, args, begun);
                // Told at once: the others run on until they are interrupted.
                if let Err(error) = &ended {
                    println!("{role:>9}: it ended: {error:#}");
                }
                ended
            })
        });
        for node in running {
            node.join().map_err(|_| anyhow::anyhow!("a node's listener panicked")).flatten()?;
        }
        Ok(())
    })
}

/// Starts a node, and passes on what it says until it ends.
fn stay(
    program: &Path,
    base: &Path,
    role: &str,
    port: &str,
    args: &DemoArgs,
    begun: Instant,
) -> anyhow::Result<()> {
    let mut node = start(program, base, role, port, args)?;
    ready(role, &node, begun);
    node.listen(|line| match serde_json::from_str(line) {
        // The centre and the province file as well; one story is enough to follow.
        Ok(Event::Filed { .. }) if role != "regency" => {}
        Ok(event) => println!("{role:>9}: {}", sentence(&event)),
        Err(_) => println!("{role:>9}: {line}"),
    })
}

fn start(
    program: &Path,
    base: &Path,
    role: &str,
    port: &str,
    args: &DemoArgs,
) -> anyhow::Result<Server> {
    let network = base.join("network").display().to_string();
    let (up, down) = (args.link_up.to_string(), args.link_down.to_string());
    let mut further = vec!["--role", role, "--network", &network];
    if role == "regency" {
        further.extend(["--link-up", &up, "--link-down", &down]);
    }
    further.extend(args.rest.iter().map(String::as_str));
    Server::demo_at(program, &base.join(role), port, &further)
}

/// Says where a node listens, who can sign in there, and what to look at.
fn ready(role: &str, node: &Server, begun: Instant) {
    let mut lines = vec![format!(
        "\n{role:>9}: {} (after {:.1} s; password of every account: {})",
        node.url,
        begun.elapsed().as_secs_f64(),
        server::PASSWORD
    )];
    for account in &node.accounts {
        let (name, role) = (&account.name, &account.role);
        lines.push(format!("           {name:<24} {role} ({} {})", account.level, account.office));
    }
    if role == "centre" {
        lines.push(guide());
    }
    println!("{}", lines.join("\n"));
}

fn guide() -> String {
    let [centre, province, regency] = ROLES.map(|(_, port)| format!("http://127.0.0.1:{port}"));
    format!(
        "
What to look at:
  1. {centre}: sign in as pimpinan.pusat; Beranda (the counts, and Terbaru), Peta, Catatan of
     Kabupaten Bintan, and Simpul ({centre}/simpul): which node was heard when.
  2. {regency}/sinkron: sign in as pengelola.bintan. Its link to the province goes away and
     comes back by itself, as printed here. What is filed meanwhile waits there, and the numbers at
     the centre move within a second or two after the link is back.
  3. By hand: file a report at {regency} (operator.bintan, Lapor) while the link is away.
  4. By USB: while the link is away, {regency}/sinkron, \u{201c}unduh bundel\u{201d}; carry the file to
     {province}/sinkron (pengelola.kepri), \u{201c}unggah bundel\u{201d}. The reports are at the
     province and then at the centre before the link is back.
Ctrl-C ends all three; a second `cargo xtask demo` goes on from there.
"
    )
}

fn sentence(event: &Event) -> String {
    let seconds = |ms: &u64| format!("{}.{} s", ms / 1_000, ms % 1_000 / 100);
    match event {
        Event::Joined { url } => format!("certified; dials {url}"),
        Event::CaughtUp { ms, operations, bytes } => format!(
            "up to date after {}: {operations} operations in {} kB",
            seconds(ms),
            bytes / 1_000
        ),
        Event::LinkDown { ms } => format!("the link is AWAY for {}", seconds(ms)),
        Event::LinkUp { ms, waiting } => {
            format!("the link is BACK for {}; {waiting} operations wait", seconds(ms))
        }
        Event::Delivered { operations, ms } => format!(
            "the node above has the {operations} operations, {} after the link was back",
            seconds(ms)
        ),
        Event::Filed { title } => format!("filed: {title}"),
    }
}
