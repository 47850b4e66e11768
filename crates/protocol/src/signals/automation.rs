//! Whether the browser says that a program drives it, or contradicts itself. Each is a hint and none a verdict.

use super::{Facts, scale::Scale};

/// The values.
pub static SCALES: [Scale; 4] = [
    Scale { name: "webdriver", edges: &[0, 1] },
    Scale { name: "headless", edges: &[0, 1] },
    Scale { name: "hintsMismatch", edges: &[0, 1] },
    Scale { name: "hoverMismatch", edges: &[0, 1] },
];

/// `has_mouse`: a mouse was there.
pub(super) fn numbers(facts: &Facts, has_mouse: bool) -> [f64; SCALES.len()] {
    [facts.is_webdriver, facts.is_headless, facts.has_hints_mismatch, has_mouse && !facts.can_hover]
        .map(|is_so| f64::from(u8::from(is_so)))
}
