//! What nodes say of themselves and of those below: read back whole, and never more than a limit.

use domain::ids::{OfficeId, WriterId};
use domain::limits::{HEALTH_BYTES_MAX, HEALTH_PACKS_MAX, PACK_KEY_BYTES_MAX};
use domain::sync::health::{Health, HealthError};
use expect_test::expect;
use proptest::prelude::*;

fn health() -> Health {
    Health {
        writer: WriterId([1; 16]),
        office: OfficeId(2171),
        name: "Kota Batam".to_owned(),
        program: "0.1.0".to_owned(),
        protocol: 1,
        heard_ms: 1_610_074_800_000,
        offset_ms: -1_500,
        waiting: [1, 0, 12, 0, 3],
        oldest_waiting_ms: Some(1_610_000_000_000),
        packs: vec![("kejadian".to_owned(), 3)],
        log_ops: 4_711,
        via: WriterId([2; 16]),
        twice_ms: None,
    }
}

/// Nodes of different builds exchange these bytes.
#[test]
fn the_bytes_are_as_they_were_decided() {
    let hex: String = health().encode().iter().map(|byte| format!("{byte:02x}")).collect();
    expect!["8c500101010101010101010101010101010119087b6a4b6f746120426174616d65302e312e30011b00000176dfefbf803905db8501000c00031b00000176db7a64008182686b656a616469616e031912675002020202020202020202020202020202"]
        .assert_eq(&hex);
    assert_eq!(Health::decode(&health().encode()), Ok(health()));
    assert_eq!(health().waiting_ops(), 16);
}

#[test]
fn what_is_beyond_a_limit_is_refused() {
    let told = |health: &Health| Health::decode(&health.encode()).map(drop);
    let named = |name: &str| Health { name: name.to_owned(), ..health() };
    let packs = |count: usize, bytes: usize| Health {
        packs: (0..count).map(|at| (format!("{at:a<bytes$}"), 1)).collect(),
        ..health()
    };
    assert_eq!(told(&named("")), Err(HealthError::Text));
    assert_eq!(told(&named(&"x".repeat(201))), Err(HealthError::Text));
    assert_eq!(told(&named("satu\u{1b}[2Jdua")), Err(HealthError::Text));
    let program = Health { program: "v".repeat(65), ..health() };
    assert_eq!(told(&program), Err(HealthError::Text));
    assert_eq!(told(&packs(HEALTH_PACKS_MAX, PACK_KEY_BYTES_MAX)), Ok(()));
    assert_eq!(told(&packs(1, PACK_KEY_BYTES_MAX + 1)), Err(HealthError::Text));
    assert_eq!(told(&packs(HEALTH_PACKS_MAX + 1, 8)), Err(HealthError::Packs));
    let many = packs(HEALTH_BYTES_MAX, 8);
    assert!(matches!(told(&many), Err(HealthError::TooLarge { .. })));
    let mut more = health().encode();
    more.push(0);
    assert_eq!(Health::decode(&more), Err(HealthError::Malformed));
}

/// Whatever a node is called, what it says of itself is taken.
#[test]
fn what_a_node_says_of_itself_is_within_every_limit() {
    assert_eq!(health().within_limits(), health());
    let long = Health {
        name: format!("\u{1b}{}", "é".repeat(150)),
        program: String::new(),
        packs: (0..300).map(|at| ("p".repeat(at), 1)).collect(),
        ..health()
    };
    let fitted = long.within_limits();
    assert_eq!((fitted.name.len(), fitted.program.as_str()), (200, "?"));
    assert_eq!(fitted.packs.len(), PACK_KEY_BYTES_MAX);
    assert_eq!(Health::decode(&fitted.encode()), Ok(fitted));
}

proptest! {
    /// No bytes make it panic, and what it takes is within every limit.
    #[test]
    fn any_bytes_are_taken_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(health) = Health::decode(&bytes) {
            prop_assert_eq!(health.check(), Ok(()));
        }
    }

    /// A byte changed on the way makes another health or none, never a panic.
    #[test]
    fn a_changed_byte_is_no_harm(at in 0usize..90, byte in any::<u8>()) {
        let mut bytes = health().encode();
        let at = at % bytes.len();
        bytes[at] = byte;
        if let Ok(other) = Health::decode(&bytes) {
            prop_assert_eq!(other.check(), Ok(()));
        }
    }
}
