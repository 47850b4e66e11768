//! What kind of browser and device it is, as coarse as a help desk would ask.

use super::{Facts, object::Object, scale::Scale};

/// The values, besides the words and `timeZone`.
pub static SCALES: [Scale; 2] = [
    Scale { name: "touchPoints", edges: &[0, 1, 2] },
    // The width of the page's window in CSS pixels.
    Scale { name: "viewport", edges: &[0, 480, 768, 1024, 1440, 1920] },
];

/// What `browser` may say.
pub const BROWSERS: [&str; 7] = ["other", "firefox", "fxios", "chrome", "crios", "edgios", "safari"];

/// What `system` may say.
pub const SYSTEMS: [&str; 8] = ["other", "android", "iphone", "ipad", "windows", "mac", "cros", "linux"];

/// `timeZone`: whole hours east of UTC, between these.
pub const TIME_ZONES: [i32; 2] = [-12, 14];

pub(super) fn write(object: &mut Object, facts: &Facts) {
    object.word("browser", facts.browser_family);
    object.word("system", facts.system);
    object.buckets(&SCALES, &[facts.touch_points, facts.width].map(f64::from));
    // getTimezoneOffset counts minutes west of UTC.
    let minutes = -facts.browser.time_zone.clamp(-60 * TIME_ZONES[1], -60 * TIME_ZONES[0]);
    object.number("timeZone", minutes.div_euclid(60));
    object.word("language", language(facts.browser.language));
}

/// The first subtag of BCP 47: two or three letters, `und` for anything else.
fn language(tag: &str) -> &str {
    let length = tag.bytes().position(|byte| !byte.is_ascii_lowercase()).unwrap_or(tag.len());
    match length {
        2 | 3 => &tag[..length],
        _ => "und",
    }
}
