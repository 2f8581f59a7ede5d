// Texts in the person's language: Indonesian at once, English when asked for.
import id from 'virtual:messages/id';
import type own from '../../../messages/id.json';
import type { Lang, Problem } from '../api/types';

export type Key = keyof typeof own;
type Params = Record<string, string | number>;

const STORED = 'lang';

class Language {
  lang = $state<Lang>('id');
  texts = $state.raw<Record<string, string>>(id);

  async start(): Promise<void> {
    if (localStorage.getItem(STORED) === 'en') await this.set('en');
  }

  async set(lang: Lang): Promise<void> {
    this.texts = lang === 'id' ? id : (await import('virtual:messages/en')).default;
    this.lang = lang;
    localStorage.setItem(STORED, lang);
    document.documentElement.lang = lang;
  }

  /** The texts of a page that brings its own. */
  add(texts: Record<string, string>): void {
    this.texts = { ...this.texts, ...texts };
  }
}

export const language = new Language();

/** Fills `{name}`, and `{n|one|many}` by the number n. */
function fill(text: string, params: Params): string {
  return text.replace(/\{(\w+)(?:\|([^|}]*)\|([^}]*))?\}/g, (whole, name: string, one?: string, many?: string) => {
    const value = params[name];
    if (one !== undefined) return Number(value) === 1 ? one : (many ?? '');
    return value === undefined ? whole : String(value);
  });
}

/** The text for a key. */
export function t(key: Key, params: Params = {}): string {
  return fill(language.texts[key] ?? key, params);
}

/** The text for a key that is made up at run time, or undefined. */
export function maybe(key: string, params: Params = {}): string | undefined {
  const text = language.texts[key];
  return text === undefined ? undefined : fill(text, params);
}

/** The sentence for a problem's code. */
export function sentence(problem: Problem): string {
  return maybe(`problem.${problem.code}`, problem.values) ?? problem.message ?? t('problem.unknown', { code: problem.code });
}
