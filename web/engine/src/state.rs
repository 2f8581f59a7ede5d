//! What the engine remembers between calls: what the node gave to judge forms by.

use std::cell::RefCell;

use domain::device::Kit;
use domain::office::Tree;
use domain::pack::Pack;

/// Packs and offices.
pub(crate) struct Known {
    pub(crate) packs: Vec<Pack>,
    pub(crate) tree: Tree,
}

thread_local! {
    static KNOWN: RefCell<Option<Known>> = const { RefCell::new(None) };
}

/// Takes a kit; false if it is none. A pack of a later build is left out.
pub(crate) fn learn(bytes: &[u8]) -> bool {
    let Ok(kit) = minicbor::decode::<Kit>(bytes) else { return false };
    let Ok(tree) = Tree::from_events(&kit.offices) else { return false };
    let packs = kit.packs.iter().filter_map(|pack| Pack::decode(pack).ok()).collect();
    KNOWN.with_borrow_mut(|known| *known = Some(Known { packs, tree }));
    true
}

/// Does something with what is known.
pub(crate) fn with<T>(work: impl FnOnce(&Known) -> T) -> Option<T> {
    KNOWN.with_borrow(|known| known.as_ref().map(work))
}
