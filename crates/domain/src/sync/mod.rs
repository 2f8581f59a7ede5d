//! How nodes bring each other up to date.

pub mod health;
