//! Sentences in two languages, from `messages/{id,en}.toml`, which the web app shares.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use domain::problem::Problem;

/// A language of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Lang {
    /// Bahasa Indonesia.
    #[default]
    Id,
    /// English.
    En,
}

impl Lang {
    /// The language that an `Accept-Language` header asks for first; Indonesian if neither.
    #[must_use]
    pub fn of_header(header: Option<&str>) -> Self {
        let mut asked: Vec<(u16, Self)> =
            header.unwrap_or("").split(',').filter_map(range).collect();
        asked.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
        asked.first().map_or(Self::Id, |(_, lang)| *lang)
    }

    /// The language of a `LANG` variable, such as `en_GB.UTF-8`; Indonesian if not English.
    #[must_use]
    pub fn of_locale(locale: Option<&str>) -> Self {
        if locale.is_some_and(|locale| locale.starts_with("en")) { Self::En } else { Self::Id }
    }

    /// Its tag: `id` or `en`.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::En => "en",
        }
    }

    fn messages(self) -> &'static BTreeMap<String, String> {
        match self {
            Self::Id => &ID,
            Self::En => &EN,
        }
    }
}

/// One range of an `Accept-Language` header, with its weight in thousandths.
fn range(text: &str) -> Option<(u16, Lang)> {
    let mut parts = text.split(';').map(str::trim);
    let tag = parts.next()?.to_ascii_lowercase();
    let lang = match tag.split('-').next()? {
        "id" | "in" | "*" => Lang::Id,
        "en" => Lang::En,
        _ => return None,
    };
    let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(1000, thousandths);
    (weight > 0).then_some((weight, lang))
}

fn thousandths(weight: &str) -> u16 {
    let (whole, part) = weight.split_once('.').unwrap_or((weight, ""));
    let part: String = part.chars().chain("000".chars()).take(3).collect();
    let number = |text: &str| text.parse::<u16>().unwrap_or(0);
    number(whole).saturating_mul(1000).saturating_add(number(&part)).min(1000)
}

static ID: LazyLock<BTreeMap<String, String>> =
    LazyLock::new(|| read(include_str!("../messages/id.toml")));
static EN: LazyLock<BTreeMap<String, String>> =
    LazyLock::new(|| read(include_str!("../messages/en.toml")));

fn read(text: &str) -> BTreeMap<String, String> {
    let table: toml::Table = text.parse().expect("invariant: a test reads the message files");
    let mut messages = BTreeMap::new();
    flatten("", &table, &mut messages);
    messages
}

fn flatten(prefix: &str, table: &toml::Table, into: &mut BTreeMap<String, String>) {
    for (key, value) in table {
        let key = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        match value {
            toml::Value::Table(table) => flatten(&key, table, into),
            toml::Value::String(text) => {
                into.insert(key, text.clone());
            }
            toml::Value::Integer(_)
            | toml::Value::Float(_)
            | toml::Value::Boolean(_)
            | toml::Value::Datetime(_)
            | toml::Value::Array(_) => {}
        }
    }
}

/// Every key of a language.
pub fn keys(lang: Lang) -> impl Iterator<Item = &'static str> {
    lang.messages().keys().map(String::as_str)
}

/// The text of a key; the key itself where there is none, so that a gap shows.
#[must_use]
pub fn text(lang: Lang, key: &str) -> String {
    lang.messages().get(key).map_or_else(|| key.to_owned(), Clone::clone)
}

/// The text of a key with its values.
#[must_use]
pub fn say(lang: Lang, key: &str, values: &[(&str, &dyn std::fmt::Display)]) -> String {
    let values = values.iter().map(|(name, value)| ((*name).to_owned(), value.to_string()));
    fill(&text(lang, key), &values.collect())
}

/// The sentence of a problem, without its place.
#[must_use]
pub fn sentence(lang: Lang, problem: &Problem) -> String {
    fill(&text(lang, &format!("problem.{}", problem.code)), &problem.values)
}

/// What to do about a refused operation, by the code of why it was refused.
#[must_use]
pub fn advice(lang: Lang, code: &str) -> String {
    let own = lang.messages().get(&format!("advice.{code}"));
    own.cloned().unwrap_or_else(|| text(lang, "advice.other"))
}

/// Puts values at `{name}`. A part in `[…]` is left out where one of its values is missing.
fn fill(template: &str, values: &BTreeMap<String, String>) -> String {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(open) = rest.find('[') {
        text.push_str(&put(&rest[..open], values).0);
        let close = rest[open..].find(']').map_or(rest.len(), |at| open + at);
        let (part, whole) = put(&rest[open + 1..close], values);
        if whole {
            text.push_str(&part);
        }
        rest = rest.get(close + 1..).unwrap_or("");
    }
    text.push_str(&put(rest, values).0);
    text
}

/// The text with its values, and whether all of them were there.
fn put(template: &str, values: &BTreeMap<String, String>) -> (String, bool) {
    let (mut text, mut whole, mut rest) = (String::new(), true, template);
    while let Some(open) = rest.find('{') {
        let close = rest[open..].find('}').map_or(rest.len(), |at| open + at);
        text.push_str(&rest[..open]);
        match values.get(&rest[open + 1..close]) {
            Some(value) => text.push_str(value),
            None => {
                whole = false;
                text.push('…');
            }
        }
        rest = rest.get(close + 1..).unwrap_or("");
    }
    text.push_str(rest);
    (text, whole)
}

#[cfg(test)]
mod tests {
    use domain::problem::ProblemCode;

    use super::*;

    #[test]
    fn every_code_has_a_sentence_in_both_languages() {
        for lang in [Lang::Id, Lang::En] {
            for code in ProblemCode::ALL {
                let key = format!("problem.{}", code.as_str());
                assert!(lang.messages().contains_key(&key), "{key} in {}", lang.tag());
            }
        }
    }

    #[test]
    fn both_languages_have_the_same_keys_and_placeholders() {
        assert_eq!(keys(Lang::Id).collect::<Vec<_>>(), keys(Lang::En).collect::<Vec<_>>());
        for key in keys(Lang::Id) {
            let holes = |lang| {
                let text = text(lang, key);
                let mut holes: Vec<String> = text
                    .split('{')
                    .skip(1)
                    .map(|part| part.split('}').next().unwrap_or("").to_owned())
                    .collect();
                holes.sort();
                holes
            };
            assert_eq!(holes(Lang::Id), holes(Lang::En), "{key}");
        }
    }

    #[test]
    fn no_sentence_is_for_a_code_that_is_gone() {
        let codes: Vec<&str> = ProblemCode::ALL.iter().map(|code| code.as_str()).collect();
        let coded = ["problem.", "advice."];
        for key in coded
            .iter()
            .flat_map(|part| keys(Lang::Id).filter_map(move |key| key.strip_prefix(part)))
        {
            assert!(codes.contains(&key) || key == "other", "{key}");
        }
    }

    #[test]
    fn values_fill_and_optional_parts_go() {
        let values = BTreeMap::from([("min".to_owned(), "3".to_owned())]);
        assert_eq!(fill("Paling sedikit {min}[ {unit}].", &values), "Paling sedikit 3.");
        assert_eq!(fill("Kurang[: minimal {min}].", &values), "Kurang: minimal 3.");
        assert_eq!(fill("{x}", &values), "…");
        assert_eq!(fill("a [b", &values), "a b");
        assert_eq!(fill("a {b", &values), "a …");
    }

    #[test]
    fn headers_and_locales_choose_a_language() {
        let check = |header, lang| assert_eq!(Lang::of_header(header), lang, "{header:?}");
        check(None, Lang::Id);
        check(Some("fr"), Lang::Id);
        check(Some("en-GB,en;q=0.9"), Lang::En);
        check(Some("en;q=0.3, id-ID;q=0.8"), Lang::Id);
        check(Some("en;q=0, *"), Lang::Id);
        assert_eq!(Lang::of_locale(Some("en_GB.UTF-8")), Lang::En);
        assert_eq!(Lang::of_locale(Some("C.UTF-8")), Lang::Id);
    }
}
