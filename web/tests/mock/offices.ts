// The repository's own table of offices, as at today.
import { readFileSync } from 'node:fs';
import type { Level, Office } from '../../src/lib/api/types';

const data = new URL('../../../crates/domain/data/', import.meta.url);

function rows(file: string): Record<string, string>[] {
  const [head = '', ...lines] = readFileSync(new URL(file, data), 'utf8').trim().split('\n');
  const names = head.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((cell, i) => [names[i] ?? '', cell.replaceAll('"', '')])));
}

export function loadOffices(): Office[] {
  const places = new Map(rows('places.csv').map((row) => [row.id, row]));
  const number = (text: string | undefined) => (text ? Number(text) : null);
  return rows('offices.csv').map((row) => {
    const place = places.get(row.id ?? '');
    return {
      id: Number(row.id), level: row.level as Level, code: row.code ?? '', bps: row.bps || null, name: row.name ?? '', parent: number(row.parent),
      lat: number(place?.lat), lon: number(place?.lon), tile_x: number(place?.tile_x), tile_y: number(place?.tile_y),
    };
  });
}
