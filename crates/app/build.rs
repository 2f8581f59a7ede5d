//! Sees to it that the folder of the built web app exists, so that a fresh clone compiles; and
//! that a new build of the web app is embedded.

use std::{env, fs, io, path::Path};

fn main() -> io::Result<()> {
    let here = env::var_os("CARGO_MANIFEST_DIR").ok_or(io::ErrorKind::NotFound)?;
    let dist = Path::new(&here).join("../../web/dist");
    if !dist.exists() {
        fs::create_dir_all(&dist)?;
    }
    for watched in ["../../web/dist", "messages"] {
        let path = Path::new(&here).join(watched);
        let path = path.to_str().ok_or(io::ErrorKind::InvalidFilename)?.to_owned();
        emit(&format!("cargo:rerun-if-changed={path}"))?;
    }
    Ok(())
}

fn emit(line: &str) -> io::Result<()> {
    io::Write::write_all(&mut io::stdout(), format!("{line}\n").as_bytes())
}
