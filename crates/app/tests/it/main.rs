//! One test binary: everything through the public entry points.

mod openapi;
