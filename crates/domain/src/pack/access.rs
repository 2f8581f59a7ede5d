//! Finding things in a pack.

use super::{
    Action, Choice, Field, FieldKind, FigureView, Kind, Measure, MeasureKind, Pack, RecordType,
    Schedule, Source, State, View, ViewKind, Workflow,
};
use crate::ids::{ActionId, ChoiceId, FieldId, StateId};
use crate::op::TypeRef;
use crate::period::Grain;

/// The language that stands in for a text another language lacks.
pub const FIRST_LANG: &str = "id";

impl Pack {
    /// The type with this key within the pack, such as `kejadian`.
    #[must_use]
    pub fn type_by_key(&self, key: &str) -> Option<&RecordType> {
        self.types.iter().find(|ty| ty.key == key)
    }

    /// The type that `pack.type` names, if it is of this pack.
    #[must_use]
    pub fn type_by_full_key(&self, full: &str) -> Option<&RecordType> {
        let (pack, key) = full.split_once('.')?;
        if pack == self.name { self.type_by_key(key) } else { None }
    }

    /// The type with this number.
    #[must_use]
    pub fn type_by_id(&self, id: u16) -> Option<&RecordType> {
        self.types.iter().find(|ty| ty.id == id)
    }

    /// `pack.type` of one of its types.
    #[must_use]
    pub fn full_key(&self, ty: &RecordType) -> String {
        format!("{}.{}", self.name, ty.key)
    }

    /// The reference to one of its types in this version.
    #[must_use]
    pub fn type_ref(&self, ty: &RecordType) -> TypeRef {
        TypeRef { pack: self.name.clone(), version: self.version, type_id: ty.id }
    }

    /// The measure with this key within the pack.
    #[must_use]
    pub fn measure(&self, key: &str) -> Option<&Measure> {
        self.measures.iter().find(|measure| measure.key == key)
    }

    /// The schedule with this key within the pack.
    #[must_use]
    pub fn schedule(&self, key: &str) -> Option<&Schedule> {
        self.schedules.iter().find(|schedule| schedule.key == key)
    }

    /// The schedules of a type.
    pub fn schedules_of(&self, type_id: u16) -> impl Iterator<Item = &Schedule> {
        self.schedules.iter().filter(move |schedule| schedule.type_id == type_id)
    }

    /// The view with this key.
    #[must_use]
    pub fn view(&self, key: &str) -> Option<&View> {
        self.views.iter().find(|view| view.key == key)
    }

    /// A text in a language; in Indonesian if that language lacks it.
    #[must_use]
    pub fn text(&self, lang: &str, key: &str) -> Option<&str> {
        let in_lang = |lang: &str| self.messages.get(lang)?.get(key).map(String::as_str);
        in_lang(lang).or_else(|| in_lang(FIRST_LANG))
    }
}

impl RecordType {
    /// The field with this number.
    #[must_use]
    pub fn field(&self, id: FieldId) -> Option<&Field> {
        self.fields.iter().find(|field| field.id == id)
    }

    /// The field with this key.
    #[must_use]
    pub fn field_by_key(&self, key: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.key == key)
    }

    /// Fields that stand in this repeat group, or outside any.
    pub fn fields_in(&self, group: Option<FieldId>) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(move |field| field.group == group)
    }

    /// The grain of its periods, for a periodic type.
    #[must_use]
    pub fn grain(&self) -> Option<Grain> {
        match self.kind {
            Kind::Event => None,
            Kind::Periodic(grain) => Some(grain),
        }
    }
}

impl Workflow {
    /// The state of a new record.
    #[must_use]
    pub fn first(&self) -> Option<&State> {
        self.states.first()
    }

    /// The state with this number.
    #[must_use]
    pub fn state(&self, id: StateId) -> Option<&State> {
        self.states.iter().find(|state| state.id == id)
    }

    /// The state with this key.
    #[must_use]
    pub fn state_by_key(&self, key: &str) -> Option<&State> {
        self.states.iter().find(|state| state.key == key)
    }

    /// The action with this number.
    #[must_use]
    pub fn action(&self, id: ActionId) -> Option<&Action> {
        self.actions.iter().find(|action| action.id == id)
    }

    /// The action with this key.
    #[must_use]
    pub fn action_by_key(&self, key: &str) -> Option<&Action> {
        self.actions.iter().find(|action| action.key == key)
    }

    /// The actions that start from a state.
    pub fn actions_from(&self, state: StateId) -> impl Iterator<Item = &Action> {
        self.actions.iter().filter(move |action| action.from.contains(&state))
    }
}

impl FieldKind {
    /// Its choices, for a choice or many-choice field.
    #[must_use]
    pub fn choices(&self) -> &[Choice] {
        if let Self::Choice(choices) | Self::Choices(choices) = self { choices } else { &[] }
    }

    /// The choice with this number.
    #[must_use]
    pub fn choice(&self, id: ChoiceId) -> Option<&Choice> {
        self.choices().iter().find(|choice| choice.id == id)
    }

    /// The choice with this key.
    #[must_use]
    pub fn choice_by_key(&self, key: &str) -> Option<&Choice> {
        self.choices().iter().find(|choice| choice.key == key)
    }

    /// Digits after the point of its numbers, for a field that holds numbers (or computes what
    /// may be one).
    #[must_use]
    pub fn scale(&self) -> Option<u32> {
        match self {
            Self::Integer | Self::Money => Some(0),
            Self::Decimal(scale) | Self::Computed(_, scale) => Some(u32::from(*scale)),
            Self::Text
            | Self::LongText
            | Self::Date
            | Self::Time
            | Self::Period(_)
            | Self::Choice(_)
            | Self::Choices(_)
            | Self::Office(_)
            | Self::Record(..)
            | Self::Point
            | Self::Photo
            | Self::File
            | Self::Group(_)
            | Self::Bool => None,
        }
    }

    /// Its name in a pack's source: `text`, `longtext`, `integer` and so on.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::LongText => "longtext",
            Self::Integer => "integer",
            Self::Decimal(_) => "decimal",
            Self::Money => "money",
            Self::Date => "date",
            Self::Time => "time",
            Self::Period(_) => "period",
            Self::Choice(_) => "choice",
            Self::Choices(_) => "choices",
            Self::Office(_) => "office",
            Self::Record(..) => "record",
            Self::Point => "point",
            Self::Photo => "photo",
            Self::File => "file",
            Self::Group(_) => "group",
            Self::Computed(..) => "computed",
            Self::Bool => "bool",
        }
    }
}

impl MeasureKind {
    /// Where its facts come from; none for a formula.
    #[must_use]
    pub fn sources(&self) -> &[Source] {
        match self {
            Self::Additive(sources) | Self::Last(sources) | Self::Distinct(sources) => sources,
            Self::Formula(_) => &[],
        }
    }

    /// Its name in a pack's source: `additive`, `last`, `distinct` or `formula`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Additive(_) => "additive",
            Self::Last(_) => "last",
            Self::Distinct(_) => "distinct",
            Self::Formula(_) => "formula",
        }
    }
}

impl FigureView {
    /// The ways to show a figure.
    pub const SHOWS: &[&str] = &["table", "bars", "series", "tiles", "value"];
}

impl ViewKind {
    /// The record type that it lists, by number.
    #[must_use]
    pub fn listed_type(&self) -> Option<u16> {
        if let Self::List(type_id, _) = self { Some(*type_id) } else { None }
    }
}
