//! The program `genggam`: command line, HTTP, the embedded web app.

pub mod cli;
pub mod demo;
pub mod http;
pub mod messages;
pub mod output;
mod serve;
