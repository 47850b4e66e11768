//! How likely it is that a program filled in the form, and why.

use super::{Model, Signals, SignalsError, model::probability, rules::RULES};
use serde::Serialize;

/// From this probability on, a form counts as filled in by a program. docs/detection.md says whom it finds.
pub const FLAGGED: f64 = 0.9;

/// What is known before anything is: one form in eight is a program's.
const BASE: f64 = -2.0;

/// A path of fewer moves speaks with half of its weight: on a few, the model is often wrong about people.
const LONG_PATH: u16 = 100;

/// How many reasons a score comes with.
const REASONS: usize = 3;

/// A judgement on the signals of one payload.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Score {
    /// That a program filled in the form: 0 to 1.
    pub probability: f64,
    /// What weighed most, the heaviest first: three, or as many as there are.
    pub reasons: Vec<Reason>,
}

/// One reason of a score.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Reason {
    /// Its stable code.
    pub code: &'static str,
    /// The natural logarithm of the odds by which it speaks for a program; less than nothing for a person.
    pub weight: f64,
    /// The same in words.
    pub words: &'static str,
}

impl Score {
    /// Whether the form counts as filled in by a program.
    #[must_use]
    pub fn is_flagged(&self) -> bool {
        self.probability >= FLAGGED
    }
}

/// Judges what [`Signals::of`] found in a payload.
#[must_use]
pub fn judge(found: &Result<Option<Signals>, SignalsError>) -> Score {
    let (code, weight, words) = match found {
        Ok(Some(signals)) => return automation(signals),
        // Merchants may ask for none, and where WebAssembly is off there are none.
        Ok(None) => ("signals-absent", 1.0, "the payload says nothing of how the form was filled"),
        // A page of another release than the server.
        Err(SignalsError::Version) => {
            ("signals-version", 1.0, "the signals are of a version that this server does not know")
        }
        // Whoever made the payload made it without the module.
        Err(SignalsError::Malformed) => ("signals-malformed", 6.0, "the signals are not what a page sends"),
    };
    score(BASE, vec![Reason { code, weight, words }])
}

/// Judges signals.
#[must_use]
pub fn automation(signals: &Signals) -> Score {
    let rules = RULES.iter().filter(|rule| (rule.holds)(signals));
    let mut reasons: Vec<_> =
        rules.map(|rule| Reason { code: rule.code, weight: rule.weight, words: rule.words }).collect();
    let mut base = BASE;
    if let (Some(values), Ok(model)) = (signals.path(), Model::shipped()) {
        let trust = if signals.number("pointer", "moves") < LONG_PATH { 0.5 } else { 1.0 };
        base += trust * model.base();
        let told = model.reasons(&values);
        reasons.extend(told.map(|reason| Reason { weight: trust * reason.weight, ..reason }));
    }
    score(base, reasons)
}

fn score(base: f64, mut reasons: Vec<Reason>) -> Score {
    let log_odds = base + reasons.iter().map(|reason| reason.weight).sum::<f64>();
    reasons.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()));
    reasons.truncate(REASONS);
    Score { probability: probability(log_odds), reasons }
}
