//! Tests of storage, against real files.

mod crash;
mod migration;
mod story;
