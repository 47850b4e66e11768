//! The form as a whole.

use super::{Event, scale::Scale};

/// The values.
pub static SCALES: [Scale; 5] = [
    // Seconds from the first touch of a field to the submit.
    Scale { name: "timeToSubmit", edges: &[0, 1, 3, 10, 30, 60, 180, 600] },
    Scale { name: "departures", edges: &[0, 1, 3, 10] },
    // How often the focus went back to a field further up.
    Scale { name: "backwardSteps", edges: &[0, 1, 3] },
    Scale { name: "scrolls", edges: &[0, 1, 5, 20] },
    Scale { name: "turns", edges: &[0, 1] },
];

#[derive(Default)]
pub(super) struct Session {
    started: Option<f64>,
    departures: u32,
    is_away: bool,
    backward_steps: u32,
    scrolls: u32,
    turns: u32,
    field: usize,
}

impl Session {
    pub(super) fn observe(&mut self, time: f64, event: Event) {
        match event {
            Event::Focus { field } => {
                self.started.get_or_insert(time);
                self.backward_steps += u32::from(field < self.field);
                self.field = field;
            }
            Event::Input { .. } | Event::SilentChange { .. } => {
                self.started.get_or_insert(time);
            }
            // A window that hides loses the focus besides.
            Event::Hide | Event::Away => {
                self.departures += u32::from(!self.is_away);
                self.is_away = true;
            }
            Event::Show | Event::KeyDown { .. } | Event::Down { .. } => self.is_away = false,
            Event::Scroll => self.scrolls += 1,
            Event::Turn => self.turns += 1,
            _ => {}
        }
    }

    pub(super) fn numbers(&self, now: f64) -> [f64; SCALES.len()] {
        let counts = [self.departures, self.backward_steps, self.scrolls, self.turns].map(f64::from);
        let seconds = self.started.map_or(0.0, |started| (now - started) / 1000.0);
        [seconds, counts[0], counts[1], counts[2], counts[3]]
    }
}
