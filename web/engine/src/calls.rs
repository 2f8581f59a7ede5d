//! The calls, each from bytes to bytes.

use std::collections::BTreeMap;

use domain::device::{Delivery, Parcel, Place, SealError, Sealed, SignedLease, seal_form};
use domain::form::{FormContext, FormErrors, RawForm, RefInfo};
use domain::hlc::{Clock, Hlc};
use domain::ids::{Digest, OfficeId, PersonId, RecordId};
use domain::op::{SignedHead, StreamHead, open_chain, sign_head, verify, writer_id};
use domain::period::Date;
use domain::problem::{Problem, ProblemCode};
use domain::trust::Holder;
use ed25519_dalek::{SigningKey, VerifyingKey};
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::state::{self, Known};

const SEED_BYTES: usize = 32;

/// A form to be sealed.
#[derive(Deserialize)]
pub(crate) struct Ask {
    /// The form.
    form: RawForm,
    /// Records that it names, as far as the phone knows them.
    #[serde(default)]
    refs: BTreeMap<RecordId, Ref>,
    /// CBOR of the lease, in hexadecimal.
    lease: String,
    /// The key of the node that signed it, in hexadecimal.
    authority: Digest,
    /// The device's life.
    epoch: u32,
    /// The time as the node told it, in milliseconds since 1970.
    now_ms: u64,
    /// The clock's last moment.
    last: Hlc,
    /// Where the device's streams stand: CBOR of a stream in hexadecimal → number and link.
    heads: BTreeMap<String, (u64, Digest)>,
}

#[derive(Deserialize)]
struct Ref {
    #[serde(rename = "type")]
    type_key: String,
    state: String,
    office: OfficeId,
}

/// What came of it: the problems, or the rest.
#[derive(Default, Serialize)]
pub(crate) struct Answer {
    problems: Vec<Problem>,
    /// CBOR of the delivery, in hexadecimal.
    delivery: String,
    /// CBOR of its stream.
    stream: String,
    next_seq: u64,
    link: Option<Digest>,
    record: Option<RecordId>,
    /// The clock's moment.
    time: Hlc,
}

/// What goes into a parcel.
#[derive(Deserialize)]
pub(crate) struct Packing {
    lease: String,
    deliveries: Vec<String>,
}

pub(crate) fn kit(bytes: &[u8]) -> Vec<u8> {
    vec![u8::from(state::learn(bytes))]
}

pub(crate) fn enrol(bytes: &[u8]) -> Vec<u8> {
    let (Some(seed), Some(person)) = (seed(bytes), bytes.get(SEED_BYTES..)) else {
        return Vec::new();
    };
    let Ok(person) = person.try_into() else { return Vec::new() };
    let key = SigningKey::from_bytes(&seed);
    let verifying = key.verifying_key();
    let holder = Holder::prove(&key, PersonId(person));
    [verifying.as_bytes().as_slice(), &holder.proof, &writer_id(&verifying).0].concat()
}

pub(crate) fn seal(bytes: &[u8]) -> Vec<u8> {
    let sealed = sealed(bytes);
    let answer = sealed.unwrap_or_else(|problems| Answer { problems, ..Answer::default() });
    serde_json::to_vec(&answer).unwrap_or_default()
}

fn sealed(bytes: &[u8]) -> Result<Answer, Vec<Problem>> {
    let one = |code| vec![Problem::new(code)];
    let seed = seed(bytes).ok_or_else(|| one(ProblemCode::BodyInvalid))?;
    let ask: Ask = serde_json::from_slice(&bytes[SEED_BYTES..]).map_err(|error| {
        vec![Problem::new(ProblemCode::BodyInvalid).with("reason", error)]
    })?;
    let lease: SignedLease = of_hex(&ask.lease).ok_or_else(|| one(ProblemCode::DeviceLeaseForged))?;
    let authority = VerifyingKey::from_bytes(&ask.authority.0);
    let authority = authority.map_err(|_| one(ProblemCode::DeviceLeaseForged))?;
    let lease = lease.open(&authority).map_err(|error| one(error.code()))?;
    let time = Clock::after(ask.last).tick(ask.now_ms);
    let key = SigningKey::from_bytes(&seed);
    let place = Place { epoch: ask.epoch, time };
    let done = state::with(|known| {
        let pack = ask.form.type_key.split_once('.');
        let pack = pack.and_then(|(name, _)| known.packs.iter().find(|pack| pack.name == name));
        let Some(pack) = pack else {
            return Err(SealError::Form(Problem::new(ProblemCode::UnknownType).at("type").into()));
        };
        let refs = ask.refs.iter().map(|(id, named)| {
            let (type_key, state) = (named.type_key.clone(), named.state.clone());
            (*id, RefInfo { type_key, state, office: named.office })
        });
        let refs = refs.collect();
        let today = today(known, ask.form.office, ask.now_ms);
        let context = FormContext { today, refs: &refs, tree: &known.tree };
        seal_form(&key, lease, place, pack, (&ask.form, &context), |stream| {
            let (next_seq, link) = ask.heads.get(&to_hex(stream))?;
            Some(StreamHead { next_seq: *next_seq, link: *link })
        })
    });
    match done {
        None => Err(one(ProblemCode::Busy)),
        Some(Ok(Sealed { delivery, record, head })) => Ok(Answer {
            problems: Vec::new(),
            stream: to_hex(&delivery.stream),
            delivery: to_hex(&delivery),
            next_seq: head.next_seq,
            link: Some(head.link),
            record: Some(record),
            time,
        }),
        Some(Err(SealError::Form(errors))) => Err(FormErrors::into_problems(errors)),
        Some(Err(SealError::Lease(error))) => Err(one(error.code())),
        Some(Err(SealError::Op(error))) => Err(one(error.code())),
    }
}

pub(crate) fn parcel(bytes: &[u8]) -> Vec<u8> {
    let packed = || {
        let packing: Packing = serde_json::from_slice(bytes).ok()?;
        let deliveries = packing.deliveries.iter().map(|one| of_hex::<Delivery>(one));
        let parcel =
            Parcel { lease: of_hex(&packing.lease)?, deliveries: deliveries.collect::<Option<_>>()? };
        minicbor::to_vec(parcel).ok()
    };
    packed().unwrap_or_default()
}

pub(crate) fn digest(bytes: &[u8]) -> Vec<u8> {
    blake3::hash(bytes).as_bytes().to_vec()
}

/// Reads a golden stream and writes again what a native build wrote: links by hashing, operations
/// by encoding what was decoded, heads by signing.
pub(crate) fn golden(bytes: &[u8]) -> Vec<u8> {
    let again = || {
        let text = std::str::from_utf8(bytes).ok()?;
        let of = |kind: &str| {
            let lines = text.lines().filter(|line| line.split(' ').next() == Some(kind));
            let last = lines.filter_map(|line| line.split(' ').next_back()).map(str::to_owned);
            last.collect::<Vec<_>>()
        };
        let seed: [u8; 32] = unhex(of("key").first()?)?.try_into().ok()?;
        let key = SigningKey::from_bytes(&seed);
        let head: SignedHead = of_hex(of("head").first()?)?;
        let ops: Vec<Vec<u8>> = of("op").iter().map(|op| unhex(op)).collect::<Option<_>>()?;
        let start = StreamHead::start(&head.stream);
        verify(&head.stream, &start, &ops, &head, &key.verifying_key()).ok()?;
        let read = open_chain(&head.stream, &start, &ops).ok()?;
        let mut out = format!("key {}\nwriter {}\n", hex(&seed), writer_id(&key.verifying_key()));
        out += &format!("stream {}\nstart {}\n", to_hex(&head.stream), start.link);
        for op in &read {
            out += &format!("op {} {}\nlink {} {}\n", op.seq(), to_hex(op.op()), op.seq(), op.link());
        }
        let signed = sign_head(&key, &head.stream, &read.last()?.head());
        out += &format!("signature {}\nhead {}\n", hex(&signed.signature), to_hex(&signed));
        Some(out.into_bytes())
    };
    again().unwrap_or_default()
}

/// The date at an office.
fn today(known: &Known, office: OfficeId, now_ms: u64) -> Date {
    /// Where an office's time is unknown, the time of the capital holds.
    const WIB_MINUTES: i16 = 420;
    let office = known.tree.at(office, Date::of_ms(now_ms));
    let minutes = office.map_or(WIB_MINUTES, |office| office.utc_offset_minutes);
    Date::of_ms(now_ms.saturating_add_signed(i64::from(minutes) * 60_000))
}

fn seed(bytes: &[u8]) -> Option<[u8; SEED_BYTES]> {
    bytes.get(..SEED_BYTES)?.try_into().ok()
}

fn to_hex(value: &impl Encode<()>) -> String {
    minicbor::to_vec(value).map(|bytes| hex(&bytes)).unwrap_or_default()
}

fn of_hex<T: for<'b> Decode<'b, ()>>(text: &str) -> Option<T> {
    minicbor::decode(&unhex(text)?).ok()
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| Some(digit(*pair.first()?)? << 4 | digit(*pair.get(1)?)?)).collect()
}
