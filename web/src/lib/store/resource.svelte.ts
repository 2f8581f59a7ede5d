// A view's data: what was kept is shown at once with its time, what the node says replaces it.
import { NoLink, Refused } from '../api/client';
import { views } from './db';

export class Resource<T> {
  data = $state.raw<T | undefined>(undefined);
  /** When `data` was received, if it is a kept copy that the node hasn't confirmed. */
  stale = $state<number | null>(null);
  loading = $state(true);
  offline = $state(false);
  error = $state.raw<Refused | Error | null>(null);
  #turn = 0;
  #key: string;
  #fetch: () => Promise<T>;

  constructor(key: string, fetch: () => Promise<T>, run = true) {
    this.#key = key;
    this.#fetch = fetch;
    if (run) void this.load();
  }

  /** Asks for something else; the old data stay until the new come, where `keep`. */
  change(key: string, fetch: () => Promise<T>, keep = true): void {
    if (key === this.#key) return;
    this.#key = key;
    this.#fetch = fetch;
    if (!keep) this.data = undefined;
    void this.load();
  }

  async load(): Promise<void> {
    const turn = ++this.#turn;
    const current = () => turn === this.#turn;
    this.loading = true;
    this.error = null;
    if (this.data === undefined) void this.#showKept(current);
    try {
      const key = this.#key;
      const data = await this.#fetch();
      if (!current()) return;
      this.data = data;
      this.stale = null;
      this.offline = false;
      void views.put(key, data).catch(() => {});
    } catch (error) {
      if (!current()) return;
      await this.#showKept(current, true);
      this.offline = error instanceof NoLink;
      if (!this.offline) this.error = error as Error;
    } finally {
      if (current()) this.loading = false;
    }
  }

  /** No policy allows it, or it can't be known whether it exists. */
  get denied(): boolean {
    return this.error instanceof Refused && (this.error.status === 403 || this.error.status === 404);
  }

  async #showKept(current: () => boolean, failed = false): Promise<void> {
    const kept = await views.get(this.#key).catch(() => undefined);
    if (!kept || !current()) return;
    if (this.data !== undefined && !failed) return;
    if (failed && this.data !== undefined && this.stale === null) return void (this.stale = kept.at);
    this.data = kept.data as T;
    this.stale = kept.at;
  }
}
