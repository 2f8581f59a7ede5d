// What the page keeps on the phone: drafts, the outbox, the last views. Signing out clears it.
import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import type { Fields, Me, Problem, Receipt, Submission } from '../api/types';
import type { Hlc } from '../device/engine';
import type { Wrapped } from '../device/key';

/** A form that somebody is writing. */
export interface Draft {
  id: string;
  /** `pack.type`. */
  type: string;
  office: number;
  period: string | null;
  /** The record that it corrects, and what was seen of it. */
  correcting: { record: string; saw: string[]; before: Fields } | null;
  fields: Fields;
  confirmed: string[];
  section: number;
  saved_at: number;
  /** What the node said when it sent the form back. */
  problems: Problem[];
}

/** stored → sending → accepted, or returned with the reason. */
export type OutState = 'stored' | 'sending' | 'accepted' | 'returned';

/** Something on its way to the node. It leaves the phone only after the node's receipt. */
export interface OutItem {
  id: string;
  submission: Submission;
  /** `pack.type`, for its name. */
  type: string;
  title: string;
  office: number;
  record: string;
  state: OutState;
  created_at: number;
  tries: number;
  problems: Problem[];
  code: string | null;
  receipt: Receipt | null;
  draft: Draft | null;
  /** The operation that this device sealed of it: CBOR in hexadecimal, and its moment. */
  sealed?: { delivery: string; time: Hlc } | null;
}

/** This phone as a device of its person: its key, and where its streams stand. */
export interface Device {
  /** Its key, as a writer. */
  id: string;
  name: string;
  office: number;
  person: string;
  /** The key by which its node signs leases. */
  authority: string;
  lease: string;
  /** When the lease came, by the phone's clock. */
  leased_at: number;
  /** How far the node's clock is ahead of the phone's. */
  ahead_ms: number;
  /** Gone once the key is revoked. */
  key: Wrapped | null;
  epoch: number;
  last: Hlc;
  heads: Record<string, [number, string]>;
}

/** What the node gave to judge forms by. */
export interface Kit {
  etag: string;
  bytes: ArrayBuffer;
}

/** A photo or file on its way to the node. */
export interface HeldFile {
  id: string;
  name: string;
  media_type: string;
  bytes: ArrayBuffer;
  /** What the node called it, once it had it. */
  digest: string | null;
  held_at: number;
}

/** The last answer for a view. */
export interface Kept {
  key: string;
  at: number;
  data: unknown;
}

interface Shape extends DBSchema {
  drafts: { key: string; value: Draft };
  outbox: { key: string; value: OutItem };
  files: { key: string; value: HeldFile };
  views: { key: string; value: Kept };
  meta: { key: string; value: unknown };
}

const VIEWS_MAX = 200;
let opened: Promise<IDBPDatabase<Shape>> | null = null;

export function db(): Promise<IDBPDatabase<Shape>> {
  opened ??= openDB<Shape>('genggam', 1, {
    upgrade(base) {
      base.createObjectStore('drafts', { keyPath: 'id' });
      base.createObjectStore('outbox', { keyPath: 'id' });
      base.createObjectStore('files', { keyPath: 'id' });
      base.createObjectStore('views', { keyPath: 'key' });
      base.createObjectStore('meta');
    },
  });
  return opened;
}

/** Structured clones can't hold Svelte's proxies: plain JSON can be kept. */
export const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

export const drafts = {
  all: async () => (await db()).getAll('drafts'),
  get: async (id: string) => (await db()).get('drafts', id),
  put: async (draft: Draft) => void (await (await db()).put('drafts', plain(draft))),
  drop: async (id: string) => (await db()).delete('drafts', id),
};

export const outbox = {
  all: async () => (await db()).getAll('outbox'),
  get: async (id: string) => (await db()).get('outbox', id),
  put: async (item: OutItem) => void (await (await db()).put('outbox', plain(item))),
  drop: async (id: string) => (await db()).delete('outbox', id),
};

export const files = {
  ids: async () => (await db()).getAllKeys('files'),
  get: async (id: string) => (await db()).get('files', id),
  put: async (file: HeldFile) => void (await (await db()).put('files', file)),
  drop: async (id: string) => (await db()).delete('files', id),
};

export const views = {
  get: async (key: string) => (await db()).get('views', key),
  async put(key: string, data: unknown): Promise<void> {
    const base = await db();
    await base.put('views', { key, at: Date.now(), data });
    if ((await base.count('views')) > VIEWS_MAX) await dropOldest(base);
  },
};

async function dropOldest(base: IDBPDatabase<Shape>): Promise<void> {
  const all = (await base.getAll('views')).sort((a, b) => a.at - b.at);
  for (const view of all.slice(0, Math.ceil(VIEWS_MAX / 4))) await base.delete('views', view.key);
}

export const meta = {
  me: async () => (await (await db()).get('meta', 'me')) as Me | undefined,
  setMe: async (me: Me) => void (await (await db()).put('meta', plain(me), 'me')),
  device: async () => (await (await db()).get('meta', 'device')) as Device | undefined,
  synced: async () => (await (await db()).get('meta', 'synced')) as number | undefined,
  setSynced: async (at: number) => void (await (await db()).put('meta', at, 'synced')),
};

/** Forgets everything of the person. */
export async function forget(): Promise<void> {
  const base = await db();
  for (const store of ['drafts', 'outbox', 'files', 'views', 'meta'] as const) await base.clear(store);
}
