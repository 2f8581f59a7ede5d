// The core of a device, in WebAssembly: the same judgement of forms and the same bytes as a node's.
// Loaded only on a phone that is enrolled, or is about to be.
import address from '../../../engine/genggam.wasm?url';
import type { Problem, Submission } from '../api/types';

interface Exports {
  memory: WebAssembly.Memory;
  input(length: number): number;
  output(): number;
  kit(): number;
  enrol(): number;
  seal(): number;
  parcel(): number;
  digest(): number;
  golden(): number;
}
type Call = Exclude<keyof Exports, 'memory' | 'input' | 'output'>;

/** A moment of the device's clock. */
export interface Hlc {
  ms: number;
  counter: number;
}

/** What is asked of the seal; `web/engine/src/calls.rs` says what each is. */
export interface Ask {
  form: Extract<Submission, { create: unknown }>['create'];
  refs: Record<string, { type: string; state: string; office: number }>;
  lease: string;
  authority: string;
  epoch: number;
  now_ms: number;
  last: Hlc;
  heads: Record<string, [number, string]>;
}

/** A form that is sealed, or all that is wrong with it. */
export interface Answer {
  problems: Problem[];
  delivery: string;
  stream: string;
  next_seq: number;
  link: string | null;
  record: string | null;
  time: Hlc;
}

const text = new TextEncoder();
const SEED_BYTES = 32;

export class Engine {
  #exports: Exports;

  constructor(exports: WebAssembly.Exports) {
    this.#exports = exports as unknown as Exports;
  }

  /** Learns the packs and offices; false if the bytes are none. */
  learn(kit: Uint8Array): boolean {
    return this.#call('kit', kit)[0] === 1;
  }

  /** The public half of a key, and its word that it is a person's. */
  enrol(seed: Uint8Array, person: string): { key: string; proof: string; writer: string } {
    const made = toHex(this.#call('enrol', joined(seed, fromHex(person))));
    return { key: made.slice(0, 64), proof: made.slice(64, 192), writer: made.slice(192) };
  }

  seal(seed: Uint8Array, ask: Ask): Answer {
    // The engine has no tables of Unicode: texts come to it in the form in which they are kept.
    const argument = joined(seed, text.encode(JSON.stringify(ask).normalize('NFC')));
    const answer = JSON.parse(new TextDecoder().decode(this.#call('seal', argument))) as Answer;
    argument.fill(0, 0, SEED_BYTES);
    return answer;
  }

  /** What is sent to the node. */
  parcel(lease: string, deliveries: string[]): Uint8Array<ArrayBuffer> {
    const packed = this.#call('parcel', text.encode(JSON.stringify({ lease, deliveries })));
    if (packed.length === 0) throw new Error('the engine made no parcel');
    return packed;
  }

  /** The name of a file's bytes. */
  digest(bytes: ArrayBuffer): string {
    return toHex(this.#call('digest', new Uint8Array(bytes)));
  }

  /** What this build makes of a golden file. */
  golden(file: string): string {
    return new TextDecoder().decode(this.#call('golden', text.encode(file)));
  }

  #call(name: Call, argument: Uint8Array): Uint8Array<ArrayBuffer> {
    const { memory, input, output } = this.#exports;
    // The memory may grow, and move, with each call: it is looked at after.
    const at = input(argument.length);
    new Uint8Array(memory.buffer, at, argument.length).set(argument);
    const length = this.#exports[name]();
    return new Uint8Array(memory.buffer, output(), length).slice();
  }
}

let loaded: Promise<Engine> | null = null;

/** The engine, fetched once; without a link from what the service worker keeps. */
export function engine(): Promise<Engine> {
  loaded ??= WebAssembly.instantiateStreaming(fetch(address)).then(({ instance }) => new Engine(instance.exports));
  loaded.catch(() => (loaded = null));
  return loaded;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function fromHex(digits: string): Uint8Array {
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
