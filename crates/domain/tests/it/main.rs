//! Tests of the core.

mod bytes;
mod fold;
mod make;
mod properties;
