//! Normal forms of texts. Their tables are 130 kB, squeezed: a build for a browser leaves out the
//! feature `unicode`, and is given texts in normal form C, which JavaScript makes. Its node judges
//! what it sealed with them.

#[cfg(feature = "unicode")]
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// A text in normal form C.
#[cfg(feature = "unicode")]
pub(crate) fn composed(text: &str) -> String {
    text.nfc().collect()
}

/// A text that is in normal form C already.
#[cfg(not(feature = "unicode"))]
pub(crate) fn composed(text: &str) -> String {
    text.to_owned()
}

/// A text without accents and with plain forms of letters.
#[cfg(feature = "unicode")]
pub(crate) fn plain(text: &str) -> String {
    text.nfkd().filter(|c| !is_combining_mark(*c)).collect()
}

/// A text as it is: a browser looks up no names.
#[cfg(not(feature = "unicode"))]
pub(crate) fn plain(text: &str) -> String {
    text.to_owned()
}
