// The pack language's expression tree, evaluated as the node does: total, bounded, with "can't
// be judged yet" as null. The node is the judge; this shows and hides, and warns early.

import type { Expr } from '../api/types';

export type Datum = number | string | boolean | null | Datum[];

/** What an expression may ask. */
export interface Env {
  field(key: string): Datum;
  column(group: string, field: string): Datum[];
  variable(name: string): Datum;
  /** Which kind of answer a field has. */
  answer(key: string): 'value' | 'na' | 'missing' | 'none';
  hasChoice(field: string, choice: string): boolean | null;
}

const STEPS_MAX = 100_000;

/** Evaluates; a tree that this version doesn't know gives null. */
export function evaluate(tree: Expr | null | undefined, env: Env): Datum {
  let steps = STEPS_MAX;
  const walk = (node: Expr): Datum => {
    if (--steps < 0) return null;
    switch (node.op) {
      case 'const': return constant(node.kind, node.value);
      case 'list': return node.items.map(walk);
      case 'field': return env.field(node.field);
      case 'column': return env.column(node.group, node.field);
      case 'var': return env.variable(node.name);
      case 'has_choice': return env.hasChoice(node.field, node.choice);
      case 'unary': return unary(node.name, walk(node.arg));
      case 'binary': return binary(node.name, node.left, node.right, walk);
      case 'if': {
        const test = walk(node.test);
        return typeof test === 'boolean' ? walk(test ? node.then : node.otherwise) : null;
      }
      case 'call': return callFunction(node.name, node.args, walk, env);
      default: return null;
    }
  };
  return tree ? walk(tree) : null;
}

function constant(kind: string, value: unknown): Datum {
  if (kind === 'time') return minutes(String(value));
  return (value ?? null) as Datum;
}

/** `14:05` as minutes since midnight. */
export function minutes(text: string): Datum {
  const [, hours, rest] = /^(\d{1,2}):(\d{2})/.exec(text) ?? [];
  return hours && rest ? Number(hours) * 60 + Number(rest) : null;
}

type Walk = (node: Expr) => Datum;

function unary(op: string, value: Datum): Datum {
  if (op === 'not') return typeof value === 'boolean' ? !value : null;
  return typeof value === 'number' ? -value : null;
}

function binary(op: string, left: Expr, right: Expr, walk: Walk): Datum {
  const a = walk(left);
  if (op === 'and' || op === 'or') {
    const decisive = op === 'or';
    if (a === decisive) return decisive;
    const b = walk(right);
    if (b === decisive) return decisive;
    return a === null || b === null ? null : !decisive;
  }
  const b = walk(right);
  if (a === null || b === null) return null;
  if (op === 'in') return Array.isArray(b) ? b.some((each) => same(a, each)) : null;
  if (op === 'eq') return same(a, b);
  if (op === 'ne') return !same(a, b);
  if (['lt', 'le', 'gt', 'ge'].includes(op)) return compare(op, a, b);
  return typeof a === 'number' && typeof b === 'number' ? arithmetic(op, a, b) : null;
}

function same(a: Datum, b: Datum): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function compare(op: string, a: Datum, b: Datum): Datum {
  if (typeof a !== typeof b || typeof a === 'object' || a === null || b === null) return null;
  const order = a < b ? -1 : a > b ? 1 : 0;
  return op === 'lt' ? order < 0 : op === 'le' ? order <= 0 : op === 'gt' ? order > 0 : order >= 0;
}

function arithmetic(op: string, a: number, b: number): Datum {
  if ((op === 'div' || op === 'rem') && b === 0) return null;
  const results: Record<string, number> = { add: a + b, sub: a - b, mul: a * b, div: Math.trunc(a / b), rem: a % b };
  const result = results[op];
  return result !== undefined && Number.isSafeInteger(result) ? result + 0 : null;
}

function callFunction(name: string, args: Expr[], walk: Walk, env: Env): Datum {
  const answers = { has: 'value', missing: 'missing', not_applicable: 'na' } as const;
  if (name in answers) return asks(args[0], answers[name as 'has'], walk, env);
  if (name === 'coalesce') {
    for (const arg of args) {
      const value = walk(arg);
      if (value !== null) return value;
    }
    return null;
  }
  const [a = null, b = null, c = null] = args.map(walk);
  switch (name) {
    case 'size': return typeof a === 'string' ? [...a].length : Array.isArray(a) ? a.length : null;
    case 'sum': return total(a);
    case 'count': return Array.isArray(a) ? a.filter((each) => each !== null).length : null;
    case 'min': return extreme(a, (x, y) => x < y);
    case 'max': return extreme(a, (x, y) => x > y);
    case 'starts_with': return typeof a === 'string' && typeof b === 'string' ? a.startsWith(b) : null;
    case 'ends_with': return typeof a === 'string' && typeof b === 'string' ? a.endsWith(b) : null;
    case 'contains': return typeof a === 'string' && typeof b === 'string' ? a.includes(b) : null;
    case 'days': return days(a, b);
    case 'rescale': return rescale(a, b, c);
    default: return null;
  }
}

function asks(arg: Expr | undefined, wanted: 'value' | 'na' | 'missing', walk: Walk, env: Env): Datum {
  if (arg?.op === 'field') return env.answer(arg.field) === wanted;
  return wanted === 'value' && arg ? walk(arg) !== null : null;
}

function total(list: Datum): Datum {
  if (!Array.isArray(list)) return null;
  return list.reduce<number>((sum, each) => sum + (typeof each === 'number' ? each : 0), 0);
}

function extreme(list: Datum, better: (a: number | string, b: number | string) => boolean): Datum {
  if (!Array.isArray(list)) return null;
  let best: number | string | null = null;
  for (const each of list) {
    if (typeof each !== 'number' && typeof each !== 'string') continue;
    if (best === null || better(each, best)) best = each;
  }
  return best;
}

function days(a: Datum, b: Datum): Datum {
  if (typeof a !== 'string' || typeof b !== 'string') return null;
  const ms = Date.parse(`${b}T00:00:00Z`) - Date.parse(`${a}T00:00:00Z`);
  return Number.isFinite(ms) ? Math.round(ms / 86_400_000) : null;
}

function rescale(value: Datum, from: Datum, to: Datum): Datum {
  if (typeof value !== 'number' || typeof from !== 'number' || typeof to !== 'number') return null;
  if (to >= from) return value * 10 ** (to - from);
  const divisor = 10 ** (from - to);
  const low = Math.floor(value / divisor);
  const rest = value - low * divisor;
  const up = rest * 2 > divisor || (rest * 2 === divisor && low % 2 !== 0);
  return up ? low + 1 : low;
}
