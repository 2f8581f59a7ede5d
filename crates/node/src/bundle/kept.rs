//! Bundles that were made and wait in the node's folder to be carried: whoever takes one by a
//! browser takes its files one by one, and all of them are of one making.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::{fs, io};

use domain::ids::OfficeId;
use store::StoreError;

use super::{BundleError, Wanted};
use crate::actor::Actor;
use crate::node::Node;

/// Where they lie in the node's folder: a folder for each office, a file by its number.
const FOLDER: &str = "bundles";

/// Held by whoever writes there.
static ALONE: Mutex<()> = Mutex::new(());

/// A bundle that waits to be carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// For whom.
    pub to: OfficeId,
    /// Operations in it.
    pub ops: u64,
    /// Photos and other files in it.
    pub blobs: u64,
    /// Its files: [`Node::bundle_file`] gives them by their numbers, from 1.
    pub files: usize,
}

impl Node {
    /// Makes a bundle that waits to be carried, in files of at most so many bytes; the one before
    /// for that office goes.
    ///
    /// # Errors
    /// If the person may not, no certified node has the office, or storage fails.
    pub fn make_bundle(
        &self,
        by: &Actor,
        to: OfficeId,
        wanted: Wanted,
        file_bytes_max: usize,
    ) -> Result<Waiting, BundleError> {
        let made = self.export_bundle(by, to, wanted, file_bytes_max)?;
        let keep = || -> io::Result<()> {
            let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
            let folder = self.bundles_of(to);
            let fresh = folder.with_extension("new");
            for old in [&fresh, &folder] {
                if old.exists() {
                    fs::remove_dir_all(old)?;
                }
            }
            fs::create_dir_all(&fresh)?;
            for (number, bytes) in (1..).zip(&made.files) {
                fs::write(fresh.join(format!("{number}")), bytes)?;
            }
            fs::rename(fresh, folder)
        };
        keep().map_err(|error| self.unwritten(to, error))?;
        let files = made.files.len();
        Ok(Waiting { to, ops: made.ops, blobs: made.blobs, files })
    }

    /// A file of a bundle that waits, by its number, from 1.
    ///
    /// # Errors
    /// If the person may not, it isn't there, or storage fails.
    pub fn bundle_file(
        &self,
        by: &Actor,
        to: OfficeId,
        number: u32,
    ) -> Result<Vec<u8>, BundleError> {
        self.may_carry(by)?;
        match fs::read(self.bundles_of(to).join(number.to_string())) {
            Ok(bytes) => Ok(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(BundleError::NotMade),
            Err(error) => Err(self.unwritten(to, error)),
        }
    }

    fn unwritten(&self, to: OfficeId, source: io::Error) -> BundleError {
        StoreError::Folder { path: self.bundles_of(to), source }.into()
    }

    fn bundles_of(&self, to: OfficeId) -> PathBuf {
        self.dir().join(FOLDER).join(to.0.to_string())
    }
}
