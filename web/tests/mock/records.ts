// Records of the stand-in node: made, changed, moved, remarked on, with the same checks as the page.
import { randomBytes } from 'node:crypto';
import type { Fields, HistoryEvent, Pack, Problem, RecordRow, RecordType, RecordView, Submission } from '../../src/lib/api/types';
import { check, environment } from '../../src/lib/pack/form';
import { evaluate } from '../../src/lib/pack/expr';

export interface Held {
  id: string;
  type: string;
  office: number;
  period: string | null;
  state: string;
  fields: Fields;
  returned: { at: string; reason: string; by_name: string; time: string }[];
  losers: RecordView['losers'];
  comments: RecordView['comments'];
  history: HistoryEvent[];
  acknowledged: RecordView['acknowledged'];
  updated: number;
}

export interface Actor {
  name: string;
  office: number;
  role: string;
}

export const hex = (bytes: number) => randomBytes(bytes).toString('hex');
const iso = (ms: number) => new Date(ms).toISOString();

export class Records {
  held = new Map<string, Held>();
  receipts = new Map<string, object>();
  pos = 1000;

  constructor(private packs: Pack[], private officeName: (id: number) => string) {}

  type(key: string): RecordType | undefined {
    return this.packs.flatMap((pack) => pack.types).find((type) => type.type === key);
  }

  private event(actor: Actor, effect: string, more: Partial<HistoryEvent> = {}, at = Date.now()): HistoryEvent {
    return { tag: hex(8), time: iso(at), received_at: iso(at + 40), author_name: actor.name, office_name: this.officeName(actor.office), effect, action: null, from: null, to: null, reason: null, patched: [], returned: [], ...more };
  }

  create(actor: Actor, type: RecordType, office: number, period: string | null, fields: Fields, id = hex(16), at = Date.now()): Held {
    const held: Held = { id, type: type.type, office, period, state: type.states[0]!.key, fields, returned: [], losers: [], comments: [], history: [this.event(actor, 'created', {}, at)], acknowledged: [], updated: at };
    this.held.set(id, held);
    return held;
  }

  move(actor: Actor, held: Held, action: string, returned: { at: string; reason: string }[], reason: string | null, at = Date.now()): void {
    const offer = this.type(held.type)!.actions.find((each) => each.key === action)!;
    held.history.push(this.event(actor, 'moved', { action, from: held.state, to: offer.to, reason, returned }, at));
    held.state = offer.to;
    held.returned.push(...returned.map((cell) => ({ ...cell, by_name: actor.name, time: iso(at) })));
    held.updated = at;
  }

  /** The problems, or the record that was changed. */
  submit(actor: Actor, submission: Submission): { status: number; problems: Problem[] } | Held {
    const [kind, body] = Object.entries(submission)[0] as [string, Record<string, never>];
    const raw = body as unknown as { type: string; record: string; office: number; period?: string; fields: Fields; confirmed?: string[]; action: string; reason?: string; returned?: { at: string; reason: string }[]; text: string };
    if (kind === 'create') return this.fill(actor, raw);
    const held = this.held.get(raw.record);
    if (!held) return { status: 404, problems: [{ code: 'not_found' }] };
    if (kind === 'comment') held.comments.push({ text: raw.text, author_name: actor.name, office_name: this.officeName(actor.office), time: iso(Date.now()) });
    if (kind === 'acknowledge') held.acknowledged.push({ office: actor.office, office_name: this.officeName(actor.office), time: iso(Date.now()) });
    if (kind === 'comment' || kind === 'acknowledge') held.history.push(this.event(actor, kind === 'comment' ? 'commented' : 'acknowledged'));
    if (kind === 'transition') this.move(actor, held, raw.action, raw.returned ?? [], raw.reason ?? null);
    if (kind === 'patch') {
      const after = { ...held.fields, ...raw.fields };
      const problems = this.judge(this.type(held.type)!, after, held.office, held.period, raw.confirmed ?? []);
      if (problems.length > 0) return { status: 422, problems };
      held.history.push(this.event(actor, 'patched', { patched: Object.keys(raw.fields).map((at) => ({ at, before: held.fields[at] ?? null })) }));
      held.fields = Object.fromEntries(Object.entries(after).filter(([, value]) => value !== null));
      held.returned = held.returned.filter((cell) => !(cell.at.split('[')[0]! in raw.fields));
    }
    held.updated = Date.now();
    return held;
  }

  private judge(type: RecordType, fields: Fields, office: number, period: string | null, confirmed: string[]): Problem[] {
    return check(type, fields, { today: new Date(Date.now() + 7 * 3_600_000).toISOString().slice(0, 10), office, period, state: null }, confirmed);
  }

  private fill(actor: Actor, raw: { type: string; record?: string; office: number; period?: string; fields: Fields; confirmed?: string[] }): { status: number; problems: Problem[] } | Held {
    const type = this.type(raw.type);
    if (!type) return { status: 422, problems: [{ code: 'pack.unknown_type' }] };
    const problems = this.judge(type, raw.fields, raw.office, raw.period ?? null, raw.confirmed ?? []);
    if (problems.length > 0) return { status: 422, problems };
    const twice = [...this.held.values()].find((each) => type.kind === 'periodic' && each.type === raw.type && each.office === raw.office && each.period === raw.period);
    if (twice) return { status: 409, problems: [{ code: 'record.exists' }] };
    return this.create(actor, type, raw.office, raw.period ?? null, raw.fields, raw.record);
  }

  private urgent(held: Held): boolean {
    const type = this.type(held.type)!;
    return evaluate(type.urgent, environment(type, held.fields, { today: '2026-01-01', office: held.office, period: held.period, state: held.state })) === true;
  }

  title(held: Held): string {
    const type = this.type(held.type)!;
    const own = type.title ? held.fields[type.title] : null;
    return typeof own === 'string' ? own : '';
  }

  row(held: Held): RecordRow {
    const type = this.type(held.type)!;
    const date = type.date ? held.fields[type.date] : null;
    return { record: held.id, type: held.type, office: held.office, office_name: this.officeName(held.office), state: held.state, title: this.title(held), date: typeof date === 'string' ? date : held.period, period: held.period, urgent: this.urgent(held), updated_at: iso(held.updated), returned: held.returned.length };
  }

  view(actor: Actor, held: Held): RecordView {
    const type = this.type(held.type)!;
    const own = actor.office === held.office;
    const verifier = actor.role === 'verifikator';
    const actions = type.actions.filter((action) => action.from.includes(held.state)).filter((action) => (/ajukan|kirim/.test(action.key) ? own : verifier));
    const env = environment(type, held.fields, { today: '2026-01-01', office: held.office, period: held.period, state: held.state });
    return {
      record: held.id, type: held.type, version: 1, office: held.office, office_name: this.officeName(held.office), period: held.period, state: held.state,
      title: this.title(held), urgent: this.urgent(held), fields: held.fields,
      computed: Object.fromEntries(type.fields.filter((field) => field.kind === 'computed' && !field.group).map((field) => [field.key, evaluate(field.computed, env) as number | null])),
      content: hex(32), heads: [held.history.at(-1)!.tag], approved: /setuju|diterima/.test(held.state),
      actions: actions.map((action) => ({ key: action.key, to: action.to, reason: action.reason, returns: action.returns })),
      editable: own && (type.states.find((state) => state.key === held.state)?.editable ?? false), acknowledgeable: !own, commentable: true,
      returned: held.returned, losers: held.losers, comments: held.comments, history: held.history, acknowledged: held.acknowledged,
    };
  }
}
