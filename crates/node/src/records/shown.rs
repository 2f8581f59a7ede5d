//! A record as a person sees it.

use std::collections::BTreeMap;

use domain::expr::Moment;
use domain::form::{self, place};
use domain::ids::{OfficeId, OpTag};
use domain::pack::RecordType;
use domain::problem::ProblemCode;
use domain::record::{Effect, Event, Record, Refusal};
use domain::value::{Cell, CellPath, Cells};
use serde_json::{Map, Value as Json};
use store::{Reader, StoreError, log};

use super::ReadError;
use crate::actor::Actor;
use crate::commit;
use crate::node::Names;
use crate::packs::TypeOf;
use crate::policy::{Action, Judge, Resource};
use crate::views::{
    AcknowledgedView, ActionView, CommentView, EffectView, HistoryView, LoserView, RecordView,
    ReturnedView,
};
use crate::world::World;

/// Showing a record, to one person at one moment.
pub(crate) struct Shown<'a> {
    pub(crate) r: &'a Reader<'a>,
    pub(crate) world: &'a World,
    pub(crate) judge: &'a Judge,
    pub(crate) by: &'a Actor,
    pub(crate) now_ms: u64,
}

/// Where an operation stands in this node's log.
struct Arrived {
    pos: u64,
    received_ms: u64,
}

impl Shown<'_> {
    pub(crate) fn may(&self, action: Action, with: &str, record: &Record, ty: &TypeOf) -> bool {
        let resource = Resource::of_record(&ty.pack, ty.ty(), record);
        resource.is_some_and(|resource| {
            self.judge.allows(self.by, action, with, &resource, record.office)
        })
    }

    pub(crate) fn view(&self, record: &Record, ty: &TypeOf) -> Result<RecordView, ReadError> {
        let rt = ty.ty();
        let cells = record.cells();
        let state = rt.workflow.state(record.state);
        let moment = Moment {
            today: Some(self.world.today_at(record.office, self.now_ms)),
            period: record.period,
            office: record.office,
            state: state.map(|state| state.key.as_str()),
        };
        let index = commit::index(ty, record, 0);
        let mut names = Names::default();
        let events: BTreeMap<OpTag, &Event> =
            record.history.iter().map(|event| (event.tag, event)).collect();
        let history = self.history(record, rt, &mut names)?;
        let mut told = Told { shown: self, events, names };
        Ok(RecordView {
            record: record.id,
            type_key: index.type_key,
            version: record.type_ref.version,
            office: record.office,
            office_name: self.office_name(record.office),
            period: record.period.map(|period| period.to_string()),
            state: index.state_key,
            title: index.title,
            urgent: index.urgent,
            fields: form::to_json(rt, &cells),
            computed: form::to_json(rt, &form::computed(rt, &cells, moment)),
            content: record.content(),
            heads: record.saw(),
            actions: self.actions(record, ty),
            editable: state.is_some_and(|state| state.editable)
                && self.may(Action::Edit, "", record, ty),
            may_comment: self.may(Action::Comment, "", record, ty),
            may_acknowledge: self.may(Action::Acknowledge, "", record, ty),
            approved: record.approved.is_some(),
            returned: told.returned(record, rt)?,
            losers: told.losers(record, rt)?,
            comments: told.comments(record)?,
            acknowledged: self.acknowledged(record),
            history,
        })
    }

    fn office_name(&self, office: OfficeId) -> String {
        self.world.office_name(office, self.judge.today).name
    }

    /// The moves that start from the record's state and that this person may make.
    fn actions(&self, record: &Record, ty: &TypeOf) -> Vec<ActionView> {
        let workflow = &ty.ty().workflow;
        let permitted = workflow
            .actions_from(record.state)
            .filter(|action| self.may(Action::Transition, &action.key, record, ty));
        permitted
            .map(|action| ActionView {
                key: action.key.clone(),
                to: workflow.state(action.to).map(|to| to.key.clone()).unwrap_or_default(),
                reason: action.reason,
                returns: action.returns,
            })
            .collect()
    }

    fn acknowledged(&self, record: &Record) -> Vec<AcknowledgedView> {
        let each = record.acknowledged.iter().map(|(office, time)| AcknowledgedView {
            office: *office,
            office_name: self.office_name(*office),
            time_ms: time.ms,
        });
        each.collect()
    }

    fn history(
        &self,
        record: &Record,
        ty: &RecordType,
        names: &mut Names,
    ) -> Result<Vec<HistoryView>, ReadError> {
        let arrived: BTreeMap<OpTag, Arrived> = log::of_record(self.r, record.id, None)?
            .into_iter()
            .map(|logged| {
                let arrived = Arrived { pos: logged.pos.0, received_ms: logged.received_ms };
                (logged.op.tag(), arrived)
            })
            .collect();
        let mut history = Vec::with_capacity(record.history.len());
        for event in &record.history {
            let arrived = arrived.get(&event.tag);
            history.push(HistoryView {
                tag: event.tag,
                time_ms: event.time.ms,
                received_ms: arrived.map(|arrived| arrived.received_ms),
                pos: arrived.map(|arrived| arrived.pos),
                author_name: names.of(self.r, event.author)?,
                office_name: self.office_name(event.office),
                effect: effect(ty, &event.effect),
            });
        }
        Ok(history)
    }
}

/// Telling who did what in a record.
struct Told<'a> {
    shown: &'a Shown<'a>,
    events: BTreeMap<OpTag, &'a Event>,
    names: Names,
}

impl Told<'_> {
    fn who(&mut self, tag: OpTag) -> Result<(String, u64), StoreError> {
        let Some(event) = self.events.get(&tag) else { return Ok((String::new(), 0)) };
        Ok((self.names.of(self.shown.r, event.author)?, event.time.ms))
    }

    fn returned(
        &mut self,
        record: &Record,
        ty: &RecordType,
    ) -> Result<Vec<ReturnedView>, StoreError> {
        let each = record.returned.iter().map(|(path, returned)| {
            let (by_name, time_ms) = self.who(returned.by)?;
            let (at, reason) = (place::show(ty, *path), returned.reason.clone());
            Ok(ReturnedView { at, reason, by_name, time_ms })
        });
        each.collect()
    }

    fn losers(&mut self, record: &Record, ty: &RecordType) -> Result<Vec<LoserView>, StoreError> {
        let mut losers = Vec::new();
        for (path, held) in &record.cells {
            for loser in &held.losers {
                let (by_name, time_ms) = self.who(loser.by)?;
                let value = cell_json(ty, *path, loser.cell.as_ref());
                losers.push(LoserView { at: place::show(ty, *path), value, by_name, time_ms });
            }
        }
        Ok(losers)
    }

    fn comments(&mut self, record: &Record) -> Result<Vec<CommentView>, StoreError> {
        let each = record.comments.iter().map(|remark| {
            let (by_name, time_ms) = self.who(remark.by)?;
            let office = self.events.get(&remark.by).map(|event| event.office);
            let office_name = office.map(|o| self.shown.office_name(o)).unwrap_or_default();
            Ok(CommentView { text: remark.text.clone(), by_name, office_name, time_ms })
        });
        each.collect()
    }
}

/// A cell in the form's wire form; null for nothing.
fn cell_json(ty: &RecordType, path: CellPath, cell: Option<&Cell>) -> Json {
    let Some(cell) = cell else { return Json::Null };
    let alone = form::to_json(ty, &Cells::from([(path, cell.clone())]));
    let first = |map: Map<String, Json>| map.into_iter().next().map(|(_, json)| json);
    let Some(json) = first(alone) else { return Json::Null };
    let Some((_, field)) = path.at else { return json };
    let key = ty.field(field).map(|field| field.key.clone()).unwrap_or_default();
    let row = json.as_array().and_then(|rows| rows.first()).and_then(|row| row.get(&key));
    row.cloned().unwrap_or(Json::Null)
}

fn effect(ty: &RecordType, effect: &Effect) -> EffectView {
    let workflow = &ty.workflow;
    let state = |id| workflow.state(id).map(|state| state.key.clone()).unwrap_or_default();
    let action = |id| workflow.action(id).map(|action| action.key.clone()).unwrap_or_default();
    match effect {
        Effect::Created => EffectView::Created,
        Effect::Patched(patched) => EffectView::Patched {
            before: patched
                .cells
                .iter()
                .map(|(path, cell)| (place::show(ty, *path), cell_json(ty, *path, cell.as_ref())))
                .collect(),
            reopened: patched.reopened.map(|(_, to)| state(to)),
        },
        Effect::Moved(moved) => EffectView::Moved {
            action: action(moved.action),
            from: state(moved.from),
            to: state(moved.to),
            reason: moved.reason.clone(),
            returned: moved
                .returned
                .iter()
                .map(|cell| (place::show(ty, cell.path), cell.reason.clone()))
                .collect(),
        },
        Effect::Refused(id, why) => {
            EffectView::Refused { action: action(*id), code: refusal(*why).as_str() }
        }
        Effect::Commented => EffectView::Commented,
        Effect::Acknowledged => EffectView::Acknowledged,
        Effect::Foreign => EffectView::Foreign,
    }
}

fn refusal(why: Refusal) -> ProblemCode {
    match why {
        Refusal::WrongState | Refusal::Unknown => ProblemCode::WrongState,
        Refusal::ContentChanged => ProblemCode::ContentChanged,
        Refusal::Guard => ProblemCode::GuardFalse,
    }
}
