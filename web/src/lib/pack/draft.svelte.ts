// A form on its way from the first letter to the outbox. Every change is saved on the phone.
import { api } from '../api/client';
import type { Fields, Json, Problem, RecordType, RecordView, Submission } from '../api/types';
import { today } from '../i18n/format';
import { drafts, type Draft } from '../store/db';
import { newId } from '../store/ids';
import { sync } from '../store/sync.svelte';
import { check, difference, toWire, type FormContext } from './form';

const SAVE_AFTER_MS = 250;

/** Plain, without Svelte's proxies. */
const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

export class Writing {
  draft = $state<Draft>()!;
  problems = $state.raw<Problem[]>([]);
  saved = $state<number | null>(null);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #touched = false;

  constructor(draft: Draft) {
    this.draft = draft;
    this.problems = draft.problems;
    if (draft.saved_at > 0) this.saved = draft.saved_at;
  }

  context(): FormContext {
    return { today: today(), office: this.draft.office, period: this.draft.period, state: null };
  }

  set(field: string, value: Json): void {
    this.draft.fields[field] = value;
    this.changed(field);
  }

  /** Says that something changed: it is saved, and what was wrong there is taken back. */
  changed(at: string): void {
    const about = (place: string) => place === at || place.startsWith(`${at}[`) || place.startsWith(`${at}.`);
    if (this.problems.some((problem) => about(problem.at ?? ''))) {
      this.problems = this.problems.filter((problem) => !about(problem.at ?? ''));
    }
    this.#touched = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.save(), SAVE_AFTER_MS);
  }

  async save(): Promise<void> {
    clearTimeout(this.#timer);
    if (!this.#touched) return;
    this.draft.saved_at = Date.now();
    await drafts.put(this.draft);
    this.saved = this.draft.saved_at;
  }

  stop(): void {
    if (this.#touched) void this.save();
    clearTimeout(this.#timer);
  }

  judge(type: RecordType): Problem[] {
    this.problems = check(type, this.draft.fields, this.context(), this.draft.confirmed);
    return this.problems;
  }

  /** Puts the form in the outbox: from then on the phone sends it until there is a receipt. */
  async send(type: RecordType, title: string): Promise<string> {
    clearTimeout(this.#timer);
    const draft = copy(this.draft);
    this.#touched = false;
    const item = await sync.enqueue({
      submission: submissionOf(type, draft, toWire(type, draft.fields, this.context())),
      type: draft.type,
      title,
      office: draft.office,
      record: draft.correcting?.record ?? draft.id,
      draft,
    });
    return item.id;
  }
}

function submissionOf(type: RecordType, draft: Draft, fields: Fields): Submission {
  // The creation of an event goes by the record's own id: it need not travel twice.
  const begins = type.kind === 'event' && !draft.correcting;
  const submission = begins ? draft.id : newId();
  const confirmed = draft.confirmed;
  if (draft.correcting) {
    const { record, saw, before } = draft.correcting;
    return { patch: { record, submission, saw, fields: difference(before, fields), confirmed } };
  }
  const form = { type: draft.type, submission, office: draft.office, fields, confirmed };
  if (type.kind === 'periodic') return { create: { ...form, period: draft.period } };
  return { create: { ...form, record: draft.id } };
}

/** A new form. A periodic one has one draft for an office and period. */
export function blank(type: RecordType, office: number, period: string | null): Draft {
  const id = type.kind === 'periodic' ? `${type.type}:${office}:${period}` : newId();
  const fields: Fields = {};
  if (type.date && type.kind === 'event') fields[type.date] = today();
  return { id, type: type.type, office, period, correcting: null, fields, confirmed: [], section: 0, saved_at: 0, problems: [] };
}

/** The correction of a record: what stands, what was seen, and what was sent back. */
export function correction(record: RecordView): Draft {
  return {
    id: `koreksi:${record.record}`,
    type: record.type,
    office: record.office,
    period: record.period ?? null,
    correcting: { record: record.record, saw: record.heads, before: record.fields },
    fields: copy(record.fields),
    confirmed: [],
    section: 0,
    saved_at: 0,
    problems: [],
  };
}

/** The record that is corrected, for what was sent back; none where it can't be reached. */
export async function recordFor(id: string): Promise<RecordView | null> {
  return api.record(id).catch(() => null);
}
