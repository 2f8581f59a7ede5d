//! Finding an office by what people write: a code, or a name.

use std::collections::BTreeSet;

use thiserror::Error;

use super::name::{self, Kind};
use super::{Level, OfficeAt, Tree, code};
use crate::ids::OfficeId;
use crate::limits;
use crate::period::Date;
use crate::problem::{Problem, ProblemCode};

/// How a text may be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CodeSystem {
    /// As a Kemendagri code, a BPS code or a name: ambiguous if the codes differ.
    #[default]
    Any,
    /// As a Kemendagri code.
    Kemendagri,
    /// As a BPS code.
    Bps,
    /// As a name.
    Name,
}

/// What is known of the office beside the text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lookup {
    /// How to read the text.
    pub system: CodeSystem,
    /// Only this level. Without it, a name without a kind is sought down to regencies.
    pub level: Option<Level>,
    /// Only this office and those below it.
    pub within: Option<OfficeId>,
}

/// As what a text was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reading {
    /// A Kemendagri code.
    Kemendagri,
    /// A BPS code.
    Bps,
    /// A name.
    Name,
}

/// An office that the text may mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The office.
    pub id: OfficeId,
    /// If the text is read as this.
    pub reading: Reading,
    /// Its Kemendagri code.
    pub code: String,
    /// Its name.
    pub name: String,
}

/// Why a text names no office.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LookupError {
    /// Several offices, none of which is guessed.
    #[error("`{text}` may be {}", said(.candidates))]
    Ambiguous {
        /// What was asked.
        text: String,
        /// The offices that it may mean.
        candidates: Vec<Candidate>,
    },
    /// A code that lost digits or its dot in a spreadsheet.
    #[error("`{text}` is a code damaged by a spreadsheet; it may have been {}", said(.suggestions))]
    Damaged {
        /// What was asked.
        text: String,
        /// The offices that it may mean, best first.
        suggestions: Vec<Candidate>,
    },
    /// An office that has this name or code, but not on the date.
    #[error("`{text}` does not exist on {date}: {}", said(.candidates))]
    OtherDate {
        /// What was asked.
        text: String,
        /// For which date.
        date: Date,
        /// The offices of another date.
        candidates: Vec<Candidate>,
    },
    /// No office.
    #[error("no office is called `{text}`{}", like(.near))]
    Unknown {
        /// What was asked.
        text: String,
        /// Offices with names much like it.
        near: Vec<Candidate>,
    },
}

impl LookupError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> ProblemCode {
        match self {
            Self::Ambiguous { .. } => ProblemCode::OfficeAmbiguous,
            Self::Damaged { .. } => ProblemCode::CodeDamaged,
            Self::OtherDate { .. } | Self::Unknown { .. } => ProblemCode::OfficeUnknown,
        }
    }

    /// The offices proposed.
    #[must_use]
    pub fn candidates(&self) -> &[Candidate] {
        match self {
            Self::Ambiguous { candidates, .. }
            | Self::OtherDate { candidates, .. }
            | Self::Damaged { suggestions: candidates, .. }
            | Self::Unknown { near: candidates, .. } => candidates,
        }
    }

    /// The same for a program: what was asked as `text`, what is proposed as `candidates`.
    #[must_use]
    pub fn problem(&self) -> Problem {
        let (Self::Ambiguous { text, .. }
        | Self::Damaged { text, .. }
        | Self::OtherDate { text, .. }
        | Self::Unknown { text, .. }) = self;
        let problem = Problem::new(self.code()).with("text", text);
        problem.with("candidates", said(self.candidates()))
    }
}

/// `94.01 Kabupaten Nabire, 93.01 Kabupaten Merauke (BPS)`.
fn said(candidates: &[Candidate]) -> String {
    let one = |candidate: &Candidate| {
        let system = if candidate.reading == Reading::Bps { " (BPS)" } else { "" };
        format!("{} {}{system}", candidate.code, candidate.name).trim_start().to_owned()
    };
    candidates.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn like(near: &[Candidate]) -> String {
    if near.is_empty() { String::new() } else { format!("; much like it: {}", said(near)) }
}

impl Tree {
    /// The office that a text means on the date: a Kemendagri code with or without dots, a BPS
    /// code, or a name as people write it. `bps:9401`, `kemendagri:94.01` and `id:9301` say which
    /// code is meant; `Bandung, Jawa Barat` says the office above.
    ///
    /// # Errors
    /// Why it means no office, or not one alone.
    pub fn find(&self, text: &str, date: Date) -> Result<OfficeId, LookupError> {
        self.find_with(text, date, &Lookup::default())
    }

    /// [`Tree::find`], with what is known beside the text.
    ///
    /// # Errors
    /// Why it means no office, or not one alone.
    pub fn find_with(
        &self,
        text: &str,
        date: Date,
        lookup: &Lookup,
    ) -> Result<OfficeId, LookupError> {
        let text = text.trim();
        if text.is_empty() || text.len() > limits::OFFICE_QUERY_BYTES_MAX {
            return Err(unknown(text, Vec::new()));
        }
        if let Some((prefix, rest)) = text.split_once(':') {
            let system = match prefix.trim().to_lowercase().as_str() {
                "bps" => CodeSystem::Bps,
                "kemendagri" => CodeSystem::Kemendagri,
                "id" => return self.by_id(text, rest.trim(), date),
                _ => return Err(unknown(text, Vec::new())),
            };
            return self.by_code(rest.trim(), date, &Lookup { system, ..*lookup });
        }
        let numeric = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | ' ');
        match lookup.system {
            CodeSystem::Name => self.by_name(text, date, lookup),
            CodeSystem::Any if !text.chars().all(numeric) => self.by_name(text, date, lookup),
            CodeSystem::Any | CodeSystem::Kemendagri | CodeSystem::Bps => {
                self.by_code(text, date, lookup)
            }
        }
    }

    fn by_id(&self, text: &str, id: &str, date: Date) -> Result<OfficeId, LookupError> {
        let id = id.parse().ok().map(OfficeId).filter(|id| self.exists(*id, date));
        id.ok_or_else(|| unknown(text, Vec::new()))
    }

    fn by_code(&self, text: &str, date: Date, lookup: &Lookup) -> Result<OfficeId, LookupError> {
        let plain: String = text.chars().filter(|c| *c != ' ').collect();
        let mut ever: Vec<(Reading, OfficeId)> = Vec::new();
        if lookup.system != CodeSystem::Bps {
            let dotted = code::level(&plain).map(|_| plain.clone());
            if let Some(code) = dotted.or_else(|| code::dotted(&plain)) {
                ever.extend(self.ever_coded(&code).map(|id| (Reading::Kemendagri, id)));
            }
        }
        if lookup.system != CodeSystem::Kemendagri {
            ever.extend(self.ever_bps(&plain).map(|id| (Reading::Bps, id)));
        }
        let coded = |reading: Reading, office: &OfficeAt<'_>| match reading {
            Reading::Bps => office.bps == Some(plain.as_str()),
            Reading::Kemendagri | Reading::Name => digits(office.code) == digits(&plain),
        };
        let mut now: Vec<Candidate> = Vec::new();
        for (reading, id) in &ever {
            let office = self.at(*id, date).filter(|office| coded(*reading, office));
            let fits = office.is_some_and(|office| self.fits(&office, date, lookup));
            if fits && !now.iter().any(|other| other.id == *id) {
                now.extend(self.candidate(*id, *reading, date));
            }
        }
        if let Some(answer) = one_of(text, now) {
            return answer;
        }
        if !ever.is_empty() {
            let candidates = ever.iter().filter_map(|(r, id)| self.candidate(*id, *r, date));
            let candidates = candidates.collect();
            return Err(LookupError::OtherDate { text: text.to_owned(), date, candidates });
        }
        self.damaged(text, &plain, date, lookup)
    }

    /// The answer to a code that no office ever had.
    fn damaged(
        &self,
        text: &str,
        plain: &str,
        date: Date,
        lookup: &Lookup,
    ) -> Result<OfficeId, LookupError> {
        let mut suggestions: Vec<Candidate> = Vec::new();
        if code::level(plain).is_none() {
            for repair in code::repairs(plain) {
                let here = |id: &OfficeId| self.at(*id, date).is_some_and(|o| o.code == repair);
                let offices = self.ever_coded(&repair).filter(here);
                let offices =
                    offices.filter_map(|id| self.candidate(id, Reading::Kemendagri, date));
                suggestions.extend(offices);
            }
        }
        suggestions.retain(|candidate| {
            self.at(candidate.id, date).is_some_and(|office| self.fits(&office, date, lookup))
        });
        if suggestions.is_empty() {
            return Err(unknown(text, Vec::new()));
        }
        suggestions.truncate(limits::OFFICE_CANDIDATES_MAX);
        Err(LookupError::Damaged { text: text.to_owned(), suggestions })
    }

    fn by_name(&self, text: &str, date: Date, lookup: &Lookup) -> Result<OfficeId, LookupError> {
        if let Some((name, above)) = text.rsplit_once(',') {
            let above = self.by_name(above.trim(), date, &Lookup::default())?;
            if lookup.within.is_some_and(|root| !self.is_within(above, root, date)) {
                return Err(unknown(text, Vec::new()));
            }
            let lookup = Lookup { within: Some(above), ..*lookup };
            return self.by_name(name.trim(), date, &lookup);
        }
        let parts = name::parts(text);
        let tries = [
            (parts.kind, parts.key.clone()),
            (None, parts.whole.clone()),
            (parts.kind, name::short_key(&parts.key)),
        ];
        let mut elsewhen: BTreeSet<OfficeId> = BTreeSet::new();
        for (kind, key) in tries {
            let ever = self.ever_named(&key).filter(|id| self.may_be(*id, kind, lookup));
            let (now, gone): (Vec<OfficeId>, Vec<OfficeId>) =
                ever.partition(|id| self.exists(*id, date));
            elsewhen.extend(gone);
            let here = |id: &OfficeId| {
                self.at(*id, date).is_some_and(|office| self.fits(&office, date, lookup))
            };
            let now: Vec<OfficeId> = now.into_iter().filter(here).collect();
            let current: Vec<OfficeId> =
                now.iter().copied().filter(|id| self.is_called(*id, &key, date)).collect();
            let found = if current.is_empty() { now } else { current };
            let found = found.iter().filter_map(|id| self.candidate(*id, Reading::Name, date));
            if let Some(answer) = one_of(text, found.collect()) {
                return answer;
            }
        }
        if !elsewhen.is_empty() {
            let candidates =
                elsewhen.iter().filter_map(|id| self.candidate(*id, Reading::Name, date));
            let candidates = candidates.take(limits::OFFICE_CANDIDATES_MAX).collect();
            return Err(LookupError::OtherDate { text: text.to_owned(), date, candidates });
        }
        Err(unknown(text, self.near(&parts.key, parts.kind, date, lookup)))
    }

    /// Whether the office's kind and level are those asked for.
    fn may_be(&self, id: OfficeId, kind: Option<Kind>, lookup: &Lookup) -> bool {
        let Some(office) = self.latest(id) else {
            return false;
        };
        match (kind, lookup.level) {
            (_, Some(level)) if office.level != level => false,
            (None, None) => office.level <= Level::Regency,
            (None, Some(_)) => true,
            (Some(kind), _) => name::kind_of(office.level, office.name) == Some(kind),
        }
    }

    fn fits(&self, office: &OfficeAt<'_>, date: Date, lookup: &Lookup) -> bool {
        lookup.level.is_none_or(|level| level == office.level)
            && lookup.within.is_none_or(|root| self.is_within(office.id, root, date))
    }

    fn candidate(&self, id: OfficeId, reading: Reading, date: Date) -> Option<Candidate> {
        let office = self.at(id, date).or_else(|| self.latest(id))?;
        let (code, name) = (office.code.to_owned(), office.name.to_owned());
        Some(Candidate { id, reading, code, name })
    }

    /// Offices whose names are much like the key, nearest first.
    fn near(&self, key: &str, kind: Option<Kind>, date: Date, lookup: &Lookup) -> Vec<Candidate> {
        let most = (key.chars().count() / 4).clamp(1, 3);
        let mut found: Vec<(usize, OfficeId)> = Vec::new();
        for (name, offices) in self.names().filter(|(name, _)| !name::is_short(name)) {
            if let Some(distance) = name::distance(key, name, most) {
                let offices = offices.iter().filter(|id| self.may_be(**id, kind, lookup));
                found.extend(offices.map(|id| (distance, *id)));
            }
        }
        found.sort_unstable();
        let here = |id: &OfficeId| {
            self.at(*id, date).is_some_and(|office| self.fits(&office, date, lookup))
        };
        let ids = found.into_iter().map(|(_, id)| id).filter(here);
        let near = ids.filter_map(|id| self.candidate(id, Reading::Name, date));
        near.take(limits::OFFICE_CANDIDATES_MAX).collect()
    }
}

/// The one office, or that there are several; nothing if there is none.
fn one_of(text: &str, mut candidates: Vec<Candidate>) -> Option<Result<OfficeId, LookupError>> {
    match candidates.as_slice() {
        [] => None,
        [one] => Some(Ok(one.id)),
        _ => {
            candidates.truncate(limits::OFFICE_CANDIDATES_MAX);
            Some(Err(LookupError::Ambiguous { text: text.to_owned(), candidates }))
        }
    }
}

fn unknown(text: &str, near: Vec<Candidate>) -> LookupError {
    let text = text.chars().take(limits::OFFICE_QUERY_BYTES_MAX).collect();
    LookupError::Unknown { text, near }
}

fn digits(code: &str) -> String {
    code.chars().filter(char::is_ascii_digit).collect()
}
