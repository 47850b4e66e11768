//! How likely it is that a program filled in the form, and why.

use super::{Model, Signals, SignalsError, model::probability, rules::RULES};
use serde::Serialize;
use tillseal_protocol::Claims;

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

/// Judges a payload by its claim `signals`.
#[must_use]
pub fn judge(claims: &Claims) -> Score {
    match claims.signals.as_deref().map(|claim| Signals::parse(claim.get())) {
        None => automation(None),
        Some(Ok(signals)) => automation(Some(&signals)),
        Some(Err(error)) => unread(error),
    }
}

/// Judges signals, if there are any.
#[must_use]
pub fn automation(signals: Option<&Signals>) -> Score {
    let Some(signals) = signals else {
        // Merchants may ask for none, and where WebAssembly is off there are none.
        let words = "the payload says nothing of how the form was filled";
        return score(BASE, vec![Reason { code: "signals-absent", weight: 1.0, words }]);
    };
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

/// Judges a claim that cannot be read.
#[must_use]
pub fn unread(error: SignalsError) -> Score {
    let reason = match error {
        // A page of another release than the server.
        SignalsError::Version => Reason {
            code: "signals-version",
            weight: 1.0,
            words: "the signals are of a version that this server does not know",
        },
        // Whoever made the payload made it without the module.
        SignalsError::Malformed => Reason {
            code: "signals-malformed",
            weight: 6.0,
            words: "the signals are not what a page sends",
        },
    };
    score(BASE, vec![reason])
}

fn score(base: f64, mut reasons: Vec<Reason>) -> Score {
    let log_odds = base + reasons.iter().map(|reason| reason.weight).sum::<f64>();
    reasons.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()));
    reasons.truncate(REASONS);
    Score { probability: probability(log_odds), reasons }
}
