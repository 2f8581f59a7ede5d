//! All that is wrong with a form.

use std::fmt;

use crate::problem::Problem;

/// Problems told of one form: beyond these the sender has enough to do.
const PROBLEMS_MAX: usize = 200;

/// All that is wrong with a form, each with its place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FormErrors {
    problems: Vec<Problem>,
}

impl FormErrors {
    /// The problems, in the order of the form.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The problems, given away.
    #[must_use]
    pub fn into_problems(self) -> Vec<Problem> {
        self.problems
    }

    pub(super) fn add(&mut self, problem: Problem) {
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(problem);
        }
    }

    /// A required answer isn't there, or a rule isn't met. A place that is wrong has its own problem
    /// already: one is enough.
    pub(super) fn add_first(&mut self, problem: Problem) {
        let place = problem.at.is_some();
        if !place || self.problems.iter().all(|told| told.at != problem.at) {
            self.add(problem);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.problems.is_empty()
    }
}

impl From<Problem> for FormErrors {
    fn from(problem: Problem) -> Self {
        Self { problems: vec![problem] }
    }
}

impl From<FormErrors> for Vec<Problem> {
    fn from(errors: FormErrors) -> Self {
        errors.problems
    }
}

impl fmt::Display for FormErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the form has {} problems:", self.problems.len())?;
        for problem in &self.problems {
            write!(f, " {} at {};", problem.code, problem.at.as_deref().unwrap_or("the whole"))?;
        }
        Ok(())
    }
}

impl std::error::Error for FormErrors {}
