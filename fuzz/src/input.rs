//! How an input is cut: a fuzzer changes one piece of it without shifting the others.

/// The first byte and the rest; zero where there is none.
#[must_use]
pub fn first(data: &[u8]) -> (u8, &[u8]) {
    data.split_first().map_or((0, data), |(byte, rest)| (*byte, rest))
}

/// Pieces, each with its length before it (two bytes, little end first); the last may be short.
#[must_use]
pub fn pieces(mut data: &[u8], max: usize) -> Vec<&[u8]> {
    let mut pieces = Vec::new();
    while let Some((len, rest)) = data.split_first_chunk::<2>()
        && pieces.len() < max
    {
        let len = usize::from(u16::from_le_bytes(*len)).min(rest.len());
        let (piece, rest) = rest.split_at(len);
        pieces.push(piece);
        data = rest;
    }
    pieces
}

/// The input that [`pieces`] cuts into these; each has at most 65,535 bytes.
#[must_use]
pub fn join<T: AsRef<[u8]>>(pieces: &[T]) -> Vec<u8> {
    let mut data = Vec::new();
    for piece in pieces.iter().map(AsRef::as_ref) {
        let len = u16::try_from(piece.len()).expect("a piece of a seed is short");
        data.extend(len.to_le_bytes());
        data.extend(piece);
    }
    data
}
