// Server-sent events: what changes at the node reaches open pages within a second.
import type { LiveRecord } from '../api/types';

type Hear = { record?: (event: LiveRecord) => void; facts?: (pos: number) => void; nodes?: () => void; sync?: () => void };

/** Without a sign of life for this long, the stream is opened anew. */
const SILENCE_MS_MAX = 45_000;

class Live {
  connected = $state(false);
  #source: EventSource | null = null;
  #hearers = new Set<Hear>();
  #watch: ReturnType<typeof setTimeout> | undefined;
  #again: ReturnType<typeof setTimeout> | undefined;

  start(): void {
    if (this.#source) return;
    const source = new EventSource('/api/events');
    this.#source = source;
    source.addEventListener('open', () => {
      this.connected = true;
      this.#alive();
    });
    source.addEventListener('error', () => this.#broken());
    source.addEventListener('record', (event) => this.#heard(event, (hear, data) => hear.record?.(data as LiveRecord)));
    source.addEventListener('nodes', (event) => this.#heard(event, (hear) => hear.nodes?.()));
    source.addEventListener('sync', (event) => this.#heard(event, (hear) => hear.sync?.()));
    source.addEventListener('facts', (event) => this.#heard(event, (hear, data) => hear.facts?.((data as { pos: number }).pos)));
  }

  stop(): void {
    clearTimeout(this.#watch);
    clearTimeout(this.#again);
    this.#source?.close();
    this.#source = null;
    this.connected = false;
  }

  /** Hears until the returned function is called: made for `$effect`. */
  hear(hear: Hear): () => void {
    this.#hearers.add(hear);
    return () => this.#hearers.delete(hear);
  }

  #heard(event: MessageEvent<string>, tell: (hear: Hear, data: unknown) => void): void {
    this.#alive();
    let data: unknown;
    try {
      data = JSON.parse(event.data);
    } catch {
      return;
    }
    for (const hear of [...this.#hearers]) tell(hear, data);
  }

  #alive(): void {
    clearTimeout(this.#watch);
    // Keep-alive comments don't reach the page, so silence alone is no fault while it is open.
    this.#watch = setTimeout(() => {
      if (this.#source?.readyState !== EventSource.OPEN) this.#broken();
    }, SILENCE_MS_MAX);
  }

  #broken(): void {
    this.connected = false;
    if (this.#source?.readyState !== EventSource.CLOSED) return;
    this.stop();
    this.#again = setTimeout(() => this.start(), 5_000 + Math.random() * 5_000);
  }
}

export const live = new Live();
