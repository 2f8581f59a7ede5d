// Made-up figures that hold together: the same question gives the same answer, totals are the
// sums of their cells, and balances balance but for what they call unexplained.
import type { Figure, FigureCell, Office, Pack, Query } from '../../src/lib/api/types';
import { containing, next } from '../../src/lib/period';
import type { Grain } from '../../src/lib/api/types';

const hash = (text: string) => {
  let h = 2166136261;
  for (const char of text) h = Math.imul(h ^ char.charCodeAt(0), 16777619);
  return (h >>> 0) / 2 ** 32;
};

const BALANCE: Record<string, number> = { diterima: 1, di_tangan: 0.34, dalam_perjalanan: 0.08, diberikan: 0.52, terbuang: 0.02 };

export interface World {
  offices: Office[];
  packs: Pack[];
  received: (schedule: string, office: number, from: string, to: string) => number;
}

function keysOf(axis: string, query: Query, world: World, pack: Pack): { key: string; label: string }[] {
  const [kind, what = ''] = axis.split(':');
  if (kind === 'office') {
    const level = what === 'leaf' ? 'regency' : what;
    const inside = (office: Office): boolean => !query.office || office.id === query.office || (office.parent != null && inside(world.offices.find((each) => each.id === office.parent)!));
    return world.offices.filter((office) => office.level === level && inside(office)).map((office) => ({ key: String(office.id), label: office.name }));
  }
  if (kind === 'period') {
    const out: { key: string; label: string }[] = [];
    for (let at = containing(what as Grain, query.from); at <= containing(what as Grain, query.to) && out.length < 400; at = next(at)) out.push({ key: at, label: at });
    return out;
  }
  if (axis === 'satuan') return ['dosis', 'vial'].map((key) => ({ key, label: pack.messages.id![`unit.${key}`] ?? key }));
  const field = pack.types.flatMap((type) => type.fields.map((each) => ({ type, each }))).find(({ each }) => each.key === axis);
  const choices = field?.each.choices ?? [];
  return choices.map((choice) => ({ key: choice.key, label: pack.messages.id![`choice.${field!.type.key}.${axis}.${choice.key}`] ?? choice.key }));
}

const product = (axes: { keys: { key: string }[] }[]): string[][] =>
  axes.reduce<string[][]>((all, axis) => all.flatMap((one) => axis.keys.map((each) => [...one, each.key])), [[]]);

function valueOf(measure: string, at: string, size: number): string | null {
  const key = measure.split('.')[1] ?? '';
  if (key in BALANCE || key === 'tak_terjelaskan') {
    if (hash(`has${at}`) < 0.5) return null;
    const whole = Math.round((2000 + hash(at) * 18000) * size);
    const parts = Object.entries(BALANCE).filter(([name]) => name !== 'diterima').map(([name, share]) => [name, Math.round(whole * share)] as const);
    const odd = hash(`odd${at}`) < 0.25 ? Math.round((hash(`by${at}`) - 0.4) * 300) : 0;
    const used = parts.reduce((sum, [, part]) => sum + part, 0);
    const own: Record<string, number> = { ...Object.fromEntries(parts), diterima: used + odd, tak_terjelaskan: odd };
    return String(own[key]);
  }
  if (measure === 'distribusi.dialokasikan') return String(Math.round(25000 * size));
  if (measure === 'distribusi.disalurkan') return String(Math.round(19680 * size));
  if (measure === 'distribusi.direncanakan') return String(Math.round(8920 * size));
  if (measure === 'distribusi.selisih_alokasi') return String(Math.round(25000 * size) - Math.round(19680 * size) - Math.round(8920 * size));
  if (key.startsWith('persen')) return (hash(measure + at) * 100).toFixed(1);
  const roll = hash(measure + at);
  if (roll < 0.12) return null;
  return roll < 0.2 ? '0' : String(Math.round((roll - 0.2) ** 2 * 60 * size));
}

export function figure(query: Query, world: World): Figure {
  const name = query.measures[0]?.split('.')[0] ?? '';
  const pack = world.packs.find((each) => each.name === name)!;
  const axis = (each: string) => ({ axis: each, label: each, keys: keysOf(each, query, world, pack) });
  const axes = { rows: (query.rows ?? []).map(axis), columns: (query.columns ?? []).map(axis) };
  const units = (measure: string) => {
    const found = pack.measures.find((each) => each.measure === measure);
    return found?.unit_dim ? (query.rows?.includes(found.unit_dim) ? [null] : ['dosis', 'vial']) : [found?.unit ?? 'laporan'];
  };
  const cells: FigureCell[] = [];
  for (const row of product(axes.rows)) for (const column of product(axes.columns)) for (const measure of query.measures) for (const unit of units(measure)) {
    const own = unit ?? row[(query.rows ?? []).indexOf('satuan')] ?? null;
    const size = row.length + column.length === 0 ? 30 : query.rows?.[0] === 'office:province' ? 8 : 1;
    const value = valueOf(measure, [...row, ...column, own ?? '', query.from].join(), own === 'vial' ? size / 10 : size);
    cells.push({ row, column, measure, unit: own, value, state: value === null ? 'none' : 'value' });
  }
  const totals = new Map<string, FigureCell>();
  for (const cell of cells) {
    const key = JSON.stringify([cell.column, cell.measure, cell.unit]);
    const sum = totals.get(key) ?? { ...cell, row: [], value: '0', state: 'value' };
    totals.set(key, { ...sum, value: String(Number(sum.value) + Number(cell.value ?? 0)) });
  }
  const schedules = pack.schedules.filter(() => query.rows?.[0]?.startsWith('office:'));
  const completeness = schedules.flatMap((schedule) => (axes.rows[0]?.keys ?? []).map(({ key }) => {
    const expected = Math.max(1, Math.round((Date.parse(query.to) - Date.parse(query.from)) / 86_400_000) + 1) * (query.rows?.[0] === 'office:province' ? 12 : 1);
    const received = Math.min(expected, Math.round(expected * (0.35 + hash(`c${key}`) * 0.7)) + world.received(`${name}.${schedule.key}`, Number(key), query.from, query.to));
    return { row: [key, ...(query.rows ?? []).slice(1).map(() => '')], column: [], schedule: `${name}.${schedule.key}`, expected, received, on_time: Math.round(received * 0.9) };
  }));
  const label = (measure: string) => pack.messages.id![`measure.${measure.split('.')[1]}`] ?? measure;
  return {
    axes, cells, totals: query.rows?.length ? [...totals.values()] : [], no_totals: [], completeness,
    measures: query.measures.map((measure) => {
      const found = pack.measures.find((each) => each.measure === measure);
      return { measure, label: label(measure), unit: found?.unit ?? null, scale: found?.scale ?? 0, definition: pack.messages.id![`definition.${measure.split('.')[1]}`] ?? '', source: found?.source ?? '', kind: found?.kind ?? 'additive' };
    }),
    boundaries: { mode: query.boundaries ?? 'then', date: null, split_periods: query.from <= '2022-07-25' && query.to >= '2022-07-25' ? ['2022-07-25', '2022-11-17', '2022-12-08'] : [] },
    as_known: query.as_known ? Date.parse(query.as_known) : null, up_to: { pos: 1000, known_ms: Date.now() },
  };
}
