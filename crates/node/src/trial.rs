//! Judging the beginning of a record: by hand, by an import, or sealed by a device.

use std::collections::BTreeMap;

use domain::form::{self, FormContext, RawForm, RefInfo, ValidForm};
use domain::ids::{RecordId, SubmissionId};
use domain::op::Create;
use domain::pack::{FieldKind, Kind};
use domain::permit::Permit;
use domain::problem::{Problem, ProblemCode};
use store::{Reader, StoreError, records};

use crate::actor::Actor;
use crate::blobs;
use crate::packs::TypeOf;
use crate::policy::{Action, Denied, Judge, Resource};
use crate::submit::{Purpose, SubmitError};
use crate::world::World;

/// Judging a creation from what is stored, without writing.
pub(crate) struct Trial<'a> {
    pub(crate) r: &'a Reader<'a>,
    pub(crate) world: &'a World,
    pub(crate) judge: &'a Judge,
    pub(crate) now_ms: u64,
}

impl Trial<'_> {
    /// What a person sent, judged by the pack as it is now.
    pub(crate) fn create(
        &self,
        by: &Actor,
        purpose: Purpose,
        raw: &RawForm,
    ) -> Result<(Permit, TypeOf, ValidForm), SubmitError> {
        let ty = self.world.packs.by_key(&raw.type_key).ok_or_else(|| unknown_type(raw))?;
        self.judged(by, purpose, raw, ty)
    }

    /// What a device sealed, judged as the form that it was, by the pack that it was sealed with:
    /// nothing enters by a key that would not enter by hand.
    pub(crate) fn sealed(
        &self,
        by: &Actor,
        submission: SubmissionId,
        create: &Create,
    ) -> Result<TypeOf, SubmitError> {
        let ty = self.world.packs.by_ref(&create.type_ref).ok_or_else(|| {
            let named = &create.type_ref;
            let problem = Problem::new(ProblemCode::UnknownType).at("type");
            SubmitError::Invalid(problem.with("type", &named.pack).into())
        })?;
        let raw = RawForm {
            type_key: ty.key(),
            submission,
            record: matches!(ty.ty().kind, Kind::Event).then_some(create.record),
            office: create.office,
            period: create.period.map(|period| period.to_string()),
            fields: form::to_json(ty.ty(), &create.cells),
            // The device showed every warning before it sealed.
            confirmed: ty.ty().rules.iter().map(|rule| rule.key.clone()).collect(),
        };
        let (_, ty, form) = self.judged(by, Purpose::Entry, &raw, ty)?;
        if form.into_create() == *create {
            Ok(ty)
        } else {
            Err(SubmitError::Invalid(Problem::new(ProblemCode::OpMalformed).into()))
        }
    }

    fn judged(
        &self,
        by: &Actor,
        purpose: Purpose,
        raw: &RawForm,
        ty: TypeOf,
    ) -> Result<(Permit, TypeOf, ValidForm), SubmitError> {
        let resource = Resource::new_record(&ty.pack, ty.ty()).ok_or_else(|| unknown_type(raw))?;
        let ask = |action| self.judge.authorise(by, action, "", &resource, raw.office);
        let permit = match purpose {
            Purpose::Entry => ask(Action::Create)?,
            Purpose::Import => ask(Action::Create).or_else(|Denied| ask(Action::Import))?,
        };
        let refs = refs(self.r, &ty, &raw.fields)?;
        let today = self.world.today_at(raw.office, self.now_ms);
        let context = FormContext { today, refs: &refs, tree: &self.world.tree };
        let form = form::parse(raw, &ty.pack, &context)?;
        let who = (self.world, self.judge, by);
        if let Some(problem) = blobs::wrong_file(self.r, who, ty.ty(), form.cells())? {
            return Err(SubmitError::Invalid(problem.into()));
        }
        if records::get(self.r, form.record())?.is_some() {
            return Err(SubmitError::Exists(form.record()));
        }
        Ok((permit, ty, form))
    }
}

/// The records that a form's fields name, where they exist. That a record exists tells nothing
/// more than the id that the person already has.
pub(crate) fn refs(
    r: &Reader<'_>,
    ty: &TypeOf,
    fields: &serde_json::Map<String, serde_json::Value>,
) -> Result<BTreeMap<RecordId, RefInfo>, StoreError> {
    let mut refs = BTreeMap::new();
    for id in named_records(ty, fields) {
        if let Some(found) = records::listed(r, id)? {
            let index = found.index;
            let (type_key, state) = (index.type_key, index.state_key);
            refs.insert(id, RefInfo { type_key, state, office: index.office });
        }
    }
    Ok(refs)
}

fn unknown_type(raw: &RawForm) -> SubmitError {
    let problem = Problem::new(ProblemCode::UnknownType).at("type");
    SubmitError::Invalid(problem.with("type", &raw.type_key).into())
}

/// The record ids in fields, and fields of rows, that refer to records.
fn named_records(
    ty: &TypeOf,
    fields: &serde_json::Map<String, serde_json::Value>,
) -> Vec<RecordId> {
    let ty = ty.ty();
    let mut ids = Vec::new();
    for field in ty.fields.iter().filter(|f| matches!(f.kind, FieldKind::Record(..))) {
        let group = field.group.and_then(|group| ty.field(group));
        let answers: Vec<&serde_json::Value> = match group {
            None => fields.get(&field.key).into_iter().collect(),
            Some(group) => {
                let rows = fields.get(&group.key).and_then(|rows| rows.as_array());
                rows.into_iter().flatten().filter_map(|row| row.get(&field.key)).collect()
            }
        };
        ids.extend(answers.iter().filter_map(|json| json.as_str()?.parse::<RecordId>().ok()));
    }
    ids
}
