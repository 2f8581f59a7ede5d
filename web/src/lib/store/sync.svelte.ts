// The outbox and the link: offline, syncing, failed, done.
import { api, NoLink, reach, Refused } from '../api/client';
import type { Receipt, Submission } from '../api/types';
import { thisDevice, work } from './device.svelte';
import { drafts, files, meta, outbox, type Draft, type OutItem } from './db';
import { fieldsOf, localFiles, prune } from './files';
import { newId } from './ids';

/** Shown after its receipt for this long, then gone. */
const ACCEPTED_KEPT_MS = 24 * 60 * 60 * 1000;
const RETRY_MS = [2_000, 5_000, 15_000, 60_000] as const;

class Sync {
  items = $state<OutItem[]>([]);
  online = $state(true);
  busy = $state(false);
  failed = $state(false);
  last = $state<number | null>(null);
  /** How far the files of an item are. */
  upload = $state.raw<{ id: string; sent: number; total: number } | null>(null);
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #channel = 'BroadcastChannel' in globalThis ? new BroadcastChannel('outbox') : null;
  #watchers = new Set<(item: OutItem) => void>();

  waiting = $derived(this.items.filter((item) => item.state === 'stored' || item.state === 'sending').length);
  returned = $derived(this.items.filter((item) => item.state === 'returned').length);
  status = $derived<'offline' | 'syncing' | 'failed' | 'done'>(
    !this.online ? 'offline' : this.busy ? 'syncing' : this.failed || this.returned > 0 ? 'failed' : 'done',
  );

  async start(): Promise<void> {
    reach.changed = (reached) => this.#reached(reached);
    this.online = navigator.onLine;
    addEventListener('online', () => void this.flush());
    addEventListener('offline', () => this.#reached(false));
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) void this.flush();
    });
    this.#channel?.addEventListener('message', () => void this.#read());
    this.last = (await meta.synced()) ?? null;
    await this.#read();
    await this.#prune();
    await thisDevice.start();
    void this.flush();
    if (thisDevice.seals) void work().then((device) => device.prepare());
  }

  /** Puts a submission in the outbox and tries to send it. It is safe on the phone when this returns. */
  async enqueue(entry: Pick<OutItem, 'submission' | 'type' | 'title' | 'office' | 'record'> & { draft?: Draft }): Promise<OutItem> {
    const item: OutItem = {
      ...entry,
      id: submissionId(entry.submission),
      state: 'stored',
      created_at: Date.now(),
      tries: 0,
      problems: [],
      code: null,
      receipt: null,
      draft: entry.draft ?? null,
    };
    await this.#put(item);
    const kept = thisDevice.seals ? await (await work()).sealed(item) : item;
    if (kept !== item) await this.#put(kept);
    if (item.draft) await drafts.drop(item.draft.id);
    if (kept.state === 'stored') void this.flush();
    return kept;
  }

  /** Resolves when the item was accepted or returned, or after `wait_ms` with what it is then. */
  settled(id: string, wait_ms: number): Promise<OutItem | undefined> {
    const find = () => this.items.find((item) => item.id === id);
    return new Promise((resolve) => {
      const done = (item: OutItem | undefined) => {
        clearTimeout(timer);
        this.#watchers.delete(watch);
        resolve(item);
      };
      const watch = (item: OutItem) => {
        if (item.id === id && item.state !== 'sending' && (item.state !== 'stored' || item.tries > 0)) done(item);
      };
      const timer = setTimeout(() => done(find()), wait_ms);
      this.#watchers.add(watch);
      const now = find();
      if (now && (now.state === 'accepted' || now.state === 'returned')) done(now);
    });
  }

  /** Sends what waits, oldest first, one at a time; another tab may be doing it. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    if (!navigator.onLine) return this.#reached(false);
    if (!navigator.locks) return this.#send();
    await navigator.locks.request('outbox', { ifAvailable: true }, async (lock) => {
      if (lock) await this.#send();
    });
  }

  async drop(id: string): Promise<void> {
    await outbox.drop(id);
    await this.#read();
    await this.#prune();
    this.#channel?.postMessage('changed');
  }

  /** A returned form becomes a draft again, with what the node said. */
  async reopen(item: OutItem): Promise<Draft | null> {
    if (!item.draft) return null;
    const draft = { ...item.draft, problems: item.problems, saved_at: Date.now() };
    await drafts.put(draft);
    await this.drop(item.id);
    return draft;
  }

  reset(): void {
    this.items = [];
    this.failed = false;
  }

  async #send(): Promise<void> {
    this.busy = true;
    try {
      for (;;) {
        await this.#read();
        const item = this.items.find((each) => each.state === 'stored' || each.state === 'sending');
        if (!item) break;
        if (!(await this.#sendNext(item))) return this.#later();
      }
      await this.#prune();
      this.#failures = 0;
      this.failed = false;
    } finally {
      this.busy = false;
    }
  }

  /** On a device what is sealed goes together. */
  async #sendNext(item: OutItem): Promise<boolean> {
    if (!item.sealed && !thisDevice.seals) return this.#sendOne(item);
    const put = (each: OutItem) => this.#put(each);
    return (await work()).send(item, this.items, { put, named: (each) => this.#named(each).finally(() => (this.upload = null)), plain: (each) => this.#sendOne(each), failed: (failed) => (this.failed = failed) });
  }

  /** False where it should be tried again later. */
  async #sendOne(item: OutItem): Promise<boolean> {
    await this.#put({ ...item, state: 'sending' });
    try {
      const receipt: Receipt = await api.submit(await this.#named(item));
      await this.#put({ ...item, state: 'accepted', receipt, tries: item.tries + 1, draft: null });
      for (const { file } of localFiles(fieldsOf(item.submission))) await files.drop(file.local);
      return true;
    } catch (error) {
      const tried = { ...item, tries: item.tries + 1 };
      if (error instanceof Refused && error.code === 'form.file_unknown') await (await import('./uploads')).sendAgain(item.submission);
      if (error instanceof Refused && error.final) {
        await this.#put({ ...tried, state: 'returned', problems: error.problems, code: error.code });
        return true;
      }
      if (!(error instanceof NoLink) && !(error instanceof Refused)) console.error(error);
      this.failed = !(error instanceof NoLink);
      await this.#put({ ...tried, state: 'stored' });
      return false;
    } finally {
      this.upload = null;
    }
  }

  /** The submission as it goes over the wire: its files are at the node by then. */
  async #named(item: OutItem): Promise<Submission> {
    if (localFiles(fieldsOf(item.submission)).length === 0) return item.submission;
    const { withFiles } = await import('./uploads');
    return withFiles(item.submission, (sent, total) => (this.upload = { id: item.id, sent, total }));
  }

  /** Photos of what was accepted or thrown away need no place on the phone. */
  async #prune(): Promise<void> {
    const waiting = this.items.filter((item) => item.state !== 'accepted');
    await prune([...waiting.map((item) => fieldsOf(item.submission)), ...(await drafts.all()).map((draft) => draft.fields)]);
  }

  #later(): void {
    const step = RETRY_MS[Math.min(this.#failures, RETRY_MS.length - 1)] ?? 60_000;
    this.#failures += 1;
    this.#timer = setTimeout(() => void this.flush(), step * (0.75 + Math.random() / 2));
  }

  async #put(item: OutItem): Promise<void> {
    await outbox.put(item);
    const others = this.items.filter((each) => each.id !== item.id);
    this.items = [...others, item].sort((a, b) => a.created_at - b.created_at);
    this.#channel?.postMessage('changed');
    for (const watch of [...this.#watchers]) watch(item);
  }

  async #read(): Promise<void> {
    const all = await outbox.all();
    const old = Date.now() - ACCEPTED_KEPT_MS;
    for (const item of all) {
      if (item.state === 'accepted' && item.created_at < old) await outbox.drop(item.id);
    }
    this.items = all
      .filter((item) => item.state !== 'accepted' || item.created_at >= old)
      .sort((a, b) => a.created_at - b.created_at);
  }

  #reached(reached: boolean): void {
    const back = reached && !this.online;
    this.online = reached;
    if (!reached) return;
    this.last = Date.now();
    void meta.setSynced(this.last);
    if (back) void this.flush();
  }
}

function submissionId(submission: Submission): string {
  const [inner] = Object.values(submission) as { submission: string }[];
  return inner?.submission ?? newId();
}

export const sync = new Sync();
