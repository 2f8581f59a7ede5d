//! Whose a device is, by its key's own word.

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use minicbor::{Decode, Encode};

use crate::ids::PersonId;

/// Whose device a key is in, with the key's word that it is theirs.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Holder {
    /// The person.
    #[n(0)]
    pub person: PersonId,
    /// Ed25519 by the device's key over `"genggam device 1" ‖ key ‖ person`.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub proof: [u8; 64],
}

impl Holder {
    /// A device's word that it is a person's.
    #[must_use]
    pub fn prove(key: &SigningKey, person: PersonId) -> Self {
        let proof = key.sign(&proved_bytes(key.verifying_key().as_bytes(), person));
        Self { person, proof: proof.to_bytes() }
    }

    /// Whether the owner of this key gave that word.
    #[must_use]
    pub fn proves(&self, key: &[u8; 32]) -> bool {
        let Ok(verifying) = VerifyingKey::from_bytes(key) else { return false };
        let proof = Signature::from_bytes(&self.proof);
        verifying.verify_strict(&proved_bytes(key, self.person), &proof).is_ok()
    }
}

fn proved_bytes(key: &[u8; 32], person: PersonId) -> Vec<u8> {
    [b"genggam device 1".as_slice(), key, &person.0].concat()
}
