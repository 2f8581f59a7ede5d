// The repository's packs as the server gives them, read from their folders.
import { readdirSync, readFileSync } from 'node:fs';
import { parse as toml } from 'smol-toml';
import type { Expr, Field, Pack, RecordType } from '../../src/lib/api/types';
import { parse } from './cel';

const root = new URL('../../../packs/', import.meta.url);
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Table = any;
const read = (path: string): Table => toml(readFileSync(new URL(path, root), 'utf8'));
const exists = (folder: string) => {
  try {
    return readdirSync(new URL(folder, root));
  } catch {
    return [];
  }
};

function flatten(table: Table, prefix = '', out: Record<string, string> = {}): Record<string, string> {
  for (const [key, value] of Object.entries(table)) {
    if (typeof value === 'string') out[prefix + key] = value;
    else flatten(value, `${prefix}${key}.`, out);
  }
  return out;
}

function recordType(pack: string, raw: Table, workflow: Table): RecordType {
  const fields: Table[] = raw.field ?? [];
  const names = { fields: new Map(fields.map((field) => [field.key, { kind: field.kind, group: field.group ?? null }])) };
  const expr = (text: string | undefined): Expr | null => (text === undefined ? null : parse(text, names));
  const field = (each: Table): Field => ({
    id: each.id, key: each.key, kind: each.kind, choices: each.choices ?? [], group: each.group ?? null, required: each.required ?? false,
    not_applicable: each.not_applicable ?? false, missing: each.missing ?? false, relevant: expr(each.relevant), unit: each.unit ?? null,
    min: each.min ?? null, max: each.max ?? null, scale: each.scale ?? 0, grain: each.grain ?? null, levels: each.levels ?? [],
    record_type: each.type ? `${pack}.${each.type}` : null, record_states: each.states ?? [], rows_max: each.rows_max ?? null, computed: expr(each.expr),
  });
  const own = workflow[raw.key] ?? {};
  const states: Table[] = own.state ?? [];
  return {
    type: `${pack}.${raw.key}`, key: raw.key, kind: raw.kind, grain: raw.grain ?? null, levels: raw.levels ?? [],
    sections: (raw.section ?? []).map((section: Table) => ({ key: section.key, fields: fields.filter((each) => each.section === section.key && !each.group).map((each) => each.key) })),
    fields: fields.map(field),
    rules: (raw.rule ?? []).map((rule: Table) => ({ key: rule.key, expr: expr(rule.expr)!, fields: rule.fields ?? [], warning: rule.warning ?? false })),
    states: states.map((state) => ({ key: state.key, editable: state.editable ?? false, counts: state.counts ?? false })),
    actions: (own.action ?? []).map((action: Table) => ({ key: action.key, from: action.from, to: action.to, reason: action.reason ?? false, returns: action.returns ?? false })),
    title: raw.title ?? null, date: raw.date ?? null, point: raw.point ?? null, urgent: expr(raw.urgent),
  };
}

export function loadPack(name: string): Pack {
  const info = read(`${name}/pack.toml`);
  const workflow = read(`${name}/workflow.toml`);
  const measures: Table[] = read(`${name}/measures.toml`).measure ?? [];
  const schedules: Table[] = exists(name).includes('schedule.toml') ? (read(`${name}/schedule.toml`).schedule ?? []) : [];
  const full = (key: string) => `${name}.${key}`;
  return {
    name, version: info.version, roles: info.roles ?? [],
    types: exists(`${name}/types`).map((file) => recordType(name, read(`${name}/types/${file}`), workflow)),
    measures: measures.map((measure) => ({
      measure: full(measure.key), key: measure.key, unit: measure.unit ?? null, unit_dim: measure.unit_dim ?? null, scale: measure.scale ?? 0,
      kind: measure.kind, dims: measure.dims ?? [], source: measure.source ?? '', suppress_below: measure.suppress_below ?? null,
      formula: measure.formula ? parse(measure.formula, { fields: new Map() }) : null,
    })),
    schedules: schedules.map((each) => ({ key: each.key, type: full(each.type), levels: each.levels, due_after_minutes: each.due_after_minutes, from: String(each.from).slice(0, 10) })),
    views: exists(`${name}/views`).map((file) => {
      const view = read(`${name}/views/${file}`);
      return { key: view.key, kind: view.kind, type: view.type ? full(view.type) : null, fields: view.fields ?? [], measures: (view.measures ?? []).map(full), rows: view.rows ?? [], columns: view.columns ?? [], show: view.show ?? null };
    }),
    messages: { id: flatten(read(`${name}/messages/id.toml`)), en: flatten(read(`${name}/messages/en.toml`)) },
  };
}

export const packNames = (): string[] => exists('.').filter((name) => exists(name).includes('pack.toml'));

export interface Example {
  name: string;
  form: { type: string; office: number; period?: string; fields: Record<string, never>; confirmed?: string[] };
  today: string;
  expect: 'accepted' | { code: string; at?: string }[];
}

/** A pack's examples, which say what its forms accept. */
export function examples(pack: string): Example[] {
  return exists(`${pack}/examples`).map((file) => ({ name: file, ...JSON.parse(readFileSync(new URL(`${pack}/examples/${file}`, root), 'utf8')) }));
}
