//! Folding statements into who is trusted, from the root downwards.

use std::collections::BTreeMap;

use ed25519_dalek::VerifyingKey;
use thiserror::Error;

use super::{Certificate, KeyRole, Revocation};
use crate::ids::{Digest, OfficeId, PersonId, WriterId};
use crate::office::{Level, Tree};
use crate::op::{StreamId, writer_id};
use crate::period::Date;
use crate::planted::{self, Bug};

/// The levels of the tree, from the top.
const LEVELS: [Level; 5] =
    [Level::Centre, Level::Province, Level::Regency, Level::District, Level::Village];

/// What an authority said, with where it stands in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The stream that says it.
    pub stream: StreamId,
    /// Its place there.
    pub seq: u64,
    /// What it says.
    pub what: What,
}

/// A certificate or a revocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A key may write.
    Certificate(Certificate),
    /// A key may write no longer.
    Revocation(Revocation),
}

/// A certified writer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its key.
    pub key: VerifyingKey,
    /// What it was certified for.
    pub certificate: Certificate,
    /// The last trusted sequence number of each of its streams and the link there, once it is
    /// revoked.
    revoked: Option<BTreeMap<StreamId, (u64, Digest)>>,
}

impl Entry {
    /// Whether its key is revoked.
    #[must_use]
    pub fn is_revoked(&self) -> bool {
        self.revoked.is_some() && !planted::is(Bug::RevokedTrusted)
    }
}

/// Why an operation is not trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Distrust {
    /// No standing authority has certified its writer.
    #[error("its writer is not certified")]
    Unknown,
    /// Its writer is revoked, and trusted only up to here in this stream.
    #[error("its writer is revoked after operation {last_seq}")]
    Revoked {
        /// The last trusted sequence number; 0 where nothing is.
        last_seq: u64,
    },
}

/// Who may write, by all that was said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trust {
    root: Option<VerifyingKey>,
    entries: BTreeMap<WriterId, Entry>,
}

impl Trust {
    /// The trust that statements give, under a root key, in a tree. `pins` came with the node's
    /// enrolment: who answers when it dials before the log has told.
    ///
    /// An office has authority over those that stood below it on any day ([`Tree::ever_within`]).
    /// When something was said nobody can prove, so a certificate does not end when an office moves
    /// to another parent: then all that was written under it would be void. What the former parent
    /// says later, the new one and those above can revoke, and so can the former: of what is said
    /// for and against a key, what is said against it counts.
    #[must_use]
    pub fn new(
        root: Option<VerifyingKey>,
        pins: &[Certificate],
        statements: &[Statement],
        tree: &Tree,
    ) -> Self {
        let mut trust = Self { root, entries: BTreeMap::new() };
        let Some(root) = root else { return trust };
        pins.iter().for_each(|pin| trust.certify(pin));
        let mut ended = Vec::new();
        trust.hear(&[(writer_id(&root), None)], statements, tree, &mut ended);
        // Authority reaches strictly downwards, so that by level each is settled before it speaks.
        for level in LEVELS {
            let nodes = trust.entries.iter();
            let nodes = nodes.filter(|(_, entry)| entry.certificate.role == KeyRole::Node);
            let at_level: Vec<(WriterId, Option<OfficeId>)> = nodes
                .map(|(writer, entry)| (*writer, entry.certificate.office))
                .filter(|(_, office)| tree.level(*office) == Some(level))
                .map(|(writer, office)| (writer, Some(office)))
                .collect();
            trust.hear(&at_level, statements, tree, &mut ended);
        }
        trust
    }

    /// Takes what authorities of one level said; the root has no office and speaks of the centre.
    /// `ended` is what was said so far against keys, by whom: it also ends those that are certified
    /// after it was heard.
    fn hear<'a>(
        &mut self,
        authorities: &[(WriterId, Option<OfficeId>)],
        statements: &'a [Statement],
        tree: &Tree,
        ended: &mut Vec<(Option<OfficeId>, &'a Revocation)>,
    ) {
        let mut said: Vec<(Option<OfficeId>, &Statement)> = Vec::new();
        for (authority, office) in authorities {
            let its = statements.iter().filter(|said| said.stream.writer == *authority);
            said.extend(
                its.filter(|said| self.holds(&said.stream, said.seq)).map(|s| (*office, s)),
            );
        }
        // Of two certificates of one key the same stays, in whatever order they came.
        said.sort_by(|(_, a), (_, b)| (&a.stream, a.seq).cmp(&(&b.stream, b.seq)));
        for (by, said) in said {
            match &said.what {
                What::Certificate(certificate) if reaches(by, certificate, tree) => {
                    self.certify(certificate);
                }
                What::Certificate(_) => {}
                What::Revocation(revocation) => ended.push((by, revocation)),
            }
        }
        for (by, revocation) in ended {
            if let Some(entry) = self.entries.get_mut(&revocation.writer)
                && reaches(*by, &entry.certificate, tree)
            {
                entry.narrow(revocation);
            }
        }
    }

    /// The first certificate of a key stays.
    fn certify(&mut self, certificate: &Certificate) {
        if let Ok(key) = VerifyingKey::from_bytes(&certificate.key) {
            let entry = Entry { key, certificate: certificate.clone(), revoked: None };
            self.entries.entry(writer_id(&key)).or_insert(entry);
        }
    }

    /// Whether an authority's statement counts: the root's always, others' as far as trusted.
    fn holds(&self, stream: &StreamId, seq: u64) -> bool {
        let of_root = self.root.is_some_and(|root| writer_id(&root) == stream.writer);
        of_root || self.judge(stream, seq).is_ok()
    }

    /// The key of whoever wrote this operation, if it is trusted.
    ///
    /// # Errors
    /// [`Distrust`], if its writer isn't certified, or is revoked before it.
    pub fn judge(&self, stream: &StreamId, seq: u64) -> Result<&VerifyingKey, Distrust> {
        if let Some(root) = &self.root
            && writer_id(root) == stream.writer
        {
            return Ok(root);
        }
        let entry = self.entries.get(&stream.writer).ok_or(Distrust::Unknown)?;
        match &entry.revoked {
            None => Ok(&entry.key),
            Some(_) if planted::is(Bug::RevokedTrusted) => Ok(&entry.key),
            Some(trusted) => {
                let last_seq = trusted.get(stream).map_or(0, |(last_seq, _)| *last_seq);
                if seq <= last_seq { Ok(&entry.key) } else { Err(Distrust::Revoked { last_seq }) }
            }
        }
    }

    /// How far a stream is trusted: none where there is no end, else the last trusted sequence
    /// number.
    #[must_use]
    pub fn trusted_until(&self, stream: &StreamId) -> Option<u64> {
        match self.judge(stream, u64::MAX) {
            Ok(_) => None,
            Err(Distrust::Unknown) => Some(0),
            Err(Distrust::Revoked { last_seq }) => Some(last_seq),
        }
    }

    /// The link that a revocation vouches for before this sequence number of a stream.
    #[must_use]
    pub fn vouched(&self, stream: &StreamId, next_seq: u64) -> Option<Digest> {
        let revoked = self.entries.get(&stream.writer)?.revoked.as_ref()?;
        let (last_seq, link) = revoked.get(stream)?;
        (last_seq.checked_add(1) == Some(next_seq)).then_some(*link)
    }

    /// A certified writer.
    #[must_use]
    pub fn entry(&self, writer: WriterId) -> Option<&Entry> {
        self.entries.get(&writer)
    }

    /// The person whose device a writer is.
    #[must_use]
    pub fn holder(&self, writer: WriterId) -> Option<PersonId> {
        self.entry(writer)?.certificate.holder.as_ref().map(|holder| holder.person)
    }

    /// All certified writers.
    pub fn entries(&self) -> impl Iterator<Item = (WriterId, &Entry)> {
        self.entries.iter().map(|(writer, entry)| (*writer, entry))
    }

    /// The office for which a writer writes; the root has the centre's.
    #[must_use]
    pub fn office(&self, writer: WriterId, tree: &Tree, date: Date) -> Option<OfficeId> {
        if self.root.is_some_and(|root| writer_id(&root) == writer) {
            return tree.list(date, Some(Level::Centre)).first().map(|centre| centre.id);
        }
        self.entries.get(&writer).map(|entry| entry.certificate.office)
    }

    /// The root's key.
    #[must_use]
    pub fn root(&self) -> Option<&VerifyingKey> {
        self.root.as_ref()
    }
}

/// Whether a node of an office, or the root, which has none, has authority over a key.
fn reaches(by: Option<OfficeId>, certificate: &Certificate, tree: &Tree) -> bool {
    match by {
        _ if planted::is(Bug::CertifiedByAnyone) => true,
        None => tree.level(certificate.office) == Some(Level::Centre),
        Some(own) if own == certificate.office => certificate.role == KeyRole::Device,
        Some(own) => tree.ever_within(certificate.office, own),
    }
}

impl Entry {
    /// Of several revocations the strictest counts, stream by stream.
    fn narrow(&mut self, revocation: &Revocation) {
        let said: BTreeMap<_, _> =
            revocation.trusted.iter().map(|t| (t.stream.clone(), (t.last_seq, t.link))).collect();
        let narrowed = match self.revoked.take() {
            None => said,
            Some(mut before) => {
                before.retain(|stream, _| said.contains_key(stream));
                for (stream, last) in &mut before {
                    *last = (*last).min(said[stream]);
                }
                before
            }
        };
        self.revoked = Some(narrowed);
    }
}
