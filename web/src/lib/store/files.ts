// Photos and files of drafts and of the outbox, on the phone until the node has them. A form names
// one by a local id; what goes over the wire names it by its digest.
import type { Fields, Json, Submission } from '../api/types';
import { files, type HeldFile } from './db';
import { newId } from './ids';

/** A file on this phone, as a form names it. */
export interface LocalFile {
  local: string;
  size_bytes: number;
  media_type: string;
  name: string;
}

/** A file that the node has, as a record names it. */
export interface SentFile {
  digest: string;
  size_bytes: number;
  media_type: string;
  name: string;
}

export const isLocal = (value: Json | undefined): value is Json & LocalFile =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && typeof value.local === 'string';

export const isSent = (value: Json | undefined): value is Json & SentFile =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && typeof value.digest === 'string';

/** Keeps a file on the phone. */
export async function hold(bytes: Blob, name: string): Promise<LocalFile> {
  const held: HeldFile = { id: newId(), name, media_type: bytes.type, bytes: await bytes.arrayBuffer(), digest: null, held_at: Date.now() };
  await files.put(held);
  return { local: held.id, size_bytes: bytes.size, media_type: bytes.type, name };
}

/** The fields of a submission, where it has any. */
export function fieldsOf(submission: Submission): Fields {
  const [inner] = Object.values(submission) as { fields?: Fields }[];
  return inner?.fields ?? {};
}

/** Every local file among fields, with its place. */
export function localFiles(fields: Fields): { at: string; file: LocalFile }[] {
  return Object.entries(fields).flatMap(([key, value]) => {
    if (isLocal(value)) return [{ at: key, file: value }];
    if (!Array.isArray(value)) return [];
    return value.flatMap((row) =>
      typeof row === 'object' && row !== null && !Array.isArray(row)
        ? Object.entries(row).flatMap(([inner, cell]) => (isLocal(cell) ? [{ at: `${key}[${row.row}].${inner}`, file: cell }] : []))
        : []);
  });
}

/** The fields with each local file replaced. */
export function replaced(fields: Fields, by: Map<string, SentFile>): Fields {
  const swap = (value: Json): Json => {
    if (isLocal(value)) return (by.get(value.local) as Json | undefined) ?? value;
    if (Array.isArray(value)) return value.map(swap);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, swap(each)]));
  };
  return swap(fields) as Fields;
}

/** A draft is saved a moment after its file, and what was taken away may come back. */
const YOUNG_MS = 60 * 60 * 1000;

/** Drops what no draft and nothing in the outbox names any more. */
export async function prune(used: Iterable<Fields>): Promise<void> {
  const named = new Set([...used].flatMap((fields) => localFiles(fields).map(({ file }) => file.local)));
  for (const id of await files.ids()) {
    if (named.has(id)) continue;
    const held = await files.get(id);
    if (held && held.held_at < Date.now() - YOUNG_MS) await files.drop(id);
  }
}
