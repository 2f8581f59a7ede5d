// The core of a device makes the bytes that a native build made: in WebAssembly, under Node.
import { readFileSync } from 'node:fs';
import { beforeAll, expect, it } from 'vitest';
import { Engine, toHex } from '../../src/lib/device/engine';

const root = new URL('../../../', import.meta.url);
let core: Engine;
beforeAll(async () => {
  const { instance } = await WebAssembly.instantiate(readFileSync(new URL('web/engine/genggam.wasm', root)), {});
  core = new Engine(instance.exports);
});

it('the golden stream is made again, byte by byte', () => {
  const golden = readFileSync(new URL('crates/domain/tests/it/golden/stream-1.txt', root), 'utf8');
  expect(core.golden(golden)).toBe(golden);
  // A byte of an operation that was changed is seen.
  expect(core.golden(golden.replace(/^op 1 (..)/m, 'op 1 00'))).toBe('');
});

it('a key gives the word that stands in the golden certificate', () => {
  const golden = readFileSync(new URL('crates/domain/tests/it/golden/device-1.txt', root), 'utf8');
  const certificate = /^certificate (\w+)$/m.exec(golden)![1]!;
  const made = core.enrol(new Uint8Array(32).fill(42), '06'.repeat(16));
  expect(certificate).toContain(made.key);
  expect(certificate.endsWith(made.proof)).toBe(true);
});

it('bytes have the digest that a node gives them', () => {
  expect(core.digest(new ArrayBuffer(0))).toBe('af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262');
  expect(toHex(Uint8Array.of(0, 171, 255))).toBe('00abff');
});

it('without what the node gave it nothing is sealed', () => {
  expect(core.learn(Uint8Array.of(1, 2, 3))).toBe(false);
  const ask = {
    form: { type: 'kejadian.kejadian', submission: '01'.repeat(16), office: 2171, fields: {}, confirmed: [] },
    refs: {}, lease: '00', authority: '00'.repeat(32), epoch: 1, now_ms: 0, last: { ms: 0, counter: 0 }, heads: {},
  };
  expect(core.seal(new Uint8Array(32), ask).problems[0]!.code).toBe('device.lease_forged');
});
