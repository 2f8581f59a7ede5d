//! A pack's bytes: canonical CBOR, within limits.
//!
//! The bytes come from the log, so from peers: decoding never panics, whatever they are.

use std::collections::BTreeSet;

use minicbor::data::Type;
use thiserror::Error;

use super::{FieldKind, Formula, MeasureKind, Pack, RecordType, Source};
use crate::expr::{Expr, ExprTooLarge};
use crate::limits::{
    DICTIONARY_BYTES_MAX, DIMS_PER_MEASURE_MAX, EXPR_DEPTH_MAX, FIELDS_PER_TYPE_MAX,
    MEASURES_PER_PACK_MAX, PACK_BYTES_MAX, ROWS_PER_GROUP_MAX, TYPES_PER_PACK_MAX,
};
use crate::problem::ProblemCode;

/// Nesting of arrays and maps in a pack's bytes: an expression at its deepest takes three levels
/// for each of its own, within a handful of the pack's.
const NESTING_MAX: usize = 3 * EXPR_DEPTH_MAX + 16;

/// Bytes that are not a pack.
#[derive(Debug, Error)]
pub enum PackError {
    /// Too many bytes.
    #[error("the pack has {bytes} bytes, more than {PACK_BYTES_MAX}")]
    TooLarge {
        /// How many.
        bytes: usize,
    },
    /// Nested deeper than any pack is.
    #[error("the bytes are nested deeper than a pack")]
    TooDeep,
    /// Not the CBOR of a pack.
    #[error("the bytes are not a pack")]
    Malformed(#[source] minicbor::decode::Error),
    /// Another encoding of the same pack.
    #[error("the bytes are not the canonical form of their pack")]
    NotCanonical,
    /// The dictionary is too large.
    #[error("the dictionary has {bytes} bytes, more than {DICTIONARY_BYTES_MAX}")]
    Dictionary {
        /// How many.
        bytes: usize,
    },
    /// More of something than its limit.
    #[error("the pack has too many {what}")]
    TooMany {
        /// Of what.
        what: &'static str,
    },
    /// Two things have one number or key.
    #[error("two {what} have one number or key")]
    Duplicate {
        /// Things of which kind.
        what: &'static str,
    },
    /// A type has no state to begin in.
    #[error("type {type_id} has no state")]
    NoState {
        /// The type's number.
        type_id: u16,
    },
    /// An expression is too large.
    #[error(transparent)]
    Expr(#[from] ExprTooLarge),
}

impl PackError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> ProblemCode {
        match self {
            Self::TooLarge { .. } => ProblemCode::OpTooLarge,
            Self::TooDeep
            | Self::Malformed(_)
            | Self::NotCanonical
            | Self::Dictionary { .. }
            | Self::TooMany { .. }
            | Self::Duplicate { .. }
            | Self::NoState { .. }
            | Self::Expr(_) => ProblemCode::OpMalformed,
        }
    }
}

impl Pack {
    /// Its bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        minicbor::to_vec(self).expect("invariant: encoding to memory does not fail")
    }

    /// Its bytes, if they and what they hold are within the limits.
    ///
    /// # Errors
    /// When a limit is passed, or numbers repeat.
    pub fn encode(&self) -> Result<Vec<u8>, PackError> {
        check(self)?;
        let bytes = self.to_bytes();
        check_bytes(&bytes)?;
        Ok(bytes)
    }

    /// The pack that these bytes hold.
    ///
    /// # Errors
    /// When they are not the canonical bytes of a pack within its limits.
    pub fn decode(bytes: &[u8]) -> Result<Self, PackError> {
        check_bytes(bytes)?;
        check_nesting(bytes)?;
        let pack: Self = minicbor::decode(bytes).map_err(PackError::Malformed)?;
        if pack.to_bytes() != bytes {
            return Err(PackError::NotCanonical);
        }
        check(&pack)?;
        Ok(pack)
    }
}

fn check_bytes(bytes: &[u8]) -> Result<(), PackError> {
    let too_large = bytes.len() > PACK_BYTES_MAX;
    if too_large { Err(PackError::TooLarge { bytes: bytes.len() }) } else { Ok(()) }
}

/// Refuses bytes whose decoding would recurse too deep, reading only heads, without recursion.
fn check_nesting(bytes: &[u8]) -> Result<(), PackError> {
    let mut decoder = minicbor::Decoder::new(bytes);
    let mut open: Vec<u64> = vec![1];
    while let Some(left) = open.last_mut() {
        if *left == 0 {
            open.pop();
            continue;
        }
        *left -= 1;
        let inside = match decoder.datatype().map_err(PackError::Malformed)? {
            Type::Array => decoder.array().map_err(PackError::Malformed)?,
            Type::Map => decoder.map().map_err(PackError::Malformed)?.map(|n| n.saturating_mul(2)),
            Type::ArrayIndef
            | Type::MapIndef
            | Type::BytesIndef
            | Type::StringIndef
            | Type::Break
            | Type::Tag => return Err(PackError::NotCanonical),
            Type::Bool
            | Type::Null
            | Type::Undefined
            | Type::U8
            | Type::U16
            | Type::U32
            | Type::U64
            | Type::I8
            | Type::I16
            | Type::I32
            | Type::I64
            | Type::Int
            | Type::F16
            | Type::F32
            | Type::F64
            | Type::Simple
            | Type::Bytes
            | Type::String
            | Type::Unknown(_) => {
                decoder.skip().map_err(PackError::Malformed)?;
                None
            }
        };
        open.extend(inside);
        if open.len() > NESTING_MAX {
            return Err(PackError::TooDeep);
        }
    }
    Ok(())
}

fn check(pack: &Pack) -> Result<(), PackError> {
    let bytes = pack.dictionary.as_ref().map_or(0, |dictionary| dictionary.0.len());
    if bytes > DICTIONARY_BYTES_MAX {
        return Err(PackError::Dictionary { bytes });
    }
    at_most(pack.types.len(), TYPES_PER_PACK_MAX, "types")?;
    at_most(pack.measures.len(), MEASURES_PER_PACK_MAX, "measures")?;
    unique(pack.types.iter().map(|ty| ty.id), "types")?;
    unique(pack.types.iter().map(|ty| &ty.key), "types")?;
    unique(pack.measures.iter().map(|measure| &measure.key), "measures")?;
    unique(pack.schedules.iter().map(|schedule| &schedule.key), "schedules")?;
    unique(pack.views.iter().map(|view| &view.key), "views")?;
    pack.types.iter().try_for_each(check_type)?;
    for measure in &pack.measures {
        at_most(measure.dims.len(), DIMS_PER_MEASURE_MAX, "dimensions")?;
        if let MeasureKind::Formula(Formula { expr, .. }) = &measure.kind {
            expr.check_size()?;
        }
        measure.kind.sources().iter().try_for_each(check_source)?;
    }
    Ok(())
}

fn check_type(ty: &RecordType) -> Result<(), PackError> {
    at_most(ty.fields.len(), FIELDS_PER_TYPE_MAX, "fields")?;
    unique(ty.fields.iter().map(|field| field.id), "fields")?;
    unique(ty.fields.iter().map(|field| &field.key), "fields")?;
    unique(ty.rules.iter().map(|rule| &rule.key), "rules")?;
    unique(ty.workflow.states.iter().map(|state| state.id), "states")?;
    unique(ty.workflow.states.iter().map(|state| &state.key), "states")?;
    unique(ty.workflow.actions.iter().map(|action| action.id), "actions")?;
    unique(ty.workflow.actions.iter().map(|action| &action.key), "actions")?;
    if ty.workflow.first().is_none() {
        return Err(PackError::NoState { type_id: ty.id });
    }
    for field in &ty.fields {
        unique(field.kind.choices().iter().map(|choice| choice.id), "choices")?;
        unique(field.kind.choices().iter().map(|choice| &choice.key), "choices")?;
        if let FieldKind::Computed(expr, _) = &field.kind {
            expr.check_size()?;
        }
        if let FieldKind::Group(rows) = &field.kind {
            at_most(*rows as usize, ROWS_PER_GROUP_MAX, "rows")?;
        }
        field.relevant.as_ref().map_or(Ok(()), Expr::check_size)?;
    }
    let guards = ty.workflow.actions.iter().filter_map(|action| action.guard.as_ref());
    let rules = ty.rules.iter().map(|rule| &rule.expr);
    guards.chain(rules).chain(&ty.urgent).try_for_each(Expr::check_size)?;
    Ok(())
}

fn check_source(source: &Source) -> Result<(), ExprTooLarge> {
    let optional = source.when.iter().chain(&source.office).chain(&source.date);
    optional.chain([&source.value]).chain(&source.dims).try_for_each(Expr::check_size)
}

fn at_most(count: usize, max: usize, what: &'static str) -> Result<(), PackError> {
    if count > max { Err(PackError::TooMany { what }) } else { Ok(()) }
}

fn unique<T: Ord>(items: impl Iterator<Item = T>, what: &'static str) -> Result<(), PackError> {
    let mut seen = BTreeSet::new();
    for item in items {
        if !seen.insert(item) {
            return Err(PackError::Duplicate { what });
        }
    }
    Ok(())
}
