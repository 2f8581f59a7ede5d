//! Reading a pack's folder.
