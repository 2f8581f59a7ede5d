//! Photos and files: taken, named, read by those who may, and brought to another node.

use std::path::Path;

use domain::hlc::Hlc;
use domain::ids::{Digest, FieldId, RecordId, RowId, SubmissionId, WriterId};
use domain::limits::{
    BLOB_BYTES_MAX, BLOB_MESSAGE_BYTES_MAX, BLOB_UNNAMED_MS, THUMBNAIL_BYTES_MAX,
};
use domain::op::{
    self, Audience, Change, Create, FORMAT, Lane, Op, StreamHead, StreamId, TypeRef, sign_head,
    writer_id,
};
use domain::pack::author::compile;
use domain::permit::Permit;
use domain::sync::blob::{BlobEvent, BlobLimits, Blobs, Message};
use domain::value::{Cell, CellPath, FileRef, Value};
use ed25519_dalek::SigningKey;
use image::codecs::jpeg::JpegEncoder;
use node::{Batch, BlobPeer, BlobView, Submission};
use serde_json::{Value as Json, json};

use crate::fixture::{BATAM, NOW_MS, Setup, told};

/// A photo of about 100 kB.
pub(crate) fn photo(seed: u32) -> Vec<u8> {
    let image = image::RgbImage::from_fn(800, 600, |x, y| {
        let n = (x ^ seed).wrapping_mul(2_654_435_761).wrapping_add(y * 40_503) >> 9;
        let low = |n: u32| n.to_le_bytes()[0];
        image::Rgb([low(n % 60) + 90, low(y / 3), low(x / 4)])
    });
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, 80).encode_image(&image).unwrap();
    jpeg
}

/// A node with the pack of incidents, whose reports have photos.
async fn with_incidents() -> Setup {
    let setup = Setup::new().await;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/kejadian");
    let pack = compile(&folder).unwrap();
    setup.node.publish_pack(&setup.actor("admin"), pack).await.unwrap();
    setup
}

pub(crate) fn named(view: &BlobView) -> Json {
    json!({"digest": view.digest, "size_bytes": view.size_bytes, "media_type": view.media_type,
        "name": "banjir.jpg"})
}

pub(crate) fn incident(n: u8, file: &Json) -> Submission {
    serde_json::from_value(json!({"create": {
        "type": "kejadian.kejadian", "submission": SubmissionId([n; 16]),
        "record": RecordId([n; 16]), "office": BATAM,
        "fields": {
            "judul": "Banjir rob", "kategori": "sosial", "jenis": "bencana_alam",
            "athg": "gangguan", "urgensi": "tinggi", "fakta": "Air laut naik.",
            "tanggal": "2021-01-07", "sumber": "petugas",
            "foto": [{"row": 1, "gambar": file, "keterangan": "Dermaga"}],
        },
    }}))
    .unwrap()
}

fn put(setup: &Setup, who: &str, bytes: &[u8]) -> Result<BlobView, node::BlobError> {
    setup.node.put_blob(&setup.actor(who), bytes, "image/jpeg")
}

fn seen(setup: &Setup, who: &str, digest: Digest) -> String {
    told(&setup.node.blob(&setup.actor(who), digest), "seen")
}

#[tokio::test]
async fn a_photo_is_seen_by_whoever_may_read_the_record() {
    let setup = with_incidents().await;
    let bytes = photo(1);
    let view = put(&setup, "operator", &bytes).unwrap();
    assert_eq!(put(&setup, "operator", &bytes).unwrap(), view, "safe to send again");
    assert!(view.thumbnail);
    let check = |who: &str, expected| assert_eq!(seen(&setup, who, view.digest), expected, "{who}");
    check("operator", "seen");
    for who in ["verifikator", "analis", "aceh", "admin"] {
        check(who, "NotFound: not_found");
    }
    setup.submit("operator", incident(1, &named(&view))).await.unwrap();
    for who in ["operator", "verifikator", "analis"] {
        check(who, "seen");
    }
    for who in ["aceh", "admin"] {
        check(who, "NotFound: not_found");
    }
    let file = setup.node.blob(&setup.actor("verifikator"), view.digest).unwrap();
    assert_eq!((file.bytes, file.media_type, file.inline), (bytes, "image/jpeg", true));
    let small = setup.node.blob_thumbnail(&setup.actor("verifikator"), view.digest).unwrap();
    assert!(small.bytes.len() <= THUMBNAIL_BYTES_MAX && small.media_type == "image/jpeg");
    let hidden = setup.node.blob_thumbnail(&setup.actor("aceh"), view.digest);
    assert_eq!(told(&hidden, "seen"), "NotFound: not_found");
}

#[tokio::test]
async fn a_form_names_only_what_its_author_uploaded_or_may_read() {
    let setup = with_incidents().await;
    let view = put(&setup, "operator", &photo(2)).unwrap();
    let good = named(&view);
    let with = |key: &str, value: Json| {
        let mut file = good.clone();
        file[key] = value;
        file
    };
    let unknown = "Invalid: form.file_unknown at foto[1].gambar";
    let nowhere = with("digest", json!("0".repeat(64)));
    for (n, file) in (10..).zip([
        nowhere,
        with("size_bytes", json!(view.size_bytes + 1)),
        with("media_type", json!("image/png")),
    ]) {
        assert_eq!(told(&setup.submit("operator", incident(n, &file)).await, "kept"), unknown);
    }
    // Knowing the digest of somebody's file gives nobody the file.
    setup.person("lain", "operator", BATAM);
    let stolen = setup.submit("lain", incident(20, &good)).await;
    assert_eq!(told(&stolen, "kept"), unknown);
    setup.submit("operator", incident(21, &good)).await.unwrap();
    // Now it is in a record that the other may read.
    setup.submit("lain", incident(22, &good)).await.unwrap();
    let other = put(&setup, "lain", &photo(3)).unwrap();
    let patch = json!({"patch": {"record": RecordId([21; 16]),
        "submission": SubmissionId([23; 16]), "fields": {"foto": [{"row": 1,
        "gambar": named(&other)}]}}});
    let patch: Submission = serde_json::from_value(patch).unwrap();
    assert_eq!(told(&setup.submit("operator", patch.clone()).await, "kept"), unknown);
    setup.submit("lain", patch).await.unwrap();
    // What a record named once it still shows: its history does.
    assert_eq!(seen(&setup, "verifikator", view.digest), "seen");
}

#[tokio::test]
async fn what_is_no_photo_and_no_table_is_not_taken() {
    let setup = with_incidents().await;
    let check = |who: &str, bytes: &[u8], said, expected| {
        let taken = setup.node.put_blob(&setup.actor(who), bytes, said);
        assert_eq!(told(&taken, "taken"), expected);
    };
    let kind = "Invalid: blob.kind";
    check("operator", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml", kind);
    check("operator", b"<html>", "image/jpeg", kind);
    check("operator", b"", "text/csv", kind);
    check("operator", &photo(1)[..300], "image/jpeg", kind);
    check("operator", b"%PDF-1.7 ...", "image/jpeg", "taken");
    check("operator", b"kode;nama\n2171;Batam\n", "text/csv", "taken");
    let large = [b"%PDF-1.7".to_vec(), vec![b' '; BLOB_BYTES_MAX]].concat();
    check("operator", &large, "application/pdf", "Invalid: blob.too_large");
    check("admin", &photo(1), "image/jpeg", "Denied: policy.denied");
    for n in 0..12u8 {
        let file = [b"%PDF-1.7 ".to_vec(), vec![n; BLOB_BYTES_MAX - 100]].concat();
        let taken = setup.node.put_blob(&setup.actor("aceh"), &file, "application/pdf");
        let expected = if n < 10 { "taken" } else { "Refused: blob.too_many_unnamed" };
        assert_eq!(told(&taken, "taken"), expected, "{n}");
    }
}

#[tokio::test]
async fn an_upload_that_no_record_names_is_gone_after_a_week() {
    let setup = with_incidents().await;
    let idle = put(&setup, "operator", &photo(4)).unwrap();
    let used = put(&setup, "operator", &photo(5)).unwrap();
    setup.submit("operator", incident(1, &named(&used))).await.unwrap();
    setup.clock.advance(BLOB_UNNAMED_MS - 1);
    put(&setup, "operator", &photo(6)).unwrap();
    assert_eq!(seen(&setup, "operator", idle.digest), "seen");
    setup.clock.advance(2);
    put(&setup, "operator", &photo(7)).unwrap();
    assert_eq!(seen(&setup, "operator", idle.digest), "NotFound: not_found");
    assert_eq!(seen(&setup, "operator", used.digest), "seen");
    let setup = setup.restart().await;
    assert_eq!(seen(&setup, "operator", used.digest), "seen");
}

/// An incident of a phone of Batam that names a photo, as another node receives it.
fn arrives(view: &BlobView) -> Batch {
    let key = SigningKey::from_bytes(&[7; 32]);
    let stream = StreamId {
        writer: writer_id(&key.verifying_key()),
        epoch: 1,
        audience: Audience::Up(BATAM),
        lane: Lane::Forms,
    };
    let file = FileRef {
        digest: view.digest,
        size_bytes: view.size_bytes,
        media_type: view.media_type.to_owned(),
        name: "banjir.jpg".to_owned(),
    };
    let path = CellPath::row(FieldId(42), RowId(1), FieldId(43));
    let title = Cell::Value(Value::Text("Banjir".to_owned()));
    let author = crate::ingest::HOLDER;
    let op = Op {
        format: FORMAT,
        moved: None,
        time: Hlc { ms: NOW_MS, counter: 1 },
        author,
        office: BATAM,
        submission: SubmissionId([8; 16]),
        change: Change::Create(Create {
            record: RecordId([8; 16]),
            type_ref: TypeRef { pack: "kejadian".to_owned(), version: 1, type_id: 1 },
            office: BATAM,
            period: None,
            cells: [(CellPath::field(FieldId(1)), title), (path, Cell::Value(Value::File(file)))]
                .into(),
        }),
    };
    let permit = Permit::granted(author, BATAM, "create");
    let sealed = op::seal(&permit, &stream, &StreamHead::start(&stream), op).unwrap();
    Batch {
        first_seq: 1,
        ops: vec![sealed.bytes().to_vec()],
        signature: sign_head(&key, &stream, &sealed.head()).signature,
        stream,
    }
}

/// Talks until nothing is left to say, or for some messages; what the asking side heard.
fn talk(
    (above, asks): (&Setup, &mut Blobs),
    (below, gives): (&Setup, &mut Blobs),
    may: bool,
    messages: usize,
) -> Vec<String> {
    let rule = |audience: &Audience| may && *audience == Audience::Up(BATAM);
    let below_peer = BlobPeer { writer: WriterId([2; 16]), is_parent: false, may_have: &|_| true };
    let above_peer = BlobPeer { writer: WriterId([1; 16]), is_parent: true, may_have: &rule };
    above.node.want_blobs(asks, &below_peer).unwrap();
    let mut heard = Vec::new();
    for _ in 0..messages {
        let up = asks.next_out(BLOB_MESSAGE_BYTES_MAX);
        let down = gives.next_out(BLOB_MESSAGE_BYTES_MAX);
        if up.is_none() && down.is_none() {
            break;
        }
        let wired = |message: Message| Message::decode(&message.encode()).unwrap();
        if let Some(up) = up {
            let events = gives.received(wired(up));
            below.node.on_blob_events(gives, &above_peer, events).unwrap();
        }
        if let Some(down) = down {
            let events = asks.received(wired(down));
            let names = events.iter().filter_map(|event| {
                let BlobEvent::Store(group) = event else { return None };
                Some(group.digest().to_string())
            });
            heard.extend(names);
            above.node.on_blob_events(asks, &below_peer, events).unwrap();
        }
    }
    heard
}

#[tokio::test]
async fn a_photo_follows_its_report_to_another_node_thumbnail_first() {
    let below = with_incidents().await;
    let bytes = photo(8);
    assert!(bytes.len() > 60_000, "{}", bytes.len());
    let view = put(&below, "operator", &bytes).unwrap();
    below.submit("operator", incident(1, &named(&view))).await.unwrap();

    let above = with_incidents().await;
    assert_eq!(seen(&above, "verifikator", view.digest), "NotFound: not_found");
    crate::ingest::certify_phone(&above).await;
    above.node.ingest(arrives(&view)).await.unwrap();
    let waiting = || above.node.blob(&above.actor("verifikator"), view.digest);
    assert_eq!(told(&waiting(), "seen"), "NotFound: blob.not_here");

    let session = || (Blobs::new(BlobLimits::default()), Blobs::new(BlobLimits::default()));
    let (mut asks, mut gives) = session();
    let none = talk((&above, &mut asks), (&below, &mut gives), false, 10_000);
    assert_eq!(none, Vec::<String>::new(), "who may not have the report may not have its photo");

    // A session that breaks soon: the thumbnail is there, and a part of the photo.
    let (mut asks, mut gives) = session();
    let first = talk((&above, &mut asks), (&below, &mut gives), true, 10);
    assert!(first.len() > 1 && first[0] != view.digest.to_string(), "{first:?}");
    let small = above.node.blob_thumbnail(&above.actor("verifikator"), view.digest).unwrap();
    assert!(small.bytes.starts_with(&[0xff, 0xd8]));
    assert_eq!(told(&waiting(), "seen"), "NotFound: blob.not_here");

    // Another goes on, after a restart, and takes nothing twice.
    let above = above.restart().await;
    let (mut asks, mut gives) = session();
    let rest = talk((&above, &mut asks), (&below, &mut gives), true, 10_000);
    let groups = bytes.len().div_ceil(16_384);
    assert_eq!(first.len() - 1 + rest.len(), groups);
    let whole = above.node.blob(&above.actor("verifikator"), view.digest).unwrap();
    assert_eq!(whole.bytes, bytes);
    assert!(asks.is_idle());
}
