//! What the page's listeners hand over, as events: five numbers each.

use crate::checkout::Parts;
use tillseal_protocol::browser::BrowserFacts;
use tillseal_protocol::signals::{Entry, Event, Facts, Place, Tier, Tool};

/// The event of a number of `pkg/src/listen.js`; none for one that is not there.
pub(crate) fn event(kind: u32, a: f64, b: f64, c: f64) -> Option<Event> {
    let is_so = c > 0.0;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, and NaN is 0")]
    let (first, second) = (a as usize, b as usize);
    Some(match kind {
        0 => Event::Move { x: a, y: b },
        1 => Event::Over,
        2 => Event::Down {
            x: a,
            y: b,
            tool: if is_so { Tool::Touch } else { Tool::Mouse },
            is_weightless: c < 0.0,
        },
        3 => Event::Up { x: a, y: b },
        4 => Event::Click,
        5 => Event::KeyDown { is_rollover: is_so },
        6 => Event::KeyUp { dwell: a },
        7 => Event::Input { field: first, entry: entry(second), place: place(c) },
        8 => Event::SilentChange { field: first },
        9 => Event::Focus { field: first },
        10 => Event::Blur,
        11 => Event::Hide,
        12 => Event::Show,
        13 => Event::Away,
        14 => Event::Scroll,
        15 => Event::Turn,
        16 => Event::Scripted,
        17 => Event::Press,
        _ => return None,
    })
}

fn entry(number: usize) -> Entry {
    match number {
        0 => Entry::Typed,
        1 => Entry::Composed,
        2 => Entry::Deleted,
        3 => Entry::Pasted,
        4 => Entry::Autofilled,
        5 => Entry::Chosen,
        _ => Entry::Script,
    }
}

fn place(number: f64) -> Place {
    if number > 1.0 {
        Place::GroupStart
    } else if number > 0.0 {
        Place::Within
    } else {
        Place::Elsewhere
    }
}

/// What the page says of itself; `is_so` are the bits of `pkg/src/facts.js`.
pub(crate) fn facts<'a>(parts: &mut Parts<'a>, tier: u32, is_so: u32, numbers: [i32; 6]) -> Facts<'a> {
    let [touch_points, width, time_zone, color_depth, screen_height, screen_width] = numbers;
    let is_so = |bit: u32| is_so >> bit & 1 != 0;
    Facts {
        tier: match tier {
            1 => Tier::Essential,
            2 => Tier::Behaviour,
            3 => Tier::Device,
            _ => Tier::None,
        },
        is_chosen: is_so(0),
        has_gpc: is_so(1),
        has_3ds: is_so(2),
        is_webdriver: is_so(3),
        is_headless: is_so(4),
        has_hints_mismatch: is_so(5),
        can_hover: is_so(6),
        touch_points,
        width,
        browser_family: parts.next(),
        system: parts.next(),
        browser: BrowserFacts {
            java_enabled: is_so(7),
            language: parts.next(),
            user_agent: parts.next(),
            time_zone,
            color_depth,
            screen_height,
            screen_width,
        },
    }
}
