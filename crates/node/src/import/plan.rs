//! A mapping checked against the packs and the columns of a file.

use std::collections::BTreeMap;

use domain::office::{CodeSystem, Level};
use domain::pack::{Field, FieldKind, Kind, RecordType};
use domain::period::Date;
use serde_json::Value as Json;

use super::cell::{self, Style};
use super::dates::Pattern;
use super::mapping::{FileOptions, Keys, Mapping, MappingError, Rule, Source, Unfit, When};
use crate::packs::{PackSet, TypeOf};

/// A checked mapping.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) header: Vec<String>,
    pub(super) style: Style,
    pub(super) rules: Vec<PlanRule>,
}

#[derive(Debug)]
pub(super) struct PlanRule {
    pub(super) when: Vec<(usize, When)>,
    pub(super) what: What,
}

#[derive(Debug)]
pub(super) enum What {
    LeftOut(String),
    Record(Box<RecordRule>),
}

/// What a row becomes.
#[derive(Debug)]
pub(super) struct RecordRule {
    pub(super) ty: TypeOf,
    pub(super) namespace: String,
    pub(super) key: Vec<usize>,
    pub(super) office: Answer,
    pub(super) period: Option<Answer>,
    pub(super) confirm: Vec<String>,
    pub(super) actions: Vec<String>,
    /// By key: fields, or groups with their rows.
    pub(super) fields: Vec<(String, FieldRule)>,
}

#[derive(Debug)]
pub(super) enum FieldRule {
    One(Box<Field>, Box<Answer>),
    Rows(Vec<Vec<(Field, Answer)>>),
}

/// A source with its columns found.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) from: From,
    /// In lower case; `*` stands for every other text.
    pub(super) choices: BTreeMap<String, String>,
    pub(super) dates: Vec<Pattern>,
    pub(super) separator: Option<String>,
    pub(super) times: Option<i64>,
    pub(super) codes: CodeSystem,
    pub(super) codes_on: Option<Date>,
    pub(super) level: Option<Level>,
    pub(super) outside: Option<Vec<Piece>>,
    pub(super) missing: Option<String>,
    pub(super) not_applicable: bool,
    /// The column that says which kind of nothing an empty cell is.
    pub(super) note: Option<usize>,
}

#[derive(Debug)]
pub(super) enum From {
    Column(usize),
    Template(Vec<Piece>),
    Value(Json),
    Point(usize, usize),
    PrecisionOf(String),
    /// Only what stands for an empty cell.
    Nothing,
}

/// A piece of a template.
#[derive(Debug)]
pub(super) enum Piece {
    Text(String),
    Column(usize),
}

/// Checks a mapping, or makes one of the file's columns.
pub(super) fn plan(
    mapping: Option<&Mapping>,
    type_key: Option<&str>,
    header: Vec<String>,
    packs: &PackSet,
) -> Result<Plan, MappingError> {
    let mut checks = Checks { header, packs, unfit: Vec::new() };
    let own;
    let mapping = match mapping {
        Some(mapping) => mapping,
        None => {
            own = checks.of_columns(type_key)?;
            &own
        }
    };
    if mapping.rules.is_empty() {
        checks.wrong("rule", "a mapping needs at least one rule");
    }
    let style = checks.style(&mapping.file);
    let rules = mapping.rules.iter().enumerate();
    let rules = rules.filter_map(|(index, rule)| {
        let at = format!("rule[{}]", index + 1);
        checks.rule(&at, rule, &mapping.namespace, type_key)
    });
    let rules = rules.collect();
    let Checks { header, unfit, .. } = checks;
    if unfit.is_empty() {
        Ok(Plan { header, style, rules })
    } else {
        Err(MappingError::Unfit(unfit))
    }
}

struct Checks<'a> {
    header: Vec<String>,
    packs: &'a PackSet,
    unfit: Vec<Unfit>,
}

impl Checks<'_> {
    fn wrong(&mut self, at: impl Into<String>, message: impl Into<String>) {
        self.unfit.push(Unfit { at: at.into(), message: message.into() });
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "every other kind is one column")]
    fn of_columns(&self, type_key: Option<&str>) -> Result<Mapping, MappingError> {
        let unfit =
            |message: String| MappingError::Unfit(vec![Unfit { at: "type".to_owned(), message }]);
        let key = type_key.ok_or_else(|| unfit("say the type, or give a mapping".to_owned()))?;
        let ty = self.packs.by_key(key).ok_or_else(|| unfit(format!("no pack has `{key}`")))?;
        let mut keys = Keys { fields: Vec::new(), points: Vec::new(), others: Vec::new() };
        for field in ty.ty().fields_in(None) {
            match field.kind {
                FieldKind::Computed(..)
                | FieldKind::Group(_)
                | FieldKind::Photo
                | FieldKind::File => keys.others.push(&field.key),
                FieldKind::Point => keys.points.push(&field.key),
                _ => keys.fields.push(&field.key),
            }
        }
        let (mapping, strange) = Mapping::of_columns(key, &self.header, &keys);
        if !strange.is_empty() {
            return Err(unfit(format!("`{key}` has no field for {}", strange.join(", "))));
        }
        Ok(mapping)
    }

    fn style(&mut self, file: &FileOptions) -> Style {
        Style {
            decimal: file.decimal.unwrap_or('.'),
            thousands: file.thousands,
            empty: file.empty.clone(),
            dates: self.patterns("file.dates", &file.dates),
        }
    }

    fn patterns(&mut self, at: &str, texts: &[String]) -> Vec<Pattern> {
        let mut patterns = Vec::new();
        for text in texts {
            match Pattern::parse(text) {
                Some(pattern) => patterns.push(pattern),
                None => self.wrong(at, format!("`{text}` is no pattern of dates")),
            }
        }
        patterns
    }

    fn column(&mut self, at: &str, name: &str) -> Option<usize> {
        let found = self.header.iter().position(|column| column == name);
        if found.is_none() {
            self.wrong(at, format!("the file has no column `{name}`"));
        }
        found
    }

    fn rule(
        &mut self,
        at: &str,
        rule: &Rule,
        namespace: &str,
        type_key: Option<&str>,
    ) -> Option<PlanRule> {
        let when = rule.when.iter().filter_map(|when| {
            Some((self.column(&format!("{at}.when"), &when.column)?, when.clone()))
        });
        let when = when.collect();
        if let Some(reason) = &rule.left_out {
            return Some(PlanRule { when, what: What::LeftOut(reason.clone()) });
        }
        let Some(key) = rule.type_key.as_deref().or(type_key) else {
            self.wrong(format!("{at}.type"), "the rule names no type");
            return None;
        };
        let Some(ty) = self.packs.by_key(key) else {
            self.wrong(format!("{at}.type"), format!("no pack has `{key}`"));
            return None;
        };
        let Some(office) = &rule.office else {
            self.wrong(format!("{at}.office"), "the rule does not say whose record it is");
            return None;
        };
        self.about(at, rule, ty.ty());
        let namespace = rule.namespace.as_deref().unwrap_or(namespace).to_owned();
        let key = rule.key.iter().filter_map(|name| self.column(&format!("{at}.key"), name));
        let record = RecordRule {
            namespace,
            key: key.collect(),
            office: self.answer(&format!("{at}.office"), office)?,
            period: match &rule.period {
                Some(source) => Some(self.answer(&format!("{at}.period"), source)?),
                None => None,
            },
            confirm: rule.confirm.clone(),
            actions: rule.actions.clone(),
            fields: self.fields(at, &rule.fields, ty.ty()),
            ty,
        };
        Some(PlanRule { when, what: What::Record(Box::new(record)) })
    }

    /// Key, period, warnings and actions against the type.
    fn about(&mut self, at: &str, rule: &Rule, ty: &RecordType) {
        match (ty.kind, rule.key.is_empty(), rule.period.is_some()) {
            (Kind::Event, true, _) => self.wrong(
                format!("{at}.key"),
                "name the columns that tell one row from all others, so that a row imported \
                 twice makes one record",
            ),
            (Kind::Event, _, true) => self.wrong(format!("{at}.period"), "the type has no period"),
            (Kind::Periodic(_), _, false) => {
                self.wrong(format!("{at}.period"), "the type needs a period");
            }
            (Kind::Event | Kind::Periodic(_), ..) => {}
        }
        for confirmed in &rule.confirm {
            if !ty.rules.iter().any(|rule| rule.warning && rule.key == *confirmed) {
                self.wrong(
                    format!("{at}.confirm"),
                    format!("the type has no warning `{confirmed}`"),
                );
            }
        }
        for action in &rule.actions {
            if ty.workflow.action_by_key(action).is_none() {
                self.wrong(format!("{at}.actions"), format!("the workflow has no `{action}`"));
            }
        }
    }

    fn fields(
        &mut self,
        at: &str,
        sources: &BTreeMap<String, Source>,
        ty: &RecordType,
    ) -> Vec<(String, FieldRule)> {
        let mut fields = Vec::new();
        for (key, source) in sources {
            let at = format!("{at}.fields.{key}");
            let Some(field) = ty.field_by_key(key).filter(|field| field.group.is_none()) else {
                self.wrong(at, "the type has no such field");
                continue;
            };
            let rule = match (&field.kind, &source.rows) {
                (FieldKind::Group(_), Some(rows)) => self.rows(&at, rows, field, ty),
                (FieldKind::Group(_), None) => {
                    self.wrong(at, "a repeat group needs `rows`");
                    continue;
                }
                (_, Some(_)) => {
                    self.wrong(at, "only a repeat group has `rows`");
                    continue;
                }
                (_, None) => match self.field(&at, source, field, ty) {
                    Some(answer) => FieldRule::One(Box::new(field.clone()), Box::new(answer)),
                    None => continue,
                },
            };
            fields.push((key.clone(), rule));
        }
        fields
    }

    fn rows(
        &mut self,
        at: &str,
        rows: &[BTreeMap<String, Source>],
        group: &Field,
        ty: &RecordType,
    ) -> FieldRule {
        let mut planned = Vec::new();
        for sources in rows {
            let mut row = Vec::new();
            for (key, source) in sources {
                let at = format!("{at}.{key}");
                match ty.field_by_key(key).filter(|field| field.group == Some(group.id)) {
                    None => self.wrong(at, "the group has no such field"),
                    Some(field) => {
                        let answer = self.field(&at, source, field, ty);
                        row.extend(answer.map(|answer| (field.clone(), answer)));
                    }
                }
            }
            planned.push(row);
        }
        FieldRule::Rows(planned)
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "only these kinds have rules of their own")]
    fn field(
        &mut self,
        at: &str,
        source: &Source,
        field: &Field,
        ty: &RecordType,
    ) -> Option<Answer> {
        let point = source.lat.is_some() || source.lon.is_some();
        match &field.kind {
            FieldKind::Computed(..) => {
                self.wrong(at, "the field is computed");
                return None;
            }
            FieldKind::Photo | FieldKind::File => {
                self.wrong(at, "photos and files can't be imported from a table");
                return None;
            }
            FieldKind::Point if !point => self.wrong(at, "a point needs `lat` and `lon`"),
            _ if point && field.kind != FieldKind::Point => {
                self.wrong(at, "only a point has `lat` and `lon`");
            }
            _ => {}
        }
        if let Some(other) = &source.precision_of
            && !ty.field_by_key(other).is_some_and(|other| other.kind == FieldKind::Date)
        {
            self.wrong(at, format!("`{other}` is no date"));
        }
        if !field.kind.choices().is_empty() {
            for key in source.choices.values() {
                if field.kind.choice_by_key(key).is_none() {
                    self.wrong(at, format!("the field has no choice `{key}`"));
                }
            }
        }
        self.answer(at, source)
    }

    fn answer(&mut self, at: &str, source: &Source) -> Option<Answer> {
        let given = [
            source.column.is_some(),
            source.template.is_some(),
            source.value.is_some(),
            source.lat.is_some() || source.lon.is_some(),
            source.precision_of.is_some(),
        ];
        if given.iter().filter(|given| **given).count() > 1 {
            self.wrong(at, "say one of column, template, value, lat and lon, precision_of");
            return None;
        }
        let from = if let Some(name) = &source.column {
            From::Column(self.column(at, name)?)
        } else if let Some(template) = &source.template {
            From::Template(self.template(at, template)?)
        } else if let Some(value) = &source.value {
            From::Value(cell::constant(value))
        } else if let (Some(lat), Some(lon)) = (&source.lat, &source.lon) {
            From::Point(self.column(at, lat)?, self.column(at, lon)?)
        } else if let Some(field) = &source.precision_of {
            From::PrecisionOf(field.clone())
        } else if source.missing.is_some() || source.not_applicable {
            From::Nothing
        } else {
            self.wrong(at, "say where the answer comes from: column, template, value or missing");
            return None;
        };
        let choices = source.choices.iter();
        Some(Answer {
            from,
            choices: choices.map(|(text, key)| (text.to_lowercase(), key.clone())).collect(),
            dates: self.patterns(at, &source.dates),
            separator: source.separator.clone(),
            times: source.times,
            codes: source.codes.unwrap_or_default(),
            codes_on: source.codes_on,
            level: source.level,
            outside: match &source.outside {
                Some(template) => Some(self.template(at, template)?),
                None => None,
            },
            missing: source.missing.clone(),
            not_applicable: source.not_applicable,
            note: source.note.as_deref().and_then(|note| self.column(at, note)),
        })
    }

    fn template(&mut self, at: &str, text: &str) -> Option<Vec<Piece>> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, tail)) = after.split_once('}') else {
                self.wrong(at, "a template has `{` without `}`");
                return None;
            };
            pieces.push(Piece::Text(before.to_owned()));
            pieces.push(Piece::Column(self.column(at, name)?));
            rest = tail;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Some(pieces)
    }
}
