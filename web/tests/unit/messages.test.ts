import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { differences, load } from '../../scripts/messages.mjs';

it('both languages have the same keys and placeholders', () => {
  expect(differences({ id: load('id'), en: load('en') })).toEqual([]);
});

it('a difference is seen', () => {
  expect(differences({ id: { a: 'x {n}', b: 'y' }, en: { a: 'x' } })).toEqual(['a: placeholders differ', 'b: not in both languages']);
});

const source = new URL('../../src/', import.meta.url);
const read = (file: string) => readFileSync(new URL(file, source), 'utf8');
const files = readdirSync(source, { recursive: true }).map(String).filter((file) => /\.(svelte|ts)$/.test(file) && !file.endsWith('schema.d.ts'));

it('every text is used', () => {
  const all = files.map(read).join('\n');
  const own = Object.keys(JSON.parse(readFileSync(new URL('../../messages/id.json', import.meta.url), 'utf8')));
  // A key that is put together at run time is used by its beginning.
  const beginnings = [...all.matchAll(/[`']([a-z_]+\.[a-z_.]*)\$\{/g)].map((match) => match[1]!);
  const unused = own.filter((key) => !all.includes(`'${key}'`) && !beginnings.some((each) => key.startsWith(each)));
  expect(unused).toEqual([]);
});

it('nothing makes code or markup out of text', () => {
  const bad = files.filter((file) => /\{@html|innerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function/.test(read(file)));
  expect(bad).toEqual([]);
});
