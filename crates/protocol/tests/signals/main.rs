//! The signals through the crate's public face, and the manifest that says what they are.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::float_cmp, reason = "the arithmetic is the same to the bit on every machine")]

mod collector;
mod manifest;
mod path;

use serde_json::Value;
use std::iter;
use tillseal_protocol::signals::{Entry, Event, Facts, GROUPS, Place, Scale, Signals, Tier, Tool};

/// A collector of so much, of a form whose fields have these names.
fn collector(tier: Tier, names: &[&str]) -> Signals {
    let mut signals = Signals::default();
    signals.tier = tier;
    for (number, name) in names.iter().enumerate() {
        signals.name_field(number, name);
    }
    signals
}

/// The claim, as the JSON that it must be.
fn read(signals: &Signals, facts: &Facts, now: f64) -> Value {
    let json = signals.to_json(facts, now);
    serde_json::from_slice(&json)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&json)))
}

/// The claim of these events in a form of three fields, closed at this time.
fn claim(tier: Tier, events: &[(f64, Event)], now: f64) -> Value {
    let mut signals = collector(tier, &["cc-number", "cc-exp", "cc-csc"]);
    for (time, event) in events {
        signals.observe(*time, *event);
    }
    read(&signals, &Facts { tier, ..Facts::default() }, now)
}

/// The scales of a group; those of each field are called `field`.
fn scales(group: &str) -> &'static [Scale] {
    GROUPS.iter().find(|(name, ..)| *name == group).unwrap().2
}

/// Fails for a number of a group that is no edge of a scale, or that is 0 and yet told.
fn assert_edges(group: &str, values: &Value) {
    for (name, value) in values.as_object().unwrap() {
        let Some(number) = value.as_i64().filter(|_| name != "timeZone") else { continue };
        let scale = scales(group).iter().find(|scale| scale.name == name);
        let edges = scale.unwrap_or_else(|| panic!("{group}.{name} has no scale")).edges;
        assert!(
            number != 0 && edges.iter().any(|edge| i64::from(*edge) == number),
            "{group}.{name} {number}"
        );
    }
}

/// Fails for a claim whose numbers are not edges.
fn assert_only_edges(claim: &Value) {
    for (group, ..) in &GROUPS {
        if let Some(values) = claim.get(group) {
            assert_edges(group, values);
        }
    }
    for field in
        claim.get("fields").and_then(Value::as_object).into_iter().flat_map(|fields| fields.values())
    {
        assert_edges("field", field);
    }
}

fn mouse(x: f64, y: f64) -> Event {
    Event::Down { x, y, tool: Tool::Mouse, is_weightless: false }
}

fn touch(x: f64, y: f64) -> Event {
    Event::Down { x, y, tool: Tool::Touch, is_weightless: false }
}

fn moved(x: f64, y: f64) -> Event {
    Event::Move { x, y }
}

fn key() -> Event {
    Event::KeyDown { is_rollover: false }
}

fn input(field: usize, entry: Entry) -> Event {
    Event::Input { field, entry, place: Place::Elsewhere }
}

/// So many of one event, a second apart.
fn times(count: usize, event: Event) -> Vec<(f64, Event)> {
    iter::successors(Some(1000.0), |time| Some(time + 1000.0))
        .take(count)
        .map(|time| (time, event))
        .collect()
}

/// A field that has no name.
const NOBODY: usize = 99;

/// The same form, filled in every way at once until each value stands at its highest edge, and how it says so.
struct Worst {
    signals: Signals,
    now: f64,
}

impl Worst {
    /// The sealed fields of the demo shop.
    const FIELDS: [&str; 13] = [
        "email",
        "tel",
        "shipping name",
        "shipping address-line1",
        "shipping postal-code",
        "shipping address-level2",
        "shipping country",
        "courier-note",
        "cc-number",
        "cc-type",
        "cc-exp",
        "cc-csc",
        "cc-name",
    ];

    fn new() -> Self {
        let mut worst = Self { signals: collector(Tier::Device, &Self::FIELDS), now: 1000.0 };
        worst.integrity();
        worst.keys();
        worst.fields();
        worst.pointer();
        worst
    }

    fn after(&mut self, milliseconds: f64, event: Event) {
        self.now += milliseconds;
        self.signals.observe(self.now, event);
    }

    fn integrity(&mut self) {
        for _ in 0..30 {
            self.after(1.0, Event::Scripted);
            self.after(1.0, Event::Over);
            let press = Event::Down { x: self.now, y: 0.0, tool: Tool::Mouse, is_weightless: true };
            self.after(0.0, press);
            self.after(0.0, moved(0.0, 0.0));
            self.after(0.0, moved(0.0, 0.0));
            self.after(2000.0, Event::Focus { field: NOBODY });
            self.after(1.0, Event::SilentChange { field: NOBODY });
            self.after(1.0, input(NOBODY, Entry::Script));
            self.after(1.0, input(NOBODY, Entry::Typed));
        }
    }

    fn keys(&mut self) {
        self.after(1.0, Event::Focus { field: NOBODY });
        for number in 0..120 {
            let is_slow = number % 20 > 8;
            self.after(if is_slow { 4999.0 } else { 1.0 }, Event::KeyDown { is_rollover: is_slow });
            let place = if is_slow { Place::GroupStart } else { Place::Within };
            self.after(0.0, Event::Input { field: NOBODY, entry: Entry::Typed, place });
            self.after(0.0, Event::KeyUp { dwell: if is_slow { 999.0 } else { 1.0 } });
        }
    }

    fn fields(&mut self) {
        for field in 0..Self::FIELDS.len() {
            for _ in 0..4 {
                self.after(1.0, Event::Focus { field });
                self.after(10_000.0, input(field, Entry::Autofilled));
                for _ in 0..10 {
                    self.after(1.0, input(field, Entry::Deleted));
                }
                self.after(1.0, Event::Hide);
                self.after(60_000.0, Event::Show);
                self.after(1.0, Event::Focus { field: 0 });
            }
        }
    }

    fn pointer(&mut self) {
        for _ in 0..400 {
            self.after(1.0, moved(self.now, 0.0));
            self.after(1.0, touch(0.0, 0.0));
            self.after(1.0, Event::Scroll);
            self.after(1.0, Event::Turn);
        }
    }
}
