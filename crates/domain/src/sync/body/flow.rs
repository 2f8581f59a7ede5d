//! One description of the layout, run in two directions: a [`Flow`] that writes takes values, one
//! that reads puts them. So what is written and what is read can't drift apart.

use super::BodyError;

pub(super) type Done = Result<(), BodyError>;

/// A direction.
pub(super) trait Flow {
    /// A whole number.
    fn number(&mut self, value: &mut u64) -> Done;
    /// Text; a zero byte ends it.
    fn text(&mut self, value: &mut String) -> Done;
    /// Bytes with their number before them.
    fn bytes(&mut self, value: &mut Vec<u8>) -> Done;
    /// Bytes that no compressor makes smaller; they stand apart from the rest.
    fn chance(&mut self, value: &mut [u8]) -> Done;
    /// A number whose digits are as good as chance.
    fn loose(&mut self, value: &mut u64) -> Done;
    /// Counts memory that reading is about to take for what the body hardly pays for.
    fn spend(&mut self, items: usize) -> Done;
}

/// Writes a body.
#[derive(Debug, Default)]
pub(super) struct Writer {
    pub(super) chance: Vec<u8>,
    pub(super) columns: Vec<u8>,
}

impl Flow for Writer {
    fn number(&mut self, value: &mut u64) -> Done {
        put(&mut self.columns, *value);
        Ok(())
    }

    fn text(&mut self, value: &mut String) -> Done {
        if value.contains('\0') {
            return Err(BodyError::Malformed);
        }
        self.columns.extend_from_slice(value.as_bytes());
        self.columns.push(0);
        Ok(())
    }

    fn bytes(&mut self, value: &mut Vec<u8>) -> Done {
        put(&mut self.columns, value.len() as u64);
        self.columns.extend_from_slice(value);
        Ok(())
    }

    fn chance(&mut self, value: &mut [u8]) -> Done {
        self.chance.extend_from_slice(value);
        Ok(())
    }

    fn loose(&mut self, value: &mut u64) -> Done {
        put(&mut self.chance, *value);
        Ok(())
    }

    fn spend(&mut self, _items: usize) -> Done {
        Ok(())
    }
}

/// Reads a body, whoever wrote it.
#[derive(Debug)]
pub(super) struct Reader<'b> {
    chance: &'b [u8],
    columns: &'b [u8],
    left: usize,
}

impl<'b> Reader<'b> {
    /// A reader that gives up once it would hold more than `bytes_max` cells and bytes.
    pub(super) fn new(chance: &'b [u8], columns: &'b [u8], bytes_max: usize) -> Self {
        Self { chance, columns, left: bytes_max }
    }

    /// Whether everything has been read.
    pub(super) fn is_done(&self) -> bool {
        self.chance.is_empty() && self.columns.is_empty()
    }

    fn take(&mut self, len: usize) -> Result<&'b [u8], BodyError> {
        self.spend(len)?;
        let (bytes, rest) = self.columns.split_at_checked(len).ok_or(BodyError::Malformed)?;
        self.columns = rest;
        Ok(bytes)
    }
}

impl Flow for Reader<'_> {
    fn number(&mut self, value: &mut u64) -> Done {
        (*value, self.columns) = get(self.columns).ok_or(BodyError::Malformed)?;
        Ok(())
    }

    fn text(&mut self, value: &mut String) -> Done {
        let end = self.columns.iter().position(|byte| *byte == 0).ok_or(BodyError::Malformed)?;
        let bytes = self.take(end)?;
        self.columns = &self.columns[1..];
        let text = std::str::from_utf8(bytes).map_err(|_| BodyError::Malformed)?;
        value.clear();
        value.push_str(text);
        Ok(())
    }

    fn bytes(&mut self, value: &mut Vec<u8>) -> Done {
        let mut len = 0;
        self.number(&mut len)?;
        let len = usize::try_from(len).map_err(|_| BodyError::Malformed)?;
        *value = self.take(len)?.to_vec();
        Ok(())
    }

    fn chance(&mut self, value: &mut [u8]) -> Done {
        let taken = self.chance.split_at_checked(value.len());
        let (bytes, rest) = taken.ok_or(BodyError::Malformed)?;
        value.copy_from_slice(bytes);
        self.chance = rest;
        Ok(())
    }

    fn loose(&mut self, value: &mut u64) -> Done {
        (*value, self.chance) = get(self.chance).ok_or(BodyError::Malformed)?;
        Ok(())
    }

    fn spend(&mut self, items: usize) -> Done {
        self.left = self.left.checked_sub(items).ok_or(BodyError::TooLarge)?;
        Ok(())
    }
}

/// Seven bits a byte, the least first; the high bit says that more follow.
pub(in crate::sync) fn put(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes()[0]);
}

/// A number, and what follows it.
pub(in crate::sync) fn get(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0u64;
    for (at, byte) in bytes.iter().enumerate().take(10) {
        let part = u64::from(byte & 0x7f);
        if at == 9 && part > 1 {
            return None;
        }
        value |= part << (7 * at);
        if byte & 0x80 == 0 {
            return Some((value, &bytes[at + 1..]));
        }
    }
    None
}

/// A whole number of a narrower type.
pub(super) fn number<F: Flow, T>(flow: &mut F, value: &mut T) -> Done
where
    T: Copy + Into<u64> + TryFrom<u64>,
{
    let mut wide: u64 = (*value).into();
    flow.number(&mut wide)?;
    *value = T::try_from(wide).map_err(|_| BodyError::Malformed)?;
    Ok(())
}

/// A number of either sign, the small ones of both short.
pub(super) fn signed<F: Flow>(flow: &mut F, value: &mut i64) -> Done {
    let mut folded = fold(*value);
    flow.number(&mut folded)?;
    *value = unfold(folded);
    Ok(())
}

/// The same among the bytes of chance.
pub(super) fn loose_signed<F: Flow>(flow: &mut F, value: &mut i64) -> Done {
    let mut folded = fold(*value);
    flow.loose(&mut folded)?;
    *value = unfold(folded);
    Ok(())
}

fn fold(value: i64) -> u64 {
    (value << 1 ^ value >> 63).cast_unsigned()
}

fn unfold(folded: u64) -> i64 {
    (folded >> 1).cast_signed() ^ -(folded & 1).cast_signed()
}

/// A column whose numbers are mostly all the same: 1 and that number, or 0 and each.
pub(super) fn alike<F: Flow>(flow: &mut F, column: &mut [u64]) -> Done {
    let Some(first) = column.first().copied() else { return Ok(()) };
    if column.len() == 1 {
        return flow.number(&mut column[0]);
    }
    let mut same = u64::from(column.iter().all(|value| *value == first));
    flow.number(&mut same)?;
    match same {
        0 => column.iter_mut().try_for_each(|value| flow.number(value)),
        1 => {
            let mut first = first;
            flow.number(&mut first)?;
            column.fill(first);
            Ok(())
        }
        _ => Err(BodyError::Malformed),
    }
}

/// A length, to which a list is brought.
pub(super) fn sized<F: Flow, T>(
    flow: &mut F,
    list: &mut Vec<T>,
    max: usize,
    blank: impl FnMut() -> T,
) -> Done {
    let mut len = list.len() as u64;
    flow.number(&mut len)?;
    let len = usize::try_from(len).map_err(|_| BodyError::Malformed)?;
    if len > max {
        return Err(BodyError::TooLarge);
    }
    flow.spend(len)?;
    list.resize_with(len, blank);
    Ok(())
}
