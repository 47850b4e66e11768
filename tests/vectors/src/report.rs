//! What the vectors showed, countable: a suite that ran nothing is as bad as one that failed.

use serde::Serialize;

/// All suites of one run.
#[derive(Debug, Serialize)]
pub struct Report {
    /// In the order in which they ran.
    pub suites: Vec<Suite>,
}

/// The vectors of one standard or one file.
#[derive(Debug, Serialize)]
pub struct Suite {
    /// What it is called in the report.
    pub name: &'static str,
    /// Vectors that our code took, with the result that the vector names.
    pub accepted: usize,
    /// Vectors that our code refused, as it must or may.
    pub rejected: usize,
    /// Vectors that were not run.
    pub skipped: Vec<Skipped>,
    /// One line for each vector that went wrong.
    pub failures: Vec<String>,
    /// Whether the suite holds vectors that must be refused.
    #[serde(skip)]
    expects_rejections: bool,
}

/// Vectors that were not run, and why.
#[derive(Debug, Serialize)]
pub struct Skipped {
    /// Why they say nothing about our code.
    pub reason: &'static str,
    /// How many they are.
    pub count: usize,
}

impl Report {
    /// Whether no vector went wrong and every suite ran something of each kind that it holds.
    #[must_use]
    pub fn is_good(&self) -> bool {
        !self.suites.is_empty() && self.suites.iter().all(Suite::is_good)
    }

    /// The report as one JSON object: `good` and the suites.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::json!({ "good": self.is_good(), "suites": self.suites }).to_string()
    }
}

#[expect(clippy::needless_pass_by_value, reason = "callers hand over results that they just made")]
impl Suite {
    /// A suite all of whose vectors must be accepted.
    pub(crate) fn accepting(name: &'static str) -> Self {
        let (skipped, failures) = (Vec::new(), Vec::new());
        Self { name, accepted: 0, rejected: 0, skipped, failures, expects_rejections: false }
    }

    /// A suite that also holds vectors that must be refused.
    pub(crate) fn accepting_and_rejecting(name: &'static str) -> Self {
        Self { expects_rejections: true, ..Self::accepting(name) }
    }

    /// Whether no vector went wrong and some of each kind that the suite holds were run.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.failures.is_empty() && self.accepted > 0 && (self.rejected > 0 || !self.expects_rejections)
    }

    /// Counts a vector that must be accepted with the result `expected`.
    pub(crate) fn expect_accepted<T: PartialEq>(&mut self, vector: &str, actual: Option<T>, expected: T) {
        match actual {
            Some(actual) if actual == expected => self.accepted += 1,
            Some(_) => self.failures.push(format!("{vector}: another result")),
            None => self.failures.push(format!("{vector}: refused")),
        }
    }

    /// Counts a vector that must be refused.
    pub(crate) fn expect_rejected<T>(&mut self, vector: &str, actual: Option<T>) {
        match actual {
            None => self.rejected += 1,
            Some(_) => self.failures.push(format!("{vector}: accepted")),
        }
    }

    /// Counts a vector that may be refused but, if taken, must give the result `expected`.
    pub(crate) fn expect_either<T: PartialEq>(&mut self, vector: &str, actual: Option<T>, expected: T) {
        match actual {
            None => self.rejected += 1,
            some => self.expect_accepted(vector, some, expected),
        }
    }

    /// Counts a vector that is not run.
    pub(crate) fn skip(&mut self, reason: &'static str) {
        match self.skipped.iter_mut().find(|skipped| skipped.reason == reason) {
            Some(skipped) => skipped.count += 1,
            None => self.skipped.push(Skipped { reason, count: 1 }),
        }
    }
}
