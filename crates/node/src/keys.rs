//! The node's signing key: one file in its directory, readable by its owner alone.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use ed25519_dalek::SigningKey;
use hpke::Serializable as _;
use hpke::kem::{Kem, X25519HkdfSha256};
use thiserror::Error;

use crate::clock;

const FILE: &str = "node.key";
/// The key that is to take the place of the node's, once it is certified.
const NEXT_FILE: &str = "node.key.next";
const ROOT_FILE: &str = "root.key";
const KEY_BYTES: usize = 32;

/// Why a signing key can't be had.
#[derive(Debug, Error)]
pub enum KeyError {
    /// The file can't be read or written.
    #[error("cannot use the key file `{path}`")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file holds something else.
    #[error("the key file `{path}` holds {bytes} bytes, not {KEY_BYTES}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// How many bytes it holds.
        bytes: usize,
    },
    /// Others can read the file.
    #[error("the key file `{path}` can be read by others: run `chmod 600` on it")]
    Readable {
        /// The file.
        path: PathBuf,
    },
}

/// Reads the node's key, or makes one on the first start.
pub(crate) fn load_or_create(dir: &Path) -> Result<SigningKey, KeyError> {
    load_or_create_at(&dir.join(FILE))
}

/// Reads a node's key from a file that holds a copy of it.
pub(crate) fn load(path: &Path) -> Result<SigningKey, KeyError> {
    let bytes = fs::read(path);
    key_of(path, &bytes.map_err(|source| KeyError::Io { path: path.to_owned(), source })?)
}

/// Keeps a node's key in its folder.
pub(crate) fn keep(dir: &Path, key: &SigningKey) -> Result<(), KeyError> {
    let path = dir.join(FILE);
    write_private(&path, &key.to_bytes()).map_err(|source| KeyError::Io { path, source })
}

/// Reads the key that is to take the place of the node's, or makes one.
pub(crate) fn load_or_create_next(dir: &Path) -> Result<SigningKey, KeyError> {
    load_or_create_at(&dir.join(NEXT_FILE))
}

/// The key that is to take the place of the node's does, at once and for good: the one before is
/// gone.
pub(crate) fn take_next(dir: &Path) -> Result<(), KeyError> {
    let path = dir.join(NEXT_FILE);
    // After a power cut it is the one or the other, and what was said of it holds.
    let renamed = fs::rename(&path, dir.join(FILE)).and_then(|()| fs::File::open(dir)?.sync_all());
    renamed.map_err(|source| KeyError::Io { path, source })
}

/// The root's key, made when a network is founded: to be kept offline from then on.
pub(crate) fn load_or_create_root(dir: &Path) -> Result<SigningKey, KeyError> {
    load_or_create_at(&dir.join(ROOT_FILE))
}

/// The X25519 secret that opens bundles for this node, from its signing key.
pub(crate) fn seal_secret(key: &SigningKey) -> <X25519HkdfSha256 as Kem>::PrivateKey {
    let seed = blake3::derive_key("genggam 2026-11 bundle key", &key.to_bytes());
    X25519HkdfSha256::derive_keypair(&seed).0
}

/// The public half of [`seal_secret`].
pub(crate) fn seal_public(key: &SigningKey) -> [u8; KEY_BYTES] {
    let public = X25519HkdfSha256::sk_to_pk(&seal_secret(key));
    public.to_bytes().into()
}

fn load_or_create_at(path: &Path) -> Result<SigningKey, KeyError> {
    let io = |source| KeyError::Io { path: path.to_owned(), source };
    match fs::read(path) {
        Ok(bytes) => {
            check_private(path)
                .map_err(io)?
                .then_some(())
                .ok_or(KeyError::Readable { path: path.to_owned() })?;
            key_of(path, &bytes)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let secret = clock::random::<KEY_BYTES>();
            write_private(path, &secret).map_err(io)?;
            Ok(SigningKey::from_bytes(&secret))
        }
        Err(error) => Err(io(error)),
    }
}

fn key_of(path: &Path, bytes: &[u8]) -> Result<SigningKey, KeyError> {
    let secret: [u8; KEY_BYTES] = bytes
        .try_into()
        .map_err(|_| KeyError::Damaged { path: path.to_owned(), bytes: bytes.len() })?;
    Ok(SigningKey::from_bytes(&secret))
}

/// Writes a file that its owner alone can read, whole or not at all: under another name first,
/// then renamed.
///
/// # Errors
/// If it can't be written.
pub fn write_private(path: &Path, secret: &[u8]) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = Path::new(&beside);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(beside)?;
    file.write_all(secret)?;
    file.sync_all()?;
    fs::rename(beside, path)
}

#[cfg(unix)]
fn check_private(path: &Path) -> io::Result<bool> {
    let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(path)?.permissions());
    Ok(mode & 0o077 == 0)
}

#[cfg(not(unix))]
fn check_private(_: &Path) -> io::Result<bool> {
    Ok(true)
}
