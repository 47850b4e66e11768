//! The path model's reasons: each value by a code, and in words.

use super::{Model, Reason};
use tillseal_protocol::signals::path::SCALES;

/// For each of [`SCALES`] its code, what it says of a program, and what of a person.
const WORDS: [(&str, &str, &str); SCALES.len()] = [
    (
        "path-stalls",
        "the pointer stood still for moments in the middle of its movements",
        "the pointer moved on without standing still",
    ),
    (
        "path-even",
        "the pointer's events came at intervals that programs keep",
        "the pointer's events came at intervals that devices keep",
    ),
    (
        "path-repeats",
        "the pointer's intervals repeated as those of programs do",
        "the pointer's intervals repeated as those of devices do",
    ),
    (
        "path-spread",
        "the pointer's intervals varied as those of programs do",
        "the pointer's intervals varied as those of devices do",
    ),
    (
        "path-way",
        "longer intervals of the pointer did not hold longer ways",
        "longer intervals of the pointer held longer ways, as under a hand",
    ),
    (
        "path-slope",
        "the pointer's ways did not grow with its intervals",
        "the pointer's ways grew with its intervals, as under a hand",
    ),
    (
        "path-speed",
        "the pointer's speed changed as that of programs does",
        "the pointer's speed changed as that of a hand does",
    ),
    ("path-corners", "the pointer turned sharply at speed", "the pointer did not turn sharply at speed"),
];

impl Model {
    /// What each value speaks for.
    pub(super) fn reasons(&self, values: &[u16; SCALES.len()]) -> impl Iterator<Item = Reason> {
        let contributions = self.contributions(values);
        WORDS.into_iter().zip(contributions).map(|((code, program, person), weight)| {
            let words = if weight > 0.0 { program } else { person };
            Reason { code, weight, words }
        })
    }
}
