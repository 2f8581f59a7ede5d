// Reading a figure's answer: cells by place, columns with their units, balances.
import type { Expr, Figure, FigureCell, Measure } from '../api/types';

const SEP = '\u0001';
export const placeKey = (row: string[], column: string[], measure: string, unit: string | null | undefined) =>
  [row.join(SEP), column.join(SEP), measure, unit ?? ''].join('\u0002');

/** The cells by place. */
export function index(cells: FigureCell[]): Map<string, FigureCell> {
  return new Map(cells.map((cell) => [placeKey(cell.row, cell.column, cell.measure, cell.unit), cell]));
}

/** One column of a table: a column key, a measure, a unit. */
export interface Column {
  key: string[];
  labels: string[];
  measure: string;
  unit: string | null;
}

/** All combinations of the axes' keys. */
export function combine(axes: Figure['axes']['rows']): { key: string[]; labels: string[] }[] {
  return axes.reduce<{ key: string[]; labels: string[] }[]>(
    (all, axis) => all.flatMap((one) => axis.keys.map((each) => ({ key: [...one.key, each.key], labels: [...one.labels, each.label] }))),
    [{ key: [], labels: [] }],
  );
}

/** The table's columns: a measure has one for each of its units that occurs. */
export function columns(figure: Figure): Column[] {
  const units = new Map<string, Set<string | null>>();
  for (const cell of figure.cells) {
    if (!units.has(cell.measure)) units.set(cell.measure, new Set());
    units.get(cell.measure)!.add(cell.unit ?? null);
  }
  return combine(figure.axes.columns).flatMap(({ key, labels }) =>
    figure.measures.flatMap((measure) => {
      const found = [...(units.get(measure.measure) ?? [measure.unit ?? null])];
      const some = found.filter((unit) => unit !== null);
      return (some.length > 0 ? some.sort() : [null]).map((unit) => ({ key, labels, measure: measure.measure, unit }));
    }),
  );
}

/** Rows that hold something; all, where none does. */
export function rows(figure: Figure): { key: string[]; labels: string[] }[] {
  const held = new Set(figure.cells.filter((cell) => cell.state !== 'none').map((cell) => cell.row.join(SEP)));
  const all = combine(figure.axes.rows);
  // With several axes most combinations never occur; with one, a row without data says something.
  return figure.axes.rows.length > 1 && held.size > 0 ? all.filter((row) => held.has(row.key.join(SEP))) : all;
}

/** The measure of what is shown: `pack.key` of `pack.key@growth:year`. */
export const baseOf = (measure: string): string => measure.split('@')[0]!;

/** What can be shown of a measure's numbers instead of them. */
export const VIEWS = ['share:row', 'share:column', 'share:all', 'growth:period', 'growth:year', 'change:period', 'change:year', 'cumulative', 'rolling:3'] as const;

/** The views that a figure with these axes can have. */
export function viewsOf(rows: string[], columns: string[]): string[] {
  const periods = [...rows, ...columns].filter((axis) => axis.startsWith('period:')).length;
  return VIEWS.filter((view) => {
    if (!view.startsWith('share:')) return periods === 1;
    return view === 'share:row' ? columns.length > 0 : view === 'share:column' ? rows.length > 0 : rows.length > 0 && columns.length > 0;
  });
}

/** `total = parts + rest`, read from a formula that subtracts the parts from the total. */
export interface Balance {
  total: string;
  parts: string[];
  rest: string;
}

/** Finds the formula among measures that are all shown, and is a difference of them. */
export function balanceOf(shown: string[], measures: Measure[]): Balance | null {
  for (const rest of measures) {
    if (rest.kind !== 'formula' || !rest.formula || !shown.includes(rest.measure)) continue;
    const signs = new Map<string, number>();
    if (!collect(rest.formula, 1, signs)) continue;
    const pack = rest.measure.slice(0, rest.measure.indexOf('.') + 1);
    const named = [...signs].map(([key, sign]) => [key.includes('.') ? key : pack + key, sign] as const);
    const plus = named.filter(([, sign]) => sign === 1).map(([key]) => key);
    const minus = named.filter(([, sign]) => sign === -1).map(([key]) => key);
    const all = [...plus, ...minus].every((key) => shown.includes(key));
    if (plus.length === 1 && minus.length > 1 && all) return { total: plus[0]!, parts: minus, rest: rest.measure };
  }
  return null;
}

function collect(expr: Expr, sign: number, signs: Map<string, number>): boolean {
  if (expr.op === 'field') {
    signs.set(expr.field, (signs.get(expr.field) ?? 0) + sign);
    return true;
  }
  if (expr.op === 'call' && expr.name === 'coalesce') {
    const [first, other] = expr.args;
    return !!first && other?.op === 'const' && other.value === 0 && collect(first, sign, signs);
  }
  if (expr.op !== 'binary' || (expr.name !== 'add' && expr.name !== 'sub')) return false;
  return collect(expr.left, sign, signs) && collect(expr.right, expr.name === 'sub' ? -sign : sign, signs);
}

const SIGNS: Record<string, string> = { add: '+', sub: '−', mul: '×', div: '÷', rem: 'mod', and: '∧', or: '∨', eq: '=', ne: '≠', lt: '<', le: '≤', gt: '>', ge: '≥' };

/** A formula as people read it. */
export function formulaText(expr: Expr, name: (key: string) => string, outer = true): string {
  const walk = (each: Expr) => formulaText(each, name, false);
  switch (expr.op) {
    case 'const': return String(expr.value);
    case 'field': return name(expr.field);
    case 'unary': return `${expr.name === 'neg' ? '−' : '¬'}${walk(expr.arg)}`;
    case 'binary': {
      const text = `${walk(expr.left)} ${SIGNS[expr.name] ?? expr.name} ${walk(expr.right)}`;
      return outer ? text : `(${text})`;
    }
    case 'if': return `${walk(expr.test)} ? ${walk(expr.then)} : ${walk(expr.otherwise)}`;
    case 'call': {
      const [first, second] = expr.args;
      if (expr.name === 'coalesce' && first && second?.op === 'const' && second.value === 0) return walk(first);
      return `${expr.name}(${expr.args.map(walk).join('; ')})`;
    }
    default: return '…';
  }
}
