-- The log: every stream is a hash chain, every operation has a position in the order of arrival.
CREATE TABLE streams (
  id INTEGER PRIMARY KEY,
  key BLOB NOT NULL UNIQUE,        -- CBOR of the stream's id
  next_seq INTEGER NOT NULL,
  link BLOB NOT NULL               -- chain link of the last operation
);
CREATE TABLE heads (               -- signed heads: where a frame may end
  stream INTEGER NOT NULL REFERENCES streams (id),
  next_seq INTEGER NOT NULL,
  signature BLOB NOT NULL,
  PRIMARY KEY (stream, next_seq)
) WITHOUT ROWID;
CREATE TABLE log (
  pos INTEGER PRIMARY KEY,
  stream INTEGER NOT NULL REFERENCES streams (id),
  seq INTEGER NOT NULL,
  record BLOB,
  received_ms INTEGER NOT NULL,
  prev BLOB NOT NULL,              -- chain link before it
  bytes BLOB,                      -- null: pruned, it follows from its record and `rests`
  void INTEGER                     -- position of what took it out of every fold
);
CREATE UNIQUE INDEX log_stream ON log (stream, seq);
CREATE INDEX log_void ON log (void) WHERE void IS NOT NULL;
CREATE INDEX log_record ON log (record, pos) WHERE record IS NOT NULL;
CREATE TABLE void_once (           -- operations that were taken out and count again
  op INTEGER NOT NULL,             -- its position
  since INTEGER NOT NULL,          -- position of what took it out
  until INTEGER NOT NULL,          -- position of what brought it back
  PRIMARY KEY (op, since)
) WITHOUT ROWID;
CREATE INDEX void_once_since ON void_once (since);
CREATE INDEX void_once_until ON void_once (until);

-- Records: the fold of the log, with what lists are filtered and sorted by.
CREATE TABLE words (
  id INTEGER PRIMARY KEY,
  word TEXT NOT NULL UNIQUE        -- a type's or state's key
);
CREATE TABLE records (
  num INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE,
  type INTEGER NOT NULL REFERENCES words (id),
  office INTEGER NOT NULL,
  state INTEGER NOT NULL REFERENCES words (id),
  date INTEGER NOT NULL,           -- days since 1970-01-01
  updated_ms INTEGER NOT NULL,
  urgent INTEGER NOT NULL,
  counts INTEGER NOT NULL,
  returned INTEGER NOT NULL,       -- how many cells were sent back
  period TEXT,
  title TEXT NOT NULL,
  body BLOB NOT NULL               -- CBOR of the record
);
CREATE INDEX records_date ON records (date, num);
CREATE INDEX records_office ON records (office, date, num);
CREATE INDEX records_type ON records (type, state, date, num);
CREATE VIRTUAL TABLE titles USING fts5 (
  title, content = '', contentless_delete = 1, tokenize = "unicode61 remove_diacritics 2"
);
CREATE TABLE waiting (             -- records that can't be folded until a pack arrives
  record BLOB PRIMARY KEY,
  pack TEXT NOT NULL,
  version INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE rests (               -- of pruned records: what they leave out of their operations
  record BLOB PRIMARY KEY,
  bytes BLOB NOT NULL              -- CBOR
) WITHOUT ROWID;
CREATE TABLE receipts (
  submission BLOB PRIMARY KEY,
  record BLOB,
  link BLOB NOT NULL,
  pos INTEGER NOT NULL,
  received_ms INTEGER NOT NULL,
  author BLOB NOT NULL,
  digest BLOB,                     -- of what was submitted; null: it came back by sync
  flags INTEGER NOT NULL
) WITHOUT ROWID;

-- What the control lane brought.
CREATE TABLE packs (
  name TEXT NOT NULL,
  version INTEGER NOT NULL,
  pos INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY (name, version)
);
CREATE TABLE statements (          -- certificates and revocations
  pos INTEGER PRIMARY KEY,
  stream BLOB NOT NULL,
  seq INTEGER NOT NULL,
  bytes BLOB NOT NULL              -- CBOR of the change
);
CREATE TABLE office_events (
  pos INTEGER PRIMARY KEY,
  bytes BLOB NOT NULL
);

-- People.
CREATE TABLE people (
  id BLOB PRIMARY KEY,
  login TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  active INTEGER NOT NULL,
  created_ms INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE roles (
  person BLOB NOT NULL REFERENCES people (id),
  role TEXT NOT NULL,
  office INTEGER NOT NULL,
  from_date INTEGER NOT NULL,
  until_date INTEGER,
  PRIMARY KEY (person, role, office, from_date)
) WITHOUT ROWID;
CREATE TABLE credentials (
  person BLOB NOT NULL REFERENCES people (id),
  kind TEXT NOT NULL,
  secret TEXT NOT NULL,            -- never the password: its hash
  changed_ms INTEGER NOT NULL,
  PRIMARY KEY (person, kind)
) WITHOUT ROWID;
CREATE TABLE sessions (
  token BLOB PRIMARY KEY,          -- BLAKE3 of the token
  person BLOB NOT NULL REFERENCES people (id),
  created_ms INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX sessions_person ON sessions (person);
CREATE INDEX sessions_expiry ON sessions (expires_ms);

-- Devices.
CREATE TABLE device_codes (
  code BLOB PRIMARY KEY,           -- BLAKE3 of the code
  person BLOB NOT NULL REFERENCES people (id),
  office INTEGER NOT NULL,
  name TEXT NOT NULL,
  made_by BLOB NOT NULL REFERENCES people (id),
  expires_ms INTEGER NOT NULL,
  used_ms INTEGER
) WITHOUT ROWID;
CREATE INDEX device_codes_expiry ON device_codes (expires_ms);
CREATE TABLE devices (             -- when this node heard them last
  writer BLOB PRIMARY KEY,
  heard_ms INTEGER NOT NULL
) WITHOUT ROWID;

-- The node itself.
CREATE TABLE meta (
  key TEXT PRIMARY KEY,
  value BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE cursors (
  name TEXT PRIMARY KEY,
  pos INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE peer_cursors (        -- where streams stand at peers, as they last said
  peer BLOB NOT NULL,
  tag BLOB NOT NULL,               -- short name of the stream
  next_seq INTEGER NOT NULL,
  PRIMARY KEY (peer, tag)
) WITHOUT ROWID;
CREATE TABLE quarantine (
  id INTEGER PRIMARY KEY,
  received_ms INTEGER NOT NULL,
  stream BLOB,
  seq INTEGER,
  code TEXT NOT NULL,
  detail TEXT NOT NULL,
  bytes BLOB NOT NULL,
  total_bytes INTEGER NOT NULL,    -- of this and those before
  seen_ms INTEGER,                 -- when an administrator marked it as seen, and who
  seen_by BLOB
);
CREATE UNIQUE INDEX quarantine_once ON quarantine (stream, seq, code, bytes);
CREATE INDEX quarantine_unseen ON quarantine (id) WHERE seen_ms IS NULL;
CREATE TABLE health (              -- how the nodes below are, as their parents heard them
  writer BLOB PRIMARY KEY,
  office INTEGER NOT NULL,
  heard_ms INTEGER NOT NULL,
  body BLOB NOT NULL               -- CBOR of the health
) WITHOUT ROWID;
CREATE TABLE audit (
  id INTEGER PRIMARY KEY,
  at_ms INTEGER NOT NULL,
  person BLOB,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail TEXT NOT NULL
);
CREATE TABLE jobs (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  person BLOB NOT NULL,
  state TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  updated_ms INTEGER NOT NULL,
  body BLOB NOT NULL
);

-- Photos and files, in groups of 16 KiB that are proved one by one: each is durable as it arrives.
CREATE TABLE blobs (
  id INTEGER PRIMARY KEY,
  digest BLOB NOT NULL,
  size INTEGER NOT NULL,           -- as whoever names it says; the last group proves it
  media_type TEXT NOT NULL,
  thumbnail INTEGER NOT NULL,      -- it was made of a photo: no operation names it
  lane INTEGER NOT NULL,           -- how urgent what names it is
  groups INTEGER NOT NULL,         -- how many are here
  whole INTEGER NOT NULL,
  held_above INTEGER NOT NULL,     -- the parent node has it whole
  origin BLOB,                     -- the node that it came from; null: uploaded or made here
  seen_ms INTEGER NOT NULL,
  asked_ms INTEGER NOT NULL
);
CREATE UNIQUE INDEX blobs_digest ON blobs (digest, size);
CREATE INDEX blobs_wanted ON blobs (thumbnail DESC, lane, size) WHERE whole = 0;
CREATE INDEX blobs_spare ON blobs (asked_ms) WHERE whole = 1 AND held_above = 1 AND thumbnail = 0;
CREATE TABLE blob_groups (
  blob INTEGER NOT NULL REFERENCES blobs (id) ON DELETE CASCADE,
  num INTEGER NOT NULL,
  proof BLOB NOT NULL,
  bytes BLOB NOT NULL
);
CREATE UNIQUE INDEX blob_groups_num ON blob_groups (blob, num);
CREATE TABLE blob_refs (
  digest BLOB NOT NULL,
  record BLOB NOT NULL,
  audience BLOB NOT NULL,          -- CBOR: who may have the operations that name it
  size INTEGER NOT NULL,
  media_type TEXT NOT NULL,
  lane INTEGER NOT NULL,
  PRIMARY KEY (digest, record, audience)
) WITHOUT ROWID;
CREATE TABLE blob_uploads (        -- what a person uploaded and has not named in a record yet
  person BLOB NOT NULL,
  digest BLOB NOT NULL,
  size INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  PRIMARY KEY (person, digest)
) WITHOUT ROWID;
CREATE INDEX blob_uploads_at ON blob_uploads (at_ms);
CREATE TABLE thumbnails (
  photo BLOB PRIMARY KEY,
  digest BLOB NOT NULL,
  size INTEGER NOT NULL,
  made_here INTEGER NOT NULL       -- else it is a peer's word
) WITHOUT ROWID;
CREATE INDEX thumbnails_digest ON thumbnails (digest);
