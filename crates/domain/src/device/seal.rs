//! A device's own walk: from a form to an operation under a signed head.

use ed25519_dalek::SigningKey;
use thiserror::Error;

use super::{Delivery, Lease, LeaseError, operation};
use crate::form::{self, FormContext, FormErrors, RawForm};
use crate::hlc::Hlc;
use crate::ids::RecordId;
use crate::op::{Audience, Change, OpError, StreamHead, StreamId, seal, sign_head, writer_id};
use crate::pack::Pack;

/// Where and when a device seals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its life.
    pub epoch: u32,
    /// The moment, by its clock as its node set it.
    pub time: Hlc,
}

/// A form that a device sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// What it sends.
    pub delivery: Delivery,
    /// The record that begins.
    pub record: RecordId,
    /// Where its stream stands now.
    pub head: StreamHead,
}

/// Why a form is not sealed.
#[derive(Debug, Error)]
pub enum SealError {
    /// All that is wrong with it.
    #[error(transparent)]
    Form(#[from] FormErrors),
    /// The device may not, now.
    #[error(transparent)]
    Lease(#[from] LeaseError),
    /// It makes no operation.
    #[error(transparent)]
    Op(#[from] OpError),
}

/// Judges a form as its node will, and seals what begins with it. `head` tells where a stream of
/// the device stands, if it has begun.
///
/// # Errors
/// [`SealError`], with every problem of the form.
pub fn seal_form(
    key: &SigningKey,
    lease: &Lease,
    place: Place,
    pack: &Pack,
    (raw, context): (&RawForm, &FormContext<'_>),
    head: impl FnOnce(&StreamId) -> Option<StreamHead>,
) -> Result<Sealed, SealError> {
    let permit = lease.permit(raw.office, place.time.ms)?;
    let form = form::parse(raw, pack, context)?;
    let create = form.into_create();
    let ty = pack.type_by_id(create.type_ref.type_id);
    let ty = ty.expect("invariant: a form was judged by a type of its pack");
    let stream = StreamId {
        writer: writer_id(&key.verifying_key()),
        epoch: place.epoch,
        audience: Audience::Up(create.office),
        lane: form::lane(ty, &create.cells, create.period, create.office),
    };
    let head = head(&stream).unwrap_or_else(|| StreamHead::start(&stream));
    let record = create.record;
    let op = operation(lease, place.time, raw.submission, Change::Create(create));
    let sealed = seal(&permit, &stream, &head, op)?;
    let head = sealed.head();
    let signature = sign_head(key, &stream, &head).signature;
    let delivery = Delivery { stream, seq: sealed.seq(), op: sealed.bytes().to_vec(), signature };
    Ok(Sealed { delivery, record, head })
}
