//! How each field was filled.

use super::{Event, event::Entry, object::Object, scale::Scale};
use alloc::{string::String, vec::Vec};

/// The values of one field, besides `entry`.
pub static SCALES: [Scale; 5] = [
    Scale { name: "corrections", edges: &[0, 1, 4, 10] },
    Scale { name: "returns", edges: &[0, 1, 3] },
    // Milliseconds from the focus to the first change.
    Scale { name: "delay", edges: &[0, 50, 300, 1000, 3000, 10_000] },
    // Seconds with the focus, and of these with the page out of sight.
    Scale { name: "time", edges: &[0, 1, 3, 10, 30, 120] },
    Scale { name: "hidden", edges: &[0, 1, 10, 60] },
];

/// What `entry` may say.
pub const ENTRIES: [&str; 7] = ["none", "typed", "pasted", "autofilled", "script", "chosen", "mixed"];

/// Fields beyond these are not told of: a page could have any number, and each costs bytes.
const MOST: usize = 24;

#[derive(Default)]
pub(super) struct Fields {
    all: Vec<Field>,
    focused: Option<usize>,
    hidden_since: Option<f64>,
}

#[derive(Default)]
struct Field {
    name: String,
    entry: usize,
    corrections: u32,
    visits: u32,
    delay: Option<f64>,
    time: f64,
    hidden: f64,
    since: f64,
}

impl Fields {
    pub(super) fn name(&mut self, number: usize, name: &str) {
        while self.all.len() <= number && number < MOST {
            self.all.push(Field::default());
        }
        if let Some(field) = self.all.get_mut(number) {
            field.name = String::from(name);
        }
    }

    pub(super) fn observe(&mut self, time: f64, event: Event) {
        match event {
            Event::Focus { field } => {
                self.leave(time);
                if let Some(field) = self.all.get_mut(field) {
                    field.visits += 1;
                    field.since = time;
                }
                self.focused = Some(field);
            }
            Event::Blur => self.leave(time),
            Event::Hide => self.hidden_since = Some(time),
            Event::Show => self.show(time),
            Event::SilentChange { field } => self.enter(field, Entry::Script, time),
            Event::Input { field, entry, .. } => self.enter(field, entry, time),
            _ => {}
        }
    }

    fn enter(&mut self, index: usize, entry: Entry, time: f64) {
        let is_focused = self.focused == Some(index);
        let Some(field) = self.all.get_mut(index) else { return };
        if is_focused {
            field.delay.get_or_insert(time - field.since);
        }
        let way = match entry {
            Entry::Typed | Entry::Composed => 1,
            Entry::Pasted => 2,
            Entry::Autofilled => 3,
            Entry::Script => 4,
            Entry::Chosen => 5,
            Entry::Deleted => {
                field.corrections += 1;
                field.entry
            }
        };
        field.entry = if field.entry == 0 || field.entry == way { way } else { ENTRIES.len() - 1 };
    }

    fn leave(&mut self, time: f64) {
        if self.hidden_since.is_some() {
            self.show(time);
            self.hidden_since = Some(time);
        }
        let focused = self.focused.take();
        if let Some(field) = focused.and_then(|field| self.all.get_mut(field)) {
            field.time += time - field.since;
        }
    }

    fn show(&mut self, time: f64) {
        let Some(since) = self.hidden_since.take() else { return };
        if let Some(field) = self.focused.and_then(|field| self.all.get_mut(field)) {
            field.hidden += time - since.max(field.since);
        }
    }

    pub(super) fn write(&self, json: &mut Vec<u8>, now: f64) {
        let mut object = Object::open(json);
        for (index, field) in self.all.iter().enumerate() {
            if field.name.is_empty() {
                continue;
            }
            let open = if self.focused == Some(index) { now - field.since } else { 0.0 };
            let numbers = [
                f64::from(field.corrections),
                f64::from(field.visits.saturating_sub(1)),
                field.delay.unwrap_or(0.0),
                (field.time + open) / 1000.0,
                field.hidden / 1000.0,
            ];
            let mut values = Object::open(object.member(&field.name));
            values.word("entry", ENTRIES[field.entry]);
            values.buckets(&SCALES, &numbers);
            values.close();
        }
        object.close();
    }
}
