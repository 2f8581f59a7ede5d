// Brotli sizes of what each page loads, against the budgets; fails above them. Files are counted
// as the browser fetches them: the page's own, and what it imports at once.
import { readFileSync } from 'node:fs';
import { brotli, files } from './compress.mjs';

const KB = 1024;
// 120 is what the core of a device is meant to come down to: docs/decisions/0018-devices.md.
const BUDGETS = { initial: 45 * KB, engine: 195 * KB, route: 15 * KB, chart: 35 * KB, precache: 350 * KB };

const dist = new URL('../dist/', import.meta.url).pathname;
const manifest = JSON.parse(readFileSync(`${dist}.vite/manifest.json`, 'utf8'));
const size = (file) => brotli(readFileSync(dist + file)).length;
const sizes = new Map();
const sizeOf = (file) => sizes.get(file) ?? (sizes.set(file, size(file)), sizes.get(file));

/** The files of a chunk and of what it imports at once. */
function closure(key, found = new Set()) {
  const chunk = manifest[key];
  if (!chunk || found.has(chunk.file)) return found;
  found.add(chunk.file);
  for (const css of chunk.css ?? []) found.add(css);
  for (const next of chunk.imports ?? []) closure(next, found);
  return found;
}

const total = (set) => [...set].reduce((sum, file) => sum + sizeOf(file), 0);
const initial = closure('index.html');
const lines = [['initial', total(initial), BUDGETS.initial]];
// With the core of a device, which comes after the first paint, and only to a device.
const core = [...files(dist)].filter((path) => path.endsWith('.wasm')).map((path) => path.slice(dist.length));
if (core.length !== 1) throw new Error(`one core is expected in dist, not ${core.length}`);
lines.push(['with engine', total(initial) + sizeOf(core[0]), BUDGETS.engine]);
const routes = Object.keys(manifest).filter((key) => key.startsWith('src/routes/'));
/** What the browser has when it asks for a chunk: the shell, and the page that asks. */
function before(key) {
  const pages = routes.filter((route) => key !== route && manifest[route].dynamicImports?.includes(key));
  return pages.length === 1 ? closure(pages[0], new Set(initial)) : initial;
}
for (const [key, chunk] of Object.entries(manifest)) {
  if (!chunk.isDynamicEntry || !key.startsWith('src/')) continue;
  const chart = key.endsWith('figure/Series.svelte');
  const had = chart ? initial : before(key);
  const own = new Set([...closure(key)].filter((file) => !had.has(file)));
  const name = key.replace(/^src\/(routes\/|lib\/)?/, '').replace('.svelte', '');
  if (chart) {
    for (const file of [...files(dist)].filter((path) => /uPlot/.test(path) && /\.(js|css)$/.test(path))) own.add(file.slice(dist.length));
    lines.push([name, total(own), BUDGETS.chart]);
  } else lines.push([name, total(own), BUDGETS.route]);
}
const worker = readFileSync(`${dist}sw.js`, 'utf8');
const precache = JSON.parse(/PRECACHE=(\[.*?\]);/.exec(worker)[1]);
lines.push(['precache', precache.reduce((sum, path) => sum + sizeOf(path === '/' ? 'index.html' : path.slice(1)), 0), BUDGETS.precache]);

let over = 0;
for (const [name, bytes, most] of lines) {
  const bad = bytes > most;
  over += bad ? 1 : 0;
  console.log(`${bad ? 'OVER ' : 'ok   '} ${name.padEnd(16)} ${(bytes / KB).toFixed(1).padStart(6)} kB of ${(most / KB).toFixed(0)} kB`);
}
process.exit(over > 0 ? 1 : 0);
