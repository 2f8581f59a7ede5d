// A problem as a sentence, with the pack's own words for fields and rules.
import type { Problem } from '../api/types';
import { sentence } from '../i18n/index.svelte';
import { known } from '../store/known.svelte';

/** The label of a place such as `judul` or `korban[2].nama`. */
export function placeName(type: string, at: string): string {
  const found = known.type(type);
  const [, group, row, field] = /^([^[.]+)(?:\[(\d+)\])?(?:\.(.+))?$/.exec(at) ?? [];
  if (!found || !group) return at;
  const name = (key: string) => known.text(found.pack, `field.${found.type.key}.${key}`);
  const parts = [name(group)];
  if (row) parts.push(row);
  if (field) parts.push(name(field));
  return parts.join(' › ');
}

/** What is wrong, without the place. */
export function problemSentence(type: string, problem: Problem): string {
  const rule = problem.values?.rule;
  const found = known.type(type);
  const own = rule && found ? known.textOr(found.pack, `rule.${found.type.key}.${rule}`) : undefined;
  return own ?? sentence(problem);
}

/** Place and sentence. */
export function problemText(type: string, problem: Problem): string {
  const text = problemSentence(type, problem);
  return problem.at ? `${placeName(type, problem.at)}: ${text}` : text;
}
