//! What a frame may lean on: what was said before it in its stream, within one session.

use super::flow::{self, Flow};
use super::{
    Body, BodyError, DictionaryId, SplitLimits, Squeeze, TypeKeys, joined, parted, understood,
};
use crate::ids::{OfficeId, PersonId, RecordId};
use crate::op::Change;
use crate::value::{Cell, GeoPoint, Value};

/// Bytes of columns that are kept: 16 KiB make a report's text a fifth smaller, and hundreds of
/// sessions at a centre hold a few MB.
const TEXT_BYTES: usize = 16 * 1024;
/// Authors and records that are kept.
const KEPT: usize = 64;

/// What both ends of a session know of a stream since it was declared, because it went from one to
/// the other: authors, records, the last moment and place, and the end of the columns, with which
/// the compressor is made familiar. It comes of the operations alone, so both ends have the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Before {
    authors: Vec<(PersonId, OfficeId)>,
    records: Vec<RecordId>,
    ms: i64,
    place: GeoPoint,
    text: Vec<u8>,
}

impl Before {
    /// Operations as they stand in a frame that leans on this, and what the next may lean on. The
    /// frame: the length of the chance, the chance, the squeezed columns.
    ///
    /// # Errors
    /// As [`super::join`] and [`Squeeze::squeeze`].
    pub fn close(
        &self,
        ops: &[&[u8]],
        keys: TypeKeys<'_>,
        squeeze: &dyn Squeeze,
        dictionary: DictionaryId,
    ) -> Result<(Vec<u8>, Self), BodyError> {
        let body = joined(ops, keys, self)?;
        let mut bytes = Vec::with_capacity(body.chance.len() + 64);
        flow::put(&mut bytes, body.chance.len() as u64);
        bytes.extend_from_slice(&body.chance);
        bytes.extend(squeeze.squeeze(dictionary, &self.text, &body.columns)?);
        Ok((bytes, self.then(ops, &body.columns)))
    }

    /// The operations that [`Self::close`] put into a frame, whoever sent it, and what the next
    /// may lean on.
    ///
    /// # Errors
    /// As [`super::split`] and [`Squeeze::expand`].
    pub fn open(
        &self,
        bytes: &[u8],
        squeeze: &dyn Squeeze,
        dictionary: DictionaryId,
        limits: SplitLimits,
    ) -> Result<(Vec<Vec<u8>>, Self), BodyError> {
        let (len, rest) = flow::get(bytes).ok_or(BodyError::Malformed)?;
        let len = usize::try_from(len).map_err(|_| BodyError::Malformed)?;
        let (chance, squeezed) = rest.split_at_checked(len).ok_or(BodyError::Malformed)?;
        let columns = squeeze.expand(dictionary, &self.text, squeezed, limits.bytes_max)?;
        let body = Body { chance: chance.to_vec(), columns };
        let ops = parted(&body, limits, self)?;
        let all: Vec<&[u8]> = ops.iter().map(Vec::as_slice).collect();
        let next = self.then(&all, &body.columns);
        Ok((ops, next))
    }

    fn then(&self, ops: &[&[u8]], columns: &[u8]) -> Self {
        let mut next = self.clone();
        for op in ops.iter().filter_map(|bytes| understood(bytes)) {
            next.ms = i64::try_from(op.time.ms).unwrap_or(i64::MAX);
            keep(&mut next.authors, (op.author, op.office));
            if let Some(record) = op.change.record() {
                keep(&mut next.records, record);
            }
            if let Change::Create(create) = &op.change {
                let mut places = create.cells.values().filter_map(|cell| match cell {
                    Cell::Value(Value::Point(place)) => Some(*place),
                    Cell::Value(_) | Cell::Missing(_) | Cell::NotApplicable => None,
                });
                next.place = places.next_back().unwrap_or(next.place);
            }
        }
        next.text.extend_from_slice(columns);
        let beyond = next.text.len().saturating_sub(TEXT_BYTES);
        next.text.drain(..beyond);
        next
    }

    /// An author that is known, by its place from the latest, from 1; 0 where it is not known, and
    /// false. Nothing is said while none is known.
    pub(super) fn author<F: Flow>(
        &self,
        flow: &mut F,
        pair: &mut (PersonId, OfficeId),
    ) -> Result<bool, BodyError> {
        if self.authors.is_empty() {
            return Ok(false);
        }
        let at = self.authors.iter().rev().position(|known| known == pair);
        let mut at = at.map_or(0, |at| at + 1) as u64;
        flow.number(&mut at)?;
        let Some(at) = at.checked_sub(1) else { return Ok(false) };
        let known = usize::try_from(at).ok().and_then(|at| self.authors.iter().rev().nth(at));
        *pair = *known.ok_or(BodyError::Malformed)?;
        Ok(true)
    }

    pub(super) fn ms(&self) -> i64 {
        self.ms
    }

    pub(super) fn records(&self) -> &[RecordId] {
        &self.records
    }

    /// The last place, on a decimal grid.
    pub(super) fn place(&self, grid: i32) -> GeoPoint {
        let GeoPoint { lat_e7, lon_e7 } = self.place;
        GeoPoint { lat_e7: lat_e7 / grid * grid, lon_e7: lon_e7 / grid * grid }
    }
}

/// Puts the item at the end, wherever it stood.
fn keep<T: PartialEq>(kept: &mut Vec<T>, item: T) {
    kept.retain(|known| *known != item);
    kept.push(item);
    let beyond = kept.len().saturating_sub(KEPT);
    kept.drain(..beyond);
}
