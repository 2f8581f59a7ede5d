//! Typing as it is done on a phone, in a hurry.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::grammar::pick;

const SHORT: &[(&str, &str)] = &[
    ("yang", "yg"),
    ("dengan", "dgn"),
    ("tidak", "tdk"),
    ("sudah", "sdh"),
    ("karena", "krn"),
    ("untuk", "utk"),
    ("dan", "dn"),
    ("dari", "dr"),
    ("pada", "pd"),
    ("telah", "tlh"),
    ("belum", "blm"),
    ("kepada", "kpd"),
    ("orang", "org"),
    ("rumah", "rmh"),
    ("sekitar", "sktr"),
    ("masyarakat", "masy"),
    ("setelah", "stlh"),
    ("sampai", "smp"),
];

/// The text with abbreviations and mistakes; about `percent` of its words are hit.
pub(super) fn typed(chance: &mut ChaCha8Rng, text: &str, percent: u32) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for (at, word) in text.split(' ').enumerate() {
        if at > 0 {
            out.push(' ');
        }
        if word.is_ascii() && word.len() > 3 && chance.random_ratio(percent, 100) {
            slip(chance, word, &mut out);
        } else if percent > 3 && chance.random_bool(0.25) {
            out.push_str(shortened(word));
        } else {
            out.push_str(word);
        }
    }
    out
}

fn shortened(word: &str) -> &str {
    SHORT.iter().find(|(long, _)| *long == word).map_or(word, |(_, short)| short)
}

fn slip(chance: &mut ChaCha8Rng, word: &str, out: &mut String) {
    let at = chance.random_range(1..word.len() - 1);
    let (head, tail) = word.split_at(at);
    match pick(chance, &[0, 1, 2, 3, 4]) {
        // A letter twice, a letter lost, two letters changed about, all capitals, a lost space.
        0 => out.extend([head, &tail[..1], tail]),
        1 => out.extend([head, &tail[1..]]),
        2 if tail.len() > 1 => out.extend([head, &tail[1..2], &tail[..1], &tail[2..]]),
        3 => out.push_str(&word.to_ascii_uppercase()),
        _ => out.push_str(word.trim_end_matches(['.', ','])),
    }
}
