//! EMV 3-D Secure browser data: what the page says of its browser, as an authentication request may say it.
//!
//! Names, types and lengths are those of the EMV 3-D Secure Protocol and Core Functions Specification 2.2.0, table A.1. What a browser
//! says often is not within them: a color depth of 30 is real, and so is a language of ten characters. A 3DS Server refuses
//! the whole request for one such value, so each is brought within bounds here, and nothing that a page says is an error.
//! `browserAcceptHeader` and `browserIP` are not the page's to know: the server adds them.

use crate::claims::{push_signed, push_text};
use alloc::vec::Vec;
use core::ops::RangeInclusive;

/// The values of `browserColorDepth`, in bits per pixel, the largest first.
pub const COLOR_DEPTHS: [i32; 8] = [48, 32, 24, 16, 15, 8, 4, 1];

/// The most that `browserScreenHeight` and `browserScreenWidth` can say in their six digits, in pixels.
pub const MAX_SCREEN: i32 = 999_999;

/// The values of `browserTZ`: minutes from local time to UTC. No place keeps a time ahead of UTC+14 or behind UTC-12.
pub const TIME_ZONES: RangeInclusive<i32> = -840..=720;

/// The longest `browserLanguage`, in characters.
pub const MAX_LANGUAGE: usize = 8;

/// The longest `browserUserAgent` and `browserAcceptHeader`. EMV counts characters; who counts bytes or UTF-16 code units of as many
/// bytes finds no more.
pub const MAX_HEADER: usize = 2048;

/// What a page says of its browser, right or wrong.
#[derive(Default)]
pub struct BrowserFacts<'a> {
    /// `navigator.javaEnabled()`.
    pub java_enabled: bool,
    /// `navigator.language`, a BCP 47 tag.
    pub language: &'a str,
    /// `screen.colorDepth`, in bits per pixel.
    pub color_depth: i32,
    /// `screen.height`, in pixels.
    pub screen_height: i32,
    /// `screen.width`, in pixels.
    pub screen_width: i32,
    /// `new Date().getTimezoneOffset()`, in minutes: negative east of Greenwich.
    pub time_zone: i32,
    /// `navigator.userAgent`.
    pub user_agent: &'a str,
}

impl BrowserFacts<'_> {
    /// Appends the facts as a JSON object that a 3DS Server takes, but for the two members that the server adds.
    pub fn push_json(&self, json: &mut Vec<u8>) {
        json.extend_from_slice(b"{\"browserJavaEnabled\":");
        json.extend_from_slice(if self.java_enabled { b"true" } else { b"false" });
        json.extend_from_slice(b",\"browserJavascriptEnabled\":true,\"browserLanguage\":\"");
        push_language(json, self.language);
        let color_depth = COLOR_DEPTHS.into_iter().find(|&depth| depth <= self.color_depth);
        for (start, number) in [
            // CSSOM View §4.3: what does not know the depth, or does not want to tell it, says 24.
            (&b"\",\"browserColorDepth\":\""[..], color_depth.unwrap_or(24)),
            (b"\",\"browserScreenHeight\":\"", self.screen_height.clamp(0, MAX_SCREEN)),
            (b"\",\"browserScreenWidth\":\"", self.screen_width.clamp(0, MAX_SCREEN)),
            (b"\",\"browserTZ\":\"", self.time_zone.clamp(*TIME_ZONES.start(), *TIME_ZONES.end())),
        ] {
            json.extend_from_slice(start);
            push_signed(json, number);
        }
        json.extend_from_slice(b"\",\"browserUserAgent\":");
        let user_agent = &self.user_agent[..self.user_agent.floor_char_boundary(MAX_HEADER)];
        // A required element that is empty is missing.
        push_text(json, if user_agent.is_empty() { "unknown" } else { user_agent });
        json.push(b'}');
    }
}

/// A tag of at most eight characters: as many subtags as fit, and none that says nothing by itself (RFC 4647 §3.4); `und`, which is
/// BCP 47's own word for it, where no language is left.
///
/// A subtag with a character that no tag has ends the tag: better no region than a made-up one. An underscore is the hyphen of
/// those who know POSIX better than BCP 47.
fn push_language(json: &mut Vec<u8>, tag: &str) {
    let start = json.len();
    let mut end = start;
    for subtag in tag.as_bytes().split(|byte| matches!(byte, b'-' | b'_')) {
        let is_first = json.len() == start;
        if !is_first {
            json.push(b'-');
        }
        json.extend_from_slice(subtag);
        let is_subtag =
            subtag.iter().all(if is_first { u8::is_ascii_alphabetic } else { u8::is_ascii_alphanumeric });
        if subtag.is_empty() || !is_subtag || json.len() - start > MAX_LANGUAGE {
            break;
        }
        // A single letter or digit is but the start of an extension or of a private use.
        if subtag.len() > 1 {
            end = json.len();
        }
    }
    json.truncate(end);
    if end == start {
        json.extend_from_slice(b"und");
    }
}
