// Undo for five seconds rather than "are you sure".
import { SvelteSet } from 'svelte/reactivity';

const UNDO_MS = 5_000;

class Undo {
  current = $state.raw<{ id: string; text: string } | null>(null);
  hidden = new SvelteSet<string>();
  /** What taking it back does, besides showing it again. */
  restore: (() => void) | null = null;
  #run: (() => void) | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Hides the thing now; does what was asked after five seconds, unless it is taken back. */
  offer(id: string, text: string, run: () => void): void {
    this.finish();
    this.hidden.add(id);
    this.current = { id, text };
    this.restore = null;
    this.#run = run;
    this.#timer = setTimeout(() => this.finish(), UNDO_MS);
  }

  back(): void {
    clearTimeout(this.#timer);
    if (this.current) this.hidden.delete(this.current.id);
    this.restore?.();
    this.current = null;
    this.#run = null;
  }

  finish(): void {
    clearTimeout(this.#timer);
    this.#run?.();
    this.#run = null;
    this.current = null;
  }
}

export const undo = new Undo();
