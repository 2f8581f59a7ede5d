// Makes dist/sw.js: the worker's source with the list of files to keep and their version. It
// also drops what only the build needs.
import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { files } from './compress.mjs';

const dist = new URL('../dist/', import.meta.url).pathname;
const source = readFileSync(new URL('../src/sw.js', import.meta.url), 'utf8');
const keep = [...files(dist)]
  .map((path) => path.slice(dist.length))
  .filter((path) => !/^\.vite\/|^sw\.js|\.(br|gz|map)$/.test(path))
  // Only a device has its core: it is kept once it is asked for.
  .filter((path) => !path.endsWith('.wasm'))
  // Only the script that the country writes in; a browser asks for another when it needs it.
  .filter((path) => !/(cyrillic|vietnamese|latin-ext|italic)/.test(path))
  .sort();
const hash = createHash('sha256');
for (const path of keep) hash.update(path).update(readFileSync(dist + path));
const version = hash.digest('hex').slice(0, 12);
const paths = keep.map((path) => (path === 'index.html' ? '/' : `/${path}`));
writeFileSync(
  `${dist}sw.js`,
  `const VERSION=${JSON.stringify(version)};const PRECACHE=${JSON.stringify(paths)};\n${source}`,
);
rmSync(`${dist}.vite/license.md`, { force: true });
