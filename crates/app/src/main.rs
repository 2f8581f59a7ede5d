//! The program `genggam`.

use std::process::ExitCode;

use app::output::Output;

/// Returns freed memory to the system sooner than the system's own allocator: a node idles for
/// most of the day.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let run = || app::cli::run(std::env::args_os(), Output::standard());
    // A panic is a fault inside the program: it has been printed, and has a code of its own.
    ExitCode::from(std::panic::catch_unwind(run).unwrap_or(70))
}
