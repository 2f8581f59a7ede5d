//! Running an import: rows in groups, each accounted for.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::form::RawTransition;
use domain::ids::{RecordId, SubmissionId};
use domain::limits::COMMIT_GROUP_MAX;
use domain::problem::{Problem, ProblemCode};
use serde::{Deserialize, Serialize};
use store::{receipts, records};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::mapping::{FileOptions, Mapping};
use super::plan::{self, Plan};
use super::reject::Rejects;
use super::row::{Draft, Importer, action_submission};
use super::table::{self, FileError, Item, Row};
use super::{Counts, ImportError, Say};
use crate::actor::Actor;
use crate::failure::Failure;
use crate::node::Node;
use crate::submit::{self, Submission, SubmitError};

/// Rows on their way from the file: two groups.
const ROWS_AHEAD_MAX: usize = 2 * COMMIT_GROUP_MAX;

/// What to import.
#[derive(Clone, Copy, Debug)]
pub(super) struct Order<'a> {
    pub(super) file: &'a Path,
    pub(super) mapping: Option<&'a Mapping>,
    pub(super) type_key: Option<&'a str>,
    pub(super) dry_run: bool,
    pub(super) rejects: &'a Path,
}

/// How far an import is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Reached {
    pub(super) counts: Counts,
    /// Bytes of the reject file that belong to the rows counted.
    pub(super) reject_bytes: u64,
    /// When the import began: what was received since is its own.
    pub(super) begun_ms: u64,
}

/// Rows as they are read, by a thread of their own.
struct Reading {
    items: mpsc::Receiver<Item>,
    thread: JoinHandle<Result<(), FileError>>,
}

impl Reading {
    fn start(file: PathBuf, options: FileOptions) -> Self {
        let (send, items) = mpsc::channel(ROWS_AHEAD_MAX);
        let thread = tokio::task::spawn_blocking(move || {
            table::read(&file, &options, &mut |item| send.blocking_send(item).is_ok())
        });
        Self { items, thread }
    }

    /// Up to a group of rows; none at the end of the file.
    async fn group(&mut self) -> Vec<Row> {
        let mut rows = Vec::new();
        while rows.len() < COMMIT_GROUP_MAX {
            match self.items.recv().await {
                Some(Item::Row(row)) => rows.push(row),
                Some(Item::Header(_)) => {}
                None => break,
            }
        }
        rows
    }

    /// Why the file ended. A reader that panics has met a file that is none.
    async fn end(self) -> Result<(), ImportError> {
        drop(self.items);
        match self.thread.await {
            Ok(result) => Ok(result?),
            Err(_) => Err(FileError::Workbook.into()),
        }
    }
}

/// One import at work.
struct Run<'a> {
    node: &'a Node,
    by: &'a Arc<Actor>,
    order: Order<'a>,
    plan: Plan,
    reached: Reached,
    rejects: Rejects,
    say: Say<'a>,
    /// Records of this file so far, with what was sent of each.
    seen: BTreeSet<(RecordId, SubmissionId)>,
}

/// What became of a row.
enum Fate {
    Imported,
    Repeated,
    Rejected(Vec<Problem>),
}

/// Imports a file from where it stopped, telling after each group how far it is.
pub(super) async fn run(
    node: &Node,
    by: &Arc<Actor>,
    order: Order<'_>,
    reached: Reached,
    say: Say<'_>,
    tell: &mut (dyn FnMut(&Reached) -> Result<(), ImportError> + Send),
) -> Result<Reached, ImportError> {
    let options = order.mapping.map(|mapping| mapping.file.clone()).unwrap_or_default();
    let mut reading = Reading::start(order.file.to_owned(), options);
    let Some(Item::Header(header)) = reading.items.recv().await else {
        reading.end().await?;
        return Err(FileError::Workbook.into());
    };
    let plan = plan::plan(order.mapping, order.type_key, header, &node.packs())?;
    let rejects = Rejects::open(order.rejects, &plan.header, reached.reject_bytes)
        .map_err(|source| ImportError::rejects(order.rejects, source))?;
    let seen = BTreeSet::new();
    let mut skip = reached.counts.rows;
    let mut run = Run { node, by, order, plan, reached, rejects, say, seen };
    loop {
        let mut rows = reading.group().await;
        if rows.is_empty() {
            break;
        }
        let skipped = rows.len().min(usize::try_from(skip).unwrap_or(usize::MAX));
        rows.drain(..skipped);
        skip -= u64::try_from(skipped).unwrap_or(0);
        if !rows.is_empty() {
            run.group(&rows).await?;
            tell(&run.reached)?;
        }
    }
    reading.end().await?;
    run.flush()?;
    Ok(run.reached)
}

impl Run<'_> {
    async fn group(&mut self, rows: &[Row]) -> Result<(), ImportError> {
        let world = self.node.core.world();
        let importer = Importer {
            world: &world,
            person: self.by.person(),
            now_ms: self.node.core.clock.now_ms(),
        };
        let drafts: Vec<_> = rows.iter().map(|row| self.plan.draft(row, importer)).collect();
        let fates = if self.order.dry_run { self.would(drafts) } else { self.submit(drafts).await };
        for (row, fate) in rows.iter().zip(fates) {
            self.count(row, fate?)?;
        }
        self.flush()
    }

    fn count(&mut self, row: &Row, fate: Fate) -> Result<(), ImportError> {
        let counts = &mut self.reached.counts;
        counts.rows += 1;
        match fate {
            Fate::Imported => counts.imported += 1,
            Fate::Repeated => counts.repeated += 1,
            Fate::Rejected(problems) => {
                counts.rejected += 1;
                for problem in &problems {
                    *self.reached.counts.reasons.entry_of(problem) += 1;
                }
                self.rejects
                    .add(&self.plan.header, row, &problems, self.say)
                    .map_err(|source| ImportError::rejects(self.order.rejects, source))?;
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), ImportError> {
        let bytes = self.rejects.flush();
        self.reached.reject_bytes =
            bytes.map_err(|source| ImportError::rejects(self.order.rejects, source))?;
        Ok(())
    }

    /// Whether the file had this record before: the same row again, or another with its key.
    fn again(&mut self, draft: &Draft) -> Option<Fate> {
        let (record, submission) = (draft.record, draft.form.submission);
        if self.seen.contains(&(record, submission)) {
            return Some(Fate::Repeated);
        }
        let first = self.seen.range((record, SubmissionId([0; 16]))..).next();
        if first.is_some_and(|(other, _)| *other == record) {
            let exists = SubmitError::Exists(record);
            return Some(Fate::Rejected(exists.problems()));
        }
        self.seen.insert((record, submission));
        None
    }

    /// What would become of the rows.
    fn would(
        &mut self,
        drafts: Vec<Result<Draft, Vec<Problem>>>,
    ) -> Vec<Result<Fate, ImportError>> {
        let core = &self.node.core;
        let (world, judge, now_ms) = (core.world(), core.judge(), core.clock.now_ms());
        let mut fates = Vec::with_capacity(drafts.len());
        for draft in drafts {
            let draft = match draft {
                Ok(draft) => draft,
                Err(problems) => {
                    fates.push(Ok(Fate::Rejected(problems)));
                    continue;
                }
            };
            if let Some(fate) = self.again(&draft) {
                fates.push(Ok(fate));
                continue;
            }
            let submission = Submission::Create(draft.form);
            let tried = core
                .store
                .read(|r| submit::try_import(r, &world, &judge, self.by, &submission, now_ms));
            fates.push(match tried {
                Ok(true) => Ok(Fate::Repeated),
                Ok(false) => Ok(Fate::Imported),
                Err(error) => rejected(error),
            });
        }
        fates
    }

    async fn submit(
        &mut self,
        drafts: Vec<Result<Draft, Vec<Problem>>>,
    ) -> Vec<Result<Fate, ImportError>> {
        let mut fates: Vec<Option<Result<Fate, ImportError>>> = Vec::with_capacity(drafts.len());
        let (mut sent, mut submissions) = (Vec::new(), Vec::new());
        for draft in drafts {
            let (fate, draft) = match draft {
                Err(problems) => (Some(Ok(Fate::Rejected(problems))), None),
                Ok(draft) => (self.again(&draft).map(Ok), Some(draft)),
            };
            if let (None, Some(draft)) = (&fate, draft) {
                submissions.push(Submission::Create(draft.form));
                sent.push((fates.len(), draft.record, draft.actions));
            }
            fates.push(fate);
        }
        let answers = self.node.import_many(self.by, submissions).await;
        let mut begun = Vec::new();
        for ((index, record, actions), answer) in sent.into_iter().zip(answers) {
            let fate = match answer {
                // Repeated, but received since this import began: its own, before a crash.
                Ok(done) if done.repeated && done.receipt.received_ms < self.reached.begun_ms => {
                    Ok(Fate::Repeated)
                }
                Ok(_) => Ok(Fate::Imported),
                Err(error) => rejected(error),
            };
            if fate.as_ref().is_ok_and(|fate| !matches!(fate, Fate::Rejected(_))) {
                begun.push((index, record, actions));
            }
            fates[index] = Some(fate);
        }
        for (index, error) in self.act(begun).await {
            fates[index] = Some(rejected(error));
        }
        fates.into_iter().flatten().collect()
    }

    /// Takes the workflow actions of records that began, one step at a time; a record that went
    /// on before is let be.
    async fn act(&self, begun: Vec<(usize, RecordId, Vec<String>)>) -> Vec<(usize, SubmitError)> {
        let steps = begun.iter().map(|(.., actions)| actions.len()).max().unwrap_or(0);
        let mut failed: Vec<(usize, SubmitError)> = Vec::new();
        for step in 0..steps {
            let (mut indexes, mut submissions) = (Vec::new(), Vec::new());
            for (index, record, actions) in &begun {
                let Some(action) = actions.get(step) else { continue };
                if failed.iter().any(|(other, _)| other == index) {
                    continue;
                }
                match self.transition(*record, action) {
                    Ok(Some(raw)) => {
                        indexes.push(*index);
                        submissions.push(Submission::Transition(raw));
                    }
                    Ok(None) => {}
                    Err(error) => failed.push((*index, error)),
                }
            }
            let answers = self.node.import_many(self.by, submissions).await;
            let pairs = indexes.into_iter().zip(answers);
            failed.extend(pairs.filter_map(|(index, answer)| Some((index, answer.err()?))));
        }
        failed
    }

    /// The move that an action makes from where the record is now, if it starts there.
    fn transition(
        &self,
        record: RecordId,
        action: &str,
    ) -> Result<Option<RawTransition>, SubmitError> {
        let submission = action_submission(record, self.by.person(), action);
        let (found, done) = self.node.core.store.read(|r| {
            Ok::<_, SubmitError>((records::get(r, record)?, receipts::get(r, submission)?))
        })?;
        let found = found.ok_or(SubmitError::NotFound)?;
        let packs = self.node.packs();
        let ty = packs.by_ref(&found.type_ref).ok_or(SubmitError::NotFound)?;
        let known = ty.ty().workflow.action_by_key(action);
        let starts = known.is_some_and(|known| known.from.contains(&found.state));
        Ok((starts && done.is_none()).then(|| RawTransition {
            record,
            submission,
            action: action.to_owned(),
            content: found.content(),
            returned: Vec::new(),
            reason: None,
        }))
    }
}

/// What a refused row is rejected for; storage that fails ends the import, to be resumed.
#[expect(clippy::wildcard_enum_match_arm, reason = "whatever else is refused is the row's to mend")]
fn rejected(error: SubmitError) -> Result<Fate, ImportError> {
    match error {
        SubmitError::Storage(_) | SubmitError::Busy => Err(error.into()),
        error => Ok(Fate::Rejected(error.problems())),
    }
}

impl super::Reasons {
    fn entry_of(&mut self, problem: &Problem) -> &mut u64 {
        let code = ProblemCode::ALL.iter().find(|code| code.as_str() == problem.code);
        self.0.entry(code.map_or("", |code| code.as_str()).to_owned()).or_default()
    }
}
