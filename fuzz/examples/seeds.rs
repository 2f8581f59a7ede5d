//! Writes the first inputs of every target, from real encodings, into `corpus/`.

use std::path::Path;

use domain::ids::WriterId;
use domain::limits::BLOB_MESSAGE_BYTES_MAX;
use domain::op::{Audience, Lane, StreamHead};
use domain::sync::blob::{BlobAsk, BlobLimits, BlobNone, BlobThumbnailAsk, Blobs, Message as Word};
use domain::sync::bundle::{Envelope, FileGroup, Item};
use domain::sync::health::Health;
use domain::sync::{Cursor, Frame, Message, Role, tag_of};
use domain::trust::{Revocation, Trusted};
use genggam_fuzz::{blobs, body, input, session, world};

const STREAM: &str = include_str!("../../crates/domain/tests/it/golden/stream-1.txt");

fn main() -> std::io::Result<()> {
    put("wire", wire())?;
    put("body", bodies())?;
    put("session", sessions())?;
    put("ops", ops_seeds())?;
    put("blobs", blob_seeds())?;
    put("trust", trust_seeds())?;
    put("bundle", bundle_seeds())
}

fn put(target: &str, seeds: Vec<Vec<u8>>) -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    std::fs::create_dir_all(&folder)?;
    for seed in seeds {
        let name = &blake3_name(&seed);
        std::fs::write(folder.join(name), seed)?;
    }
    Ok(())
}

fn blake3_name(seed: &[u8]) -> String {
    let id = domain::sync::DictionaryId::of(seed);
    id.0.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The operations of the golden file.
fn ops() -> Vec<Vec<u8>> {
    let lines = STREAM.lines().filter(|line| line.starts_with("op "));
    lines.filter_map(|line| line.rsplit(' ').next()).map(unhex).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let digits = |at| u8::from_str_radix(&text[at..at + 2], 16).expect("golden files are hex");
    (0..text.len()).step_by(2).map(digits).collect()
}

fn slices(ops: &[Vec<u8>]) -> Vec<&[u8]> {
    ops.iter().map(Vec::as_slice).collect()
}

/// A body with plain columns, as the session's target reads it.
fn plain_body(ops: &[Vec<u8>]) -> Vec<u8> {
    let joined = body::joined(&slices(ops));
    let mut bytes = Vec::new();
    let mut len = joined.chance.len();
    while len >= 0x80 {
        bytes.push((len & 0x7f | 0x80) as u8);
        len >>= 7;
    }
    bytes.push(len as u8);
    [bytes, joined.chance, joined.columns].concat()
}

fn frame(stream: u32, first_seq: u64, ops: &[Vec<u8>]) -> Message {
    let (signature, body) = ([7; 64], plain_body(ops));
    Message::Frame(Frame { stream, first_seq, basis: 0, signature, body })
}

fn cursors() -> Vec<Cursor> {
    session::held().iter().map(|s| Cursor { tag: tag_of(s), next_seq: 3 }).collect()
}

fn health() -> Health {
    Health {
        writer: world::writer(2),
        office: world::OFFICES[2],
        name: "Bintan".into(),
        program: "0.1.0".into(),
        protocol: 1,
        heard_ms: 1,
        offset_ms: -5,
        waiting: [0, 1, 2, 3, 4],
        oldest_waiting_ms: Some(9),
        packs: vec![("lapsit".into(), 3)],
        log_ops: 7,
        via: world::writer(1),
        twice_ms: None,
    }
}

fn messages() -> Vec<Message> {
    let regency = world::stream(2, Audience::Up(world::OFFICES[2]), Lane::Forms);
    vec![
        Message::Hello(Box::new(session::hello(2, Role::Listener))),
        Message::Cursors(cursors()),
        Message::Declare(0, regency),
        frame(0, 1, &ops()[..2]),
        Message::Ack(0, 4),
        Message::Reset(0, 2),
        Message::Refused(0, 2, "op.forged".into()),
        Message::Ping(1),
        Message::Pong(1),
        Message::Bye("sync.version".into()),
        Message::Health(vec![health()]),
        Message::Got(0, 8_128),
        Message::Blob(words()[0].encode()),
    ]
}

fn wire() -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> = messages().iter().map(Message::bytes).collect();
    seeds.push(seeds.concat());
    seeds.push(health().encode());
    seeds
}

fn bodies() -> Vec<Vec<u8>> {
    let ops = ops();
    let mut seeds = Vec::new();
    for ops in [&ops[..], &ops[..1], &ops[1..4], &ops[3..7]] {
        let joined = body::joined(&slices(ops));
        seeds.push([vec![0], input::join(&[joined.chance, joined.columns])].concat());
        seeds.push([vec![1], body::closed(&slices(ops))].concat());
        seeds.push([vec![2], input::join(ops)].concat());
    }
    seeds
}

/// Steps of a session with the regency, or with the centre, in both roles.
fn sessions() -> Vec<Vec<u8>> {
    let regency = world::stream(2, Audience::Up(world::OFFICES[2]), Lane::Forms);
    let centre = world::stream(0, Audience::Down(world::OFFICES[0]), Lane::Control);
    let mut seeds = Vec::new();
    for (peer, own) in [(2, regency), (0, centre)] {
        for (flag, role) in [(0, Role::Listener), (1, Role::Dialer)] {
            let mut greeting = session::hello(peer, role);
            greeting.cursors = Some(cursors());
            let datagram = |messages: &[Message]| {
                let bytes = messages.iter().flat_map(Message::bytes);
                [1].into_iter().chain(bytes).collect::<Vec<u8>>()
            };
            let whole = minicbor::to_vec(Frame {
                stream: 1,
                first_seq: 1,
                basis: 0,
                signature: [7; 64],
                body: plain_body(&ops()),
            })
            .expect("memory");
            let half = whole.len() / 2;
            let part = |offset: usize, bytes: &[u8]| {
                let mut message = vec![0x82, 4, 0x81, 0x84, 1];
                message.extend(minicbor::to_vec(offset as u32).expect("memory"));
                message.extend(minicbor::to_vec(whole.len() as u32).expect("memory"));
                let bytes: &minicbor::bytes::ByteSlice = bytes.into();
                message.extend(minicbor::to_vec(bytes).expect("memory"));
                [vec![0], message].concat()
            };
            let other = world::stream(peer, Audience::Up(world::OFFICES[peer]), Lane::Urgent);
            let steps = vec![
                datagram(&[Message::Hello(Box::new(greeting))]),
                datagram(&[Message::Declare(0, own.clone()), frame(0, 7, &ops()[..2])]),
                vec![5, 0],
                vec![6, 0],
                datagram(&[Message::Ack(0, 5), Message::Reset(0, 4)]),
                vec![6, 128],
                vec![6, 128],
                datagram(&[Message::Got(1, 8_128), Message::Ack(1, 7)]),
                datagram(&[Message::Declare(1, other)]),
                part(0, &whole[..half]),
                part(half, &whole[half..]),
                vec![5, 1],
                vec![7],
                vec![4, 16],
                vec![3, 200],
                datagram(&messages()[4..9]),
            ];
            let begin = [flag | (peer as u8) << 1];
            seeds.push([&begin[..], &input::join(&steps)].concat());
            seeds.push([&begin[..], &input::join(&steps[..4])].concat());
        }
    }
    seeds
}

fn ops_seeds() -> Vec<Vec<u8>> {
    let ops = ops();
    let mut seeds: Vec<Vec<u8>> = ops.iter().map(|op| input::join(&[op])).collect();
    seeds.push(input::join(&ops));
    seeds.push(input::join(&[&ops[4], &ops[0], &ops[2], &ops[3]]));
    seeds
}

fn words() -> Vec<Word> {
    let group = &blobs::groups()[1][0];
    let (digest, size_bytes) = (group.digest(), group.size_bytes());
    vec![
        Word::Ask(BlobAsk { digest, size_bytes, first: 0, count: 2 }),
        Word::None(BlobNone { digest, group: Some(1) }),
        Word::ThumbnailAsk(BlobThumbnailAsk { photo: digest }),
        Word::Held(domain::sync::blob::BlobHeld { digest }),
    ]
}

fn bundle_seeds() -> Vec<Vec<u8>> {
    let envelope = Envelope { from: world::writer(0), to: world::writer(2), key: vec![5; 32] };
    let content = |items: &[Item]| {
        items.iter().flat_map(|item| minicbor::to_vec(item).expect("memory")).collect::<Vec<u8>>()
    };
    let head = Item::Head(Vec::new(), cursors());
    let stream = Item::Stream(0, session::held()[0].clone());
    let body = body::closed(&slices(&ops()));
    let frame = Frame { stream: 0, first_seq: 1, basis: 0, signature: [7; 64], body };
    let group = Item::Group(FileGroup::from(&blobs::groups()[0][0]));
    let items = [head, stream, Item::Frame(frame), group];
    vec![envelope.begin(), content(&items[..1]), content(&items[..3]), content(&items)]
}

fn blob_seeds() -> Vec<Vec<u8>> {
    let with = |kind: u8, bytes: Vec<u8>| [vec![kind], bytes].concat();
    let mut seeds: Vec<Vec<u8>> = words().iter().map(|word| with(0, word.encode())).collect();
    seeds.push(with(1, [vec![2, 3], blobs::groups()[2][3].proof().to_vec()].concat()));
    seeds.push(with(1, vec![130, 3, 0, 1]));
    let mut sender = Blobs::new(BlobLimits::default());
    let small = &blobs::groups()[0][0];
    let (digest, size_bytes) = (small.digest(), small.size_bytes());
    sender.received(Word::Ask(BlobAsk { digest, size_bytes, first: 0, count: 1 }));
    sender.supply(small);
    let part = sender.next_out(BLOB_MESSAGE_BYTES_MAX).map(|word| word.encode());
    let mut steps = vec![vec![1, 0], vec![2, 0], [vec![0], part.unwrap_or_default()].concat()];
    steps.extend([vec![1, 2], vec![2, 0], vec![7, 2, 0], vec![2, 0], vec![7, 2, 1], vec![6, 2]]);
    steps.extend(words().iter().map(|word| [vec![0], word.encode()].concat()));
    steps.extend([vec![1, 129], vec![4, 1, 0], vec![5, 1]]);
    seeds.push(with(2, input::join(&steps)));
    seeds
}

fn trust_seeds() -> Vec<Vec<u8>> {
    let certify = |who: u8, seq: u8, key: u8| {
        let cbor = minicbor::to_vec(world::certificate(usize::from(key))).expect("memory");
        [vec![who | 64, seq, key], cbor].concat()
    };
    let stream = world::stream(1, Audience::Down(world::OFFICES[1]), Lane::Control);
    let link = StreamHead::start(&stream).link;
    let revocation = Revocation {
        writer: WriterId([0; 16]),
        trusted: vec![Trusted { stream, last_seq: 3, link }],
        reason: "hilang".into(),
    };
    let cbor = minicbor::to_vec(revocation).expect("memory");
    let revoke = |who: u8, seq: u8, key: u8| [vec![who | 192, seq, key], cbor.clone()].concat();
    let all = vec![
        certify(5, 1, 0),
        certify(0, 1, 1),
        certify(1, 2, 2),
        certify(1, 5, 3),
        certify(0, 3, 4),
        revoke(0, 2, 1),
        revoke(1, 3, 2),
    ];
    vec![input::join(&all), input::join(&all[..3]), input::join(&all[..1]), input::join(&all[3..])]
}
