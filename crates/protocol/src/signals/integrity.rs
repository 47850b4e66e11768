//! Whether the events of the page hang together, as those of a browser that a person uses do.

use super::{Event, Tool, event::Entry, scale::Scale};

/// The values.
pub static SCALES: [Scale; 10] = [
    Scale { name: "scriptedInput", edges: &[0, 1, 5, 20] },
    Scale { name: "scriptedAction", edges: &[0, 1, 5, 20] },
    Scale { name: "silentChange", edges: &[0, 1, 3, 8] },
    Scale { name: "keylessInput", edges: &[0, 1, 3, 10, 30] },
    Scale { name: "pressWithoutMove", edges: &[0, 1, 3, 10] },
    Scale { name: "instantPress", edges: &[0, 1, 3, 10] },
    Scale { name: "weightlessPress", edges: &[0, 1, 3, 10] },
    Scale { name: "causelessFocus", edges: &[0, 1, 3, 10] },
    Scale { name: "badTimeStep", edges: &[0, 1, 5, 20] },
    Scale { name: "noAction", edges: &[0, 1] },
];

/// So far, in CSS pixels, may a press be from where the pointer was last seen: pointers have fractions, and hands tremble.
const NEAR: f64 = 4.0;

/// A focus belongs to the press or the Tab key of the last so many milliseconds.
const CAUSE: f64 = 1000.0;

#[derive(Default)]
pub(super) struct Integrity {
    scripted_input: u32,
    scripted_action: u32,
    silent_change: u32,
    keyless_input: u32,
    press_without_move: u32,
    instant_press: u32,
    weightless_press: u32,
    causeless_focus: u32,
    bad_time_step: u32,
    acted: bool,
    has_key: bool,
    pointer: Option<(f64, f64)>,
    over: Option<f64>,
    cause: Option<f64>,
    moved: Option<f64>,
    key: Option<f64>,
}

impl Integrity {
    pub(super) fn observe(&mut self, time: f64, event: Event) {
        match event {
            Event::Move { x, y, .. } => {
                self.bad_time_step +=
                    u32::from(self.moved.replace(time).is_some_and(|before| time <= before));
                self.pointer = Some((x, y));
            }
            Event::Over => self.over = Some(time),
            Event::Down { x, y, tool, is_weightless } => {
                let is_near = |(a, b): (f64, f64)| (x - a).abs() <= NEAR && (y - b).abs() <= NEAR;
                let is_near = self.pointer.is_some_and(is_near);
                let is_instant = self.over == Some(time);
                if tool == Tool::Mouse {
                    self.press_without_move += u32::from(!is_near);
                    self.instant_press += u32::from(is_instant);
                    // What clicks for assistive technology weighs nothing either, but it comes from nowhere.
                    self.weightless_press += u32::from(is_weightless && (is_near || is_instant));
                }
                if !is_weightless {
                    self.pointer = Some((x, y));
                }
                self.act(time);
            }
            Event::KeyDown { .. } => {
                self.bad_time_step +=
                    u32::from(self.key.replace(time).is_some_and(|before| time <= before));
                self.has_key = true;
                self.acted = true;
            }
            Event::Press => {
                self.has_key = true;
                self.act(time);
            }
            Event::Up { .. } | Event::Click => self.act(time),
            Event::Focus { .. } => {
                self.causeless_focus += u32::from(self.cause.is_none_or(|cause| time - cause > CAUSE));
            }
            Event::Input { entry: Entry::Typed | Entry::Deleted, .. } => {
                self.keyless_input += u32::from(!self.has_key);
                self.has_key = false;
            }
            Event::Input { entry: Entry::Script, .. } => self.scripted_input += 1,
            Event::SilentChange { .. } => self.silent_change += 1,
            Event::Scripted => self.scripted_action += 1,
            _ => {}
        }
    }

    fn act(&mut self, time: f64) {
        self.acted = true;
        self.cause = Some(time);
    }

    pub(super) fn numbers(&self) -> [f64; SCALES.len()] {
        [
            self.scripted_input,
            self.scripted_action,
            self.silent_change,
            self.keyless_input,
            self.press_without_move,
            self.instant_press,
            self.weightless_press,
            self.causeless_focus,
            self.bad_time_step,
            u32::from(!self.acted),
        ]
        .map(f64::from)
    }
}
