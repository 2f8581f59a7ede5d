//! The program `genggam`.

use std::process::ExitCode;

use app::output::Output;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// Returns freed memory to the system sooner than the system's own allocator: a node idles for
/// most of the day.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    log_to_stderr();
    let run = || app::cli::run(std::env::args_os(), Output::standard());
    // A panic is a fault inside the program: it has been printed, and has a code of its own.
    ExitCode::from(std::panic::catch_unwind(run).unwrap_or(70))
}

/// Warnings and faults go to standard error; `GENGGAM_LOG=node=debug` tells more.
fn log_to_stderr() {
    let filter = EnvFilter::builder()
        .with_env_var("GENGGAM_LOG")
        .with_default_directive(LevelFilter::WARN.into())
        .from_env_lossy();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}
