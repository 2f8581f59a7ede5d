//! What a phone's browser runs of Genggam: the judgement of forms and the seal of `domain`, behind
//! six functions for JavaScript.
//!
//! Bytes go in by [`input`] and come out by [`output`], two buffers that stay this module's own: no
//! pointer is ever taken back, so that nothing here is unsafe but the names of the functions, which
//! the linker must find. Time and randomness are arguments.

mod calls;
mod state;

use std::cell::RefCell;

thread_local! {
    static INPUT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static OUTPUT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Makes room for an argument, and tells where JavaScript writes it.
#[expect(unsafe_code, reason = "a name for the linker; no other function has it")]
#[unsafe(no_mangle)]
pub extern "C" fn input(len: usize) -> *mut u8 {
    INPUT.with_borrow_mut(|input| {
        input.clear();
        input.resize(len, 0);
        input.as_mut_ptr()
    })
}

/// Where the result of the last call is; each call tells its length.
#[expect(unsafe_code, reason = "a name for the linker; no other function has it")]
#[unsafe(no_mangle)]
pub extern "C" fn output() -> *const u8 {
    OUTPUT.with_borrow(|output| output.as_ptr())
}

macro_rules! exported {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[expect(unsafe_code, reason = "a name for the linker; no other function has it")]
        #[unsafe(no_mangle)]
        pub extern "C" fn $name() -> usize {
            run(calls::$name)
        }
    )*};
}

exported! {
    /// CBOR of the kit → nothing. Must come first.
    kit;
    /// Seed of the key (32 bytes), person (16) → public key (32), word (64), writer (16).
    enrol;
    /// Seed of the key (32 bytes), JSON of [`calls::Ask`] → JSON of [`calls::Answer`].
    seal;
    /// JSON of [`calls::Packing`] → CBOR of a parcel.
    parcel;
    /// Any bytes → their BLAKE3.
    digest;
    /// Lines of a golden file → what this build makes of them.
    golden;
}

/// Runs a call on the argument. The argument may hold a key, so it is wiped.
fn run(call: fn(&[u8]) -> Vec<u8>) -> usize {
    let result = INPUT.with_borrow_mut(|input| {
        let result = call(input);
        input.fill(0);
        result
    });
    OUTPUT.with_borrow_mut(|output| {
        *output = result;
        output.len()
    })
}
