import { describe, expect, it } from 'vitest';
import type { Expr } from '../../src/lib/api/types';
import { evaluate, type Datum, type Env } from '../../src/lib/pack/expr';
import { parse } from '../mock/cel';

const fields: Record<string, Datum> = { a: 7, b: 2, none: null, t: 'Pasar Baru', d: '2021-01-08', yes: true, pilihan: 'politik' };
const names = { fields: new Map(Object.keys(fields).map((key) => [key, { kind: key === 'pilihan' ? 'choice' : 'text', group: null as string | null }])) };
names.fields.set('butir', { kind: 'group', group: null });
const env: Env = {
  field: (key) => fields[key] ?? null,
  column: () => [3, null, 4],
  variable: (name) => ({ today: '2021-01-10', 'period.first': '2021-01-01' })[name] ?? null,
  answer: (key) => (key === 'none' ? 'missing' : 'value'),
  hasChoice: (field, choice) => (fields[field] === null ? null : fields[field] === choice),
};
const check = (text: string, wanted: Datum) => expect(evaluate(parse(text, names), env), text).toEqual(wanted);

describe('the expression language', () => {
  it('computes, and gives null where it cannot', () => {
    check('a + b * 3', 13);
    check('-a / b', -3);
    check('a % b', 1);
    check('a / 0', null);
    check('a + none', null);
    check('9007199254740991 + 1', null);
  });

  it('compares', () => {
    check('a > b && d < today', true);
    check("t == 'Pasar Baru'", true);
    check("t != 'x'", true);
    check('a < none', null);
    check("a in [1, 7]", true);
    check("pilihan == 'politik'", true);
    check("pilihan != 'politik'", false);
    check("pilihan in ['sosial', 'politik']", true);
  });

  it('has Kleene\'s and and or', () => {
    check('none > 1 && yes', null);
    check('none > 1 && !yes', false);
    check('yes || none > 1', true);
    check('!(none > 1)', null);
  });

  it('knows its functions', () => {
    check('has(a) && !has(none) && missing(none)', true);
    check('size(t)', 10);
    check('sum(butir.jumlah) + count(butir.jumlah)', 9);
    check('min(butir.jumlah) + max(butir.jumlah)', 7);
    check("t.startsWith('Pasar') && t.endsWith('Baru') && t.contains('ar B')", true);
    check("days(date('2021-01-08'), today)", 2);
    check('coalesce(none, b)', 2);
    check('yes ? a : b', 7);
    check('none > 1 ? a : b', null);
  });

  it.each([[125, 1, 0, 12], [135, 1, 0, 14], [-125, 1, 0, -12], [7, 0, 2, 700]])('rescale(%d, %d, %d) rounds half to even', (value, from, to, wanted) => {
    const constant = (each: number): Expr => ({ op: 'const', kind: 'int', value: each });
    expect(evaluate({ op: 'call', name: 'rescale', args: [value, from, to].map(constant) }, env)).toBe(wanted);
  });

  it('is bounded, and null on what it does not know', () => {
    let deep: Expr = { op: 'const', kind: 'int', value: 1 };
    for (let i = 0; i < 17; i += 1) deep = { op: 'binary', name: 'add', left: deep, right: deep };
    expect(evaluate(deep, env)).toBeNull();
    expect(evaluate({ op: 'later' } as unknown as Expr, env)).toBeNull();
  });
});
