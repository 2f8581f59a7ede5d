//! The command line: `genggam --help` is the contract.

mod bundle;
mod corpus;
mod demo;
mod device;
mod dictionary;
mod failed;
mod files;
mod init;
mod judge;
mod node;
mod office;
mod opened;
mod pack;
mod person;
mod prune;
mod quarantine;
mod query;
mod serve;
mod sync;
mod upkeep;
mod watch;

use std::ffi::OsString;
use std::path::PathBuf;

use ::node::clock::{Clock, SystemClock};
use clap::{Args, Parser, Subcommand};
use domain::period::Date;

use crate::messages::Lang;
use crate::output::Output;

const EXAMPLES: &str = "\
Examples:
  genggam demo                                 a whole simulated country, ready to look at
  genggam init --office 'Kota Batam'           a new node in ./genggam-data
  genggam serve                                serve it at http://127.0.0.1:8080
  genggam office tree --on 2021-01-08 --json   the offices of that day, for a program

Exit codes: 0 done · 1 refused or invalid · 2 wrong command line · 70 a fault inside the program";

/// Offices that coordinate, from the centre to the regency: reports in, figures out.
#[derive(Debug, Parser)]
#[command(name = "genggam", version, after_help = EXAMPLES, max_term_width = 100)]
struct CommandLine {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Threads that wait for the disk at once. Each may hold a connection of the database with pages in
/// memory; when hundreds of nodes return at once, what else is asked waits its turn.
const BLOCKING_THREADS_MAX: usize = 32;
/// The node's folder, where none was given.
const FOLDER: &str = "genggam-data";

/// Options of every command.
#[derive(Debug, Args)]
struct Global {
    /// The node's folder
    #[arg(long, global = true, env = "GENGGAM_DIR", default_value = FOLDER)]
    dir: PathBuf,
    /// Language of what is printed; by default that of LANG, else Indonesian
    #[arg(long, global = true, value_enum)]
    lang: Option<Lang>,
    /// Results as JSON, for a program
    #[arg(long, global = true)]
    json: bool,
    /// No progress, no remarks
    #[arg(long, short, global = true)]
    quiet: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a node: its folder, its key, its first administrator
    #[command(after_help = init::EXAMPLES)]
    Init(init::Init),
    /// Serve the node: the web app and its API
    #[command(after_help = serve::EXAMPLES)]
    Serve(serve::Serve),
    /// A simulated country to look at: the real offices, a year of reports, the first vaccine
    #[command(after_help = demo::EXAMPLES)]
    Demo(demo::Demo),
    /// The offices: the tree at a date, look-up, dated changes
    #[command(subcommand)]
    Office(office::Command),
    /// The people: who they are, and their roles at offices
    #[command(subcommand)]
    Person(person::Command),
    /// The packs: forms, workflows and measures as data
    #[command(subcommand)]
    Pack(pack::Command),
    /// A figure: a table on the terminal, or JSON
    #[command(after_help = query::EXAMPLES)]
    Query(query::Query),
    /// Early warning: which counts of which offices stand out
    #[command(after_help = watch::EXAMPLES)]
    Watch(watch::Watch),
    /// Take in a CSV or XLSX file, as records of any type
    #[command(after_help = files::IMPORT_EXAMPLES)]
    Import(files::Import),
    /// Write records to a CSV, XLSX or Parquet file
    #[command(after_help = files::EXPORT_EXAMPLES)]
    Export(files::Export),
    /// How nodes join, and how their keys end
    #[command(subcommand, after_help = node::EXAMPLES)]
    Node(node::Command),
    /// Phones and browsers with a key of their own: codes to enrol them, and how their keys end
    #[command(subcommand, after_help = device::EXAMPLES)]
    Device(device::Command),
    /// The exchange with the node above
    #[command(subcommand)]
    Sync(sync::Command),
    /// What nodes exchange, as files for a USB stick, a boat or a mail
    #[command(subcommand, after_help = bundle::EXAMPLES)]
    Bundle(bundle::Command),
    /// The facts that figures are made of
    #[command(subcommand)]
    Facts(upkeep::Facts),
    /// Proof that nothing in the node was changed
    #[command(subcommand)]
    Audit(upkeep::Audit),
    /// What this node refused, why, and what to do about it
    #[command(subcommand)]
    Quarantine(quarantine::Command),
    /// Copy the node's database, whole, to a file
    Backup {
        /// The file; it must not exist
        file: PathBuf,
    },
    /// Restore a node from a backup into the folder of --dir, which must be empty
    #[command(after_help = upkeep::RESTORE_EXAMPLES)]
    Restore(upkeep::Restore),
    /// Keep old records without their operations' bytes, where a node above has them too
    #[command(after_help = prune::EXAMPLES)]
    Prune(prune::Prune),
    /// Print the description of the HTTP API (OpenAPI 3.1)
    Openapi,
    /// Print incident forms for benches, one JSON a line
    #[command(hide = true)]
    Corpus(corpus::Corpus),
    /// Judge series of counts, one JSON a line, for benches
    #[command(hide = true)]
    Judge(judge::Judge),
}

/// What every command gets.
struct Context {
    output: Output,
    dir: PathBuf,
}

type Done = anyhow::Result<()>;

/// Runs one command line and gives its exit code. The first argument is the program's name.
pub fn run(arguments: impl IntoIterator<Item = OsString>, mut output: Output) -> u8 {
    let CommandLine { global, command } = match CommandLine::try_parse_from(arguments) {
        Ok(line) => line,
        Err(error) => return usage(&error, &output),
    };
    output.lang = global.lang.unwrap_or_else(locale);
    output.json = global.json;
    output.quiet = global.quiet;
    let context = Context { output, dir: global.dir };
    match dispatch(&context, command) {
        Ok(()) => failed::OK,
        Err(error) => failed::report(&error, &context.output),
    }
}

fn dispatch(context: &Context, command: Command) -> Done {
    match command {
        Command::Init(init) => init::run(context, &init),
        Command::Serve(options) => serve::run_in(context, &options),
        Command::Demo(options) => demo::run(context, options),
        Command::Office(command) => office::run(context, command),
        Command::Person(command) => person::run(context, command),
        Command::Pack(command) => pack::run(context, command),
        Command::Query(query) => query::run(context, query),
        Command::Watch(asked) => watch::run(context, asked),
        Command::Import(options) => files::import(context, options),
        Command::Export(options) => files::export(context, options),
        Command::Node(command) => node::run(context, command),
        Command::Device(command) => device::run(context, command),
        Command::Sync(command) => sync::run(context, &command),
        Command::Bundle(command) => bundle::run(context, command),
        Command::Facts(command) => upkeep::facts(context, &command),
        Command::Audit(command) => upkeep::audit(context, &command),
        Command::Quarantine(command) => quarantine::run(context, command),
        Command::Backup { file } => upkeep::backup(context, &file),
        Command::Restore(options) => upkeep::restore(context, &options),
        Command::Prune(options) => prune::run(context, &options),
        Command::Openapi => Ok(context.output.write(crate::http::openapi_text().as_bytes())?),
        Command::Corpus(asked) => corpus::run(context, &asked),
        Command::Judge(asked) => judge::run(context, &asked),
    }
}

/// Help and version are results; anything else is a mistake in the command line.
fn usage(error: &clap::Error, output: &Output) -> u8 {
    let text = error.render();
    let (written, code) = if error.use_stderr() {
        (output.complain(text), failed::USAGE)
    } else {
        (output.write(text.to_string().as_bytes()), failed::OK)
    };
    if written.is_err() { failed::BUG } else { code }
}

fn locale() -> Lang {
    let set = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let name = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find(set);
    Lang::of_locale(name.and_then(|name| std::env::var(name).ok()).as_deref())
}

/// Today in western Indonesia, for commands that need no node.
fn today() -> Date {
    const WIB_MS: u64 = 7 * 60 * 60 * 1000;
    Date::of_ms(SystemClock.now_ms() + WIB_MS)
}

/// A date given on the command line.
fn date(text: &str) -> Result<Date, String> {
    text.parse().map_err(|error: domain::period::PeriodError| error.to_string())
}

/// The threads that answer requests.
fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    Ok(runtime.max_blocking_threads(BLOCKING_THREADS_MAX).enable_all().build()?)
}

/// Ready when the person or the system asks to stop.
async fn interrupted() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => signal.recv().await,
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<Option<()>>();
    tokio::select! {
        _ = interrupt => {}
        _ = terminate => {}
    }
}

pub(crate) use self::opened::today as today_of;
