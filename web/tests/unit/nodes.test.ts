import { expect, it } from 'vitest';
import { ago, bytes, duration, largest } from '../../src/lib/i18n/format';
import { flagCounts, flags, groups, offset, wants, worstFirst } from '../../src/lib/nodes/read';
import { nodes } from '../mock/nodes';
import { loadOffices } from '../mock/offices';

const offices = loadOffices();
const all = nodes(offices, () => true, Date.parse('2021-01-08T03:00:00Z'));

it('every office stands in one group, its province\'s', () => {
  const made = groups(all.rows);
  expect(made.length).toBe(1 + offices.filter((office) => office.level === 'province').length);
  expect(made.reduce((sum, group) => sum + group.rows.length, 0)).toBe(all.rows.length);
  for (const group of made) expect(group.rows[0]).toBe(group.office);
  const kepri = made.find((group) => group.office.office.id === 21)!;
  expect(kepri.rows.length).toBe(8);
});

it('regencies without their province are groups of their own', () => {
  const some = all.rows.filter((row) => row.office.id === 2171 || row.office.id === 2101);
  expect(groups(some).length).toBe(2);
});

it('filters agree with the counts', () => {
  const none = { state: null, flag: null, text: '' };
  for (const [state, count] of Object.entries(all.counts)) {
    expect(all.rows.filter((row) => wants(row, '', { ...none, state })).length).toBe(count);
  }
  for (const [flag, count] of Object.entries(flagCounts(all.rows))) {
    expect(count).toBeGreaterThan(0);
    expect(all.rows.filter((row) => wants(row, '', { ...none, flag })).length).toBe(count);
  }
  const batam = all.rows.find((row) => row.office.id === 2171)!;
  expect([wants(batam, 'Kepulauan Riau', { ...none, text: 'riau BATAM' }), wants(batam, '', { ...none, text: 'riau' })]).toEqual([true, false]);
});

it('the worst stand first', () => {
  const states = worstFirst(all.rows).map((row) => row.state);
  expect([...new Set(states)]).toEqual(['silent', 'late', 'never', 'today', 'fresh']);
  expect(flags({ ...all.rows[0]!, nodes: [] })).toEqual([]);
});

it.each([
  [0, [0, 'second']], [59_999, [59, 'second']], [60_000, [1, 'minute']], [-3_600_000, [1, 'hour']], [47 * 3_600_000, [47, 'hour']], [48 * 3_600_000, [2, 'day']],
] as const)('%d ms in its largest unit', (ms, wanted) => expect(largest(ms)).toEqual(wanted));

it('times and amounts are words', () => {
  expect([ago(0, 3 * 60_000), ago(5_000, 0), duration(-720_000)]).toEqual(['3 menit yang lalu', '0 detik yang lalu', '12 menit']);
  expect([bytes(0), bytes(999), bytes(1_000), bytes(12_340), bytes(2_410_000), bytes(734_000_000)]).toEqual(['0 B', '999 B', '1,0 kB', '12,3 kB', '2,4 MB', '734 MB']);
  expect([offset(1_999), offset(-2_000), offset(720_000)]).toEqual(['right', 'behind', 'ahead']);
});
