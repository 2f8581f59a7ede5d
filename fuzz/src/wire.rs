//! Datagrams and health: what is read is written again as the same.

use domain::sync::decode_all;
use domain::sync::health::Health;

/// One input: a datagram.
pub fn run(data: &[u8]) {
    if let Ok(messages) = decode_all(data) {
        let mut again = Vec::new();
        messages.iter().for_each(|message| message.write(&mut again));
        // A long form may be read, never written.
        assert!(again.len() <= data.len().saturating_mul(2), "a datagram grows");
        assert_eq!(decode_all(&again).as_ref(), Ok(&messages));
    }
    if let Ok(health) = Health::decode(data) {
        assert_eq!(Health::decode(&health.encode()), Ok(health));
    }
}
