//! Imports that run beside everything else and go on after a restart.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::problem::{Problem, ProblemCode};
use serde::{Deserialize, Serialize};
use store::audit::{self, Entry};
use store::jobs::{self, JobId};
use store::people;

use super::mapping::Mapping;
use super::run::{self, Order, Reached};
use super::{Counts, ImportError};
use crate::actor::Actor;
use crate::failure::Failure;
use crate::node::{Core, Node};
use crate::submit::SubmitError;

const KIND: &str = "import";
const RUNNING: &str = "running";
const DONE: &str = "done";
const FAILED: &str = "failed";

/// A sentence for a problem, for a job that outlives its request.
type Speaker = Arc<dyn Fn(&Problem) -> String + Send + Sync>;

/// An import to be started.
#[derive(Clone, Debug)]
pub struct NewImport {
    /// The file; it is moved (or copied) into the node's directory.
    pub file: PathBuf,
    /// The name that it had, for the list of imports.
    pub name: String,
    /// The text of the mapping file.
    pub mapping: Option<String>,
    /// `pack.type`: for rules that name none.
    pub type_key: Option<String>,
    /// Check every row and keep nothing.
    pub dry_run: bool,
}

/// Where an import stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ImportState {
    /// It is at work, or goes on when the node starts again.
    Running,
    /// Every row is accounted for.
    Done,
    /// It stopped; what was imported stays.
    Failed,
}

/// How an import stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImportView {
    /// Its number.
    pub job: u64,
    /// The file's name.
    pub name: String,
    /// Where it stands.
    pub state: ImportState,
    /// It keeps nothing.
    pub dry_run: bool,
    /// What became of the rows so far.
    pub counts: Counts,
    /// Why it failed.
    pub problems: Vec<Problem>,
}

/// What is kept of a job.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Body {
    name: String,
    mapping: Option<String>,
    type_key: Option<String>,
    dry_run: bool,
    reached: Reached,
    problems: Vec<Problem>,
}

impl Body {
    fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("invariant: a job's body is plain data")
    }
}

impl Node {
    /// Starts an import and answers at once; [`Node::import_job`] says how it stands.
    ///
    /// # Errors
    /// If the mapping can't be read, the file can't be moved, or storage fails.
    pub fn start_import(
        self: &Arc<Self>,
        by: &Actor,
        new: &NewImport,
        say: Speaker,
    ) -> Result<JobId, ImportError> {
        new.mapping.as_deref().map(Mapping::parse).transpose()?;
        let now_ms = self.core.clock.now_ms();
        let body = Body {
            name: new.name.chars().take(200).collect(),
            mapping: new.mapping.clone(),
            type_key: new.type_key.clone(),
            dry_run: new.dry_run,
            reached: Reached { begun_ms: now_ms, ..Reached::default() },
            problems: Vec::new(),
        };
        let job = self
            .core
            .store
            .write(|tx| jobs::start(tx, KIND, by.person(), "waiting", now_ms, &body.bytes()))?;
        let folder = self.import_folder(job);
        let moved = std::fs::create_dir_all(&folder).and_then(|()| {
            let to = folder.join("file");
            std::fs::rename(&new.file, &to).or_else(|_| std::fs::copy(&new.file, &to).map(|_| ()))
        });
        if let Err(source) = moved {
            self.core.keep(job, FAILED, &body)?;
            return Err(ImportError::Write { path: folder, source });
        }
        self.core.keep(job, RUNNING, &body)?;
        self.spawn_import(job, Arc::new(by.clone()), body, say);
        Ok(job)
    }

    /// Goes on with the imports that a stop of the node interrupted.
    ///
    /// # Errors
    /// If storage fails.
    pub fn resume_imports(self: &Arc<Self>, say: &Speaker) -> Result<usize, ImportError> {
        let waiting = self.core.store.read(|r| {
            let mut waiting = Vec::new();
            for job in jobs::in_state(r, RUNNING)?.into_iter().filter(|job| job.kind == KIND) {
                let person = people::get(r, job.person)?.filter(|person| person.active);
                let actor = person.map(|person| self.core.with_roles(r, &person)).transpose()?;
                waiting.push((job.id, actor, job.body));
            }
            Ok::<_, ImportError>(waiting)
        })?;
        let mut resumed = 0;
        for (job, actor, body) in waiting {
            let Ok(mut body) = serde_json::from_slice::<Body>(&body) else { continue };
            match actor {
                Some(actor) => {
                    self.spawn_import(job, Arc::new(actor), body, Arc::clone(say));
                    resumed += 1;
                }
                None => {
                    body.problems = vec![Problem::new(ProblemCode::Denied)];
                    self.core.keep(job, FAILED, &body)?;
                }
            }
        }
        Ok(resumed)
    }

    /// How an import that the person started stands.
    ///
    /// # Errors
    /// If there is none, or storage fails.
    pub fn import_job(&self, by: &Actor, job: JobId) -> Result<ImportView, ImportError> {
        let found = self.core.store.read(|r| jobs::get(r, job))?;
        let own = found.filter(|found| found.kind == KIND && found.person == by.person());
        let own = own.ok_or(ImportError::NotFound)?;
        let body: Body = serde_json::from_slice(&own.body).map_err(|_| ImportError::NotFound)?;
        let state = match own.state.as_str() {
            DONE => ImportState::Done,
            FAILED => ImportState::Failed,
            _ => ImportState::Running,
        };
        let counts = body.reached.counts;
        let (name, dry_run, problems) = (body.name, body.dry_run, body.problems);
        Ok(ImportView { job: job.0, name, state, dry_run, counts, problems })
    }

    /// The file of rows that an import rejected.
    ///
    /// # Errors
    /// If there is no such import, or storage fails.
    pub fn import_rejects(&self, by: &Actor, job: JobId) -> Result<PathBuf, ImportError> {
        self.import_job(by, job)?;
        let rejects = self.import_folder(job).join("rejects.csv");
        if rejects.exists() { Ok(rejects) } else { Err(ImportError::NotFound) }
    }

    fn import_folder(&self, job: JobId) -> PathBuf {
        self.dir().join("imports").join(job.0.to_string())
    }

    fn spawn_import(self: &Arc<Self>, job: JobId, by: Arc<Actor>, body: Body, say: Speaker) {
        let node = Arc::clone(self);
        tokio::spawn(async move {
            if let Err(error) = node.run_import(job, &by, body, &say).await {
                tracing::error!(%error, job = job.0, "an import's end cannot be kept");
            }
        });
    }

    async fn run_import(
        &self,
        job: JobId,
        by: &Arc<Actor>,
        mut body: Body,
        say: &Speaker,
    ) -> Result<(), ImportError> {
        let folder = self.import_folder(job);
        let (file, rejects) = (folder.join("file"), folder.join("rejects.csv"));
        let begun = body.reached.clone();
        let mut kept = body.clone();
        let mut tell = |reached: &Reached| {
            kept.reached = reached.clone();
            self.core.keep(job, RUNNING, &kept)
        };
        let mapping = body.mapping.as_deref().map(Mapping::parse).transpose()?;
        let order = Order {
            file: &file,
            mapping: mapping.as_ref(),
            type_key: body.type_key.as_deref(),
            dry_run: body.dry_run,
            rejects: &rejects,
        };
        let done = run::run(self, by, order, begun, say.as_ref(), &mut tell).await;
        let state = match done {
            Ok(reached) => {
                body.reached = reached;
                let name = PathBuf::from(&body.name);
                self.core.note_import(by, &name, body.dry_run, &body.reached.counts)?;
                DONE
            }
            // The node closes: the import goes on when it opens again.
            Err(ImportError::Submit(SubmitError::Busy)) => return Ok(()),
            Err(error) => {
                tracing::warn!(%error, job = job.0, "an import failed");
                body.problems = error.problems();
                body.reached = kept.reached;
                FAILED
            }
        };
        self.core.keep(job, state, &body)?;
        if let Err(error) = std::fs::remove_file(&file) {
            tracing::warn!(%error, job = job.0, "an imported file cannot be removed");
        }
        Ok(())
    }
}

impl Core {
    fn keep(&self, job: JobId, state: &str, body: &Body) -> Result<(), ImportError> {
        let now_ms = self.clock.now_ms();
        Ok(self.store.write(|tx| jobs::update(tx, job, state, now_ms, &body.bytes()))?)
    }

    /// Writes an import into the audit trail.
    pub(super) fn note_import(
        &self,
        by: &Actor,
        file: &Path,
        dry_run: bool,
        counts: &Counts,
    ) -> Result<(), ImportError> {
        if dry_run {
            return Ok(());
        }
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned());
        let Counts { rows, imported, repeated, rejected, .. } = counts;
        let entry = Entry {
            at_ms: self.clock.now_ms(),
            person: Some(by.person()),
            action: KIND.to_owned(),
            subject: name.unwrap_or_default(),
            detail: format!(
                "rows {rows}, imported {imported}, repeated {repeated}, rejected {rejected}"
            ),
        };
        Ok(self.store.write(|tx| audit::put(tx, &entry))?)
    }
}
