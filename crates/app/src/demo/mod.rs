//! The demo: the real tree of offices, the three packs, and a simulated year of reports that says
//! everywhere that it is simulated; with it, what is known of the vaccine of Kepulauan Riau in
//! January 2021.

mod chance;
mod clock;
pub mod corpus;
mod country;
mod daily;
mod fill;
mod goods;
mod incident;
mod kepri;
mod link;
mod live;
mod network;
mod people;
mod progress;
pub mod samples;
mod step;
mod story;
pub mod text;

use std::path::PathBuf;
use std::sync::Arc;

use domain::ids::OfficeId;
use domain::pack::Pack;
use domain::pack::author::{DICTIONARY, PackProblem, Sources, compile_sources};
use domain::period::Date;
use node::clock::{Clock as _, SystemClock};
use node::{Actor, Config, ControlError, Node, OpenError, PeopleError};
use rust_embed::RustEmbed;
use thiserror::Error;

use clock::StoryClock;
use country::{CENTRE, Country, PROVINCE, REGENCY};
pub use fill::{FillError, Told};
pub use link::{Event, Network, Plan};
pub use network::NetworkError;
pub use people::Account;
use people::Cast;
use progress::Progress;
use step::Judge;
use story::{Span, Story};

/// The packs of this repository.
#[derive(RustEmbed)]
#[folder = "../../packs"]
struct Packs;

/// Whose node a demo shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Role {
    /// The whole country.
    #[default]
    Centre,
    /// Kepulauan Riau.
    Province,
    /// Kabupaten Bintan.
    Regency,
}

/// What to tell.
#[derive(Clone, Debug)]
pub struct Options {
    /// The node's folder.
    pub dir: PathBuf,
    /// Whose node.
    pub role: Role,
    /// The seed of everything simulated.
    pub seed: u64,
    /// Days up to today.
    pub days: u16,
    /// Regencies and cities that take part, at most.
    pub offices_limit: usize,
    /// The accounts' password; made at random if none.
    pub password: Option<String>,
    /// It is part of a network: what the centre tells of its offices comes by sync, and it files
    /// for its own office alone. Of no effect at the centre.
    pub joins: bool,
}

/// A demo that is ready to be served.
#[derive(Debug)]
pub struct Demo {
    /// The node.
    pub node: Arc<Node>,
    /// The accounts.
    pub accounts: Vec<Account>,
    /// Their password.
    pub password: String,
    /// What was told now.
    pub told: Told,
    role: Role,
    joins: bool,
    founder: Actor,
    cast: Arc<Cast>,
    country: Arc<Country>,
}

/// Why a demo can't be made.
#[derive(Debug, Error)]
pub enum DemoError {
    /// The folder holds a node that isn't a demo.
    #[error("`{}` holds a real node: a demo needs a folder of its own", .0.display())]
    RealNode(PathBuf),
    /// The folder holds a demo that told its year by itself, or one that didn't.
    #[error("`{}` holds a demo that began otherwise", .0.display())]
    OtherBeginning(PathBuf),
    /// The node can't be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A pack of ours can't be compiled.
    #[error("a pack of this program can't be compiled: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Packs(Vec<PackProblem>),
    /// A pack can't be published.
    #[error(transparent)]
    Publish(#[from] ControlError),
    /// The people can't be made.
    #[error(transparent)]
    People(#[from] PeopleError),
    /// The past can't be told.
    #[error(transparent)]
    Fill(#[from] FillError),
    /// What was told can't be noted.
    #[error("cannot note in `{}` what was told", path.display())]
    Note {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The figures can't be brought up to date.
    #[error("the figures can't be brought up to date")]
    Facts(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Options {
    /// Nodes of one network are told apart by their names.
    fn node_name(&self) -> &'static str {
        match (self.joins, self.role) {
            (false, _) => "simulasi",
            (true, Role::Centre) => "simulasi-pusat",
            (true, Role::Province) => "simulasi-kepri",
            (true, Role::Regency) => "simulasi-bintan",
        }
    }
}

impl Role {
    fn office(self) -> OfficeId {
        match self {
            Self::Centre => CENTRE,
            Self::Province => PROVINCE,
            Self::Regency => REGENCY,
        }
    }
}

/// Makes a demo, or brings an earlier one in the same folder up to the present. `days` is called
/// with the days there are and the days told.
///
/// # Errors
/// [`DemoError`]; what was told up to then is kept, and the next run goes on from there.
pub async fn prepare(
    options: &Options,
    days: &mut (dyn FnMut(u64, u64) + Send),
) -> Result<Demo, DemoError> {
    let now_ms = SystemClock.now_ms();
    let mut progress = Progress::open(options, Date::of_ms(now_ms))?;
    let joins = options.joins && options.role != Role::Centre;
    if progress.joins != joins {
        return Err(DemoError::OtherBeginning(options.dir.clone()));
    }
    let clock = Arc::new(StoryClock::default());
    if !joins {
        clock.show(KEPRI_BEGINS_MS);
    }
    let node = open(options, &clock).await?;
    let password = options.password.clone().unwrap_or_else(people::random_password);
    progress.write()?;
    let founder = people::founder(&node, &password)?;
    let country = Country::new(
        &node.tree(),
        options.role.office(),
        Date::of_ms(now_ms),
        progress.seed,
        progress.offices_limit,
    );
    // Provinces that are younger than the story's beginning have people too.
    clock.show_present();
    let cast = Arc::new(people::gather(&node, &founder, &country)?);
    let told = if joins {
        Told::default()
    } else {
        clock.show(KEPRI_BEGINS_MS);
        let judge = Judge { packs: publish(&node, &founder).await?, tree: node.tree() };
        tell(&node, &clock, &cast, &country, judge, now_ms, &mut progress, days).await?
    };
    clock.show_present();
    let accounts = people::accounts(&node, &founder, &country, &cast, &password)?;
    node.facts_caught_up().await.map_err(|error| DemoError::Facts(Box::new(error)))?;
    let (role, country) = (options.role, Arc::new(country));
    Ok(Demo { node, accounts, password, told, role, joins, founder, cast, country })
}

/// 1 January 2021, when the story begins.
const KEPRI_BEGINS_MS: u64 = 1_609_459_200_000;

impl Demo {
    /// Whether what the centre tells comes by sync.
    #[must_use]
    pub fn joins(&self) -> bool {
        self.joins
    }

    /// Files a few simulated reports a minute, until it is dropped: for the offices that have no
    /// node of their own.
    pub async fn keep_filing(&self, tell: &(dyn Fn(&Event) + Sync)) {
        let files_for = |office| {
            let own = office == self.country.root;
            own || !self.joins && !network::has_own_node(&self.node, office)
        };
        live::file(&self.node, &self.cast, &self.country, &files_for, tell).await;
    }
}

async fn open(options: &Options, clock: &Arc<StoryClock>) -> Result<Arc<Node>, DemoError> {
    let fresh = !options.dir.join(progress::FILE).exists();
    if fresh && options.dir.join("genggam.db").exists() {
        return Err(DemoError::RealNode(options.dir.clone()));
    }
    let config = Config {
        dir: options.dir.clone(),
        office: Some(options.role.office()),
        name: Some(options.node_name().to_owned()),
        simulation: Some(true),
    };
    let clock: Arc<StoryClock> = Arc::clone(clock);
    Ok(Node::open(&config, clock).await?)
}

type PackByName = std::collections::BTreeMap<String, Arc<Pack>>;

async fn publish(node: &Node, by: &Actor) -> Result<PackByName, DemoError> {
    let mut packs = PackByName::new();
    for name in ["kejadian", "lapsit", "distribusi"] {
        let pack = compile(name)?;
        node.publish_pack(by, pack.clone()).await?;
        packs.insert(name.to_owned(), Arc::new(pack));
    }
    Ok(packs)
}

fn compile(name: &str) -> Result<Pack, DemoError> {
    let prefix = format!("{name}/");
    let dictionary =
        Packs::get(&format!("{prefix}{DICTIONARY}")).map(|file| file.data.into_owned());
    let texts = Packs::iter().filter(|path| !path.ends_with(DICTIONARY)).filter_map(|path| {
        let file = Packs::get(&path)?;
        let text = String::from_utf8_lossy(&file.data).into_owned();
        Some((path.strip_prefix(&prefix)?.to_owned(), text))
    });
    let sources = Sources::from_texts(texts).with_dictionary(dictionary);
    compile_sources(&sources).map_err(DemoError::Packs)
}

#[expect(clippy::too_many_arguments, reason = "the parts of one telling, put together once")]
async fn tell(
    node: &Node,
    clock: &StoryClock,
    cast: &Arc<Cast>,
    country: &Country,
    judge: Judge,
    now_ms: u64,
    progress: &mut Progress,
    days: &mut (dyn FnMut(u64, u64) + Send),
) -> Result<Told, DemoError> {
    let facts = kepri::steps(&|office| country.holds(office), &judge);
    let mut told = fill::fill(node, clock, cast, facts.into_iter(), &mut |_| {}).await?;
    let span = Span { from: progress.from, told_ms: progress.told_ms, now_ms };
    let country = Arc::new(country.clone());
    let story = Story::new(Arc::clone(&country), judge, span);
    // What is done above the node would reach it from there; nobody here does it in their place.
    let story = story.filter(move |step| country.holds(step.who.office));
    let all = span.days_to(now_ms);
    let mut failed = None;
    let mut note = |told_ms: u64| {
        days(all, span.days_to(told_ms));
        failed = failed.take().or_else(|| progress.note(told_ms).err());
    };
    let simulated = fill::fill(node, clock, cast, story, &mut note).await?;
    if let Some(error) = failed {
        return Err(error);
    }
    progress.finish(now_ms)?;
    told.kept += simulated.kept;
    told.repeated += simulated.repeated;
    told.refused += simulated.refused;
    Ok(told)
}
