//! The program `genggam`: command line, HTTP, the embedded web app.

pub mod cli;
pub mod demo;
mod dial;
pub mod http;
pub mod messages;
pub mod output;
mod serve;
mod tls;
