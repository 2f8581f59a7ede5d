//! An office's start page: what it owes, what waits for the person, what changed.

use std::collections::{BTreeMap, BTreeSet};

use domain::ids::OfficeId;
use domain::office::Level;
use domain::pack::{Pack, RecordType, Schedule};
use domain::period::{Date, Grain, Period};
use domain::record::periodic_id;
use store::records::{self as stored, Filter};
use store::{Reader, StoreError};

use crate::actor::{Actor, Standing};
use crate::node::Node;
use crate::packs::TypeOf;
use crate::policy::{Action, Denied, Resource};
use crate::records::{Listing, Lists, ReadError};
use crate::views::{ActionRow, DueView, HomeView, Why};

/// Periods of a daily report that are shown as owed: a week.
const DAYS_SHOWN: usize = 7;
/// Periods of a longer report that are shown as owed: this one and the last.
const PERIODS_SHOWN: usize = 2;
/// Records that wait for the person, of each kind: beyond these the list itself is the place.
const WAITING_SHOWN: usize = 20;
/// Changes shown.
const RECENT_SHOWN: usize = 20;
const DAY_MS: i64 = 86_400_000;
const MINUTE_MS: i64 = 60_000;

impl Node {
    /// An office's start page for a person.
    ///
    /// # Errors
    /// If the person is nothing to the office, or storage fails.
    pub fn home(&self, by: &Actor, office: OfficeId) -> Result<HomeView, ReadError> {
        let (world, judge) = (self.core.world(), self.core.judge());
        let now_ms = self.core.clock.now_ms();
        if by.standing(&judge.tree, office, judge.today) == Standing::default() {
            return Err(Denied.into());
        }
        let reach = judge.reach(by);
        let lists = Lists { world: &world, judge: &judge, reach: &reach };
        let below = lists.subtree(office);
        self.core.store.read(|r| {
            let home = Home { r, lists: &lists, office, below: &below, now_ms };
            let listing = Listing { office: Some(office), ..Listing::default() };
            Ok(HomeView {
                office: world.office_name(office, judge.today),
                today: world.today_at(office, now_ms).to_string(),
                due: home.due()?,
                action: home.waiting()?,
                counts: home.counts()?,
                recent: lists.page(r, &listing, None, RECENT_SHOWN)?.rows,
            })
        })
    }
}

struct Home<'a> {
    r: &'a Reader<'a>,
    lists: &'a Lists<'a>,
    office: OfficeId,
    below: &'a BTreeSet<OfficeId>,
    now_ms: u64,
}

impl Home<'_> {
    /// The schedules of the latest packs, with their types.
    fn schedules(&self) -> impl Iterator<Item = (&Pack, &Schedule, &RecordType, Grain)> {
        let packs = self.lists.world.packs.latest().map(AsRef::as_ref);
        packs.flat_map(|pack: &Pack| {
            pack.schedules.iter().filter_map(move |schedule| {
                let ty = pack.type_by_id(schedule.type_id)?;
                Some((pack, schedule, ty, ty.grain()?))
            })
        })
    }

    /// What the office owes, latest period first.
    fn due(&self) -> Result<Vec<DueView>, StoreError> {
        let level = self.lists.judge.tree.level(self.office);
        let today = self.lists.world.today_at(self.office, self.now_ms);
        let mut due = Vec::new();
        for (pack, schedule, ty, grain) in self.schedules() {
            if !level.is_some_and(|level| schedule.levels.contains(&level)) {
                continue;
            }
            let shown = if grain == Grain::Day { DAYS_SHOWN } else { PERIODS_SHOWN };
            let periods = std::iter::successors(Some(Period::containing(grain, today)), |p| {
                Some(p.previous())
            });
            let owed = periods.take(shown).take_while(|period| period.first() >= schedule.from);
            for period in owed {
                due.push(self.due_of(pack, schedule, ty, period)?);
            }
        }
        due.sort_by(|a, b| (b.due_ms, &a.schedule).cmp(&(a.due_ms, &b.schedule)));
        Ok(due)
    }

    fn due_of(
        &self,
        pack: &Pack,
        schedule: &Schedule,
        ty: &RecordType,
        period: Period,
    ) -> Result<DueView, StoreError> {
        let type_key = pack.full_key(ty);
        let found = stored::listed(self.r, periodic_id(&type_key, self.office, period))?;
        let due_ms = self.deadline_ms(schedule, period);
        let received = found.as_ref().is_some_and(|row| row.index.counts);
        let today = self.lists.judge.today;
        Ok(DueView {
            schedule: format!("{}.{}", pack.name, schedule.key),
            type_key,
            office: self.office,
            office_name: self.lists.world.office_name(self.office, today).name,
            period: period.to_string(),
            due_ms,
            record: found.as_ref().map(|row| row.record),
            state: found.map(|row| row.index.state_key),
            received,
            late: !received && self.now_ms > due_ms,
        })
    }

    /// When a report is late, in milliseconds since 1970.
    fn deadline_ms(&self, schedule: &Schedule, period: Period) -> u64 {
        let ends_ms = i64::from(period.last().plus_days(1).0) * DAY_MS;
        let offset = i64::from(self.lists.world.offset_minutes(self.office, self.now_ms));
        let minutes = i64::from(schedule.due_after_minutes) - offset;
        u64::try_from(ends_ms.saturating_add(minutes * MINUTE_MS)).unwrap_or(0)
    }

    /// Records that wait for the person: to correct, to approve, to go on writing.
    fn waiting(&self) -> Result<Vec<ActionRow>, ReadError> {
        let mut waiting = Vec::new();
        for ty in self.lists.world.packs.types() {
            for state in &ty.ty().workflow.states {
                let resource = Resource::in_state(&ty.pack, ty.ty(), state);
                let key = ty.key();
                if state.editable {
                    let may = |at| self.lists.reach.allows(Action::Edit, "", &resource, at);
                    self.gather(&mut waiting, &key, &state.key, Some(true), Why::Returned, may)?;
                    if !state.counts {
                        let may = |at| self.lists.reach.allows(Action::Edit, "", &resource, at);
                        self.gather(&mut waiting, &key, &state.key, None, Why::Draft, may)?;
                    }
                }
                let approvals = approvals(&ty, state.id);
                if !approvals.is_empty() {
                    let may = |at| {
                        approvals.iter().any(|with| {
                            self.lists.reach.allows(Action::Transition, with, &resource, at)
                        })
                    };
                    self.gather(&mut waiting, &key, &state.key, None, Why::ToVerify, may)?;
                }
            }
        }
        waiting.sort_by(|a, b| {
            let urgency = |row: &ActionRow| (!row.row.urgent, row.why);
            urgency(a).cmp(&urgency(b)).then(b.row.updated_ms.cmp(&a.row.updated_ms))
        });
        let mut seen = BTreeSet::new();
        waiting.retain(|row| seen.insert(row.row.record));
        Ok(waiting)
    }

    fn gather(
        &self,
        waiting: &mut Vec<ActionRow>,
        type_key: &str,
        state_key: &str,
        returned: Option<bool>,
        why: Why,
        may: impl Fn(OfficeId) -> bool,
    ) -> Result<(), ReadError> {
        let offices: BTreeSet<OfficeId> =
            self.below.iter().copied().filter(|at| may(*at)).collect();
        if offices.is_empty() {
            return Ok(());
        }
        let (types, states) =
            (BTreeSet::from([type_key.to_owned()]), BTreeSet::from([state_key.to_owned()]));
        let filter = Filter {
            types: Some(&types),
            states: Some(&states),
            offices: Some(&offices),
            returned,
            ..Filter::default()
        };
        let found = stored::list(self.r, &filter, None, WAITING_SHOWN)?;
        let rows = found.into_iter().filter(|row| self.lists.may_read(row));
        waiting.extend(rows.map(|row| ActionRow { row: self.lists.row(row), why }));
        Ok(())
    }

    fn counts(&self) -> Result<BTreeMap<String, u64>, ReadError> {
        let mut counts = BTreeMap::new();
        for ty in self.lists.world.packs.types() {
            for state in &ty.ty().workflow.states {
                let resource = Resource::in_state(&ty.pack, ty.ty(), state);
                let may =
                    |at: &&OfficeId| self.lists.reach.allows(Action::Read, "", &resource, **at);
                let offices: BTreeSet<OfficeId> = self.below.iter().filter(may).copied().collect();
                let records = self.count(&ty.key(), &state.key, &offices, None)?;
                if records > 0 {
                    counts.insert(format!("{}:{}", ty.key(), state.key), records);
                }
                if !approvals(&ty, state.id).is_empty() {
                    let urgent = self.count(&ty.key(), &state.key, &offices, Some(true))?;
                    *counts.entry("urgent".to_owned()).or_default() += urgent;
                }
            }
        }
        for (pack, schedule, ty, grain) in self.schedules() {
            let late = self.late(pack, schedule, ty, grain)?;
            counts.insert(format!("late:{}.{}", pack.name, schedule.key), late);
        }
        Ok(counts)
    }

    fn count(
        &self,
        type_key: &str,
        state_key: &str,
        offices: &BTreeSet<OfficeId>,
        urgent: Option<bool>,
    ) -> Result<u64, StoreError> {
        if offices.is_empty() {
            return Ok(0);
        }
        let (types, states) =
            (BTreeSet::from([type_key.to_owned()]), BTreeSet::from([state_key.to_owned()]));
        let filter = Filter {
            types: Some(&types),
            states: Some(&states),
            offices: Some(offices),
            urgent,
            ..Filter::default()
        };
        Ok(stored::count(self.r, &filter)?.iter().map(|count| count.records).sum())
    }

    /// Offices here and below whose latest report that was due is not received. Each office is
    /// judged by its own clock.
    fn late(
        &self,
        pack: &Pack,
        schedule: &Schedule,
        ty: &RecordType,
        grain: Grain,
    ) -> Result<u64, StoreError> {
        let (tree, type_key) = (&self.lists.judge.tree, pack.full_key(ty));
        let mut late = 0;
        for office in self.below {
            let level: Option<Level> = tree.level(*office);
            if !level.is_some_and(|level| schedule.levels.contains(&level)) {
                continue;
            }
            let there = Home { office: *office, ..*self };
            let today: Date = self.lists.world.today_at(*office, self.now_ms);
            let mut period = Period::containing(grain, today);
            while there.deadline_ms(schedule, period) >= self.now_ms {
                period = period.previous();
            }
            if period.first() < schedule.from || !tree.exists(*office, period.last()) {
                continue;
            }
            let found = stored::listed(self.r, periodic_id(&type_key, *office, period))?;
            late += u64::from(!found.is_some_and(|row| row.index.counts));
        }
        Ok(late)
    }
}

/// The actions that approve a record in this state: they lead to a state in which an approval
/// stands.
fn approvals(ty: &TypeOf, state: domain::ids::StateId) -> Vec<String> {
    let workflow = &ty.ty().workflow;
    let approves = |to| workflow.state(to).is_some_and(|state| state.reopens_to.is_some());
    let actions = workflow.actions_from(state).filter(|action| approves(action.to));
    actions.map(|action| action.key.clone()).collect()
}
