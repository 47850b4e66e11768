//! What hangs together when a person fills in a form, and does not when a program does.
//!
//! Weights are natural logarithms of odds. They are set by judgement, from what programs and people leave behind in real browsers
//! (docs/detection.md), not fitted: there is no public data to fit them to. No single one reaches
//! [`FLAGGED`](super::FLAGGED), but for what no person can do.

use super::Signals;

/// One observation, and how much it speaks for a program; less than nothing for a person.
pub(super) struct Rule {
    pub(super) code: &'static str,
    pub(super) weight: f64,
    pub(super) words: &'static str,
    pub(super) holds: fn(&Signals) -> bool,
}

/// Keys enough to speak of a rhythm.
const MANY_KEYS: u16 = 10;

pub(super) const RULES: [Rule; 24] = [
    Rule {
        code: "no-action",
        weight: 5.0,
        words: "fields were filled, and nobody pressed a key or a pointer",
        holds: |signals| signals.number("integrity", "noAction") > 0,
    },
    Rule {
        code: "webdriver",
        weight: 3.0,
        words: "the browser says that a program drives it",
        holds: |signals| signals.number("automation", "webdriver") > 0,
    },
    Rule {
        code: "headless",
        weight: 3.0,
        words: "the browser says that it has no window",
        holds: |signals| signals.number("automation", "headless") > 0,
    },
    Rule {
        code: "hints-mismatch",
        weight: 2.0,
        words: "the browser's user agent and its client hints name different systems",
        holds: |signals| signals.number("automation", "hintsMismatch") > 0,
    },
    Rule {
        code: "hover-mismatch",
        weight: 1.5,
        words: "a mouse moved on a device that says that it has none",
        holds: |signals| signals.number("automation", "hoverMismatch") > 0,
    },
    Rule {
        code: "scripted-action",
        weight: 1.0,
        words: "a script made events of keys or clicks, as password managers do too",
        holds: |signals| signals.number("integrity", "scriptedAction") > 0,
    },
    Rule {
        code: "script-filled",
        weight: 1.0,
        words: "a script filled in fields, as password managers do too",
        holds: |signals| signals.number("integrity", "scriptedInput") > 0,
    },
    Rule {
        code: "silent-change",
        weight: 1.0,
        words: "fields changed and no event told of it",
        holds: |signals| signals.number("integrity", "silentChange") > 0,
    },
    Rule {
        code: "keyless-input",
        weight: 2.0,
        words: "text came in without keys, as by dictation or by a debugger",
        holds: |signals| signals.number("integrity", "keylessInput") >= 3 && signals.tool != "touch",
    },
    Rule {
        code: "press-without-move",
        weight: 1.0,
        words: "the mouse pressed where it had not been, as assistive technology does too",
        holds: |signals| signals.number("integrity", "pressWithoutMove") > 0,
    },
    Rule {
        code: "instant-press",
        weight: 1.0,
        words: "the mouse came and pressed at the same instant",
        holds: |signals| signals.number("integrity", "instantPress") > 0,
    },
    Rule {
        code: "weightless-press",
        weight: 2.5,
        words: "the mouse button went down without pressure, as under a debugger",
        holds: |signals| signals.number("integrity", "weightlessPress") > 0,
    },
    Rule {
        code: "typed-by-program",
        weight: 3.0,
        words: "keys came as from a machine, into fields that nobody had gone to",
        holds: |signals| signals.number("integrity", "causelessFocus") >= 3 && is_machine_typed(signals),
    },
    Rule {
        code: "quick-and-even",
        weight: 2.0,
        words: "keys came quickly and almost evenly, into fields that nobody had gone to",
        holds: |signals| {
            signals.number("integrity", "causelessFocus") >= 3
                && has_rhythm(signals)
                && !is_machine_typed(signals)
                && signals.number("keys", "flightSpread") <= 15
                && signals.number("keys", "flightMedian") < 100
        },
    },
    Rule {
        code: "keys-without-dwell",
        weight: 1.5,
        words: "keys were let go as soon as they were pressed",
        holds: is_without_dwell,
    },
    Rule {
        code: "keys-without-flight",
        weight: 1.5,
        words: "keys followed one another faster than fingers can",
        holds: is_without_flight,
    },
    Rule { code: "even-flight", weight: 3.0, words: "the keys came as evenly as a clock", holds: is_even },
    Rule {
        code: "even-dwell",
        weight: 1.5,
        words: "every key was down for the same time",
        holds: |signals| {
            has_rhythm(signals)
                && signals.number("keys", "dwellHigh") > 0
                && signals.number("keys", "dwellSpread") <= 5
        },
    },
    Rule {
        code: "hurried",
        weight: 2.5,
        words: "fields were typed in less time than typing takes",
        // Of keys that a program sends for a person, the rules above have said enough.
        holds: |signals| {
            signals.number("session", "timeToSubmit") < 3
                && signals.count("typed") >= 3
                && !is_machine_typed(signals)
        },
    },
    Rule {
        code: "still-pointer",
        weight: 1.0,
        words: "the mouse pressed several times and hardly moved",
        holds: |signals| {
            signals.number("pointer", "presses") >= 3
                && signals.number("pointer", "moves") < 10
                && signals.tool == "mouse"
        },
    },
    Rule {
        code: "rollover",
        weight: -0.5,
        words: "a key went down before the last was up, as under fingers",
        holds: |signals| signals.number("keys", "rolloverShare") > 0,
    },
    Rule {
        code: "correction",
        weight: -0.5,
        words: "something was corrected",
        holds: |signals| signals.fields.values().any(|field| field.number("corrections") > 0),
    },
    Rule {
        code: "touch",
        weight: -0.5,
        words: "fingers pressed",
        holds: |signals| signals.tool == "touch",
    },
    Rule {
        code: "autofilled",
        weight: -0.5,
        words: "the browser filled in fields that it knew",
        holds: |signals| signals.count("autofilled") > 0,
    },
];

/// Keys enough, and of a kind that has a rhythm.
fn has_rhythm(signals: &Signals) -> bool {
    signals.number("keys", "count") >= MANY_KEYS && signals.tool != "touch"
}

fn is_without_dwell(signals: &Signals) -> bool {
    has_rhythm(signals)
        && signals.number("keys", "dwellHigh") == 0
        && signals.number("keys", "dwellSpread") > 0
}

fn is_without_flight(signals: &Signals) -> bool {
    has_rhythm(signals) && signals.number("keys", "flightMedian") == 0
}

fn is_even(signals: &Signals) -> bool {
    has_rhythm(signals) && signals.number("keys", "flightSpread") <= 5
}

fn is_machine_typed(signals: &Signals) -> bool {
    is_without_dwell(signals) || is_without_flight(signals) || is_even(signals)
}

#[cfg(test)]
mod tests {
    use super::RULES;

    #[test]
    fn every_reason_is_in_the_docs() {
        let page = include_str!("../../../../docs/detection.md");
        for rule in &RULES {
            let sign = if rule.weight > 0.0 { "+" } else { "" };
            let row = format!("| `{}` | {sign}{:.1} | {} |", rule.code, rule.weight, rule.words);
            assert!(page.contains(&row), "docs/detection.md has no {row}");
        }
    }
}
