//! Looking at records: one whole, and lists. A list applies the same policy as a fetch.

mod shown;

use std::collections::BTreeSet;

use domain::ids::{OfficeId, RecordId};
use domain::limits::PAGE_ROWS_MAX;
use domain::period::Date;
use domain::problem::{Problem, ProblemCode};
use store::records::{self as stored, Cursor, Filter, Listed};
use store::{Reader, StoreError};
use thiserror::Error;

use crate::actor::Actor;
use crate::events::{Event, RecordEvent};
use crate::failure::{Failure, FailureKind, Storage, storage_problem};
use crate::node::Node;
use crate::packs::PackSet;
use crate::policy::{Action, Denied, Judge, Reach, Resource};
use crate::views::{Page, RecordRow, RecordView};
use crate::world::World;

/// Which records to list. What is empty or none doesn't limit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Of these types, as `pack.type`.
    pub types: BTreeSet<String>,
    /// Of this office and those below it.
    pub office: Option<OfficeId>,
    /// In states with these keys.
    pub states: BTreeSet<String>,
    /// With words that begin like these in the title.
    pub text: Option<String>,
    /// From this day.
    pub from: Option<Date>,
    /// To this day.
    pub to: Option<Date>,
    /// Only urgent ones (or only the others).
    pub urgent: Option<bool>,
    /// Only with cells that were sent back (or only without).
    pub returned: Option<bool>,
}

/// Why records can't be shown.
#[derive(Clone, Debug, Error)]
pub enum ReadError {
    /// No policy permits it.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// There is no such record, or the person may not know of it.
    #[error("there is no such record")]
    NotFound,
    /// The list names a type that no pack has.
    #[error("no pack has the type `{0}`")]
    UnknownType(String),
    /// The cursor is not one of this list's.
    #[error("the cursor is none of this list")]
    Cursor,
    /// Storage failed.
    #[error("storage failed")]
    Storage(#[source] Storage),
}

impl From<StoreError> for ReadError {
    fn from(error: StoreError) -> Self {
        Self::Storage(Storage::new(error))
    }
}

impl Failure for ReadError {
    fn kind(&self) -> FailureKind {
        match self {
            Self::Denied(_) => FailureKind::Denied,
            Self::NotFound => FailureKind::NotFound,
            Self::UnknownType(_) | Self::Cursor => FailureKind::Invalid,
            Self::Storage(_) => FailureKind::Storage,
        }
    }

    fn problems(&self) -> Vec<Problem> {
        match self {
            Self::Denied(_) => vec![Problem::new(ProblemCode::Denied)],
            Self::NotFound => vec![Problem::new(ProblemCode::NotFound)],
            Self::UnknownType(ty) => {
                vec![Problem::new(ProblemCode::UnknownType).at("type").with("type", ty)]
            }
            Self::Cursor => vec![Problem::new(ProblemCode::QueryInvalid).at("cursor")],
            Self::Storage(_) => storage_problem(),
        }
    }
}

impl Node {
    /// A record, whole, with what this person may do to it now.
    ///
    /// # Errors
    /// [`ReadError::NotFound`] also where the person may not read it.
    pub fn record(&self, by: &Actor, id: RecordId) -> Result<RecordView, ReadError> {
        let (world, judge) = (self.core.world(), self.core.judge());
        let today = self.core.clock.now_ms();
        self.core.store.read(|r| {
            let record = stored::get(r, id)?.ok_or(ReadError::NotFound)?;
            let ty = world.packs.by_ref(&record.type_ref).ok_or(ReadError::NotFound)?;
            let shown = shown::Shown { r, world: &world, judge: &judge, by, now_ms: today };
            if !shown.may(Action::Read, "", &record, &ty) {
                return Err(ReadError::NotFound);
            }
            shown.view(&record, &ty)
        })
    }

    /// A page of the records that the person may read, newest first.
    ///
    /// # Errors
    /// If the listing names an unknown type or the cursor is none.
    pub fn records(
        &self,
        by: &Actor,
        listing: &Listing,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<RecordRow>, ReadError> {
        let (world, judge) = (self.core.world(), self.core.judge());
        let cursor = cursor.map(str::parse::<Cursor>).transpose().map_err(|_| ReadError::Cursor)?;
        let reach = judge.reach(by);
        let limit = limit.clamp(1, PAGE_ROWS_MAX);
        let lists = Lists { world: &world, judge: &judge, reach: &reach };
        self.core.store.read(|r| lists.page(r, listing, cursor, limit))
    }

    /// The records that a listing names and the person may take out, in pages: for exports.
    ///
    /// # Errors
    /// As [`Node::records`]; and [`ReadError::Denied`] if the person may export nothing of it.
    pub fn export_page(
        &self,
        by: &Actor,
        type_key: &str,
        listing: &Listing,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<domain::record::Record>, ReadError> {
        let (world, judge) = (self.core.world(), self.core.judge());
        let cursor = cursor.map(str::parse::<Cursor>).transpose().map_err(|_| ReadError::Cursor)?;
        let reach = judge.reach(by);
        let ty = world.packs.by_key(type_key);
        let ty = ty.ok_or_else(|| ReadError::UnknownType(type_key.to_owned()))?;
        let whole = Resource::of_type(&ty.pack.name, &ty.ty().key);
        let listing = Listing { types: BTreeSet::from([type_key.to_owned()]), ..listing.clone() };
        let lists = Lists { world: &world, judge: &judge, reach: &reach };
        if !lists.any(Action::Export, &whole) {
            return Err(Denied.into());
        }
        self.core.store.read(|r| {
            let may = |row: &Listed| {
                lists.may_read(row) && reach.allows(Action::Export, "", &whole, row.index.office)
            };
            let found = lists.scan(r, &listing, cursor, limit.clamp(1, PAGE_ROWS_MAX), may)?;
            let records = found.rows.iter().map(|row| stored::get(r, row.record));
            let records = records.collect::<Result<Vec<_>, _>>()?;
            Ok(Page { rows: records.into_iter().flatten().collect(), next: found.next })
        })
    }

    /// Whether a listener may be told of an event.
    #[must_use]
    pub fn may_see(&self, by: &Actor, event: &Event) -> bool {
        match event {
            Event::Facts { .. } | Event::Pack { .. } => true,
            Event::Nodes => self.sees_nodes(by),
            Event::Sync => self.sees_sync(by),
            Event::Record(RecordEvent { type_key, office, state, .. }) => {
                let world = self.core.world();
                let resource = resource_in_state(&world.packs, type_key, state);
                resource.is_some_and(|resource| {
                    self.core.judge().allows(by, Action::Read, "", &resource, *office)
                })
            }
        }
    }
}

/// A listed record as policies see it.
pub(crate) fn resource_in_state(packs: &PackSet, type_key: &str, state: &str) -> Option<Resource> {
    let ty = packs.by_key(type_key)?;
    let state = ty.ty().workflow.state_by_key(state)?;
    Some(Resource::in_state(&ty.pack, ty.ty(), state))
}

/// Listing, for one person at one moment.
pub(crate) struct Lists<'a> {
    pub(crate) world: &'a World,
    pub(crate) judge: &'a Judge,
    pub(crate) reach: &'a Reach<'a>,
}

pub(crate) struct Found {
    pub(crate) rows: Vec<Listed>,
    pub(crate) next: Option<String>,
}

impl Lists<'_> {
    pub(crate) fn page(
        &self,
        r: &Reader<'_>,
        listing: &Listing,
        cursor: Option<Cursor>,
        limit: usize,
    ) -> Result<Page<RecordRow>, ReadError> {
        let found = self.scan(r, listing, cursor, limit, |row| self.may_read(row))?;
        let rows = found.rows.into_iter().map(|row| self.row(row)).collect();
        Ok(Page { rows, next: found.next })
    }

    /// Whether the person may read a listed record: what [`Node::record`] would say.
    pub(crate) fn may_read(&self, row: &Listed) -> bool {
        let index = &row.index;
        let resource = resource_in_state(&self.world.packs, &index.type_key, &index.state_key);
        resource
            .is_some_and(|resource| self.reach.allows(Action::Read, "", &resource, index.office))
    }

    fn any(&self, action: Action, resource: &Resource) -> bool {
        match self.reach.offices(action, "", resource) {
            crate::policy::Allowed::All => true,
            crate::policy::Allowed::Only(offices) => !offices.is_empty(),
        }
    }

    /// Rows that pass, a page of them: reads on while the page isn't full.
    pub(crate) fn scan(
        &self,
        r: &Reader<'_>,
        listing: &Listing,
        mut cursor: Option<Cursor>,
        limit: usize,
        passes: impl Fn(&Listed) -> bool,
    ) -> Result<Found, ReadError> {
        let offices = self.offices(listing)?;
        let filter = Filter {
            types: Some(&listing.types).filter(|types| !types.is_empty()),
            offices: offices.as_ref(),
            states: Some(&listing.states).filter(|states| !states.is_empty()),
            text: listing.text.as_deref(),
            from: listing.from,
            to: listing.to,
            urgent: listing.urgent,
            returned: listing.returned,
        };
        let mut rows = Vec::new();
        loop {
            let batch = stored::list(r, &filter, cursor, PAGE_ROWS_MAX)?;
            let ended = batch.len() < PAGE_ROWS_MAX;
            for row in batch {
                if rows.len() == limit {
                    return Ok(Found { rows, next: cursor.map(|cursor| cursor.to_string()) });
                }
                cursor = Some(row.cursor);
                if passes(&row) {
                    rows.push(row);
                }
            }
            if ended {
                return Ok(Found { rows, next: None });
            }
        }
    }

    /// The offices to look in: those that the person may read anything of, within the listing's.
    fn offices(&self, listing: &Listing) -> Result<Option<BTreeSet<OfficeId>>, ReadError> {
        if let Some(unknown) =
            listing.types.iter().find(|key| self.world.packs.by_key(key).is_none())
        {
            return Err(ReadError::UnknownType(unknown.clone()));
        }
        let readable = self.reach.readable(&self.world.packs, &listing.types);
        let Some(root) = listing.office else { return Ok(readable) };
        let below = self.subtree(root);
        Ok(Some(match readable {
            None => below,
            Some(readable) => readable.intersection(&below).copied().collect(),
        }))
    }

    /// An office and those below it today, or below it when they last were offices.
    pub(crate) fn subtree(&self, root: OfficeId) -> BTreeSet<OfficeId> {
        let all = self.reach.offices_of_all_times();
        let below = |office: &OfficeId| {
            self.judge.tree.is_within(*office, root, self.judge.day_of(*office))
        };
        all.filter(below).collect()
    }

    pub(crate) fn row(&self, listed: Listed) -> RecordRow {
        let index = listed.index;
        RecordRow {
            record: listed.record,
            office_name: self.world.office_name(index.office, self.judge.today).name,
            type_key: index.type_key,
            office: index.office,
            state: index.state_key,
            title: index.title,
            date: Some(index.date.to_string()),
            period: listed.period,
            urgent: index.urgent,
            updated_ms: index.updated_ms,
            returned: usize::try_from(listed.returned).unwrap_or(usize::MAX),
        }
    }
}
