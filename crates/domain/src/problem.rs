//! The one list of stable codes. Clients translate codes, never English text.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

macro_rules! problems {
    ($($(#[$doc:meta])* $variant:ident = $code:literal,)*) => {
        /// A stable code, such as `form.required`. Never renamed, never reused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ProblemCode {
            $($(#[$doc])* $variant,)*
        }

        impl ProblemCode {
            /// All codes, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The code as text.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)*
                }
            }
        }
    };
}

problems! {
    /// The body isn't the JSON that is asked for.
    BodyInvalid = "body.invalid",
    /// The body is larger than its limit.
    BodyTooLarge = "body.too_large",
    /// Nobody is signed in.
    NotSignedIn = "session.none",
    /// Wrong name or password.
    WrongCredentials = "session.wrong_credentials",
    /// Too many tries; wait.
    TooManyTries = "session.too_many_tries",
    /// The request's origin isn't this site.
    ForeignOrigin = "session.foreign_origin",
    /// No policy allows it.
    Denied = "policy.denied",
    /// There is no such thing, or the person may not know.
    NotFound = "not_found",
    /// No pack has this type.
    UnknownType = "pack.unknown_type",
    /// The pack's version isn't later than the one that is published.
    PackVersion = "pack.version",
    /// The pack's policies are wrong.
    PackPolicy = "pack.policy",
    /// The pack's bytes are no pack, or are over a limit.
    PackInvalid = "pack.invalid",
    /// Somebody has this name already.
    NameTaken = "person.name_taken",
    /// The name is empty, too long, or has characters that a name can't have.
    NameInvalid = "person.name",
    /// The password is too short or too long.
    PasswordInvalid = "person.password",
    /// No pack knows the role.
    RoleUnknown = "person.role_unknown",
    /// The type has no such field.
    UnknownField = "form.unknown_field",
    /// A required field has no answer.
    Required = "form.required",
    /// The value isn't of the field's kind.
    WrongKind = "form.wrong_kind",
    /// The number is below the least.
    BelowMin = "form.below_min",
    /// The number is above the greatest.
    AboveMax = "form.above_max",
    /// More digits after the point than the field has.
    TooPrecise = "form.too_precise",
    /// The text is too long.
    TooLong = "form.too_long",
    /// The field has no such choice.
    UnknownChoice = "form.unknown_choice",
    /// "Not applicable" is no answer here.
    NotApplicableNotAllowed = "form.not_applicable_not_allowed",
    /// "Missing" is no answer here.
    MissingNotAllowed = "form.missing_not_allowed",
    /// "Missing" needs a reason.
    MissingNeedsReason = "form.missing_needs_reason",
    /// A field that isn't relevant has an answer.
    NotRelevant = "form.not_relevant",
    /// A computed field was sent.
    ComputedSent = "form.computed_sent",
    /// No such office, or not of the wanted level at the date.
    WrongOffice = "form.wrong_office",
    /// No such record, or not of the wanted type or state.
    WrongRecord = "form.wrong_record",
    /// A periodic report needs its period.
    PeriodNeeded = "form.period_needed",
    /// The period isn't of the type's grain, or hasn't begun.
    WrongPeriod = "form.wrong_period",
    /// An event needs a record id, a periodic report must have none.
    RecordIdWrong = "form.record_id",
    /// Too many rows or cells.
    TooMany = "form.too_many",
    /// Two rows of a group have one row number, or a row has none.
    RowNumber = "form.row_number",
    /// A rule isn't met.
    RuleBroken = "form.rule_broken",
    /// A warning isn't confirmed.
    RuleUnconfirmed = "form.rule_unconfirmed",
    /// The file wasn't uploaded by this person, or isn't as it is described.
    FileUnknown = "form.file_unknown",
    /// A record with this id exists already.
    RecordExists = "record.exists",
    /// The record can't be changed in its state.
    NotEditable = "workflow.not_editable",
    /// The workflow has no such action from this state.
    WrongState = "workflow.wrong_state",
    /// The content changed since it was read.
    ContentChanged = "workflow.content_changed",
    /// The action needs a reason.
    ReasonNeeded = "workflow.reason_needed",
    /// The action's condition isn't met.
    GuardFalse = "workflow.guard",
    /// The action doesn't return cells, or a cell named isn't in the record.
    CannotReturn = "workflow.cannot_return",
    /// A submission with this key was for something else.
    SubmissionReused = "submission.reused",
    /// The operation's bytes are not well formed.
    OpMalformed = "op.malformed",
    /// The operation is larger than its limit.
    OpTooLarge = "op.too_large",
    /// The operation's signature or chain doesn't hold.
    OpForged = "op.forged",
    /// The operation or its stream is beyond what its writer may say or the node may have.
    OpOutOfScope = "op.out_of_scope",
    /// Another operation of the same writer stands at this place: proof of a fork.
    OpFork = "op.fork",
    /// The writer is revoked before this operation.
    OpRevoked = "op.revoked",
    /// No standing authority has certified the key.
    SyncUnknownWriter = "sync.unknown_writer",
    /// The node above answers with a key that is unknown here, or ended: it was set up anew.
    SyncParentUnknown = "sync.parent_unknown",
    /// This node's key is used on another machine too.
    KeyTwice = "sync.key_twice",
    /// The key is revoked.
    SyncRevoked = "sync.revoked",
    /// The peer did not prove that it holds its key on this connection.
    SyncProof = "sync.proof",
    /// Another office answers than the one that was dialled.
    SyncOtherOffice = "sync.other_office",
    /// This node has no authority over keys of that office.
    NoAuthority = "enrol.no_authority",
    /// Nobody was given this code.
    DeviceCodeWrong = "device.code_wrong",
    /// The code's time is over.
    DeviceCodeExpired = "device.code_expired",
    /// The code was used.
    DeviceCodeUsed = "device.code_used",
    /// The key didn't prove that it agrees.
    DeviceProof = "device.proof",
    /// The key is no device of whoever is signed in.
    DeviceNotYours = "device.not_yours",
    /// The person has too many devices.
    DeviceTooMany = "device.too_many",
    /// The device's lease isn't this node's.
    DeviceLeaseForged = "device.lease_forged",
    /// The operation was sealed at a time at which the device's lease didn't hold.
    DeviceLeaseEnded = "device.lease_ended",
    /// The device's streams here stand elsewhere than it thinks: it begins new ones.
    DeviceBeginAgain = "device.begin_again",
    /// The two programs are too far apart: the older one must be updated.
    SyncVersion = "sync.version",
    /// The file is no bundle.
    BundleInvalid = "bundle.invalid",
    /// The bundle was changed on its way, or isn't whole.
    BundleDamaged = "bundle.damaged",
    /// The bundle is for another node.
    BundleForAnother = "bundle.for_another",
    /// No certified node has the office, or sent the bundle.
    BundleNoNode = "bundle.no_node",
    /// No such file of a bundle was made here.
    BundleNotMade = "bundle.not_made",
    /// The bundle is larger than its limit.
    BundleTooLarge = "bundle.too_large",
    /// The node is busy; try again.
    Busy = "node.busy",
    /// The node's storage failed.
    Storage = "node.storage",
    /// The file is larger than its limit.
    BlobTooLarge = "blob.too_large",
    /// The file is of no kind that is taken, or damaged.
    BlobKind = "blob.kind",
    /// The person uploaded too much that no record names.
    BlobTooManyUnnamed = "blob.too_many_unnamed",
    /// The node has no room for files.
    BlobFull = "blob.full",
    /// The file is still on its way.
    BlobNotHere = "blob.not_here",
    /// The query names something that doesn't exist.
    QueryUnknown = "query.unknown",
    /// The query is malformed.
    QueryInvalid = "query.invalid",
    /// The query would answer more cells than the limit.
    QueryTooLarge = "query.too_large",
    /// The mapping file is wrong.
    MappingInvalid = "import.mapping",
    /// The file can't be read as CSV or XLSX.
    FileInvalid = "import.file",
    /// The row's columns can't be read.
    RowInvalid = "import.row",
    /// The mapping leaves the row out, for the reason that it gives.
    RowLeftOut = "import.left_out",
    /// No rule of the mapping is for this row.
    NoRule = "import.no_rule",
    /// More records than one export may hold.
    ExportTooLarge = "export.too_large",
    /// A code seems damaged by a spreadsheet.
    CodeDamaged = "office.code_damaged",
    /// A name or code fits several offices.
    OfficeAmbiguous = "office.ambiguous",
    /// No office has this name or code at the date.
    OfficeUnknown = "office.unknown",
    /// The place lies outside the tree.
    OutsideTree = "office.outside_tree",
}

/// One thing that is wrong, for a program: a code, where, and the values that a sentence needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// [`ProblemCode::as_str`].
    pub code: String,
    /// Where: a field's key or `group[row].field`; a file and line; a column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Values for the sentence, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, String>,
}

impl Problem {
    /// A problem of the whole.
    #[must_use]
    pub fn new(code: ProblemCode) -> Self {
        Self { code: code.as_str().to_owned(), at: None, values: BTreeMap::new() }
    }

    /// The same, with its place.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.at = Some(place.into());
        self
    }

    /// The same, with a value for its sentence.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "numbers and borrowed texts come alike")]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.values.insert(name.to_owned(), value.to_string());
        self
    }
}
