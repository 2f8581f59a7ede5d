// Writes FILE.br and FILE.gz beside each text file of dist, where that is smaller.
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const TEXT = /\.(html|js|css|json|svg|wasm|webmanifest)$/;
const dist = new URL('../dist/', import.meta.url).pathname;

export function* files(folder) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* files(path);
    else yield path;
  }
}

export function brotli(bytes) {
  return brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
}

if (import.meta.url === `file://${process.argv[1]}`) {
  for (const path of files(dist)) {
    if (!TEXT.test(path)) continue;
    const bytes = readFileSync(path);
    const packed = [[brotli(bytes), '.br'], [gzipSync(bytes, { level: 9 }), '.gz']];
    for (const [data, suffix] of packed) if (data.length < bytes.length) writeFileSync(path + suffix, data);
  }
}
