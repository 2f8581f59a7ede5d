import { describe, expect, it } from 'vitest';
import type { Figure, Measure, Office, RecordType } from '../../src/lib/api/types';
import { balanceOf, columns, formulaText, rows } from '../../src/lib/figure/read';
import { neighbour, tileLayout } from '../../src/lib/map/layout';
import { classOf, scaleOf } from '../../src/lib/map/scale';
import { answerOf, difference, toWire } from '../../src/lib/pack/form';
import { atScale, fromScale, parseNumber } from '../../src/lib/pack/numbers';
import { containing, daysBetween, grainOf, next, previous, span } from '../../src/lib/period';
import { parse } from '../mock/cel';
import { loadOffices } from '../mock/offices';

describe('numbers as people type them', () => {
  it.each([
    ['1.234,5', '1234.5'], ['1234,5', '1234.5'], ['1234.5', '1234.5'], ['1.234', '1234'], ['12.5', '12.5'], ['1.234.567', '1234567'], [' 7 ', '7'],
    ['-0', '0'], ['-3,25', '-3.25'], ['007', '7'], ['0', '0'], [',5', '0.5'], ['1,2,3', null], ['1.2.3', null], ['1,', null], ['12a', null], ['', null], ['-', null], ['1.23,4', null],
  ])('%s is %s', (typed, wanted) => expect(parseNumber(typed)).toBe(wanted));

  it.each([['1.25', 2, 125], ['1.250', 2, 125], ['-0.5', 1, -5], ['1.255', 2, null], ['99999999999999999', 0, null]])('%s at scale %d is %s', (plain, scale, wanted) => {
    expect(atScale(plain, scale)).toBe(wanted);
    if (wanted !== null) expect(Number(fromScale(wanted, scale))).toBe(Number(plain));
  });
});

describe('periods', () => {
  it.each([
    ['2021-01-08', 'day', '2021-01-08', '2021-01-08'], ['2021-W01', 'week', '2021-01-04', '2021-01-10'], ['2020-W53', 'week', '2020-12-28', '2021-01-03'],
    ['2024-02', 'month', '2024-02-01', '2024-02-29'], ['2021-Q4', 'quarter', '2021-10-01', '2021-12-31'], ['2021-B08', 'third', '2021-05-01', '2021-08-31'],
    ['2021-S2', 'half', '2021-07-01', '2021-12-31'], ['2021', 'year', '2021-01-01', '2021-12-31'],
  ] as const)('%s', (text, grain, first, last) => {
    expect(grainOf(text)).toBe(grain);
    expect(span(text)).toEqual({ first, last });
    expect(containing(grain, first)).toBe(text);
    expect(containing(grain, last)).toBe(text);
    expect(previous(next(text))).toBe(text);
    expect(daysBetween(last, span(next(text)).first)).toBe(1);
  });
});

describe('answers on the wire', () => {
  const field = (key: string, kind: string, more = {}) => ({ id: 1, key, kind, choices: [], group: null, required: false, not_applicable: true, missing: true, relevant: null, unit: null, min: null, max: null, scale: 0, grain: null, levels: [], record_type: null, record_states: [], rows_max: null, computed: null, ...more });
  const names = { fields: new Map([['ada', { kind: 'bool', group: null }]]) };
  const type = { fields: [field('ada', 'bool'), field('luas', 'decimal', { scale: 1, relevant: parse('ada', names) }), field('nama', 'text')] } as unknown as RecordType;
  const context = { today: '2021-01-08', office: 1, period: null, state: null };

  it('keeps the four kinds of nothing apart, and zero', () => {
    expect([{ na: true }, { missing: 'x' }, null, '', 0, '0', false, []].map(answerOf as (value: unknown) => string)).toEqual(['na', 'missing', 'none', 'none', 'value', 'value', 'value', 'none']);
  });

  it('sends numbers as decimals, and nothing that is not relevant', () => {
    expect(toWire(type, { ada: true, luas: '1.234,5', nama: ' Ani ' }, context)).toEqual({ ada: true, luas: '1234.5', nama: 'Ani' });
    expect(toWire(type, { ada: false, luas: '3', nama: '' }, context)).toEqual({ ada: false });
  });

  it('a correction says only what changed', () => {
    expect(difference({ a: 5, b: 'x', c: { na: true } }, { a: '5', b: 'y', d: [{ row: 1 }] })).toEqual({ b: 'y', c: null, d: [{ row: 1 }] });
  });
});

describe('figures', () => {
  const formula = parse('coalesce(masuk, 0) - coalesce(sisa, 0) - (pakai + rusak)', { fields: new Map() });
  const measure = (key: string, more: Partial<Measure> = {}): Measure => ({ measure: `p.${key}`, key, unit: null, unit_dim: null, scale: 0, kind: 'additive', dims: [], source: '', suppress_below: null, formula: null, ...more });
  const all = [measure('masuk'), measure('sisa'), measure('pakai'), measure('rusak'), measure('beda', { kind: 'formula', formula })];

  it('finds the balance that a formula states', () => {
    const shown = all.map((each) => each.measure);
    expect(balanceOf(shown, all)).toEqual({ total: 'p.masuk', parts: ['p.sisa', 'p.pakai', 'p.rusak'], rest: 'p.beda' });
    expect(balanceOf(shown.slice(1), all)).toBeNull();
    const ratio = measure('beda', { kind: 'formula', formula: parse('100 * sisa / masuk', { fields: new Map() }) });
    expect(balanceOf(shown, [...all.slice(0, 4), ratio])).toBeNull();
  });

  it('writes a formula for people', () => {
    expect(formulaText(formula, (key) => key.toUpperCase())).toBe('(MASUK − SISA) − (PAKAI + RUSAK)');
  });

  const figure: Figure = {
    axes: { rows: [{ axis: 'office:province', label: 'Provinsi', keys: [{ key: '11', label: 'Aceh' }, { key: '12', label: 'Sumut' }] }, { axis: 'satuan', label: 'Satuan', keys: [{ key: 'dosis', label: 'dosis' }, { key: 'vial', label: 'vial' }] }], columns: [] },
    measures: [{ measure: 'p.masuk', label: 'Masuk', unit: null, scale: 0, definition: '', source: '', kind: 'additive' }],
    cells: [
      { row: ['11', 'dosis'], column: [], measure: 'p.masuk', unit: 'dosis', value: '5', state: 'value' }, { row: ['12', 'vial'], column: [], measure: 'p.masuk', unit: 'vial', value: '1', state: 'value' },
      { row: ['11', 'vial'], column: [], measure: 'p.masuk', unit: 'vial', value: null, state: 'none' },
    ],
    totals: [], completeness: [], boundaries: { mode: 'then', date: null, split_periods: [] }, no_totals: [], as_known: null, up_to: { pos: 1, known_ms: 1 },
  };

  it('never puts two units in one column', () => {
    expect(columns(figure).map((each) => each.unit)).toEqual(['dosis', 'vial']);
    expect(rows(figure).map((each) => each.key.join())).toEqual(['11,dosis', '12,vial']);
  });
});

describe('the office map', () => {
  const offices: Office[] = loadOffices();

  it('gives each regency and city its own tile, folded or not', () => {
    for (const folded of [false, true]) {
      const { spots } = tileLayout(offices, folded);
      expect(spots.length).toBe(514);
      expect(new Set(spots.map((spot) => `${spot.x},${spot.y}`)).size).toBe(514);
    }
  });

  it('the fold cuts no province', () => {
    const { spots } = tileLayout(offices, true);
    const east = new Map(tileLayout(offices, false).spots.map((spot) => [spot.id, spot.x >= 38]));
    const sides = new Map<number, Set<boolean>>();
    for (const spot of spots) sides.set(spot.province, (sides.get(spot.province) ?? new Set()).add(east.get(spot.id)!));
    expect([...sides.values()].filter((each) => each.size > 1)).toEqual([]);
  });

  it('arrow keys reach every tile from every tile', () => {
    const { spots } = tileLayout(offices, false);
    const reached = new Set([spots[0]!]);
    for (const spot of reached) for (const way of ['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight'] as const) {
      const found = neighbour(spots, spot, way);
      if (found) reached.add(found);
    }
    expect(reached.size).toBe(514);
  });

  it('classes rise and hold every value', () => {
    for (const values of [[1], [1, 1, 1, 50], [0.2, 0.5, 3, 8, 900], Array.from({ length: 514 }, (_, i) => i * i)]) {
      const scale = scaleOf(values);
      expect(scale.bounds).toEqual([...scale.bounds].sort((a, b) => a - b));
      expect(scale.bounds.length).toBeLessThanOrEqual(5);
      for (const value of values.filter((each) => each > 0)) expect(value).toBeLessThanOrEqual(scale.bounds[classOf(scale, value)]!);
    }
    expect(scaleOf([]).bounds).toEqual([]);
  });
});
