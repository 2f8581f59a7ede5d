import { describe, expect, it } from 'vitest';
import { check } from '../../src/lib/pack/form';
import { examples, loadPack, packNames } from '../mock/packs';

// What the node alone can judge: other records, the tree of offices, who may.
const NODE_ONLY = /wrong_office|wrong_record|not_relevant|computed_sent|unknown|period|record_id|row_number|wrong_kind|too_long|too_many|not_allowed/;

describe.each(packNames())('the examples of pack %s', (name) => {
  const pack = loadPack(name);
  it.each(examples(name).map((example) => [example.name, example] as const))('%s', (_, example) => {
    const type = pack.types.find((each) => each.type === example.form.type);
    expect(type).toBeDefined();
    const context = { today: example.today, office: example.form.office, period: example.form.period ?? null, state: type!.states[0]?.key ?? null };
    const found = check(type!, example.form.fields, context, example.form.confirmed ?? []);
    const key = (problem: { code: string; at?: string | null }) => `${problem.code} ${problem.at ?? ''}`;
    const wanted = example.expect === 'accepted' ? [] : example.expect.filter((each) => !NODE_ONLY.test(each.code));
    expect(found.map(key).sort()).toEqual(wanted.map(key).sort());
  });
});
