//! Records as people see them.

use node::views::{
    AcknowledgedView, ActionView, CommentView, EffectView, HistoryView, LoserView, Page,
    RecordView, ReturnedView,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::moment;
use super::submissions::Return;

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RecordPage {
    /// The rows, newest first.
    pub rows: Vec<RecordRow>,
    /// `cursor` of the next page, if there is one.
    pub next: Option<String>,
}

/// A record in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RecordRow {
    /// Its id.
    pub record: String,
    /// `pack.type`.
    #[serde(rename = "type")]
    pub type_key: String,
    /// Its office.
    pub office: u32,
    /// The office's name.
    pub office_name: String,
    /// The key of its state.
    pub state: String,
    /// Its title.
    pub title: String,
    /// When it happened.
    pub date: Option<String>,
    /// Its period, for a periodic type.
    pub period: Option<String>,
    /// It is urgent.
    pub urgent: bool,
    /// When it last changed here.
    pub updated_at: String,
    /// How many cells are sent back.
    pub returned: u32,
}

/// A record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Record {
    /// Its id.
    pub record: String,
    /// `pack.type`.
    #[serde(rename = "type")]
    pub type_key: String,
    /// The pack's version that its cells were last checked with.
    pub version: u32,
    /// Its office.
    pub office: u32,
    /// The office's name.
    pub office_name: String,
    /// Its period, for a periodic type.
    pub period: Option<String>,
    /// Its title.
    pub title: String,
    /// The key of its state.
    pub state: String,
    /// It is urgent.
    pub urgent: bool,
    /// Fields by key, as in a form.
    #[schema(value_type = Object)]
    pub fields: serde_json::Map<String, serde_json::Value>,
    /// Computed fields by key.
    #[schema(value_type = Object)]
    pub computed: serde_json::Map<String, serde_json::Value>,
    /// Hash of the content, to send with an action.
    pub content: String,
    /// Tags of the heads, to send with a patch.
    pub heads: Vec<String>,
    /// What the reader may do now.
    pub actions: Vec<ActionOffer>,
    /// The reader may change cells now.
    pub editable: bool,
    /// The reader may remark.
    pub commentable: bool,
    /// The reader may acknowledge.
    pub acknowledgeable: bool,
    /// The content is approved.
    pub approved: bool,
    /// Cells that are sent back.
    pub returned: Vec<ReturnedCell>,
    /// Concurrent writes that lost.
    pub losers: Vec<LostWrite>,
    /// Remarks.
    pub comments: Vec<Remark>,
    /// Offices that acknowledged.
    pub acknowledged: Vec<Acknowledgement>,
    /// Everything that happened to it, oldest first.
    pub history: Vec<HistoryEvent>,
}

/// An action that the reader may take now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ActionOffer {
    /// Its key; its name is the message `action.T.KEY`.
    pub key: String,
    /// The state that it leads to.
    pub to: String,
    /// Needs a reason.
    pub reason: bool,
    /// Returns cells to the author.
    pub returns: bool,
}

/// A cell that is sent back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReturnedCell {
    /// Which: `judul`, or `barang[2].jumlah`.
    pub at: String,
    /// Why.
    pub reason: String,
    /// Who sent it back.
    pub by_name: String,
    /// When.
    pub time: String,
}

/// A concurrent write that lost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LostWrite {
    /// Which cell.
    pub at: String,
    /// What it wrote, as in a form; null if it cleared the cell.
    pub value: serde_json::Value,
    /// Who.
    pub by_name: String,
    /// When.
    pub time: String,
}

/// A remark.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Remark {
    /// Who.
    pub author_name: String,
    /// In which office's name.
    pub office_name: String,
    /// When.
    pub time: String,
    /// The text.
    pub text: String,
}

/// An office that acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Acknowledgement {
    /// The office.
    pub office: u32,
    /// Its name.
    pub office_name: String,
    /// When first.
    pub time: String,
}

/// One thing that happened to a record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HistoryEvent {
    /// The operation's short name.
    pub tag: String,
    /// When its writer made it.
    pub time: String,
    /// When this node received it.
    pub received_at: Option<String>,
    /// Its position in this node's log.
    pub pos: Option<u64>,
    /// Who.
    pub author_name: String,
    /// In which office's name.
    pub office_name: String,
    /// `created`, `patched`, `moved`, `refused`, `commented`, `acknowledged`; `foreign` did
    /// nothing, since it named another type, office or period.
    pub effect: String,
    /// The action's key, of `moved` and `refused`.
    pub action: Option<String>,
    /// The state before, of `moved`.
    pub from: Option<String>,
    /// The state after, of `moved`; of `patched`, the state that it reopened the record to.
    pub to: Option<String>,
    /// Reason or note, of `moved`; the code of the refusal, of `refused`.
    pub reason: Option<String>,
    /// Cells sent back, of `moved`.
    pub returned: Vec<Return>,
    /// Cells changed, of `patched`.
    pub patched: Vec<PatchedCell>,
}

/// A cell that a patch changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PatchedCell {
    /// Which.
    pub at: String,
    /// What stood before, as in a form; null if nothing.
    pub before: serde_json::Value,
}

impl From<node::views::RecordRow> for RecordRow {
    fn from(row: node::views::RecordRow) -> Self {
        Self {
            record: row.record.to_string(),
            type_key: row.type_key,
            office: row.office.0,
            office_name: row.office_name,
            state: row.state,
            title: row.title,
            date: row.date,
            period: row.period,
            urgent: row.urgent,
            updated_at: moment(row.updated_ms),
            returned: u32::try_from(row.returned).unwrap_or(u32::MAX),
        }
    }
}

impl From<Page<node::views::RecordRow>> for RecordPage {
    fn from(page: Page<node::views::RecordRow>) -> Self {
        Self { rows: all(page.rows), next: page.next }
    }
}

fn all<T, W: From<T>>(items: Vec<T>) -> Vec<W> {
    items.into_iter().map(W::from).collect()
}

impl From<RecordView> for Record {
    fn from(view: RecordView) -> Self {
        Self {
            record: view.record.to_string(),
            type_key: view.type_key,
            version: view.version,
            office: view.office.0,
            office_name: view.office_name,
            period: view.period,
            title: view.title,
            state: view.state,
            urgent: view.urgent,
            fields: view.fields,
            computed: view.computed,
            content: view.content.to_string(),
            heads: view.heads.iter().map(ToString::to_string).collect(),
            actions: all(view.actions),
            editable: view.editable,
            commentable: view.may_comment,
            acknowledgeable: view.may_acknowledge,
            approved: view.approved,
            returned: all(view.returned),
            losers: all(view.losers),
            comments: all(view.comments),
            acknowledged: all(view.acknowledged),
            history: all(view.history),
        }
    }
}

impl From<ActionView> for ActionOffer {
    fn from(view: ActionView) -> Self {
        Self { key: view.key, to: view.to, reason: view.reason, returns: view.returns }
    }
}

impl From<ReturnedView> for ReturnedCell {
    fn from(view: ReturnedView) -> Self {
        let time = moment(view.time_ms);
        Self { at: view.at, reason: view.reason, by_name: view.by_name, time }
    }
}

impl From<LoserView> for LostWrite {
    fn from(view: LoserView) -> Self {
        let time = moment(view.time_ms);
        Self { at: view.at, value: view.value, by_name: view.by_name, time }
    }
}

impl From<CommentView> for Remark {
    fn from(view: CommentView) -> Self {
        Self {
            author_name: view.by_name,
            office_name: view.office_name,
            time: moment(view.time_ms),
            text: view.text,
        }
    }
}

impl From<AcknowledgedView> for Acknowledgement {
    fn from(view: AcknowledgedView) -> Self {
        let time = moment(view.time_ms);
        Self { office: view.office.0, office_name: view.office_name, time }
    }
}

impl From<HistoryView> for HistoryEvent {
    fn from(view: HistoryView) -> Self {
        let mut event = Self {
            tag: view.tag.to_string(),
            time: moment(view.time_ms),
            received_at: view.received_ms.map(moment),
            pos: view.pos,
            author_name: view.author_name,
            office_name: view.office_name,
            effect: String::new(),
            action: None,
            from: None,
            to: None,
            reason: None,
            returned: Vec::new(),
            patched: Vec::new(),
        };
        event.effect = event.take(view.effect).to_owned();
        event
    }
}

impl HistoryEvent {
    /// Takes what the effect says, and gives its name.
    fn take(&mut self, effect: EffectView) -> &'static str {
        match effect {
            EffectView::Created => "created",
            EffectView::Patched { before, reopened } => {
                self.to = reopened;
                let cell = |(at, before)| PatchedCell { at, before };
                self.patched = before.into_iter().map(cell).collect();
                "patched"
            }
            EffectView::Moved { action, from, to, reason, returned } => {
                (self.action, self.from, self.to) = (Some(action), Some(from), Some(to));
                self.reason = reason;
                let cell = |(at, reason)| Return { at, reason };
                self.returned = returned.into_iter().map(cell).collect();
                "moved"
            }
            EffectView::Refused { action, code } => {
                (self.action, self.reason) = (Some(action), Some(code.to_owned()));
                "refused"
            }
            EffectView::Commented => "commented",
            EffectView::Acknowledged => "acknowledged",
            EffectView::Foreign => "foreign",
        }
    }
}
