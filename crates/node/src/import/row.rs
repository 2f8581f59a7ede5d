//! From a row to a form, or to the reasons why it is none.

use domain::form::RawForm;
use domain::ids::{OfficeId, PersonId, RecordId, RowId, SubmissionId};
use domain::office::Lookup;
use domain::pack::{Field, FieldKind, Kind};
use domain::period::{Date, Period};
use domain::problem::{Problem, ProblemCode};
use domain::record::periodic_id;
use serde_json::{Map, Value as Json, json};

use super::cell;
use super::dates::Precision;
use super::mapping::{NOTE_MISSING, NOTE_NA, When};
use super::plan::{Answer, FieldRule, From, Piece, Plan, PlanRule, RecordRule, What};
use super::table::{Cell, Row};
use crate::world::World;

/// A row as a form, with what is to be done after it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Draft {
    pub(super) form: RawForm,
    pub(super) record: RecordId,
    /// Workflow actions to take on a record that begins.
    pub(super) actions: Vec<String>,
}

/// Who imports, and when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Importer<'a> {
    pub(super) world: &'a World,
    pub(super) person: PersonId,
    pub(super) now_ms: u64,
}

impl Plan {
    /// The form of a row.
    ///
    /// # Errors
    /// Everything that keeps the row from being one.
    pub(super) fn draft(&self, row: &Row, by: Importer<'_>) -> Result<Draft, Vec<Problem>> {
        if row.cells.len() > self.header.len() {
            let problem = Problem::new(ProblemCode::RowInvalid);
            let text = format!("{} > {}", row.cells.len(), self.header.len());
            return Err(vec![problem.with("reason", text)]);
        }
        let rule = self.rules.iter().find(|rule| self.is_for(rule, row));
        match rule.map(|rule| &rule.what) {
            None => Err(vec![Problem::new(ProblemCode::NoRule)]),
            Some(What::LeftOut(reason)) => {
                Err(vec![Problem::new(ProblemCode::RowLeftOut).with("reason", reason)])
            }
            Some(What::Record(rule)) => Reading { plan: self, rule, row, by }.draft(),
        }
    }

    fn is_for(&self, rule: &PlanRule, row: &Row) -> bool {
        rule.when.iter().all(|(column, when)| {
            let cell = row.cells.get(*column).unwrap_or(&Cell::Empty);
            let text = self.style.text(cell).ok().flatten().unwrap_or_default();
            holds(when, text)
        })
    }
}

fn holds(when: &When, text: &str) -> bool {
    let among = |texts: &Vec<String>| texts.iter().any(|one| one == text);
    when.is_in.as_ref().is_none_or(among)
        && when.not_in.as_ref().is_none_or(|texts| !among(texts))
        && when.contains.as_ref().is_none_or(|part| text.contains(part.as_str()))
        && when.empty.is_none_or(|empty| empty == text.is_empty())
}

/// One row under one rule.
struct Reading<'a> {
    plan: &'a Plan,
    rule: &'a RecordRule,
    row: &'a Row,
    by: Importer<'a>,
}

impl Reading<'_> {
    fn draft(&self) -> Result<Draft, Vec<Problem>> {
        let mut problems = Vec::new();
        let date = self.date();
        let fields = self.fields(date, &mut problems);
        let office = kept(self.office(&self.rule.office, date), &mut problems);
        let period = match &self.rule.period {
            Some(answer) => kept(self.period(answer), &mut problems),
            None => None,
        };
        let record = kept(self.record(office, period), &mut problems);
        let (Some(office), Some(record), true) = (office, record, problems.is_empty()) else {
            return Err(problems);
        };
        let ty = &self.rule.ty;
        let mut form = RawForm {
            type_key: ty.key(),
            submission: SubmissionId([0; 16]),
            record: (ty.ty().kind == Kind::Event).then_some(record),
            office,
            period: period.map(|period| period.to_string()),
            fields,
            confirmed: self.rule.confirm.clone(),
        };
        form.submission = submission(&form, record, self.by.person);
        Ok(Draft { form, record, actions: self.rule.actions.clone() })
    }

    fn cell(&self, column: usize) -> &Cell {
        self.row.cells.get(column).unwrap_or(&Cell::Empty)
    }

    fn text(&self, column: usize) -> Result<Option<&str>, Problem> {
        let name = &self.plan.header[column];
        self.plan.style.text(self.cell(column)).map_err(|problem| problem.at(name))
    }

    /// A template filled in; nothing if all its columns are empty.
    fn filled(&self, pieces: &[Piece]) -> Result<Option<String>, Problem> {
        let (mut text, mut said) = (String::new(), false);
        for piece in pieces {
            match piece {
                Piece::Text(part) => text.push_str(part),
                Piece::Column(column) => {
                    let part = self.text(*column)?.unwrap_or_default();
                    said |= !part.is_empty();
                    text.push_str(part);
                }
            }
        }
        let columns = pieces.iter().any(|piece| matches!(piece, Piece::Column(_)));
        Ok((said || !columns).then(|| text.trim().to_owned()))
    }

    /// The record's date, as far as the mapping says it; offices are looked up for it.
    fn date(&self) -> Date {
        let ty = self.rule.ty.ty();
        let field = ty.date.and_then(|id| ty.field(id)).map(|field| field.key.as_str());
        let dated = self.rule.fields.iter().find(|(key, _)| Some(key.as_str()) == field);
        let date = match dated {
            Some((_, FieldRule::One(_, answer))) => self.read_date(answer),
            _ => None,
        };
        let period = self.rule.period.as_ref();
        let period = || period.and_then(|answer| self.period(answer).ok()).map(Period::first);
        date.map(|(date, _)| date).or_else(period).unwrap_or(Date::of_ms(self.by.now_ms))
    }

    fn read_date(&self, answer: &Answer) -> Option<(Date, Precision)> {
        match &answer.from {
            From::Column(column) => {
                let text = self.text(*column).ok()??;
                self.plan.style.date(self.cell(*column), text, &answer.dates)
            }
            From::Value(value) => Some((value.as_str()?.parse().ok()?, Precision::Day)),
            From::Template(_) | From::Point(..) | From::PrecisionOf(_) | From::Nothing => None,
        }
    }

    fn fields(&self, date: Date, problems: &mut Vec<Problem>) -> Map<String, Json> {
        let mut fields = Map::new();
        for (key, rule) in &self.rule.fields {
            let json = match rule {
                FieldRule::One(field, answer) => kept(self.field(field, answer, date), problems),
                FieldRule::Rows(rows) => Some(self.rows(rows, date, problems)),
            };
            if let Some(json) = json.filter(|json| !json.is_null()) {
                fields.insert(key.clone(), json);
            }
        }
        fields
    }

    fn rows(&self, rows: &[Vec<(Field, Answer)>], date: Date, problems: &mut Vec<Problem>) -> Json {
        let mut list = Vec::new();
        for (number, row) in (1_u32..).zip(rows) {
            let mut object = Map::new();
            for (field, answer) in row {
                let json = kept(self.field(field, answer, date), problems);
                if let Some(json) = json.filter(|json| !json.is_null()) {
                    object.insert(field.key.clone(), json);
                }
            }
            if !object.is_empty() {
                object.insert("row".to_owned(), json!(RowId(number)));
                list.push(Json::Object(object));
            }
        }
        Json::Array(list)
    }

    /// A field's answer in the wire form; null if there is none.
    fn field(&self, field: &Field, answer: &Answer, date: Date) -> Result<Json, Problem> {
        let json = match &answer.from {
            From::Value(value) => return self.constant(field, answer, value, date),
            From::Nothing => Json::Null,
            From::PrecisionOf(other) => self.precision(other, answer),
            From::Point(lat, lon) => self.point(*lat, *lon)?,
            From::Template(pieces) => match self.filled(pieces)? {
                Some(text) => self.value(field, answer, &Cell::Text(text.clone()), &text, date)?,
                None => Json::Null,
            },
            From::Column(column) => match self.text(*column)? {
                Some(text) => {
                    let value = self.value(field, answer, self.cell(*column), text, date);
                    value.map_err(|problem| self.at(problem, *column))?
                }
                None => Json::Null,
            },
        };
        if json.is_null()
            && let Some(noted) = self.noted(answer)?
        {
            return Ok(noted);
        }
        Ok(match (json, &answer.missing) {
            (Json::Null, Some(reason)) => json!({ "missing": reason }),
            (Json::Null, None) if answer.not_applicable => json!({ "na": true }),
            (json, _) => json,
        })
    }

    /// Which kind of nothing the answer's note says.
    fn noted(&self, answer: &Answer) -> Result<Option<Json>, Problem> {
        let note = answer.note.map(|column| self.text(column)).transpose()?.flatten();
        Ok(note.and_then(|note| match note.strip_prefix(NOTE_MISSING) {
            Some(reason) => Some(json!({ "missing": reason })),
            None => (note == NOTE_NA).then(|| json!({ "na": true })),
        }))
    }

    fn at(&self, problem: Problem, column: usize) -> Problem {
        if problem.at.is_some() { problem } else { problem.at(&self.plan.header[column]) }
    }

    fn constant(
        &self,
        field: &Field,
        answer: &Answer,
        value: &Json,
        date: Date,
    ) -> Result<Json, Problem> {
        match (&field.kind, value) {
            (FieldKind::Office(_), Json::String(text)) => {
                self.lookup(answer, text, date).map(|office| json!(office))
            }
            _ => Ok(value.clone()),
        }
    }

    fn precision(&self, other: &str, answer: &Answer) -> Json {
        let other = self.rule.fields.iter().find(|(key, _)| key == other);
        let Some((_, FieldRule::One(_, dated))) = other else { return Json::Null };
        let precision = self.read_date(dated).map(|(_, precision)| precision);
        let choice = precision.and_then(|precision| answer.choices.get(precision.key()));
        choice.map_or(Json::Null, |choice| json!(choice))
    }

    fn point(&self, lat: usize, lon: usize) -> Result<Json, Problem> {
        let style = &self.plan.style;
        Ok(match (self.text(lat)?, self.text(lon)?) {
            (None, None) => Json::Null,
            (Some(north), Some(east)) => json!({
                "lat": style.number(self.cell(lat), north),
                "lon": style.number(self.cell(lon), east),
            }),
            (None, _) => return Err(Problem::new(ProblemCode::Required).at(&self.plan.header[lat])),
            (_, None) => return Err(Problem::new(ProblemCode::Required).at(&self.plan.header[lon])),
        })
    }

    /// A text by the kind of the field.
    fn value(
        &self,
        field: &Field,
        answer: &Answer,
        from: &Cell,
        text: &str,
        date: Date,
    ) -> Result<Json, Problem> {
        let wrong = || {
            let clip: String = text.chars().take(80).collect();
            Problem::new(ProblemCode::WrongKind).with("kind", field.kind.name()).with("text", clip)
        };
        let (pack, ty) = (&self.rule.ty.pack, self.rule.ty.ty());
        let translated = |text: &str| {
            let known = answer.choices.get(&text.to_lowercase());
            known.or_else(|| answer.choices.get("*")).cloned()
        };
        let choice =
            |text: &str| translated(text).unwrap_or_else(|| cell::choice(pack, ty, field, text));
        Ok(match &field.kind {
            FieldKind::Integer | FieldKind::Decimal(_) | FieldKind::Money => {
                let number = self.plan.style.number(from, text);
                json!(answer.times.map_or_else(|| number.clone(), |n| cell::multiplied(&number, n)))
            }
            FieldKind::Date => {
                let found = self.plan.style.date(from, text, &answer.dates);
                json!(found.ok_or_else(wrong)?.0)
            }
            FieldKind::Choice(_) => json!(choice(text)),
            FieldKind::Choices(_) => {
                let separator =
                    answer.separator.as_deref().unwrap_or(super::mapping::CHOICES_SEPARATOR);
                let parts = text.split(separator).map(str::trim).filter(|part| !part.is_empty());
                parts.map(|part| json!(choice(part))).collect()
            }
            FieldKind::Bool => {
                let text = translated(text).unwrap_or_else(|| text.to_owned());
                json!(cell::truth(&text).ok_or_else(wrong)?)
            }
            FieldKind::Office(_) => json!(self.lookup(answer, text, date)?),
            FieldKind::Text
            | FieldKind::LongText
            | FieldKind::Time
            | FieldKind::Period(_)
            | FieldKind::Record(..) => json!(translated(text).unwrap_or_else(|| text.to_owned())),
            FieldKind::Point
            | FieldKind::Photo
            | FieldKind::File
            | FieldKind::Group(_)
            | FieldKind::Computed(..) => return Err(wrong()),
        })
    }

    fn lookup(&self, answer: &Answer, text: &str, date: Date) -> Result<OfficeId, Problem> {
        let lookup = Lookup { system: answer.codes, level: answer.level, within: None };
        let on = answer.codes_on.unwrap_or(date);
        let found = self.by.world.tree.find_with(text, on, &lookup);
        found.map_err(|error| error.problem())
    }

    /// The office that owns the record.
    fn office(&self, answer: &Answer, date: Date) -> Result<OfficeId, Problem> {
        let (text, at) = match &answer.from {
            From::Column(column) => (self.text(*column)?.map(str::to_owned), Some(*column)),
            From::Template(pieces) => (self.filled(pieces)?, None),
            From::Value(value) => (value.as_str().map(str::to_owned), None),
            From::Point(..) | From::PrecisionOf(_) | From::Nothing => (None, None),
        };
        let place = |problem: Problem| match at {
            Some(column) => self.at(problem, column),
            None => problem.at("office"),
        };
        match (text, &answer.outside) {
            (Some(text), _) => self.lookup(answer, &text, date).map_err(place),
            (None, None) => Err(place(Problem::new(ProblemCode::Required))),
            (None, Some(pieces)) => {
                let name = self.filled(pieces)?.unwrap_or_default();
                Err(place(Problem::new(ProblemCode::OutsideTree).with("place", name)))
            }
        }
    }

    /// The period: written as one, or the one that holds a date.
    fn period(&self, answer: &Answer) -> Result<Period, Problem> {
        let wrong = || Problem::new(ProblemCode::WrongPeriod).at("period");
        let Kind::Periodic(grain) = self.rule.ty.ty().kind else { return Err(wrong()) };
        let text = match &answer.from {
            From::Column(column) => self.text(*column)?.map(str::to_owned),
            From::Template(pieces) => self.filled(pieces)?,
            From::Value(value) => value.as_str().map(str::to_owned),
            From::Point(..) | From::PrecisionOf(_) | From::Nothing => None,
        };
        let text = text.ok_or_else(|| Problem::new(ProblemCode::PeriodNeeded).at("period"))?;
        let written = text.parse::<Period>().ok().filter(|period| period.grain() == grain);
        let dated = || self.read_date(answer).map(|(date, _)| Period::containing(grain, date));
        written.or_else(dated).ok_or_else(|| wrong().with("period", text))
    }

    /// The record's id: of its office and period, or of the key.
    fn record(
        &self,
        office: Option<OfficeId>,
        period: Option<Period>,
    ) -> Result<RecordId, Problem> {
        let type_key = self.rule.ty.key();
        if self.rule.ty.ty().grain().is_some() {
            // Without office or period the row is rejected for that.
            let known = office.zip(period);
            let id = known.map(|(office, period)| periodic_id(&type_key, office, period));
            return Ok(id.unwrap_or(RecordId([0; 16])));
        }
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"genggam import record 1");
        let mut add = |text: &str| {
            hasher.update(&(text.len() as u64).to_be_bytes());
            hasher.update(text.as_bytes());
        };
        add(&self.rule.namespace);
        add(&type_key);
        let mut said = false;
        for column in &self.rule.key {
            let text = self.text(*column)?.unwrap_or_default();
            if let (Ok(id), true) =
                (text.parse(), self.plan.header[*column] == super::mapping::RECORD)
            {
                return Ok(id);
            }
            said |= !text.is_empty();
            add(text);
        }
        if !said {
            let name = self.rule.key.first().map(|column| self.plan.header[*column].clone());
            return Err(Problem::new(ProblemCode::Required).at(name.unwrap_or_default()));
        }
        Ok(RecordId(first_16(&hasher)))
    }
}

fn first_16(hasher: &blake3::Hasher) -> [u8; 16] {
    let mut id = [0; 16];
    id.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    id
}

/// The idempotency key of a row: the same person and the same answers give the same.
fn submission(form: &RawForm, record: RecordId, person: PersonId) -> SubmissionId {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"genggam import submission 1");
    hasher.update(&person.0);
    hasher.update(&record.0);
    serde_json::to_writer(&mut hasher, form).expect("invariant: a form is written to memory");
    SubmissionId(first_16(&hasher))
}

/// The idempotency key of an action on a record that an import began.
pub(super) fn action_submission(record: RecordId, person: PersonId, action: &str) -> SubmissionId {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"genggam import action 1");
    hasher.update(&person.0);
    hasher.update(&record.0);
    hasher.update(action.as_bytes());
    SubmissionId(first_16(&hasher))
}

/// The value, or its problem kept with the others.
fn kept<T>(result: Result<T, Problem>, problems: &mut Vec<Problem>) -> Option<T> {
    result.map_err(|problem| problems.push(problem)).ok()
}
