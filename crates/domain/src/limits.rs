//! Every limit, with its unit in the name and its reason.

/// Fields of one record type, repeat groups' fields included: more does not fit a phone's form.
pub const FIELDS_PER_TYPE_MAX: usize = 200;
/// Cells of one record: 200 fields and rows of repeat groups; a fold stays under a millisecond.
pub const CELLS_PER_RECORD_MAX: usize = 4_096;
/// Rows of one repeat group in a record.
pub const ROWS_PER_GROUP_MAX: usize = 500;
/// Bytes of a short text: a line on a screen.
pub const TEXT_BYTES_MAX: usize = 500;
/// Bytes of a long text: several pages of narrative.
pub const LONG_TEXT_BYTES_MAX: usize = 20_000;
/// Bytes of the reason why an answer is missing, of a cell's return, of a transition.
pub const REASON_BYTES_MAX: usize = 1_000;
/// Bytes of one operation: a record at its cell limit with long texts still fits a few frames.
pub const OP_BYTES_MAX: usize = 256 * 1024;
/// Bytes of one submitted form as JSON: escapes may double an operation's text.
pub const FORM_BYTES_MAX: usize = 512 * 1024;
/// Heads that one operation may have seen: more concurrent writers than one record ever has.
pub const SAW_MAX: usize = 16;
/// Operations of one record: a year of daily discussion.
pub const OPS_PER_RECORD_MAX: usize = 2_000;
/// Streams that one revocation names: a province's node writes to each of its regencies.
pub const REVOKED_STREAMS_MAX: usize = 2_048;
/// Cells returned in one transition.
pub const RETURNED_CELLS_MAX: usize = 500;
/// Bytes of one source file of a pack.
pub const PACK_FILE_BYTES_MAX: usize = 1024 * 1024;
/// Bytes of a published pack: it travels to phones on 2G.
pub const PACK_BYTES_MAX: usize = 256 * 1024;
/// Bytes of a pack's dictionary: beyond this a frame hardly shrinks, and it travels to phones.
pub const DICTIONARY_BYTES_MAX: usize = 48 * 1024;
/// Record types of one pack.
pub const TYPES_PER_PACK_MAX: usize = 32;
/// Measures of one pack.
pub const MEASURES_PER_PACK_MAX: usize = 128;
/// Dimensions of one measure: each is a column of the fact table.
pub const DIMS_PER_MEASURE_MAX: usize = 6;
/// Nodes of one expression tree: bounds the work of a rule.
pub const EXPR_NODES_MAX: usize = 500;
/// Depth of one expression tree: bounds the stack.
pub const EXPR_DEPTH_MAX: usize = 32;
/// Steps of one evaluation, each element of a list counted: bounds a rule over repeat groups.
pub const EXPR_STEPS_MAX: usize = 100_000;
/// Milliseconds by which a received clock may run ahead before the operation is flagged.
pub const CLOCK_AHEAD_FLAG_MS: u64 = 5 * 60 * 1000;
/// Submissions that share one durable commit: more adds latency and no throughput.
pub const COMMIT_GROUP_MAX: usize = 512;
/// Operations that the projector takes from the log at once.
pub const PROJECT_BATCH_OPS_MAX: usize = 4_096;
/// Fact rows held in memory before they become a segment file: about 100 MB as Arrow.
pub const HOT_ROWS_MAX: usize = 512 * 1024;
/// Rows of one page of a list.
pub const PAGE_ROWS_MAX: usize = 200;
/// Measures of one query.
pub const QUERY_MEASURES_MAX: usize = 24;
/// Cells of one answered figure.
pub const FIGURE_CELLS_MAX: usize = 200_000;
/// Records listed by one lineage page.
pub const LINEAGE_ROWS_MAX: usize = 200;
/// Bytes of an imported file.
pub const IMPORT_FILE_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Rows of an imported file.
pub const IMPORT_ROWS_MAX: usize = 1_000_000;
/// Columns of an imported file: more than any form has fields.
pub const IMPORT_COLUMNS_MAX: usize = 500;
/// Bytes of one cell of an imported file: a long text, doubled.
pub const IMPORT_CELL_BYTES_MAX: usize = 40_000;
/// Bytes that an XLSX file may unpack to: it is a zip, and a small one can hold terabytes.
pub const IMPORT_UNPACKED_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// Bytes of a mapping file.
pub const MAPPING_BYTES_MAX: usize = 256 * 1024;
/// Rows of one exported file: a bulk export is an exception, and larger ones go by parts.
pub const EXPORT_ROWS_MAX: usize = 100_000;
/// Bytes of one uploaded photo or file.
pub const BLOB_BYTES_MAX: usize = 10 * 1024 * 1024;
/// Bytes of the part of a file that is proved by itself: half a second on 2G is lost at most when
/// a link breaks, and the proofs are a fiftieth of the bytes.
pub const BLOB_GROUP_BYTES: usize = 16 * 1024;
/// Bytes of a group's proof: 64 for each level above 640 groups, which is the largest file.
pub const BLOB_PROOF_BYTES_MAX: usize = 640;
/// Bytes of a group that travel in one message: a third of it, with its proof, fits a frame.
pub const BLOB_PART_BYTES: usize = 5_632;
/// Bytes of one message about blobs: one frame, so that an urgent operation waits for no more.
pub const BLOB_MESSAGE_BYTES_MAX: usize = 8 * 1024;
/// Bytes asked of a peer and not yet here: a group, and half of the next while the first arrives.
pub const BLOB_WINDOW_BYTES_MAX: usize = 24 * 1024;
/// Blobs that one session asks for at once: what is more urgent can still come before.
pub const BLOB_WANTS_MAX: usize = 256;
/// Groups that a peer may have asked for and not yet received: twice what a window allows.
pub const BLOB_ASKED_GROUPS_MAX: usize = 4;
/// Bytes of files that a node keeps: a photo a day of 552 offices for a year.
pub const BLOB_STORE_BYTES_MAX: u64 = 64 * 1024 * 1024 * 1024;
/// Bytes that one person may upload without a record that names them: ten of the largest files.
pub const BLOB_UNNAMED_BYTES_MAX: u64 = 100 * 1024 * 1024;
/// Milliseconds after which an uploaded file that no record names is removed: a week offline.
pub const BLOB_UNNAMED_MS: u64 = 7 * 24 * 60 * 60 * 1000;
/// Pixels of an image that a thumbnail is made of: decoded, 120 MB.
pub const IMAGE_PIXELS_MAX: u64 = 40_000_000;
/// Bytes of a thumbnail: under half a second on 2G, and one group.
pub const THUMBNAIL_BYTES_MAX: usize = 12 * 1024;
/// Pixels of a thumbnail's longer side: as wide as a small phone.
pub const THUMBNAIL_PIXELS_MAX: u32 = 320;
/// Offices that a tree ever had: today's villages, 83,762, and as many changes.
pub const OFFICES_MAX: usize = 200_000;
/// Bytes of a text by which an office is looked up.
pub const OFFICE_QUERY_BYTES_MAX: usize = 200;
/// Offices that an answer to a look-up proposes: as many as a person reads.
pub const OFFICE_CANDIDATES_MAX: usize = 8;
/// Bytes of one frame of sync: half a second of a link of 128 kbit/s, so that what is urgent never
/// waits longer behind it.
pub const FRAME_BYTES_MAX: usize = 8 * 1024;
/// Operations of one frame.
pub const FRAME_OPS_MAX: usize = 64;
/// Bytes of a frame's operations before they are squeezed: the largest operation and room to spare.
pub const FRAME_RAW_BYTES_MAX: usize = 2 * OP_BYTES_MAX;
/// Bytes of operations put into one frame before squeezing, unless a single one is larger: texts
/// squeeze to a tenth, and more would not fit a frame.
pub const FRAME_RAW_BYTES_AIM: usize = 96 * 1024;
/// Bytes on their way to a peer that it hasn't acknowledged: what a dead link costs twice, and
/// above what 128 kbit/s carry in a round trip of 1.4 s.
pub const WINDOW_BYTES_MAX: usize = 24 * 1024;
/// Operations between two signed heads of a stream: a frame ends at a signed head.
pub const SIGNED_EVERY_OPS: usize = 16;
/// Cursors of one HELLO: streams of a country's nodes and devices.
pub const CURSORS_MAX: usize = 65_536;
/// Cursors that a dialling node puts into its HELLO without being asked: one packet.
pub const CURSORS_UNASKED_MAX: usize = 96;
/// Frames that a node remembers squeezed, some 2 MB: what a centre says to all, it says to 38
/// provinces and 514 regencies, and to squeeze it takes milliseconds.
pub const SQUEEZED_FRAMES_MAX: usize = 512;
/// Operations of a frame that leans on what went before in its stream: for more of them that is
/// worth little, and a receiver makes its compressor familiar with it twice over.
pub const LEANING_OPS_MAX: usize = 8;
/// Streams of one writer of which a session says where they stand: as many as a revocation names.
pub const STANDS_MAX: usize = REVOKED_STREAMS_MAX;
/// Places of one chain that are named to find where two part: their distances double.
pub const MARKS_MAX: usize = 64;
/// Packs named in a HELLO.
pub const HELLO_PACKS_MAX: usize = 256;
/// Dictionaries named in a HELLO: a frame names one in seven bits.
pub const HELLO_DICTIONARIES_MAX: usize = 100;
/// Milliseconds without a word from a peer that owes one, after which it is taken for dead: four
/// round trips of a satellite link.
pub const DEAD_PEER_MS: u64 = 6_000;
/// Milliseconds without a word on an idle session after which a peer is asked: below the two
/// minutes after which the strictest mobile networks forget a connection. A question and its
/// answer cost 240 bytes with all that carries them, so that a day of silence costs 190 kB.
pub const IDLE_PING_MS: u64 = 110_000;
/// Milliseconds for HELLO to come: two round trips after the connection on the weakest link.
pub const HELLO_MS_MAX: u64 = 15_000;
/// Bytes of a node's name: a line on a screen.
pub const NODE_NAME_BYTES_MAX: usize = 200;
/// Bytes of a program's version text, such as `0.1.0-rc.1`.
pub const PROGRAM_BYTES_MAX: usize = 64;
/// Bytes of a pack's name where a node says which packs it holds.
pub const PACK_KEY_BYTES_MAX: usize = 64;
/// Packs that a node says it holds: many times those of a country.
pub const HEALTH_PACKS_MAX: usize = 128;
/// Bytes of one node's health: its packs with the longest names, and the rest.
pub const HEALTH_BYTES_MAX: usize = 16 * 1024;
/// Nodes whose health a node keeps: each of 553 offices, and several that it had before; a child
/// that makes up nodes fills no disk.
pub const HEALTH_ROWS_MAX: usize = 4_096;
/// Milliseconds since a node was heard within which it counts as connected: a few tries of a link
/// that drops for minutes at a time.
pub const NODE_FRESH_MS: u64 = 10 * 60 * 1000;
/// Milliseconds within which a node was heard lately: an office that is switched off at night was
/// on within the last day.
pub const NODE_TODAY_MS: u64 = 24 * 60 * 60 * 1000;
/// Milliseconds after which a node is silent: from Friday evening to Monday morning are 64 hours,
/// so that a weekend alone silences no office.
pub const NODE_LATE_MS: u64 = 72 * 60 * 60 * 1000;
/// Bytes of refused operations that are kept: proof enough, and no peer fills a disk with them.
/// Beyond this only what was refused, and why, is kept.
pub const QUARANTINE_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Refused operations that are kept at all, which is a table of some 20 MB; the last says so.
pub const QUARANTINE_ROWS_MAX: u64 = 100_000;
/// Refused operations of one page: each is read whole, and may have its 256 KiB.
pub const QUARANTINE_PAGE_ROWS_MAX: usize = 50;
/// Streams of which it is looked up since when they wait for a peer: a node writes a few itself, and
/// a centre that brings up a new node is in no need of it.
pub const UNACKED_STREAMS_MAX: usize = 64;
/// Peers of one node whose sync is shown: its parent, other ways to it, and its children.
pub const SYNC_PEERS_MAX: usize = 1_024;
/// Milliseconds between two events that say that the sync of peers changed: a progress bar moves
/// twice a second, and a listener on 2G isn't flooded.
pub const SYNC_EVENT_MS_MIN: u64 = 500;
/// Days for which a node keeps operations as they came, where nobody says otherwise: within half a
/// year a report is corrected, asked about and counted, and a node below comes back for it.
pub const PRUNE_KEEP_DAYS: u32 = 180;
/// Days for which they are kept at least: a month's reports are still on people's desks, and making
/// each again to change it would cost more than it frees.
pub const PRUNE_KEEP_DAYS_MIN: u32 = 30;
/// Records pruned in one transaction: some milliseconds, so that a report filed meanwhile waits for
/// no more, and what an interruption undoes is as little.
pub const PRUNE_RECORDS: usize = 64;
/// Bytes of one file of a bundle: it is opened in memory, and mails and old USB sticks take it.
pub const BUNDLE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Bytes at which a bundle goes on in another file, where nobody says otherwise.
pub const BUNDLE_FILE_BYTES: usize = 16 * 1024 * 1024;
/// Milliseconds that a device may seal without asking its node: a week without a signal, and no
/// longer than somebody who left may go on unnoticed.
pub const LEASE_MS_MAX: u64 = 7 * 24 * 60 * 60 * 1000;
/// Operations that a device sends at once: on 2G a minute of reports, each with its receipt.
pub const PARCEL_OPS_MAX: usize = 64;
/// Bytes of what a device sends at once: the largest operation and room to spare.
pub const PARCEL_BYTES_MAX: usize = 2 * OP_BYTES_MAX;
/// Milliseconds that a code to enrol a device is good for: time to walk over and type it.
pub const DEVICE_CODE_MS: u64 = 10 * 60 * 1000;
/// Devices of one person at once: a phone, a tablet, the office's PC, and their successors.
pub const DEVICES_PER_PERSON_MAX: usize = 8;
/// Periods that early warning judges at once: two years of weeks, which is what a screen shows.
pub const WATCH_PERIODS_MAX: usize = 104;
/// Offices of one circle of the space–time scan: the largest province has 38 regencies and cities,
/// and the work grows with it.
pub const WATCH_ZONE_OFFICES_MAX: usize = 40;
/// Counts that the scan scatters at each of its replicas: with more, chance is no question, and 499
/// replicas would take longer than somebody waits.
pub const WATCH_SCAN_COUNTS_MAX: u64 = 50_000;
