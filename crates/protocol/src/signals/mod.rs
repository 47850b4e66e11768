//! How the form was filled, in coarse numbers: events go in, buckets come out, and no series of anything is kept for long.
//!
//! What each value means, and what it is for, is in `docs/signals.json`. A group is a file: its scales, what it counts, its
//! numbers. All arithmetic is `+ - * /` and square roots, so that browser, server and training get the same bits.

pub mod automation;
pub mod device;
mod event;
pub mod field;
pub mod integrity;
pub mod keys;
mod object;
pub mod path;
pub mod pointer;
mod scale;
pub mod session;

pub use event::{Entry, Event, Place, Tool};
pub use scale::Scale;

use crate::browser::BrowserFacts;
use alloc::vec::Vec;
use object::Object;
use path::{Motion, Path, Step};

/// How much is collected; each tier includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Tier {
    /// Nothing at all: the payload has no signals.
    #[default]
    None,
    /// Whether the events hang together, and the 3-D Secure data where they are asked for.
    Essential,
    /// How the form was filled.
    Behaviour,
    /// On what kind of device.
    Device,
}

impl Tier {
    /// Its name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Essential => "essential",
            Self::Behaviour => "behaviour",
            Self::Device => "device",
        }
    }
}

/// The groups of numbers on the wire, each with its tier. `field` stands for each member of `fields`.
pub static GROUPS: [(&str, Tier, &[Scale]); 8] = [
    ("integrity", Tier::Essential, &integrity::SCALES),
    ("field", Tier::Behaviour, &field::SCALES),
    ("keys", Tier::Behaviour, &keys::SCALES),
    ("pointer", Tier::Behaviour, &pointer::SCALES),
    ("path", Tier::Behaviour, &path::SCALES),
    ("session", Tier::Behaviour, &session::SCALES),
    ("automation", Tier::Device, &automation::SCALES),
    ("device", Tier::Device, &device::SCALES),
];

/// What the page says of itself, once.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "as the page says them")]
pub struct Facts<'a> {
    /// How much to collect.
    pub tier: Tier,
    /// The merchant chose the tier, rather than the default.
    pub is_chosen: bool,
    /// `navigator.globalPrivacyControl`
    pub has_gpc: bool,
    /// 3-D Secure data is asked for.
    pub has_3ds: bool,
    /// `navigator.webdriver`
    pub is_webdriver: bool,
    /// The user agent or the client hints speak of a headless browser.
    pub is_headless: bool,
    /// The two contradict each other.
    pub has_hints_mismatch: bool,
    /// One of [`device::BROWSERS`].
    pub browser_family: &'a str,
    /// One of [`device::SYSTEMS`].
    pub system: &'a str,
    /// `(any-hover: hover)` matches.
    pub can_hover: bool,
    /// `navigator.maxTouchPoints`
    pub touch_points: i32,
    /// `innerWidth`
    pub width: i32,
    /// What 3-D Secure asks for, some of which other groups read too.
    pub browser: BrowserFacts<'a>,
}

/// The collector of one form.
#[derive(Default)]
pub struct Signals {
    /// How much is collected from now on, and told.
    pub tier: Tier,
    integrity: integrity::Integrity,
    fields: field::Fields,
    keys: keys::Keys,
    pointer: pointer::Pointer,
    path: Path,
    session: session::Session,
}

impl Signals {
    /// Says which field a number stands for in events, by its name as [`FieldName`](crate::FieldName) has it. Numbers are small; a
    /// field without a name is not told of.
    pub fn name_field(&mut self, number: usize, name: &str) {
        self.fields.name(number, name);
    }

    /// Takes what happened, at a time in milliseconds since any fixed moment.
    pub fn observe(&mut self, time: f64, event: Event) {
        self.integrity.observe(time, event);
        if self.tier < Tier::Behaviour {
            return;
        }
        self.fields.observe(time, event);
        self.keys.observe(time, event);
        self.pointer.observe(event);
        self.session.observe(time, event);
        let (x, y, step) = match event {
            Event::Move { x, y, .. } => (x, y, Step::Move),
            Event::Down { x, y, .. } => (x, y, Step::Down),
            Event::Up { x, y } => (x, y, Step::Up),
            _ => return,
        };
        self.path.observe(Motion { time, x, y, step });
    }

    /// The claim `signals`: a JSON object of what the tier allows; nothing for [`Tier::None`].
    ///
    /// `now` is on the clock of the events.
    #[must_use]
    pub fn to_json(&self, facts: &Facts, now: f64) -> Vec<u8> {
        let mut json = Vec::new();
        if self.tier == Tier::None {
            return json;
        }
        let mut object = Object::open(&mut json);
        object.number("v", 1);
        object.word("tier", self.tier.name());
        object.word("choice", if facts.is_chosen { "merchant" } else { "default" });
        object.number("gpc", i32::from(facts.has_gpc));
        object.group("integrity", &integrity::SCALES, &self.integrity.numbers());
        if facts.has_3ds {
            facts.browser.push_json(object.member("browser"));
        }
        if self.tier >= Tier::Behaviour {
            self.write_behaviour(&mut object, now);
        }
        if self.tier >= Tier::Device {
            object.group(
                "automation",
                &automation::SCALES,
                &automation::numbers(facts, self.pointer.has_mouse()),
            );
            let mut group = Object::open(object.member("device"));
            device::write(&mut group, facts);
            group.close();
        }
        object.close();
        json
    }

    fn write_behaviour(&self, object: &mut Object, now: f64) {
        self.fields.write(object.member("fields"), now);
        object.group("keys", &keys::SCALES, &self.keys.numbers());
        let mut group = Object::open(object.member("pointer"));
        group.word("tool", self.pointer.tool());
        group.buckets(&pointer::SCALES, &self.pointer.numbers());
        group.close();
        if let Some(numbers) = self.path.numbers() {
            object.group("path", &path::SCALES, &numbers);
        }
        object.group("session", &session::SCALES, &self.session.numbers(now));
    }
}
