// A form as it is filled in: which fields show, what is wrong, and what goes over the wire.
import type { Expr, Field, Fields, Json, Problem, RecordType } from '../api/types';
import { span } from '../period';
import { evaluate, minutes, type Datum, type Env } from './expr';
import { atScale, fromScale, parseNumber } from './numbers';

export type Answer = 'value' | 'na' | 'missing' | 'none';

/** What the form is judged against besides its type. */
export interface FormContext {
  today: string;
  office: number;
  period: string | null;
  state: string | null;
}

export const isNumber = (field: Field) =>
  field.kind === 'integer' || field.kind === 'decimal' || field.kind === 'money';

export const scaleOf = (field: Field) => (field.kind === 'decimal' || field.kind === 'computed' ? field.scale : 0);

/** Which kind of answer a wire value is. */
export function answerOf(value: Json | undefined): Answer {
  if (value === null || value === undefined || value === '') return 'none';
  if (Array.isArray(value)) return value.length > 0 ? 'value' : 'none';
  if (typeof value === 'object') {
    if (value.na === true) return 'na';
    if (typeof value.missing === 'string') return 'missing';
  }
  return 'value';
}

type Row = { [key: string]: Json };
type Rule = RecordType['rules'][number];

/** The rows of a repeat group. */
export function rowsOf(fields: Fields, group: string): Row[] {
  const rows = fields[group];
  return Array.isArray(rows) ? (rows as Row[]) : [];
}

/** A field's value as an expression sees it. */
function datum(field: Field, value: Json | undefined): Datum {
  if (answerOf(value) !== 'value') return null;
  if (isNumber(field)) {
    const plain = parseNumber(String(value));
    return plain === null ? null : atScale(plain, scaleOf(field));
  }
  if (field.kind === 'time' && typeof value === 'string') return minutes(value);
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return Array.isArray(value) ? (value as Datum[]) : null;
}

/** The expressions' view of a form, of one row of a group where `row` is given. */
export function environment(type: RecordType, fields: Fields, context: FormContext, row?: Row): Env {
  const byKey = new Map(type.fields.map((field) => [field.key, field]));
  const at = (field: Field) => (field.group && row ? row[field.key] : fields[field.key]);
  const env: Env = {
    field(key) {
      const field = byKey.get(key);
      if (!field) return null;
      if (field.kind === 'computed') return evaluate(field.computed, env);
      return datum(field, at(field));
    },
    column(group, key) {
      const [outer, inner] = [byKey.get(group), byKey.get(key)];
      if (!outer || !inner) return [];
      return rowsOf(fields, outer.key).map((each) =>
        inner.kind === 'computed'
          ? evaluate(inner.computed, environment(type, fields, context, each))
          : datum(inner, each[inner.key]));
    },
    variable(name) {
      if (name === 'today') return context.today;
      if (name === 'office') return context.office;
      if (name === 'state') return context.state;
      if (!context.period) return null;
      const { first, last } = span(context.period);
      return name === 'period.first' ? first : name === 'period.last' ? last : null;
    },
    answer(key) {
      const field = byKey.get(key);
      if (!field) return 'none';
      if (field.kind === 'computed') return evaluate(field.computed, env) === null ? 'none' : 'value';
      return answerOf(at(field));
    },
    hasChoice(key, choice) {
      const field = byKey.get(key);
      const value = field && at(field);
      if (!field || answerOf(value) !== 'value') return null;
      return Array.isArray(value) ? value.includes(choice) : value === choice;
    },
  };
  return env;
}

/** Whether a field shows: its relevance, where it can't be judged, counts as false. */
export function isRelevant(field: Field, env: Env): boolean {
  return field.relevant == null || evaluate(field.relevant, env) === true;
}

/** A computed field's value as decimal text, or null. */
export function computedText(field: Field, env: Env): string | null {
  const value = evaluate(field.computed, env);
  if (typeof value === 'number') return fromScale(value, scaleOf(field));
  return value === null || typeof value === 'object' ? null : String(value);
}

export const place = (group: string, row: Json | undefined, field: string) => `${group}[${row}].${field}`;

/** Everything that is wrong, all at once, in the order of the form. */
export function check(type: RecordType, fields: Fields, context: FormContext, confirmed: string[]): Problem[] {
  const problems: Problem[] = [];
  const env = environment(type, fields, context);
  const outer = type.fields.filter((field) => !field.group);
  for (const field of outer) {
    if (!isRelevant(field, env) || field.kind === 'computed') continue;
    if (field.kind !== 'group') {
      problems.push(...checkOne(field, fields[field.key], field.key));
      continue;
    }
    const rows = rowsOf(fields, field.key);
    if (field.required && rows.length === 0) problems.push({ code: 'form.required', at: field.key });
    for (const row of rows) {
      const inner = environment(type, fields, context, row);
      for (const each of type.fields.filter((one) => one.group === field.key)) {
        if (each.kind === 'computed' || !isRelevant(each, inner)) continue;
        problems.push(...checkOne(each, row[each.key], place(field.key, row.row, each.key)));
      }
    }
  }
  // A rule is not judged by an answer that is wrong already.
  const wrong = new Set(problems.map((problem) => problem.at?.split('[')[0]));
  const rules = type.rules.filter((rule) => !rule.fields.some((field) => wrong.has(field)));
  problems.push(...checkRules(type, rules, fields, context, confirmed));
  return problems;
}

function checkRules(type: RecordType, rules: Rule[], fields: Fields, context: FormContext, confirmed: string[]): Problem[] {
  return rules
    .filter((rule) => !rule.warning || !confirmed.includes(rule.key))
    .flatMap((rule) => {
      const problem = { code: rule.warning ? 'form.rule_unconfirmed' : 'form.rule_broken', values: { rule: rule.key } };
      const first = type.fields.find((field) => field.key === rule.fields[0]);
      const broken = (row?: Row) => evaluate(rule.expr, environment(type, fields, context, row)) === false;
      const group = groupOf(type, rule.expr);
      if (!group) return broken() ? [{ ...problem, at: first?.key }] : [];
      const at = (row: Row) => (first?.group === group ? place(group, row.row, first.key) : first?.key);
      return rowsOf(fields, group).filter(broken).map((row) => ({ ...problem, at: at(row) }));
    });
}

/** The repeat group whose rows a rule speaks of, one by one. */
function groupOf(type: RecordType, expr: Expr): string | null {
  const named = [...JSON.stringify(expr).matchAll(/"op":"(?:field|has_choice)","field":"([^"]+)"/g)].map((match) => match[1]);
  return type.fields.find((field) => field.group && named.includes(field.key))?.group ?? null;
}

function checkOne(field: Field, value: Json | undefined, at: string): Problem[] {
  const answer = answerOf(value);
  if (answer === 'none') return field.required ? [{ code: 'form.required', at }] : [];
  if (answer === 'missing') {
    const reason = (value as { missing: string }).missing;
    return reason.trim() === '' ? [{ code: 'form.missing_needs_reason', at }] : [];
  }
  return answer === 'value' && isNumber(field) ? checkNumber(field, String(value), at) : [];
}

function checkNumber(field: Field, typed: string, at: string): Problem[] {
  const plain = parseNumber(typed);
  if (plain === null) return [{ code: 'form.wrong_kind', at, values: { kind: field.kind } }];
  const scale = scaleOf(field);
  const value = atScale(plain, scale);
  if (value === null) return [{ code: 'form.too_precise', at, values: { scale: String(scale) } }];
  if (field.min != null && value < field.min) {
    return [{ code: 'form.below_min', at, values: { min: fromScale(field.min, scale) } }];
  }
  if (field.max != null && value > field.max) {
    return [{ code: 'form.above_max', at, values: { max: fromScale(field.max, scale) } }];
  }
  return [];
}

/** The form as the node takes it: only what is relevant, numbers as decimal texts. */
export function toWire(type: RecordType, fields: Fields, context: FormContext): Fields {
  const env = environment(type, fields, context);
  const out: Fields = {};
  for (const field of type.fields) {
    if (field.group || field.kind === 'computed' || !isRelevant(field, env)) continue;
    if (field.kind === 'group') {
      const rows = rowsOf(fields, field.key).map((row) => wireRow(type, field, row, fields, context));
      if (rows.length > 0) out[field.key] = rows;
      continue;
    }
    const value = wireValue(field, fields[field.key]);
    if (value !== undefined) out[field.key] = value;
  }
  return out;
}

function wireRow(type: RecordType, group: Field, row: Row, fields: Fields, context: FormContext): Row {
  const env = environment(type, fields, context, row);
  const out: Row = { row: row.row ?? 0 };
  for (const field of type.fields) {
    if (field.group !== group.key || field.kind === 'computed' || !isRelevant(field, env)) continue;
    const value = wireValue(field, row[field.key]);
    if (value !== undefined) out[field.key] = value;
  }
  return out;
}

function wireValue(field: Field, value: Json | undefined): Json | undefined {
  const answer = answerOf(value);
  if (answer === 'none') return undefined;
  if (answer === 'value' && isNumber(field)) return parseNumber(String(value)) ?? String(value);
  if (answer === 'value' && typeof value === 'string') return value.trim();
  return value;
}

/** What a correction changes: new answers, and null for what was taken back. */
export function difference(before: Fields, after: Fields): Fields {
  const out: Fields = {};
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [a, b] = [before[key] ?? null, after[key] ?? null];
    if (canonical(a) !== canonical(b)) out[key] = b;
  }
  return out;
}

/** Equal for `5` and `"5"`, and for objects whatever the order of their keys. */
function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const keys = Object.keys(value).sort();
    return `{${keys.map((key) => `${key}:${canonical(value[key] ?? null)}`).join(',')}}`;
  }
  return String(value);
}

/** The next free row number of a group. */
export function nextRow(rows: Row[]): number {
  return rows.reduce((most, row) => Math.max(most, Number(row.row) || 0), 0) + 1;
}
