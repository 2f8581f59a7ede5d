//! The numbers that a pack derives from a record, and formulas over them.

use crate::expr::{Binary, Datum, Env, Expr, Function, Moment, Scene, Unary, eval, number, truth};
use crate::form::record_date;
use crate::ids::OfficeId;
use crate::limits::EXPR_DEPTH_MAX;
use crate::pack::{Formula, Measure, MeasureKind, Pack, RecordType, Schedule, Source};
use crate::period::Date;
use crate::record::Record;
use crate::value::{Cells, Value};

/// One number derived from a record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Derived {
    /// `pack.measure`, or `pack.schedule:received` and `pack.schedule:on_time`.
    pub measure: String,
    /// The office that it belongs to.
    pub office: OfficeId,
    /// Its date.
    pub date: Date,
    /// Its dimensions, in the order of the measure's.
    pub dims: Vec<Option<String>>,
    /// The value, at the measure's scale. For a distinct measure a number that stands for what is
    /// counted: equal for equal things.
    pub value: i64,
}

/// When a record first reached the node that derives, for timeliness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received {
    /// Milliseconds since 1970, by the node's clock.
    pub ms: u64,
    /// Minutes by which the owning office's local time is ahead of UTC.
    pub utc_offset_minutes: i16,
}

/// All numbers that a pack derives from a record, sorted. A record whose state doesn't count gives
/// none.
#[must_use]
pub fn facts(pack: &Pack, record: &Record, received: Received) -> Vec<Derived> {
    let counts =
        |ty: &RecordType| ty.workflow.state(record.state).is_some_and(|state| state.counts);
    let ours = record.type_ref.pack == pack.name;
    let ty = pack.type_by_id(record.type_ref.type_id).filter(|ty| ours && counts(ty));
    let Some(ty) = ty else { return Vec::new() };
    let cells = record.cells();
    let state = ty.workflow.state(record.state).map(|state| state.key.as_str());
    let moment = Moment { today: None, period: record.period, office: record.office, state };
    let scene = Scene::new(ty, &cells, moment);
    let deriving = Deriving { pack, record, ty, cells: &cells };
    let mut facts = Vec::new();
    for measure in &pack.measures {
        for source in measure.kind.sources().iter().filter(|source| source.type_id == ty.id) {
            match source.group {
                None => facts.extend(deriving.fact(measure, source, &scene)),
                Some(group) => facts.extend(
                    scene
                        .rows(group)
                        .into_iter()
                        .filter_map(|row| deriving.fact(measure, source, &scene.row(group, row))),
                ),
            }
        }
    }
    for schedule in pack.schedules_of(ty.id) {
        facts.extend(deriving.schedule(schedule, received));
    }
    facts.sort_unstable();
    facts
}

struct Deriving<'d> {
    pack: &'d Pack,
    record: &'d Record,
    ty: &'d RecordType,
    cells: &'d Cells,
}

impl Deriving<'_> {
    fn fact(&self, measure: &Measure, source: &Source, env: &dyn Env) -> Option<Derived> {
        if source.when.as_ref().is_some_and(|when| truth(when, env) != Some(true)) {
            return None;
        }
        let distinct = matches!(measure.kind, MeasureKind::Distinct(_));
        let datum = eval(&source.value, env)?;
        let value = if distinct { stand_in(&datum)? } else { datum.as_int()? };
        let office = match source.office.as_ref().map(|expr| eval(expr, env)) {
            None => self.record.office,
            Some(Some(Datum::Office(office))) => office,
            Some(_) => return None,
        };
        let date = match source.date.as_ref().map(|expr| eval(expr, env)) {
            None => record_date(self.ty, self.cells, self.record.period)?,
            Some(Some(Datum::Date(date))) => date,
            Some(_) => return None,
        };
        let dims = source.dims.iter().map(|expr| eval(expr, env).and_then(label)).collect();
        let measure = format!("{}.{}", self.pack.name, measure.key);
        Some(Derived { measure, office, date, dims, value })
    }

    fn schedule(&self, schedule: &Schedule, received: Received) -> Vec<Derived> {
        let Some(period) = self.record.period.filter(|period| period.first() >= schedule.from)
        else {
            return Vec::new();
        };
        let fact = |what: &str| Derived {
            measure: format!("{}.{}:{what}", self.pack.name, schedule.key),
            office: self.record.office,
            date: period.first(),
            dims: Vec::new(),
            value: 1,
        };
        let mut facts = vec![fact("received")];
        if received.ms <= due_ms(schedule, period.last(), received.utc_offset_minutes) {
            facts.push(fact("on_time"));
        }
        facts
    }
}

/// When a report of a period that ends on this day is due: milliseconds since 1970.
#[must_use]
pub fn due_ms(schedule: &Schedule, last_day: Date, utc_offset_minutes: i16) -> u64 {
    let end_minutes = (i64::from(last_day.0) + 1) * 24 * 60;
    let due = end_minutes - i64::from(utc_offset_minutes) + i64::from(schedule.due_after_minutes);
    u64::try_from(due).unwrap_or(0) * 60_000
}

/// A number that stands for a thing counted: itself for a number, an office or a date, a hash for
/// the rest.
fn stand_in(datum: &Datum) -> Option<i64> {
    match datum {
        Datum::Int(number) => Some(*number),
        Datum::Office(office) => Some(i64::from(office.0)),
        Datum::Date(date) => Some(i64::from(date.0)),
        Datum::Time(minutes) => Some(i64::from(*minutes)),
        Datum::Bool(truth) => Some(i64::from(*truth)),
        Datum::Text(text) => Some(hashed(text.as_bytes())),
        Datum::Record(record) => Some(hashed(&record.0)),
        Datum::Period(period) => Some(hashed(period.to_string().as_bytes())),
        Datum::List(_) => None,
    }
}

fn hashed(bytes: &[u8]) -> i64 {
    let mut first = [0; 8];
    first.copy_from_slice(&blake3::hash(bytes).as_bytes()[..8]);
    i64::from_le_bytes(first)
}

/// The text of a dimension.
fn label(datum: Datum) -> Option<String> {
    match datum {
        Datum::Text(text) => Some(text),
        Datum::Int(number) => Some(number.to_string()),
        Datum::Bool(truth) => Some(truth.to_string()),
        Datum::Date(date) => Some(date.to_string()),
        Datum::Time(minutes) => Some(format!("{:02}:{:02}", minutes / 60, minutes % 60)),
        Datum::Period(period) => Some(period.to_string()),
        Datum::Office(office) => Some(office.to_string()),
        Datum::Record(record) => Some(record.to_string()),
        Datum::List(_) => None,
    }
}

/// A formula over added-up measures: `inputs[i]` is the sum of the i-th measure it names, at that
/// measure's scale. Computed exactly, as a fraction, and rounded once, half to even, to `scale`.
/// `None` where an input is missing, and for a division by zero or overflow.
#[must_use]
pub fn formula(formula: &Formula, inputs: &[Option<i64>], scale: u8) -> Option<i64> {
    let Fraction { over, under } = fraction(&formula.expr, inputs, 1)?;
    let scaled = over.checked_mul(number::pow10(u32::from(scale))?)?;
    i64::try_from(number::divide(scaled, under)?).ok()
}

/// An exact number: `under` is positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Fraction {
    over: i128,
    under: i128,
}

impl Fraction {
    fn new(over: i128, under: i128) -> Option<Self> {
        let divisor = greatest_common_divisor(over, under)?;
        let sign = if under < 0 { -1 } else { 1 };
        let part = |n: i128| n.checked_div(divisor)?.checked_mul(sign);
        Some(Self { over: part(over)?, under: part(under)? })
    }
}

/// `None` where `under`, a divisor, is zero.
fn greatest_common_divisor(over: i128, under: i128) -> Option<i128> {
    if under == 0 {
        return None;
    }
    let (mut a, mut b) = (over.checked_abs()?, under.checked_abs()?);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    Some(a)
}

fn fraction(expr: &Expr, inputs: &[Option<i64>], depth: usize) -> Option<Fraction> {
    if depth > EXPR_DEPTH_MAX {
        return None;
    }
    let below = |part: &Expr| fraction(part, inputs, depth + 1);
    match expr {
        Expr::Const(Value::Int(number)) => Fraction::new(i128::from(*number), 1),
        Expr::Field(index) => {
            let input = inputs.get(usize::from(index.0)).copied().flatten()?;
            Fraction::new(i128::from(input), 1)
        }
        Expr::Unary(Unary::Neg, a) => {
            let a = below(a)?;
            Fraction::new(a.over.checked_neg()?, a.under)
        }
        Expr::Binary(op, a, b) => combine(*op, below(a)?, below(b)?),
        Expr::Call(Function::Coalesce, parts) => parts.iter().find_map(below),
        Expr::Const(_)
        | Expr::List(_)
        | Expr::Column(..)
        | Expr::Var(_)
        | Expr::Unary(Unary::Not, _)
        | Expr::If(..)
        | Expr::Call(..)
        | Expr::HasChoice(..) => None,
    }
}

fn combine(op: Binary, a: Fraction, b: Fraction) -> Option<Fraction> {
    let cross = |x: i128, y: i128| x.checked_mul(y);
    let under = || cross(a.under, b.under);
    match op {
        Binary::Add => {
            Fraction::new(cross(a.over, b.under)?.checked_add(cross(b.over, a.under)?)?, under()?)
        }
        Binary::Sub => {
            Fraction::new(cross(a.over, b.under)?.checked_sub(cross(b.over, a.under)?)?, under()?)
        }
        Binary::Mul => Fraction::new(cross(a.over, b.over)?, under()?),
        Binary::Div => Fraction::new(cross(a.over, b.under)?, cross(a.under, b.over)?),
        Binary::Or
        | Binary::And
        | Binary::Eq
        | Binary::Ne
        | Binary::Lt
        | Binary::Le
        | Binary::Gt
        | Binary::Ge
        | Binary::Rem
        | Binary::In => None,
    }
}
