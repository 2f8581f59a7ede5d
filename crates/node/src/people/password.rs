//! Passwords: Argon2id with 19 MiB and two passes.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};

/// Memory of one hash, in KiB.
const MEMORY_KIB: u32 = 19 * 1024;
/// Passes over it.
const PASSES: u32 = 2;
/// Lanes.
const LANES: u32 = 1;

/// Characters of the shortest password: length is what withstands guessing.
pub const PASSWORD_CHARS_MIN: usize = 10;
/// Bytes of the longest password: bounds the work of hashing it.
pub const PASSWORD_BYTES_MAX: usize = 256;

fn hasher() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None)
        .expect("invariant: the parameters are within Argon2's bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// Hashes a password under a salt.
pub(crate) fn hash(password: &str, salt: &[u8; 16]) -> String {
    let hash: PasswordHash = hasher()
        .hash_password_with_salt(password.as_bytes(), salt)
        .expect("invariant: a bounded password and a 16-byte salt can be hashed");
    hash.to_string()
}

/// Whether a password is the one that was hashed.
pub(crate) fn is_right(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash)
        .is_ok_and(|hash| hasher().verify_password(password.as_bytes(), &hash).is_ok())
}

/// A hash that no password has: an unknown name costs the same time as a known one.
pub(crate) fn nobody() -> String {
    hash("", &[0; 16])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_knows_its_password_and_its_cost() {
        let hashed = hash("sandi yang panjang", &[7; 16]);
        assert!(hashed.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hashed}");
        assert!(is_right("sandi yang panjang", &hashed));
        assert!(!is_right("sandi yang pendek", &hashed));
        assert!(!is_right("sandi yang panjang", "not a hash"));
    }
}
