// Compiles the message files: `virtual:messages/LANG` is web/messages/LANG.json together with the
// sentences for problem codes, which the server and the web app share. The build fails if the
// languages don't have the same keys, or the same placeholders in a key.
import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'smol-toml';

const LANGS = ['id', 'en'];
const web = new URL('../messages/', import.meta.url);
const shared = new URL('../../crates/app/messages/', import.meta.url);

/** Nested tables as dotted keys. */
export function flatten(table, prefix = '', out = {}) {
  for (const [key, value] of Object.entries(table)) {
    if (typeof value === 'string') out[prefix + key] = value;
    else if (value && typeof value === 'object') flatten(value, `${prefix}${key}.`, out);
  }
  return out;
}

/** All texts of a language. */
export function load(lang) {
  const own = JSON.parse(readFileSync(new URL(`${lang}.json`, web), 'utf8'));
  const file = new URL(`${lang}.toml`, shared);
  const problems = existsSync(file) ? flatten(parse(readFileSync(file, 'utf8'))) : {};
  const sentences = Object.entries(problems).filter(([key]) => key.startsWith('problem.'));
  return { ...Object.fromEntries(sentences), ...own };
}

/** Texts of pages that few people open come with those pages: `virtual:messages/LANG/PART`. */
const PARTS = { device: /^devices?\./ };
/** The node says these itself, in the person's language, to pages that ask it. */
const SAID = /^problem\.(device|sync)\./;

/** The texts of a part, or what every page needs. */
function part(texts, name) {
  const own = (key) => (name ? PARTS[name].test(key) : !SAID.test(key) && !Object.values(PARTS).some((each) => each.test(key)));
  return Object.fromEntries(Object.entries(texts).filter(([key]) => own(key)));
}

/** What is in one language and not in another. */
export function differences(texts) {
  const [first, ...others] = LANGS;
  const found = [];
  const holes = (text) => [...new Set(text.match(/\{\w+/g) ?? [])].sort().join(' ');
  for (const other of others) {
    const keys = new Set([...Object.keys(texts[first]), ...Object.keys(texts[other])]);
    for (const key of keys) {
      const [a, b] = [texts[first][key], texts[other][key]];
      if (a === undefined || b === undefined) found.push(`${key}: not in both languages`);
      else if (holes(a) !== holes(b)) found.push(`${key}: placeholders differ`);
    }
  }
  return found;
}

/** The Vite plugin. */
export function messages() {
  const prefix = 'virtual:messages/';
  return {
    name: 'messages',
    resolveId: (id) => (id.startsWith(prefix) ? `\0${id}` : undefined),
    load(id) {
      if (!id.startsWith(`\0${prefix}`)) return undefined;
      for (const lang of LANGS) this.addWatchFile(new URL(`${lang}.json`, web).pathname);
      const texts = Object.fromEntries(LANGS.map((lang) => [lang, load(lang)]));
      const wrong = differences(texts);
      if (wrong.length > 0) throw new Error(`web/messages: ${wrong.join('; ')}`);
      const [lang, name] = id.slice(prefix.length + 1).split('/');
      return `export default ${JSON.stringify(part(texts[lang], name))}`;
    },
  };
}
