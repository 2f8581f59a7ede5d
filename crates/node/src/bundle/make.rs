//! Making a bundle: operations in the order in which they may be taken, then the files that they
//! name.

use std::collections::{BTreeMap, BTreeSet};

use domain::ids::{Digest, OfficeId, WriterId};
use domain::op::{Lane, Op, StreamId};
use domain::sync::blob::group_count;
use domain::sync::bundle::{FileGroup, Item};
use domain::sync::{BuiltFrame, Cursor, Dictionaries, Page, Said, build, tag_of};
use store::{blobs, cursors, log};

use super::file::Sealer;
use super::{BundleError, Exported, Wanted, node_of};
use crate::blobs::files_of;
use crate::kernel::Kernel;

impl Kernel {
    /// Makes a bundle for the node of an office, in files of at most so many bytes (a single
    /// operation may be larger).
    ///
    /// # Errors
    /// If no certified node has the office, or storage fails.
    pub fn export_bundle(
        &self,
        to: OfficeId,
        wanted: Wanted,
        file_bytes_max: usize,
    ) -> Result<Exported, BundleError> {
        let rules = self.rules();
        let (writer, seal) = node_of(&rules, to).ok_or(BundleError::NoNode)?;
        let mut shared = self.shared(&rules, to)?;
        let stands =
            |(s, next_seq): &(StreamId, u64)| Cursor { tag: tag_of(s), next_seq: *next_seq };
        let mut receipts: Vec<Cursor> = shared.iter().map(stands).collect();
        receipts.sort_unstable();
        // Packs come before what is squeezed with their dictionaries.
        shared.sort_by_cached_key(|(stream, _)| {
            (stream.lane != Lane::Control, stream.lane, rules.rank(stream), stream.clone())
        });
        let mut making = Making::begin(self, to, (writer, seal), receipts, file_bytes_max)?;
        let theirs = self.store.read(|r| cursors::of_peer(r, writer))?;
        for (stream, end) in &shared {
            let at = match wanted {
                Wanted::All => 1,
                Wanted::Lacking => theirs.get(&tag_of(stream)).copied().unwrap_or(1),
                Wanted::Since(ms) => self.store.read(|r| log::first_since(r, stream, ms))?,
            };
            making.stream(stream, at, *end)?;
        }
        making.files()?;
        Ok(making.finish())
    }
}

/// A bundle that is being made.
struct Making<'k> {
    kernel: &'k Kernel,
    /// For whom, and the key that it is sealed with.
    to: (WriterId, [u8; 32]),
    head: Item,
    dictionaries: Dictionaries,
    /// None of them, for what the receiver reads before it has the packs.
    without: Dictionaries,
    file_bytes_max: usize,
    sealer: Sealer,
    /// Something besides the head stands in the file that is being written.
    begun: bool,
    /// Streams that it has numbered.
    named: BTreeMap<StreamId, u32>,
    /// Files that its operations name.
    files: BTreeSet<(Digest, u64)>,
    made: Exported,
}

impl<'k> Making<'k> {
    fn begin(
        kernel: &'k Kernel,
        office: OfficeId,
        to: (WriterId, [u8; 32]),
        receipts: Vec<Cursor>,
        file_bytes_max: usize,
    ) -> Result<Self, BundleError> {
        let ids = kernel.dictionaries();
        let dictionaries = Dictionaries {
            codec: kernel.codec(),
            out: (1u8..).zip(ids.iter().copied()).collect(),
            peer: Vec::new(),
        };
        let head = Item::Head(ids, receipts);
        let without = Dictionaries { out: Vec::new(), ..dictionaries.clone() };
        Ok(Self {
            kernel,
            to,
            dictionaries,
            without,
            file_bytes_max,
            sealer: begun(kernel, &to, &head)?,
            head,
            begun: false,
            named: BTreeMap::new(),
            files: BTreeSet::new(),
            made: Exported { files: Vec::new(), ops: 0, blobs: 0, to: office },
        })
    }

    /// Goes on in another file where so many bytes do not fit this one any more.
    fn make_room(&mut self, bytes: usize) -> Result<(), BundleError> {
        if self.begun && self.sealer.len() + bytes > self.file_bytes_max {
            let next = begun(self.kernel, &self.to, &self.head)?;
            self.made.files.push(std::mem::replace(&mut self.sealer, next).finish());
            self.named.clear();
        }
        self.begun = true;
        Ok(())
    }

    /// Adds the operations of a stream from a place on, before another.
    fn stream(&mut self, stream: &StreamId, mut at: u64, end: u64) -> Result<(), BundleError> {
        let control = stream.lane == Lane::Control;
        while at < end {
            let page = self.kernel.page(stream, at)?;
            let dictionaries = if control { &self.without } else { &self.dictionaries };
            // Whoever lacks other operations than this sender thinks must be able to read it.
            let alone = Said::default();
            let Some(built) = build(&page, 0, dictionaries, &alone) else { break };
            let BuiltFrame { mut frame, said: Said { next_seq, .. }, .. } = built;
            self.make_room(frame.body.len())?;
            let next = u32::try_from(self.named.len()).unwrap_or(u32::MAX);
            frame.stream = *self.named.entry(stream.clone()).or_insert_with(|| {
                self.sealer.write(&Item::Stream(next, stream.clone()));
                next
            });
            self.sealer.write(&Item::Frame(frame));
            self.note_files(&page, next_seq);
            self.made.ops += next_seq - at;
            at = next_seq;
        }
        Ok(())
    }

    fn note_files(&mut self, page: &Page, next_seq: u64) {
        let ops = (page.first_seq..next_seq).zip(&page.ops);
        for op in ops.filter_map(|(_, op)| minicbor::decode::<Op>(op).ok()) {
            self.files.extend(files_of(&op.change).map(|file| (file.digest, file.size_bytes)));
        }
    }

    /// Adds what is here of the files that the operations name.
    fn files(&mut self) -> Result<(), BundleError> {
        for (digest, size_bytes) in std::mem::take(&mut self.files) {
            let mut whole = true;
            for number in 0..group_count(size_bytes).unwrap_or(0) {
                let group = |r: &store::Reader<'_>| blobs::group(r, digest, size_bytes, number);
                match self.kernel.store.read(group)? {
                    Some(group) => {
                        self.make_room(group.bytes().len())?;
                        self.sealer.write(&Item::Group(FileGroup::from(&group)));
                    }
                    None => whole = false,
                }
            }
            self.made.blobs += u64::from(whole);
        }
        Ok(())
    }

    fn finish(mut self) -> Exported {
        self.made.files.push(self.sealer.finish());
        self.made
    }
}

fn begun(
    kernel: &Kernel,
    (writer, seal): &(WriterId, [u8; 32]),
    head: &Item,
) -> Result<Sealer, BundleError> {
    let mut sealer = Sealer::begin(&kernel.key, (kernel.own.writer, *writer), seal)?;
    sealer.write(head);
    Ok(sealer)
}
