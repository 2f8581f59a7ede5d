// The stand-in's own pages: nodes in every state, peers in every state, refused operations.
import type { NodeDetail, NodeState, Nodes, Office, OfficeNode, QuarantineItem, SyncPeer, SyncStatus } from '../../src/lib/api/types';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const iso = (ms: number) => new Date(ms).toISOString();
const hex = (n: number) => n.toString(16).padStart(32, '0');

/** A state for each office, spread as in an ordinary week: most are heard, some aren't. */
function stateOf(office: Office): NodeState {
  const n = (office.id * 2_654_435_761) % 100;
  if (office.level !== 'regency') return n < 90 ? 'fresh' : 'today';
  return n < 58 ? 'fresh' : n < 76 ? 'today' : n < 86 ? 'late' : n < 92 ? 'silent' : 'never';
}

const AGES: Record<Exclude<NodeState, 'never'>, number> = { fresh: 2 * MINUTE, today: 7 * HOUR, late: 40 * HOUR, silent: 200 * HOUR };

function node(office: Office, state: Exclude<NodeState, 'never'>, now: number, via: string): NodeDetail {
  const heard = now - AGES[state] - (office.id % 7) * MINUTE;
  const urgent = state === 'late' ? 2 : 0;
  const forms = state === 'fresh' ? 0 : (office.id % 23) * (state === 'silent' ? 12 : 3);
  const behind = office.id % 37 === 0;
  const offset_ms = office.id % 61 === 0 ? 12 * MINUTE : office.id % 5 === 0 ? -3_400 : 250;
  return {
    writer: hex(office.id), name: office.name, this: office.level === 'centre', heard_at: iso(heard), offset_ms, clock_wrong: Math.abs(offset_ms) > 5 * MINUTE,
    program: behind ? '0.0.9' : '0.1.0', protocol: 1, version: behind ? 'behind' : 'same', packs_behind: behind ? [{ name: 'kejadian', holds: 2, latest: 3 }, { name: 'distribusi', holds: null, latest: 1 }] : [],
    waiting: office.level === 'centre' ? null : { total: urgent + forms, urgent, control: 0, forms, circulars: 0, blobs: 0 },
    oldest_waiting_at: urgent + forms > 0 ? iso(heard - 30 * MINUTE) : null, log_ops: 1_000 + office.id, via: office.level === 'centre' ? null : via,
  };
}

/** The nodes at and below an office. */
export function nodes(offices: Office[], within: (id: number) => boolean, now = Date.now()): Nodes {
  const name = new Map(offices.map((office) => [office.id, office.name]));
  const rows: OfficeNode[] = offices.filter((office) => within(office.id)).map((office) => {
    const state = office.level === 'centre' ? 'fresh' : stateOf(office);
    const via = name.get(office.parent ?? 0) ?? '';
    return { office: { id: office.id, name: office.name, level: office.level }, parent: office.parent ?? null, state, nodes: state === 'never' ? [] : [node(office, state, now, via)] };
  });
  const counts: Record<string, number> = { fresh: 0, today: 0, late: 0, silent: 0, never: 0 };
  for (const row of rows) counts[row.state]! += 1;
  return { at: iso(now), program: '0.1.0', protocol: 1, counts, rows };
}

/** Peers in every state. */
export function peers(now = Date.now()): SyncStatus {
  const peer = (url: string, office: SyncPeer['office'], state: SyncPeer['state'], more: Partial<SyncPeer>): SyncPeer => ({
    url, office, state, since_ms: now - 25 * MINUTE, last_contact_ms: now - 20 * MINUTE, reason: null, sent_bytes: 104_300, received_bytes: 2_410_000, bytes_per_second: 0, done_ops: 0, total_ops: 0, lanes: [], ...more,
  });
  return {
    peers: [
      peer('wss://kepri.kesbangpol.example/api/sync', { id: 21, name: 'Kepulauan Riau', level: 'province' }, 'connected', { last_contact_ms: now - 2_000, bytes_per_second: 9_800, done_ops: 1_204, total_ops: 3_310, lanes: [{ lane: 'urgent', waiting_ops: 0, in_flight_ops: 1, oldest_ms: now - 4_000 }, { lane: 'forms', waiting_ops: 2_040, in_flight_ops: 64, oldest_ms: now - 50 * HOUR }, { lane: 'blobs', waiting_ops: 2, in_flight_ops: 0, oldest_ms: now - 3 * HOUR }] }),
      peer('wss://pusat.kesbangpol.example/api/sync', { id: 1, name: 'Ditjen Politik dan Pemerintahan Umum', level: 'centre' }, 'connected', { last_contact_ms: now - 1_000, done_ops: 812, total_ops: 812 }),
      peer('wss://cadangan.kesbangpol.example/api/sync', null, 'waiting', { reason: { code: 'node.busy', message: 'Simpul sedang sibuk. Coba lagi sebentar lagi.' }, done_ops: 10, total_ops: 40, lanes: [{ lane: 'forms', waiting_ops: 30, in_flight_ops: 0, oldest_ms: now - 30 * HOUR }] }),
      peer('wss://lama.kesbangpol.example/api/sync', null, 'refused', { last_contact_ms: null, reason: { code: 'op.forged', message: 'Tanda tangan atau rantai operasi tidak sah.' } }),
    ],
  };
}

/** What was refused; some seen already. */
export function refused(now = Date.now()): QuarantineItem[] {
  const item = (id: number, more: Partial<QuarantineItem>): QuarantineItem => ({
    id, received_at: iso(now - (60 - id) * 11 * MINUTE), problem: { code: 'op.forged', message: 'Tanda tangan atau rantai operasi tidak sah.' },
    advice: 'Hubungi kantor pengirim melalui jalur lain. Tanyakan apakah simpulnya dipulihkan dari cadangan atau kuncinya pernah disalin; bila kuncinya bocor, cabut sertifikatnya.',
    detail: 'the chain does not lead to the signed head', seq: 40 + id, bytes: 187, seen: null,
    stream: { writer: hex(2_101 + id), writer_office: { id: 2101, name: 'Kabupaten Bintan', level: 'regency' }, epoch: 1, audience: 'up', offices: [{ id: 2101, name: 'Kabupaten Bintan', level: 'regency' }], lane: 'forms' },
    op: { kind: 'create', record: hex(77 + id), office: { id: 2101, name: 'Kabupaten Bintan', level: 'regency' }, time: iso(now - 2 * HOUR) }, ...more,
  });
  const noise = { problem: { code: 'op.malformed', message: 'Data operasi rusak dan tidak terbaca.' }, advice: 'Minta pengirim memeriksa versi programnya dan jalur kirimnya, lalu mengirim ulang. Data yang asli masih ada di simpul pengirim.', detail: '<b>the bytes are not an operation</b>', op: null };
  const ids = Array.from({ length: 55 }, (_, i) => 55 - i);
  return ids.map((id) => item(id, id % 4 === 2 ? { ...noise, stream: null, seq: null } : id % 3 === 0 ? { seen: { at: iso(now - HOUR), by: 'Pengelola Pusat' } } : {}));
}
