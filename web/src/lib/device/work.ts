// What an enrolled phone does: it judges and seals a form at once, sends what it sealed, and goes
// on after a refusal in its next life.
import { api, deviceKit, NoLink, Refused } from '../api/client';
import type { DeviceAnswer, Fields, Json } from '../api/types';
import { files, outbox, views, type Device, type OutItem } from '../store/db';
import { thisDevice } from '../store/device.svelte';
import { fieldsOf, localFiles, replaced, type SentFile } from '../store/files';
import { known } from '../store/known.svelte';
import { engine, type Answer, type Engine } from './engine';
import { kept } from './kept';
import { newSeed, withSeed, wrap } from './key';

/** Operations of one parcel: on 2G a few seconds, each with its receipt. */
const PARCEL_MAX = 16;
/** A lease that is older is renewed when there is a link. */
const LEASE_OLD_MS = 24 * 60 * 60 * 1000;
/** The page is painted by then. */
const PAINTED_MS = 1_500;
/** Files whose kind a browser and the node name alike. */
const SURE = /^(image\/(jpeg|png|webp)|application\/pdf)$/;
/** Problems of the phone, not of the form: the form waits as it was written. */
const LATER = /^(device\.lease_|node\.busy|pack\.unknown_type|body\.)/;

/** One at a time, in all tabs: two operations must not take one place. */
const alone = <T>(work: () => Promise<T>): Promise<T> =>
  navigator.locks ? navigator.locks.request('device', work) as Promise<T> : work();

/** Enrols this phone by an administrator's code. */
export async function enrol(code: string, person: string): Promise<Device> {
  const core = await engine();
  const seed = newSeed();
  try {
    const made = core.enrol(seed, person);
    const given = await api.enrolDevice(code, made.key, made.proof);
    const device: Device = {
      id: given.id, name: given.name, office: given.office, person, authority: given.authority,
      ...leaseOf(given.lease, given.now), key: await wrap(seed), epoch: 1, last: { ms: 0, counter: 0 }, heads: {},
    };
    await kept.put(device);
    thisDevice.set(device);
  } finally {
    seed.fill(0);
  }
  await learn(core, true).catch(() => {});
  return thisDevice.now!;
}

/** Takes the key off this phone. What it sealed and has not sent goes as it was written. */
export async function leave(): Promise<void> {
  await alone(async () => {
    await unseal(await outbox.all());
    await kept.drop();
    thisDevice.set(null);
  });
}

/** Gets ready while nothing else is to be done, so that the first form without a link is sealed too. */
export async function prepare(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, PAINTED_MS));
  try {
    await learn(await engine(), navigator.onLine);
    const device = await kept.get();
    if (device?.key && navigator.onLine && Date.now() - device.leased_at > LEASE_OLD_MS) await renew();
  } catch (error) {
    // The next form asks again.
    if (!(error instanceof NoLink || error instanceof Refused)) console.error(error);
  }
}

/**
 * Seals a form and keeps it. It comes back sealed, or returned with all that is wrong with it, or as
 * it was where it can't be sealed now.
 */
function seal(item: OutItem): Promise<OutItem> {
  return alone(() => sealOne(item));
}

/** Whether a submission is one that a device seals; what was sent as it was written stays so. */
const fits = (item: OutItem) => 'create' in item.submission && item.tries === 0;

async function sealOne(item: OutItem): Promise<OutItem> {
  // Another tab, or the sending, may have been quicker.
  const there = await outbox.get(item.id);
  if (there?.sealed) return there;
  const device = await kept.get();
  if (!device?.key || !('create' in item.submission)) return item;
  const core = await engine();
  if (!(await learn(core, false))) return item;
  const fields = await named(core, fieldsOf(item.submission));
  const refs = await refsOf(item.type, fieldsOf(item.submission));
  if (!fields || !refs) return item;
  const form = { ...item.submission.create, fields };
  const now_ms = Date.now() + device.ahead_ms;
  const { lease, authority, epoch, last, heads } = device;
  const answer = await withSeed(device.key, (seed) => core.seal(seed, { form, refs, lease, authority, epoch, now_ms, last, heads }));
  if (answer.problems.some((problem) => LATER.test(problem.code))) return item;
  if (answer.problems.length > 0) {
    const returned: OutItem = { ...item, state: 'returned', problems: answer.problems, code: answer.problems[0]!.code };
    await outbox.put(returned);
    return returned;
  }
  return keep(device, item, answer);
}

async function keep(device: Device, item: OutItem, answer: Answer): Promise<OutItem> {
  const heads = { ...device.heads, [answer.stream]: [answer.next_seq, answer.link!] as [number, string] };
  const after: Device = { ...device, heads, last: answer.time };
  const sealed: OutItem = { ...item, record: answer.record ?? item.record, sealed: { delivery: answer.delivery, time: answer.time } };
  await kept.sealed(after, sealed);
  thisDevice.set(after);
  return sealed;
}

/** What waits sealed, in the order in which it was sealed. */
function parcelOf(items: OutItem[]): OutItem[] {
  const waiting = items.filter((item) => item.sealed && (item.state === 'stored' || item.state === 'sending'));
  return waiting.sort((a, b) => a.sealed!.time.ms - b.sealed!.time.ms || a.sealed!.time.counter - b.sealed!.time.counter).slice(0, PARCEL_MAX);
}

/** How the outbox keeps and sends an item. */
interface Outbox {
  put: (item: OutItem) => Promise<void>;
  /** Sees to it that the node has the item's files. */
  named: (item: OutItem) => Promise<unknown>;
  plain: (item: OutItem) => Promise<boolean>;
  failed: (failed: boolean) => void;
}

/** The item sealed, returned, or as it is where it can't be sealed now: it is sealed later, or goes so. */
export async function sealed(item: OutItem, late = false): Promise<OutItem> {
  if (!fits(item)) return item;
  try {
    return await (late ? sealLate(item) : seal(item));
  } catch (error) {
    if (!(error instanceof NoLink)) console.error(error);
    return item;
  }
}

/** Sends the next of the outbox: all that is sealed together, else this one. False: try later. */
export async function send(next: OutItem, all: OutItem[], box: Outbox): Promise<boolean> {
  const item = next.sealed ? next : await sealed(next, true);
  if (item !== next) await box.put(item);
  if (!item.sealed) return item.state === 'returned' || box.plain(item);
  const parcel = parcelOf([...all.filter((each) => each.id !== item.id), item]);
  try {
    for (const each of parcel) {
      await box.put({ ...each, state: 'sending' });
      const refused = await box.named(each).then(() => null, (error: unknown) => {
        if (error instanceof Refused && error.final) return error;
        throw error;
      });
      if (!refused) continue;
      // Its file is not taken, so it is not sent; the others go on without it.
      await box.put({ ...each, state: 'returned', problems: refused.problems, code: refused.code, sealed: null });
      await alone(beginAgain);
      return true;
    }
    for (const each of await deliver(parcel)) {
      await box.put(each);
      if (each.code === 'form.file_unknown') await (await import('../store/uploads')).sendAgain(each.submission);
      if (each.state === 'accepted') for (const { file } of localFiles(fieldsOf(each.submission))) await files.drop(file.local);
    }
    return true;
  } catch (error) {
    if (!(error instanceof NoLink) && !(error instanceof Refused)) console.error(error);
    box.failed(!(error instanceof NoLink));
    for (const each of parcel) await box.put({ ...each, state: 'stored', tries: each.tries + 1 });
    return false;
  }
}

/** Sends what was sealed; gives each back as it is then. Meanwhile more can be sealed. */
async function deliver(items: OutItem[]): Promise<OutItem[]> {
  const device = await kept.get();
  if (!device?.key) return alone(() => unseal(items));
  try {
    const core = await engine();
    const answer = await api.deviceSend(core.parcel(device.lease, items.map((item) => item.sealed!.delivery)));
    return await alone(() => told(items, answer));
  } catch (error) {
    if (error instanceof Refused && /^device\./.test(error.code)) return alone(() => ended(items));
    throw error;
  }
}

async function told(items: OutItem[], answer: DeviceAnswer): Promise<OutItem[]> {
  for (const [i, item] of items.entries()) await outbox.put(outcome(item, answer.items[i]));
  await answered(answer);
  if (answer.begin_again) await beginAgain();
  return Promise.all(items.map(async (item) => (await outbox.get(item.id)) ?? item));
}

function outcome(item: OutItem, came: DeviceAnswer['items'][number] | undefined): OutItem {
  const tried: OutItem = { ...item, tries: item.tries + 1 };
  if (came?.state === 'accepted') return { ...tried, state: 'accepted', receipt: came.receipt ?? null, sealed: null, draft: null };
  if (came?.state !== 'returned') return { ...tried, state: 'stored' };
  return { ...tried, state: 'returned', problems: came.problems, code: came.problems[0]?.code ?? null, sealed: null };
}

/** Takes the new lease; a key that was revoked is cleared. */
async function answered(answer: DeviceAnswer): Promise<void> {
  const device = await kept.get();
  if (!device) return;
  const after: Device = answer.revoked || !answer.lease ? { ...device, key: null, heads: {} } : { ...device, ...leaseOf(answer.lease, answer.now) };
  await kept.put(after);
  thisDevice.set(after);
}

const leaseOf = (lease: string, now: string) => ({ lease, leased_at: Date.now(), ahead_ms: Date.parse(now) - Date.now() });

async function renew(): Promise<void> {
  const device = await kept.get();
  if (!device?.key) return;
  const answer = await api.deviceSend((await engine()).parcel(device.lease, []));
  await alone(() => answered(answer));
}

/** A chain can't skip what was refused: what is left is sealed again, in the next life. */
async function beginAgain(): Promise<void> {
  const device = await kept.get();
  if (!device?.key) return;
  await kept.put({ ...device, epoch: device.epoch + 1, heads: {} });
  const left = (await outbox.all()).filter((item) => item.sealed).sort((a, b) => a.created_at - b.created_at);
  for (const item of await unseal(left)) await sealOne(item);
}

/** The node knows this device no more: what it sealed goes as it was written. */
async function ended(items: OutItem[]): Promise<OutItem[]> {
  const device = await kept.get();
  if (device) await kept.put({ ...device, key: null, heads: {} });
  thisDevice.set((await kept.get()) ?? null);
  await unseal(await outbox.all());
  return unseal(items);
}

async function unseal(items: OutItem[]): Promise<OutItem[]> {
  const plain = items.map((item) => (item.sealed ? { ...item, sealed: null, tries: 0, state: item.state === 'sending' ? 'stored' as const : item.state } : item));
  for (const item of plain) if (await outbox.get(item.id)) await outbox.put(item);
  return plain;
}

/** A lease that ended offline is renewed before what waits is sealed. */
async function sealLate(item: OutItem): Promise<OutItem> {
  const device = await kept.get();
  if (device?.key && Date.now() - device.leased_at > LEASE_OLD_MS) await renew();
  await learn(await engine(), true);
  return seal(item);
}

/** Gives the engine the packs and offices; false while the phone has none. */
async function learn(core: Engine, ask: boolean): Promise<boolean> {
  let kit = await kept.kit();
  if (ask) {
    const fresh = await deviceKit(kit?.etag ?? '').catch((error) => {
      if (!(error instanceof NoLink) || !kit) throw error;
      return null;
    });
    if (fresh) await kept.setKit((kit = fresh));
  }
  return kit ? core.learn(new Uint8Array(kit.bytes)) : false;
}

/** Fields with each file of the phone by its digest; none where the node might name it otherwise. */
async function named(core: Engine, fields: Fields): Promise<Fields | null> {
  const sent = new Map<string, SentFile>();
  for (const { file } of localFiles(fields)) {
    const held = await files.get(file.local);
    if (!held || !SURE.test(held.media_type)) return null;
    sent.set(file.local, { digest: core.digest(held.bytes), size_bytes: held.bytes.byteLength, media_type: held.media_type, name: file.name });
  }
  return replaced(fields, sent);
}

type Refs = Record<string, { type: string; state: string; office: number }>;

/** What the phone knows of the records that a form names; none where it doesn't know one. */
async function refsOf(type: string, fields: Fields): Promise<Refs | null> {
  const found = known.type(type)?.type.fields.filter((field) => field.kind === 'record') ?? [];
  const values = found.flatMap((field): (Json | undefined)[] => {
    if (!field.group) return [fields[field.key]];
    const rows = fields[field.group];
    return Array.isArray(rows) ? rows.map((row) => (row as Record<string, Json>)[field.key]) : [];
  });
  const refs: Refs = {};
  for (const id of values) {
    if (typeof id !== 'string' || id === '') continue;
    const record = ((await views.get(`record:${id}`))?.data ?? (await api.record(id).catch(() => null))) as { type: string; state: string; office: number } | null;
    if (!record) return null;
    refs[id] = { type: record.type, state: record.state, office: record.office };
  }
  return refs;
}
