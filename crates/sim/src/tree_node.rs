//! What `sim tree` and `sim fan-in` play offices with. Light nodes: streams in memory in place of a database, real keys, chains and forms.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use domain::expr::{self, Datum, Moment, Scene};
use domain::form::{self, FormContext, RawForm};
use domain::hlc::Hlc;
use domain::ids::{Digest, OfficeId, PersonId, RecordId, WriterId};
use domain::limits::{FRAME_OPS_MAX, SIGNED_EVERY_OPS};
use domain::office::Tree;
use domain::op::{
    self, Audience, Change, Create, FORMAT, Lane, Op, SignedHead, StreamHead, StreamId, TypeRef,
    sign_head, writer_id,
};
use domain::pack::{Pack, author};
use domain::period::Date;
use domain::permit::Permit;
use domain::sync::body::creation_submission;
use domain::sync::{
    Boundary, Config, DictionaryId, Held, Hello, PROTOCOL, Page, Ppm, Role, Rules, Squeeze, Taken,
    hello_bytes,
};
use ed25519_dalek::{Signer as _, SigningKey};

/// The people who file.
const AUTHOR: PersonId = PersonId([7; 16]);

/// What every light node works with: a real pack, reports as its forms take them, a codec.
#[derive(Debug)]
pub(crate) struct Kit {
    pub(crate) codec: Arc<dyn Squeeze>,
    pub(crate) dictionary: DictionaryId,
    pub(crate) forms: Vec<(Create, Lane)>,
    pub(crate) type_keys: BTreeMap<TypeRef, String>,
    pub(crate) pack: (String, u32),
}

impl Kit {
    /// From a pack's folder, and forms as `genggam corpus` writes them.
    pub(crate) fn read(
        pack: &Path,
        forms: &Path,
        tree: &Tree,
        today: Date,
    ) -> anyhow::Result<Self> {
        let wrong = |problems| anyhow::anyhow!("the pack is wrong: {problems:?}");
        let pack = author::compile(pack).map_err(wrong)?;
        let codec = Ppm::default();
        let dictionary = match &pack.dictionary {
            Some(dictionary) => codec.learn(&dictionary.0),
            None => DictionaryId::NONE,
        };
        let text = fs::read_to_string(forms).context("the forms can't be read")?;
        let context = FormContext { today, refs: &BTreeMap::new(), tree };
        let forms = text.lines().map(|line| report(line, &pack, &context));
        let forms = forms.collect::<anyhow::Result<Vec<_>>>()?;
        ensure!(!forms.is_empty(), "there are no forms");
        let type_keys =
            pack.types.iter().map(|ty| (pack.type_ref(ty), format!("{}.{}", pack.name, ty.key)));
        Ok(Self {
            codec: Arc::new(codec),
            dictionary,
            forms,
            type_keys: type_keys.collect(),
            pack: (pack.name.clone(), pack.version),
        })
    }

    /// A report of an office, under an id of its own.
    pub(crate) fn report(&self, at: usize, office: OfficeId, record: RecordId) -> (Create, Lane) {
        let (create, lane) = &self.forms[at % self.forms.len()];
        (Create { record, office, ..create.clone() }, *lane)
    }
}

/// A form, judged as a node judges it, and the lane by which it leaves.
fn report(line: &str, pack: &Pack, context: &FormContext<'_>) -> anyhow::Result<(Create, Lane)> {
    let raw: RawForm = serde_json::from_str(line)?;
    let valid = form::parse(&raw, pack, context);
    let valid = valid.map_err(|errors| anyhow::anyhow!("no form: {:?}", errors.problems()))?;
    let ty = pack.type_by_full_key(&raw.type_key).context("a form of no type")?;
    let moment = Moment { today: None, period: valid.period(), office: raw.office, state: None };
    let urgent = ty.urgent.as_ref().is_some_and(|urgent| {
        expr::eval(urgent, &Scene::new(ty, valid.cells(), moment)) == Some(Datum::Bool(true))
    });
    Ok((valid.into_create(), if urgent { Lane::Urgent } else { Lane::Forms }))
}

/// One stream as a light node holds it.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) ops: Vec<Arc<[u8]>>,
    boundaries: Vec<Boundary>,
    head: StreamHead,
}

impl Kept {
    fn new(stream: &StreamId) -> Self {
        Self { ops: Vec::new(), boundaries: Vec::new(), head: StreamHead::start(stream) }
    }
}

/// A node without a disk.
#[derive(Debug)]
pub(crate) struct LightNode {
    pub(crate) office: OfficeId,
    pub(crate) key: SigningKey,
    pub(crate) writer: WriterId,
    pub(crate) streams: BTreeMap<StreamId, Kept>,
    /// Operations that came although they were here.
    pub(crate) again: u64,
    /// Records that began here, to see that none begins twice.
    pub(crate) records: BTreeSet<RecordId>,
    /// Creations of a record that had begun.
    pub(crate) doubled: u64,
}

impl LightNode {
    pub(crate) fn new(office: OfficeId, key: SigningKey) -> Self {
        let writer = writer_id(&key.verifying_key());
        Self {
            office,
            key,
            writer,
            streams: BTreeMap::new(),
            again: 0,
            records: BTreeSet::new(),
            doubled: 0,
        }
    }

    /// Files a report: the stream, and what comes next in it.
    pub(crate) fn file(&mut self, now_ms: u64, (create, lane): (Create, Lane)) -> (StreamId, u64) {
        let (office, record) = (create.office, create.record);
        let stream =
            StreamId { writer: self.writer, epoch: 1, audience: Audience::Up(office), lane };
        let permit = Permit::granted(AUTHOR, office, "create");
        let op = Op {
            format: FORMAT,
            moved: None,
            time: Hlc { ms: now_ms, counter: 0 },
            author: AUTHOR,
            office: self.office,
            submission: creation_submission(record),
            change: Change::Create(create),
        };
        let held = self.streams.entry(stream.clone()).or_insert_with(|| Kept::new(&stream));
        let sealed = op::seal(&permit, &stream, &held.head, op)
            .expect("invariant: a form that a pack accepts is within every limit");
        held.head = sealed.head();
        held.ops.push(sealed.bytes().into());
        let signature = sign_head(&self.key, &stream, &held.head).signature;
        held.boundaries.push(Boundary { next_seq: held.head.next_seq, signature });
        self.records.insert(record);
        (stream, held.head.next_seq)
    }

    /// What comes next in a stream.
    pub(crate) fn next_seq(&self, stream: &StreamId) -> u64 {
        self.streams.get(stream).map_or(1, |kept| kept.head.next_seq)
    }

    /// Every stream, with what comes next.
    pub(crate) fn held(&self) -> Vec<Held> {
        self.streams.iter().map(|(stream, held)| (stream.clone(), held.head.next_seq)).collect()
    }

    /// Operations to be sent, as a node reads them.
    pub(crate) fn page(&self, kit: &Kit, stream: &StreamId, from_seq: u64) -> Page {
        let mut page = Page {
            stream: stream.clone(),
            first_seq: from_seq,
            ops: Vec::new(),
            boundaries: Vec::new(),
            dictionary: kit.dictionary,
            type_keys: kit.type_keys.clone(),
        };
        let (Some(held), Ok(skip)) =
            (self.streams.get(stream), usize::try_from(from_seq.saturating_sub(1)))
        else {
            return page;
        };
        let ops = held.ops.iter().skip(skip).take(FRAME_OPS_MAX + SIGNED_EVERY_OPS);
        page.ops = ops.map(|op| op.to_vec()).collect();
        let end = from_seq + page.ops.len() as u64;
        let first = held.boundaries.partition_point(|boundary| boundary.next_seq <= from_seq);
        let within = held.boundaries[first..].iter().take_while(|b| b.next_seq <= end);
        page.boundaries = within.cloned().collect();
        page
    }

    /// Takes operations, in order, if they prove themselves.
    pub(crate) fn take(
        &mut self,
        rules: &Rules,
        stream: &StreamId,
        first_seq: u64,
        ops: &[Vec<u8>],
        signature: [u8; 64],
    ) -> anyhow::Result<Taken> {
        let held = self.streams.entry(stream.clone()).or_insert_with(|| Kept::new(stream));
        let here = held.head.next_seq;
        if first_seq > here {
            return Ok(Taken::Gap(here));
        }
        let known = usize::try_from(here - first_seq)?.min(ops.len());
        self.again += known as u64;
        let new = &ops[known..];
        if new.is_empty() {
            return Ok(Taken::Durable(here));
        }
        let next_seq = here + new.len() as u64;
        let key = rules.trust.judge(stream, next_seq - 1)?;
        let link: Digest = op::chain_link(&held.head, new.iter().map(Vec::as_slice));
        let head = SignedHead { stream: stream.clone(), next_seq, link, signature };
        for sealed in op::verify(stream, &held.head, new, &head, key)? {
            if let Change::Create(create) = &sealed.op().change
                && !self.records.insert(create.record)
            {
                self.doubled += 1;
            }
            held.head = sealed.head();
            held.ops.push(sealed.bytes().into());
        }
        held.boundaries.push(Boundary { next_seq, signature });
        Ok(Taken::Durable(next_seq))
    }

    /// How a session begins.
    pub(crate) fn session(
        &self,
        kit: &Kit,
        rules: &Rules,
        (role, channel): (Role, [u8; 32]),
        peer_office: Option<OfficeId>,
        now_ms: u64,
    ) -> Config {
        let hello = Hello {
            oldest: PROTOCOL,
            newest: PROTOCOL,
            writer: self.writer,
            proof: self.key.sign(&hello_bytes(role, &channel, self.writer)).to_bytes(),
            office: self.office,
            now_ms,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            packs: vec![kit.pack.clone()],
            dictionaries: vec![kit.dictionary],
            digest: Digest([0; 32]),
            cursors: None,
        };
        Config {
            role,
            channel,
            hello,
            peer_office,
            rules: rules.clone(),
            held: self.held(),
            codec: Arc::clone(&kit.codec),
            now_ms,
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::sync::{Action, Closed, Input, Session};
    use domain::trust::{Certificate, KeyRole, Trust};

    use super::*;

    const CENTRE: OfficeId = OfficeId(1);
    const PROVINCE: OfficeId = OfficeId(21);

    fn kit() -> Kit {
        let type_ref = TypeRef { pack: "p".to_owned(), version: 1, type_id: 1 };
        let (record, cells) = (RecordId([0; 16]), domain::value::Cells::new());
        let create = Create { record, type_ref, office: PROVINCE, period: None, cells };
        Kit {
            codec: Arc::new(Ppm::default()),
            dictionary: DictionaryId::NONE,
            forms: vec![(create, Lane::Forms)],
            type_keys: BTreeMap::new(),
            pack: ("p".to_owned(), 1),
        }
    }

    fn rules(nodes: &[&LightNode]) -> Rules {
        let (tree, date) = (Arc::new(Tree::built_in()), Date::new(2026, 1, 12).unwrap());
        let pin = |node: &&LightNode| Certificate {
            role: KeyRole::Node,
            key: node.key.verifying_key().to_bytes(),
            seal: [0; 32],
            office: node.office,
            name: String::new(),
            holder: None,
        };
        let pins: Vec<_> = nodes.iter().map(pin).collect();
        let root = SigningKey::from_bytes(&[9; 32]).verifying_key();
        let trust = Arc::new(Trust::new(Some(root), &pins, &[], &tree));
        Rules { tree, date, trust }
    }

    /// Two sessions that say all they have to say at one moment; the second's disk never answers.
    struct Pair {
        ends: [Session; 2],
        closed: Option<Closed>,
        taken: usize,
        hears: bool,
    }

    impl Pair {
        fn new(node: &LightNode, kit: &Kit) -> Self {
            let above = LightNode::new(CENTRE, SigningKey::from_bytes(&[2; 32]));
            let rules = rules(&[node, &above]);
            let (mut dialled, mut listens) = (Vec::new(), Vec::new());
            let config = node.session(kit, &rules, (Role::Dialer, [0; 32]), Some(CENTRE), 0);
            let dialler = Session::begin(config, &mut dialled);
            let config = above.session(kit, &rules, (Role::Listener, [0; 32]), None, 0);
            let listener = Session::begin(config, &mut listens);
            let mut pair = Self { ends: [dialler, listener], closed: None, taken: 0, hears: true };
            pair.act(node, kit, 0, 0, dialled);
            pair
        }

        fn act(
            &mut self,
            node: &LightNode,
            kit: &Kit,
            now_ms: u64,
            side: usize,
            todo: Vec<Action>,
        ) {
            for action in todo {
                match action {
                    Action::Send(bytes) if self.hears => {
                        self.input(node, kit, now_ms, 1 - side, Input::Bytes(&bytes));
                    }
                    Action::Read(stream, from) => {
                        let page = node.page(kit, &stream, from);
                        self.input(node, kit, now_ms, side, Input::Page(page));
                    }
                    Action::Take { batch, .. } => self.taken += batch.ops.len(),
                    Action::Close(why) => self.closed = Some(why),
                    Action::Send(_)
                    | Action::Met(_)
                    | Action::Acked(..)
                    | Action::Health(_)
                    | Action::Blob(_)
                    | Action::Stands(_)
                    | Action::Want(..)
                    | Action::Offered(..) => {}
                }
            }
        }

        fn input(
            &mut self,
            node: &LightNode,
            kit: &Kit,
            now_ms: u64,
            side: usize,
            input: Input<'_>,
        ) {
            let mut todo = Vec::new();
            self.ends[side].input(now_ms, input, &mut todo);
            self.act(node, kit, now_ms, side, todo);
        }
    }

    #[test]
    fn a_peer_whose_disk_is_behind_is_not_given_up_and_a_silent_one_is() {
        let kit = kit();
        let mut node = LightNode::new(PROVINCE, SigningKey::from_bytes(&[1; 32]));
        node.file(0, kit.report(0, PROVINCE, RecordId([3; 16])));
        let mut pair = Pair::new(&node, &kit);
        assert_eq!((pair.taken, &pair.closed), (1, &None));
        for now_ms in (0..60_000).step_by(250) {
            pair.input(&node, &kit, now_ms, 0, Input::Tick);
        }
        assert_eq!(pair.closed, None);
        pair.hears = false;
        for now_ms in (60_000..67_000).step_by(250) {
            pair.input(&node, &kit, now_ms, 0, Input::Tick);
        }
        assert_eq!(pair.closed, Some(Closed::Dead));
    }
}
