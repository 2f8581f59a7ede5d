//! One session's loop: what the connection, the log and time bring goes into the engine, and what
//! it says is done.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use domain::op::StreamId;
use domain::problem::{Problem, ProblemCode};
use domain::sync::{Action, Batch, Closed, Input, Role, Session, Taken};
use store::StoreError;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{OwnedSemaphorePermit, broadcast, mpsc, oneshot};

use super::board::Face;
use super::files::Files;
use super::{Ended, Link};
use crate::blobs::BlobError;
use crate::events::Growth;
use crate::group::Work;
use crate::ingest::{IngestError, Ingested};
use crate::node::Node;
use crate::sync_view::PeerState;

/// How often a session looks at the clock.
const TICK: Duration = Duration::from_millis(250);
/// Ticks without a word in either direction after which a session that only catches up is done:
/// more than a round trip of the weakest link.
const QUIET_TICKS: u32 = 10;
/// Ticks after which a session gives up its turn to begin, whatever comes: a slow link is no reason
/// for others to wait.
const TURN_TICKS: u32 = 4;

/// What became of operations that were handed to the committer.
type Answer = (u32, Result<Ingested, IngestError>);

pub(super) struct Driver {
    node: Arc<Node>,
    link: Link,
    session: Session,
    growth: broadcast::Receiver<Growth>,
    answers: (mpsc::UnboundedSender<Answer>, mpsc::UnboundedReceiver<Answer>),
    /// Streams of writers that are not certified here yet.
    unknown: BTreeSet<StreamId>,
    pending: usize,
    quiet: u32,
    /// Held while the session begins, and how long it may be.
    turn: Option<OwnedSemaphorePermit>,
    turn_ticks: u32,
    face: Face,
    files: Files,
    ended: Ended,
    todo: Vec<Action>,
}

impl Driver {
    pub(super) fn begin(
        node: &Arc<Node>,
        link: Link,
        turn: Option<OwnedSemaphorePermit>,
    ) -> Result<Self, StoreError> {
        // Listening begins before the log is looked at: nothing that comes between is missed.
        let growth = node.core.growth.subscribe();
        let config = node.core.session(link.role, link.channel, link.peer_office)?;
        let link_url = link.url.clone();
        let mut todo = Vec::new();
        let session = Session::begin(config, &mut todo);
        Ok(Self {
            node: Arc::clone(node),
            link,
            session,
            growth,
            answers: mpsc::unbounded_channel(),
            unknown: BTreeSet::new(),
            pending: 0,
            quiet: 0,
            turn,
            turn_ticks: TURN_TICKS,
            face: Face::new(node, link_url),
            files: Files::new(node),
            ended: Ended::default(),
            todo,
        })
    }

    pub(super) async fn run(mut self) -> Result<Ended, StoreError> {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            if self.act().await?.is_break() {
                break;
            }
            tokio::select! {
                datagram = self.link.inbound.recv() => match datagram {
                    Some(bytes) => {
                        self.quiet = 0;
                        self.face.received(bytes.len());
                        self.input(Input::Bytes(&bytes));
                    }
                    None => break,
                },
                Some((number, result)) = self.answers.1.recv() => {
                    self.pending -= 1;
                    self.quiet = 0;
                    let taken = self.taken(result);
                    self.files.due = true;
                    self.input(Input::Taken(number, taken));
                }
                grown = self.growth.recv() => {
                    self.grown(grown)?;
                    if self.ended.rehomed {
                        break;
                    }
                }
                _ = tick.tick() => {
                    self.quiet += 1;
                    self.turn_ticks = self.turn_ticks.saturating_sub(1);
                    if self.turn_ticks == 0 || self.quiet > 1 {
                        self.turn = None;
                    }
                    self.input(Input::Tick);
                    self.report()?;
                    self.look_for_files().await;
                    if self.link.until_idle && self.is_done() {
                        break;
                    }
                }
            }
        }
        for stream in &self.unknown {
            if self.node.core.rules().office(stream.writer).is_none() {
                self.node.offered(stream, ProblemCode::SyncUnknownWriter)?;
            }
        }
        if let Some(peer) = self.face.peer() {
            self.node.core.peer_stands(peer, &self.session.peer_cursors())?;
        }
        let progress = self.session.progress();
        self.ended.sent_ops = progress.done_ops;
        let role = self.link.role;
        let reason = self.ended.why.as_ref().and_then(|why| problem(why, role));
        let state = if reason.is_some() { PeerState::Refused } else { PeerState::Waiting };
        self.face.show(&progress, state, reason)?;
        Ok(self.ended)
    }

    /// Takes a word about files, and says what there is to say.
    async fn file(&mut self, word: &[u8]) {
        if let Err(error) = self.files.received(word).await {
            self.files_failed(&error);
        }
        self.say_of_files();
    }

    async fn look_for_files(&mut self) {
        if let Err(error) = self.files.look().await {
            self.files_failed(&error);
        }
        self.say_of_files();
    }

    fn files_failed(&mut self, error: &BlobError) {
        tracing::warn!(%error, "files can't be exchanged");
        self.todo.push(Action::Close(Closed::Storage));
    }

    /// Files go where operations leave room: what is asked for is bounded by the asker.
    fn say_of_files(&mut self) {
        let waiting = self.session.progress().lanes.iter().any(|lane| lane.waiting_ops > 0);
        let mut room = if waiting { 1 } else { usize::MAX };
        while room > 0
            && let Some(word) = self.files.next_out()
        {
            room -= 1;
            self.input(Input::Blob(word));
        }
    }

    /// Tells the parent of health, and the screen of progress.
    fn report(&mut self) -> Result<(), StoreError> {
        let progress = self.session.progress();
        let rows = self.face.health(&progress)?;
        if !rows.is_empty() {
            self.input(Input::Health(rows));
        }
        let met = self.ended.met;
        let state = if met { PeerState::Connected } else { PeerState::Connecting };
        self.face.show(&progress, state, None)
    }

    fn is_done(&self) -> bool {
        let quiet = self.quiet > QUIET_TICKS && self.files.is_idle();
        self.pending == 0 && quiet && self.session.is_idle()
    }

    fn input(&mut self, input: Input<'_>) {
        let now_ms = self.node.core.clock.now_ms();
        self.session.input(now_ms, input, &mut self.todo);
    }

    /// Does what the engine said, in order, until it says nothing more.
    async fn act(&mut self) -> Result<std::ops::ControlFlow<()>, StoreError> {
        while !self.todo.is_empty() {
            for action in std::mem::take(&mut self.todo) {
                match action {
                    Action::Send(bytes) => {
                        self.face.sent_bytes += bytes.len() as u64;
                        if self.link.outbound.send(bytes).await.is_err() {
                            return Ok(std::ops::ControlFlow::Break(()));
                        }
                    }
                    Action::Read(stream, from) => self.read(stream, from).await?,
                    Action::Take { number, batch } => self.take(number, batch).await,
                    Action::Met(peer) => {
                        self.ended.met = true;
                        let stands = self.node.core.stands(&peer)?;
                        if !stands.is_empty() {
                            self.input(Input::Stands(stands));
                        }
                        self.files.met(peer.clone());
                        self.face.met(peer);
                    }
                    Action::Blob(word) => self.file(&word).await,
                    Action::Stands(stands) => {
                        if let Some(peer) = self.face.hello() {
                            for (tag, marks) in self.node.core.compare(&peer, &stands)? {
                                self.input(Input::Want(tag, marks));
                            }
                        }
                    }
                    Action::Want(tag, marks) => {
                        if let Some(peer) = self.face.hello()
                            && let Some((stream, from)) =
                                self.node.core.parting(peer.writer, &(tag, marks))?
                        {
                            self.input(Input::Again(stream, from));
                        }
                    }
                    Action::Acked(..) => {}
                    Action::Health(rows) => self.face.heard(rows),
                    Action::Offered(stream, ProblemCode::SyncUnknownWriter) => {
                        self.unknown.insert(stream);
                    }
                    Action::Offered(stream, code) => self.node.offered(&stream, code)?,
                    Action::Close(why) => {
                        self.ended.why = Some(why);
                        return Ok(std::ops::ControlFlow::Break(()));
                    }
                }
            }
        }
        Ok(std::ops::ControlFlow::Continue(()))
    }

    async fn read(&mut self, stream: StreamId, from: u64) -> Result<(), StoreError> {
        let node = Arc::clone(&self.node);
        let read = tokio::task::spawn_blocking(move || node.core.page(&stream, from));
        match read.await {
            Ok(page) => self.input(Input::Page(page?)),
            Err(broken) => std::panic::resume_unwind(broken.into_panic()),
        }
        Ok(())
    }

    /// Hands operations to the committer, in order; its answer comes when they are durable.
    async fn take(&mut self, number: u32, batch: Batch) {
        self.pending += 1;
        let (reply, answer) = oneshot::channel();
        let sent = match self.node.queue() {
            Some(queue) => queue.send(Work::Ingest(Box::new(batch), reply)).await.is_ok(),
            None => false,
        };
        let answers = self.answers.0.clone();
        if !sent {
            drop(answers.send((number, Err(IngestError::Busy))));
            return;
        }
        tokio::spawn(async move {
            drop(answers.send((number, answer.await.unwrap_or(Err(IngestError::Busy)))));
        });
    }

    fn taken(&mut self, result: Result<Ingested, IngestError>) -> Taken {
        match result {
            Ok(Ingested { refused: Some(code), next_seq, .. }) => Taken::Refused(next_seq, code),
            Ok(ingested) => {
                self.ended.taken_ops += ingested.kept as u64;
                Taken::Durable(ingested.next_seq)
            }
            Err(IngestError::Gap { next_seq }) => Taken::Gap(next_seq),
            Err(IngestError::Busy | IngestError::Storage(_)) => Taken::Failed,
        }
    }

    fn grown(&mut self, grown: Result<Growth, RecvError>) -> Result<(), StoreError> {
        match grown {
            Ok(Growth::Stream(stream, next_seq)) => self.input(Input::Grew(stream, next_seq)),
            // What was said of where they stand holds no longer.
            Ok(Growth::Rehomed) => self.ended.rehomed = true,
            Ok(Growth::Rules) => self.input(Input::Rules(self.node.core.rules())),
            Err(RecvError::Lagged(_)) => {
                self.input(Input::Rules(self.node.core.rules()));
                for (stream, next_seq) in self.node.core.held()? {
                    self.input(Input::Grew(stream, next_seq));
                }
            }
            // The node closes; so will the connection.
            Err(RecvError::Closed) => {
                self.ended.why = Some(Closed::Storage);
                self.todo.push(Action::Close(Closed::Storage));
            }
        }
        Ok(())
    }
}

/// Why a peer was refused or refuses, where somebody has to do something about it.
fn problem(why: &Closed, role: Role) -> Option<Problem> {
    use ProblemCode::{SyncParentUnknown, SyncRevoked, SyncUnknownWriter};
    match why {
        // Of whom it dials a node was told by hand, maybe before it was restored from a backup.
        Closed::Refused(SyncRevoked | SyncUnknownWriter) if role == Role::Dialer => {
            Some(Problem::new(SyncParentUnknown))
        }
        Closed::Refused(code) => Some(Problem::new(*code)),
        Closed::Bye(code) => {
            let known = ProblemCode::ALL.iter().find(|known| known.as_str() == code);
            known.map(|code| Problem::new(*code))
        }
        Closed::Dead | Closed::Malformed | Closed::Storage => None,
    }
}
