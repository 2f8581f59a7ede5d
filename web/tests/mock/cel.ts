// The pack language's text as the wire's expression tree: enough of it for the packs here.
import type { Expr } from '../../src/lib/api/types';

export interface Names {
  /** Field key → its kind and group. */
  fields: Map<string, { kind: string; group: string | null }>;
}

const BINDING: Record<string, [number, string]> = {
  '||': [1, 'or'], '&&': [2, 'and'], '==': [4, 'eq'], '!=': [4, 'ne'], '<': [5, 'lt'], '<=': [5, 'le'], '>': [5, 'gt'],
  '>=': [5, 'ge'], in: [5, 'in'], '+': [6, 'add'], '-': [6, 'sub'], '*': [7, 'mul'], '/': [7, 'div'], '%': [7, 'rem'],
};
const FUNCTIONS: Record<string, string> = { startsWith: 'starts_with', endsWith: 'ends_with', notApplicable: 'not_applicable' };

export function parse(text: string, names: Names): Expr {
  const tokens = text.match(/'[^']*'|"[^"]*"|\d+|[A-Za-z_]\w*|\|\||&&|[=!<>]=|[-+*/%<>!?:(),.[\]]/g) ?? [];
  let at = 0;
  const peek = () => tokens[at];
  const take = (wanted?: string) => {
    const token = tokens[at++];
    if (wanted && token !== wanted) throw new Error(`${text}: expected ${wanted}, found ${token}`);
    return token ?? '';
  };

  function list(end: string): Expr[] {
    const out: Expr[] = [];
    while (peek() !== end) {
      out.push(ternary());
      if (peek() === ',') take();
    }
    take(end);
    return out;
  }

  function name(token: string): Expr {
    if (token === 'true' || token === 'false') return { op: 'const', kind: 'bool', value: token === 'true' };
    if (token === 'period') return { op: 'var', name: `period.${(take('.'), take())}` };
    if (['today', 'office', 'state'].includes(token) && !names.fields.has(token)) return { op: 'var', name: token };
    if (peek() === '(') {
      take();
      const args = list(')');
      if (token === 'date') return { op: 'const', kind: 'date', value: (args[0] as { value: unknown }).value };
      return { op: 'call', name: FUNCTIONS[token] ?? token, args };
    }
    if (peek() === '.' && names.fields.get(token)?.kind === 'group') return { op: 'column', group: token, field: (take(), take()) };
    return { op: 'field', field: token };
  }

  function primary(): Expr {
    const token = take();
    let found: Expr;
    if (token === '(') {
      found = ternary();
      take(')');
    } else if (token === '[') found = { op: 'list', items: list(']') };
    else if (token === '!') return { op: 'unary', name: 'not', arg: primary() };
    else if (token === '-') return { op: 'unary', name: 'neg', arg: primary() };
    else if (/^['"]/.test(token)) found = { op: 'const', kind: 'text', value: token.slice(1, -1) };
    else if (/^\d/.test(token)) found = { op: 'const', kind: 'int', value: Number(token) };
    else found = name(token);
    while (peek() === '.') {
      take();
      const method = take();
      take('(');
      found = { op: 'call', name: FUNCTIONS[method] ?? method, args: [found, ...list(')')] };
    }
    return found;
  }

  function binary(least: number): Expr {
    let left = primary();
    for (;;) {
      const [power, op] = BINDING[peek() ?? ''] ?? [0, ''];
      if (power <= least) return left;
      take();
      left = combine(op, left, binary(power), names);
    }
  }

  function ternary(): Expr {
    const test = binary(0);
    if (peek() !== '?') return test;
    take();
    const then = ternary();
    take(':');
    return { op: 'if', test, then, otherwise: ternary() };
  }

  const tree = ternary();
  if (at < tokens.length) throw new Error(`${text}: what is ${peek()}?`);
  return tree;
}

/** A choice field against a text is a question of its own. */
function combine(op: string, left: Expr, right: Expr, names: Names): Expr {
  const choice = (each: Expr) => each.op === 'field' && /^choices?$/.test(names.fields.get(each.field)?.kind ?? '');
  const text = (each: Expr) => each.op === 'const' && each.kind === 'text';
  const [field, value] = choice(left) ? [left, right] : [right, left];
  if ((op === 'eq' || op === 'ne' || op === 'in') && choice(field) && text(value) && field.op === 'field' && value.op === 'const') {
    const has: Expr = { op: 'has_choice', field: field.field, choice: String(value.value) };
    return op === 'ne' ? { op: 'unary', name: 'not', arg: has } : has;
  }
  if (op === 'in' && choice(left) && right.op === 'list' && left.op === 'field') {
    const each = right.items.map((item): Expr => ({ op: 'has_choice', field: left.field, choice: String((item as { value: unknown }).value) }));
    return each.reduce((a, b) => ({ op: 'binary', name: 'or', left: a, right: b }));
  }
  return { op: 'binary', name: op, left, right };
}
