//! What pointed, and how often. How it moved is in [`super::path`].

use super::{Event, Tool, scale::Scale};

/// The values, besides `tool`.
pub static SCALES: [Scale; 2] = [
    Scale { name: "moves", edges: &[0, 1, 10, 30, 100, 300] },
    Scale { name: "presses", edges: &[0, 1, 3, 10] },
];

/// What `tool` may say.
pub const TOOLS: [&str; 4] = ["none", "mouse", "touch", "both"];

#[derive(Default)]
pub(super) struct Pointer {
    moves: u32,
    presses: u32,
    tools: usize,
}

impl Pointer {
    pub(super) fn observe(&mut self, event: Event) {
        match event {
            Event::Move { .. } => self.moves += 1,
            Event::Down { tool, .. } => {
                self.presses += 1;
                self.tools |= if tool == Tool::Mouse { 1 } else { 2 };
            }
            _ => {}
        }
    }

    pub(super) fn tool(&self) -> &'static str {
        TOOLS[self.tools]
    }

    /// Whether a mouse was there, pressed or not.
    pub(super) fn has_mouse(&self) -> bool {
        self.tools & 1 != 0 || (self.tools == 0 && self.moves > 0)
    }

    pub(super) fn numbers(&self) -> [f64; SCALES.len()] {
        [f64::from(self.moves), f64::from(self.presses)]
    }
}
