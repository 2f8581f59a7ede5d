//! The bytes of devices: a certificate with the key's own word, a lease, a parcel. The golden file
//! is never edited.

use std::fmt::Write as _;

use domain::device::{Delivery, Lease, LeaseError, Parcel, SignedLease, operation};
use domain::hlc::Hlc;
use domain::ids::{OfficeId, PersonId, SubmissionId};
use domain::limits::LEASE_MS_MAX;
use domain::op::{Change, StreamHead, seal, sign_head, writer_id};
use domain::permit::Permit;
use domain::trust::{Certificate, Holder, KeyRole};
use ed25519_dalek::SigningKey;
use expect_test::expect_file;

use crate::make::{self, OWNER};

const PERSON: PersonId = PersonId([6; 16]);
const FROM_MS: u64 = 1_610_064_000_000;

fn phone() -> SigningKey {
    SigningKey::from_bytes(&[42; 32])
}

fn node() -> SigningKey {
    SigningKey::from_bytes(&[43; 32])
}

fn lease() -> SignedLease {
    let writer = writer_id(&phone().verifying_key());
    Lease::from(writer, PERSON, OWNER, FROM_MS).sign(&node())
}

fn certificate() -> Certificate {
    Certificate {
        role: KeyRole::Device,
        key: phone().verifying_key().to_bytes(),
        seal: [0; 32],
        office: OWNER,
        name: "Ponsel".to_owned(),
        holder: Some(Holder::prove(&phone(), PERSON)),
    }
}

fn hex(value: &impl minicbor::Encode<()>) -> String {
    minicbor::to_vec(value).unwrap().iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

#[test]
fn golden() {
    let stream = make::stream(writer_id(&phone().verifying_key()));
    let time = Hlc { ms: FROM_MS, counter: 1 };
    let change = make::create([(make::field(1), make::text("banjir"))].into());
    let op = operation(&lease().lease, time, SubmissionId([7; 16]), change);
    let permit = lease().lease.permit(OWNER, FROM_MS).unwrap();
    let sealed = seal(&permit, &stream, &StreamHead::start(&stream), op).unwrap();
    let signature = sign_head(&phone(), &stream, &sealed.head()).signature;
    let delivery = Delivery { stream, seq: 1, op: sealed.bytes().to_vec(), signature };
    let parcel = Parcel { lease: lease(), deliveries: vec![delivery] };
    let text = format!(
        "certificate {}\nlease {}\nparcel {}\n",
        hex(&Change::Certificate(certificate())),
        hex(&lease()),
        hex(&parcel),
    );
    expect_file!["golden/device-1.txt"].assert_eq(&text);
    let read: Parcel = minicbor::decode(&minicbor::to_vec(&parcel).unwrap()).unwrap();
    assert_eq!(read, parcel);
}

#[test]
fn a_certificate_bears_the_keys_own_word() {
    assert!(certificate().is_agreed());
    let stolen = Certificate { key: node().verifying_key().to_bytes(), ..certificate() };
    assert!(!stolen.is_agreed());
    let holder = Some(Holder { person: PersonId([9; 16]), ..certificate().holder.unwrap() });
    assert!(!Certificate { holder, ..certificate() }.is_agreed());
    // A device names its person, a node nobody.
    for (role, holder) in [(KeyRole::Device, None), (KeyRole::Node, certificate().holder)] {
        let certificate = Certificate { role, holder, ..certificate() };
        let op = make::op(FROM_MS, 1, Change::Certificate(certificate));
        let stream = make::stream(writer_id(&node().verifying_key()));
        let permit = Permit::granted(op.author, OWNER, "administer");
        let sealed = seal(&permit, &stream, &StreamHead::start(&stream), op);
        assert_eq!(sealed.unwrap_err().code().as_str(), "op.malformed");
    }
}

#[test]
fn a_lease_is_its_nodes_and_holds_a_week() {
    let signed = lease();
    assert!(signed.open(&node().verifying_key()).is_ok());
    assert_eq!(signed.open(&phone().verifying_key()), Err(LeaseError::Forged));
    let longer = Lease { until_ms: signed.lease.until_ms + 1, ..signed.lease };
    let forged = SignedLease { lease: longer, signature: signed.signature };
    assert_eq!(forged.open(&node().verifying_key()), Err(LeaseError::Forged));
    // Not even its node gives more than a week.
    assert_eq!(longer.holds_at(FROM_MS), Err(LeaseError::Ended));
    let at = |ms| signed.lease.permit(OfficeId(1), ms).is_ok();
    assert_eq!(
        [
            at(FROM_MS - 600_000),
            at(FROM_MS),
            at(FROM_MS + LEASE_MS_MAX),
            at(FROM_MS + LEASE_MS_MAX + 1)
        ],
        [false, true, true, false]
    );
}
