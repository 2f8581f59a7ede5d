//! The bytes of a change: `[kind, [content]]`, unknown kinds as they came.

use minicbor::bytes::{ByteSlice, ByteVec};
use minicbor::decode::Error as DecodeError;
use minicbor::encode::{Error as EncodeError, Write};
use minicbor::{Decode, Decoder, Encode, Encoder};

use super::{Change, Unknown};

impl<C> Encode<C> for Change {
    fn encode<W: Write>(
        &self,
        e: &mut Encoder<W>,
        ctx: &mut C,
    ) -> Result<(), EncodeError<W::Error>> {
        e.array(2)?;
        match self {
            Self::Create(content) => content.encode(e.u32(0)?.array(1)?, ctx),
            Self::Patch(content) => content.encode(e.u32(1)?.array(1)?, ctx),
            Self::Transition(content) => content.encode(e.u32(2)?.array(1)?, ctx),
            Self::Comment(content) => content.encode(e.u32(3)?.array(1)?, ctx),
            Self::Acknowledge(content) => content.encode(e.u32(4)?.array(1)?, ctx),
            Self::Pack(bytes) => {
                <&ByteSlice>::from(bytes.as_slice()).encode(e.u32(5)?.array(1)?, ctx)
            }
            Self::Office(content) => content.encode(e.u32(6)?.array(1)?, ctx),
            Self::Certificate(content) => content.encode(e.u32(7)?.array(1)?, ctx),
            Self::Revocation(content) => content.encode(e.u32(8)?.array(1)?, ctx),
            Self::Unknown(Unknown { kind, raw }) => {
                e.u32(*kind)?;
                e.writer_mut().write_all(raw).map_err(EncodeError::write)
            }
        }
    }
}

impl<'b, C> Decode<'b, C> for Change {
    fn decode(d: &mut Decoder<'b>, ctx: &mut C) -> Result<Self, DecodeError> {
        expect_array(d, 2)?;
        let kind = d.u32()?;
        if kind <= 8 {
            expect_array(d, 1)?;
        }
        Ok(match kind {
            0 => Self::Create(Decode::decode(d, ctx)?),
            1 => Self::Patch(Decode::decode(d, ctx)?),
            2 => Self::Transition(Decode::decode(d, ctx)?),
            3 => Self::Comment(Decode::decode(d, ctx)?),
            4 => Self::Acknowledge(Decode::decode(d, ctx)?),
            5 => Self::Pack(ByteVec::decode(d, ctx)?.into()),
            6 => Self::Office(Decode::decode(d, ctx)?),
            7 => Self::Certificate(Decode::decode(d, ctx)?),
            8 => Self::Revocation(Decode::decode(d, ctx)?),
            kind => {
                let from = d.position();
                d.skip()?;
                let raw = d.input().get(from..d.position());
                let raw = raw.ok_or_else(|| DecodeError::end_of_input().at(from))?;
                Self::Unknown(Unknown { kind, raw: raw.to_vec() })
            }
        })
    }
}

fn expect_array(d: &mut Decoder<'_>, len: u64) -> Result<(), DecodeError> {
    let at = d.position();
    match d.array()? {
        Some(found) if found == len => Ok(()),
        _ => Err(DecodeError::message("an array of another length is expected").at(at)),
    }
}
