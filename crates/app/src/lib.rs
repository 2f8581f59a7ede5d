//! The program `genggam`: command line, HTTP, the embedded web app.

pub mod http;
