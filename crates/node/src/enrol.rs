//! How a node joins: a request that it makes, a certificate that an authority writes into the log,
//! and an enrolment that it is given, carried by hand between the two.

use domain::ids::{OfficeId, WriterId};
use domain::op::{
    self, Audience, Change, FORMAT, Lane, Op, StreamHead, StreamId, sign_head, writer_id,
};
use domain::trust::{Certificate, KeyRole, Revocation, Trusted};
use ed25519_dalek::SigningKey;
use serde::{Deserialize, Serialize};
use store::{StoreError, log, meta};

use crate::commit;
use crate::control::{ControlError, statement_id};
use crate::hex;
use crate::kernel::{Kernel, META_PEERS, META_PINS, META_ROOT, pins};
use crate::keys;
use crate::node::Node;
use crate::policy::founding;
use crate::submit::Desk;
use crate::writer::{Effects, Writer};

/// What a node says of itself when it asks to be certified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// CBOR of the certificate that it asks for, as hexadecimal.
    certificate: String,
}

/// What a node is given when it was certified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolment {
    /// The root's key, as hexadecimal.
    root: String,
    /// CBOR of the certificate of the node that it will dial, as hexadecimal.
    parent: String,
    /// Where that node listens, such as `https://kepri.example:8443`.
    pub url: String,
}

/// A peer that this node dials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dialled {
    /// Where it listens.
    pub url: String,
    /// Its office.
    pub office: OfficeId,
}

/// An enrolment or request that can't be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no request or enrolment of Genggam")]
pub struct Unreadable;

/// Why a node can't join.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// The enrolment is none.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// It belongs to another root already.
    #[error("this node belongs to another network")]
    OtherRoot,
    /// Storage failed.
    #[error("storage failed")]
    Storage(#[from] StoreError),
    /// What is in the log can't be read again.
    #[error(transparent)]
    Open(#[from] crate::node::OpenError),
}

impl Request {
    /// What is asked for.
    ///
    /// # Errors
    /// If it is none.
    pub fn certificate(&self) -> Result<Certificate, Unreadable> {
        of_hex(&self.certificate)
    }
}

impl Enrolment {
    /// The certificate of the node that answers.
    ///
    /// # Errors
    /// If it is none.
    pub fn parent(&self) -> Result<Certificate, Unreadable> {
        of_hex(&self.parent)
    }
}

/// Eight characters by which two people on the telephone compare a key.
#[must_use]
pub fn fingerprint(certificate: &Certificate) -> String {
    let digest = blake3::hash(&certificate.key).to_hex();
    format!("{}-{}", &digest[..4], &digest[4..8])
}

/// How far a node is with another key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// The key is made and nobody has certified it, as far as is known here: what is asked for.
    Asked(Request),
    /// The key is certified, and the node's from the next time that it is opened.
    Taken(Certificate),
}

impl Node {
    /// Makes another key for this node; or, once an authority has certified that, takes it in place
    /// of the one before, which is gone then. Nothing may be written until the node is opened
    /// again.
    ///
    /// # Errors
    /// If the key's file can't be used.
    pub fn rotate(&self) -> Result<Rotation, keys::KeyError> {
        let key = keys::load_or_create_next(self.dir())?;
        let kernel = self.kernel();
        let certificate = Certificate {
            key: key.verifying_key().to_bytes(),
            seal: keys::seal_public(&key),
            ..kernel.own_certificate()
        };
        let rules = kernel.rules();
        let entry = rules.trust.entry(writer_id(&key.verifying_key()));
        let stands = entry.is_some_and(|entry| {
            !entry.is_revoked() && entry.certificate.office == kernel.office()
        });
        if !stands {
            return Ok(Rotation::Asked(Request { certificate: to_hex(&certificate) }));
        }
        keys::take_next(self.dir())?;
        Ok(Rotation::Taken(certificate))
    }
}

impl Kernel {
    /// The certificate that this node would have.
    #[must_use]
    pub fn own_certificate(&self) -> Certificate {
        Certificate {
            role: KeyRole::Node,
            key: self.key.verifying_key().to_bytes(),
            seal: keys::seal_public(&self.key),
            office: self.home,
            name: self.name.clone(),
            holder: None,
        }
    }

    /// Asks to be certified.
    #[must_use]
    pub fn request(&self) -> Request {
        Request { certificate: to_hex(&self.own_certificate()) }
    }

    /// What a certified node is given, to dial this one at `url`. None while this node itself
    /// stands under no root.
    #[must_use]
    pub fn enrolment(&self, url: &str) -> Option<Enrolment> {
        let root = hex::encode(self.rules().trust.root()?.as_bytes());
        let parent = to_hex(&self.own_certificate());
        Some(Enrolment { root, parent, url: url.to_owned() })
    }

    /// Joins: trusts the root, and the parent until the log tells of it; and dials it from now on.
    ///
    /// # Errors
    /// [`JoinError`].
    pub fn join(&self, enrolment: &Enrolment) -> Result<(), JoinError> {
        let parent = enrolment.parent()?;
        let root: [u8; 32] =
            hex::decode(&enrolment.root).and_then(|root| root.try_into().ok()).ok_or(Unreadable)?;
        let dialled = Dialled { url: enrolment.url.clone(), office: parent.office };
        self.store.write(|tx| {
            if meta::get(tx, META_ROOT)?.is_some_and(|held| held != root) {
                return Err(JoinError::OtherRoot);
            }
            meta::put(tx, META_ROOT, &root)?;
            // Who was pinned before stays known: what it wrote is here, and only a revocation ends
            // it.
            let mut pins = pins(tx)?;
            if !pins.contains(&parent) {
                pins.push(parent);
            }
            let pins = minicbor::to_vec(pins).expect("invariant: writing to memory does not fail");
            meta::put(tx, META_PINS, &pins)?;
            Ok(put_peers(tx, &[dialled])?)
        })?;
        Ok(self.reload()?)
    }

    /// The peers that this node dials.
    ///
    /// # Errors
    /// If storage fails.
    pub fn dialled(&self) -> Result<Vec<Dialled>, StoreError> {
        let bytes = self.store.read(|r| meta::get(r, META_PEERS))?;
        Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default())
    }

    /// Dials these from now on.
    ///
    /// # Errors
    /// If storage fails.
    pub fn dial(&self, peers: &[Dialled]) -> Result<(), StoreError> {
        self.store.write(|tx| put_peers(tx, peers))
    }
}

fn put_peers(tx: &store::Tx<'_>, peers: &[Dialled]) -> Result<(), StoreError> {
    let bytes = serde_json::to_vec(peers).expect("invariant: peers are plain data");
    meta::put(tx, META_PEERS, &bytes)
}

impl Writer {
    /// Founds a network: the root certifies the centre's node. Done once; again it changes
    /// nothing.
    ///
    /// # Errors
    /// If storage fails.
    pub fn found(&mut self, kernel: &Kernel, root: &SigningKey) -> Result<Effects, StoreError> {
        let public = root.verifying_key();
        let (_, effects) = self.write(kernel, |desk| {
            if meta::get(desk.tx, META_ROOT)?.is_some() {
                return Ok(((), Vec::new()));
            }
            meta::put(desk.tx, META_ROOT, &public.to_bytes())?;
            let stream = StreamId {
                writer: writer_id(&public),
                epoch: 1,
                audience: Audience::Down(desk.home),
                lane: Lane::Control,
            };
            let permit = founding(desk.home);
            let time = desk.pen.clock.tick(desk.now_ms);
            let op = Op {
                format: FORMAT,
                time,
                author: permit.person(),
                office: desk.home,
                submission: statement_id(stream.writer, time),
                change: Change::Certificate(kernel.own_certificate()),
                moved: None,
            };
            let sealed = op::seal(&permit, &stream, &StreamHead::start(&stream), op)
                .expect("invariant: a node's own certificate is within every limit");
            let packs = &desk.world.packs;
            let committed = commit::commit_op(desk.tx, packs, &sealed, None, desk.now_ms)?;
            log::put_signed_head(desk.tx, &sign_head(root, &stream, &sealed.head()))?;
            desk.grew.push((stream, sealed.head().next_seq));
            Ok::<_, StoreError>(((), vec![committed]))
        })?;
        Ok(effects)
    }
}

/// Whether this node may certify such a key.
pub(crate) fn check_certificate(
    desk: &Desk<'_>,
    certificate: &Certificate,
) -> Result<(), ControlError> {
    let (office, tree) = (certificate.office, &desk.world.tree);
    let below = tree.is_within(office, desk.home, desk.world.trust_date(desk.now_ms));
    let fits = match certificate.role {
        KeyRole::Device => below,
        KeyRole::Node => below && office != desk.home,
    };
    if fits { Ok(()) } else { Err(ControlError::NoAuthority(office)) }
}

/// What a key that this node may revoke is for, and its office.
pub(crate) fn revocable(
    desk: &Desk<'_>,
    writer: WriterId,
) -> Result<(KeyRole, OfficeId), ControlError> {
    let entry = desk.world.trust.entry(writer).ok_or(ControlError::UnknownWriter(writer))?;
    check_certificate(desk, &entry.certificate)?;
    Ok((entry.certificate.role, entry.certificate.office))
}

/// A revocation that trusts what is here.
pub(crate) fn revocation(
    desk: &Desk<'_>,
    writer: WriterId,
    reason: &str,
) -> Result<Revocation, StoreError> {
    let mut trusted = Vec::new();
    for (stream, head) in log::streams(desk.tx)? {
        if stream.writer == writer && head.next_seq > 1 {
            trusted.push(Trusted { stream, last_seq: head.next_seq - 1, link: head.link });
        }
    }
    trusted.sort_by(|a, b| a.stream.cmp(&b.stream));
    Ok(Revocation { writer, trusted, reason: reason.to_owned() })
}

fn to_hex(value: &impl minicbor::Encode<()>) -> String {
    let bytes = minicbor::to_vec(value).expect("invariant: writing to memory does not fail");
    hex::encode(&bytes)
}

fn of_hex<T: for<'b> minicbor::Decode<'b, ()>>(text: &str) -> Result<T, Unreadable> {
    minicbor::decode(&hex::decode(text).ok_or(Unreadable)?).map_err(|_| Unreadable)
}
