// `virtual:silhouette`: where the office map's tiles are, for the page that is shown before
// anybody is signed in. Read from the same table as the server's.
import { readFileSync } from 'node:fs';

const table = new URL('../../crates/domain/data/places.csv', import.meta.url);

export function tiles() {
  const [head = '', ...lines] = readFileSync(table, 'utf8').trim().split('\n');
  const names = head.split(',');
  const [x, y] = [names.indexOf('tile_x'), names.indexOf('tile_y')];
  return lines
    .map((line) => line.split(','))
    .filter((cells) => cells[x] !== '')
    .map((cells) => [Number(cells[x]), Number(cells[y])]);
}

/** The Vite plugin. A row of tiles is written as the differences of their columns: it is short. */
export function silhouette() {
  return {
    name: 'silhouette',
    resolveId: (id) => (id === 'virtual:silhouette' ? `\0${id}` : undefined),
    load(id) {
      if (id !== '\0virtual:silhouette') return undefined;
      const all = tiles();
      const width = Math.max(...all.map(([x]) => x)) + 1;
      const height = Math.max(...all.map(([, y]) => y)) + 1;
      const rows = Array.from({ length: height }, () => Array(width).fill('.'));
      for (const [x, y] of all) rows[y][x] = '#';
      const text = rows.map((row) => row.join('').replace(/\.+$/, '')).join('\n');
      return `export const width=${width},height=${height};export default ${JSON.stringify(text)}`;
    },
  };
}
