//! EMV 3-D Secure browser data on the server: what the page sealed, and what only the request can tell.
//!
//! Names, types and lengths are those of the EMV 3-D Secure Protocol and Core Functions Specification 2.2.0, table A.1.

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error as _, MapAccess, Visitor, value::MapAccessDeserializer},
};
use std::{
    fmt::{self, Display},
    net::{IpAddr, Ipv6Addr},
};
use tillseal_protocol::browser::{COLOR_DEPTHS, MAX_HEADER, MAX_LANGUAGE, MAX_SCREEN, TIME_ZONES};

/// The half of the browser data that a page knows, as `signals.browser` of a payload holds it.
///
/// Having one is proof that a 3DS Server will not refuse it for its form. Read from anything else, it is an error that names the
/// member. It is what the page said, which is not always so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
// The derived functions become the type's own, for the traits below to call.
#[serde(remote = "Self", deny_unknown_fields)]
pub struct BrowserData {
    #[serde(rename = "browserJavaEnabled", deserialize_with = "java_enabled")]
    java_enabled: bool,
    #[serde(rename = "browserJavascriptEnabled", deserialize_with = "javascript_enabled")]
    javascript_enabled: bool,
    #[serde(rename = "browserLanguage", deserialize_with = "language")]
    language: String,
    #[serde(rename = "browserColorDepth", deserialize_with = "color_depth", serialize_with = "as_text")]
    color_depth: i32,
    #[serde(
        rename = "browserScreenHeight",
        deserialize_with = "screen_height",
        serialize_with = "as_text"
    )]
    screen_height: i32,
    #[serde(rename = "browserScreenWidth", deserialize_with = "screen_width", serialize_with = "as_text")]
    screen_width: i32,
    #[serde(rename = "browserTZ", deserialize_with = "time_zone", serialize_with = "as_text")]
    time_zone: i32,
    #[serde(rename = "browserUserAgent", deserialize_with = "user_agent")]
    user_agent: String,
}

/// All of the browser data: it serializes to the members that an authentication request (`AReq`) takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CompleteBrowserData {
    #[serde(rename = "browserAcceptHeader")]
    accept_header: String,
    #[serde(rename = "browserIP")]
    ip: String,
    #[serde(flatten)]
    page: BrowserData,
}

impl BrowserData {
    /// `browserLanguage`: a BCP 47 tag of at most eight characters, `und` where the browser told none.
    #[must_use]
    pub fn language(&self) -> &str {
        &self.language
    }

    /// `browserTZ`: minutes from the shopper's local time to UTC, negative east of Greenwich.
    #[must_use]
    pub fn time_zone(&self) -> i32 {
        self.time_zone
    }

    /// `browserUserAgent`, at most 2,048 bytes of it, `unknown` where the browser told none.
    #[must_use]
    pub fn user_agent(&self) -> &str {
        &self.user_agent
    }

    /// Adds what the shopper's request says: its `Accept` header, empty if it had none, and the address that it came from.
    ///
    /// Both must be those of the request that the shopper's browser sent to the shop, not of one that the shop sends on.
    #[must_use]
    pub fn complete(self, accept_header: &str, ip: IpAddr) -> CompleteBrowserData {
        let mut accept_header = accept_header[..accept_header.floor_char_boundary(MAX_HEADER)].trim();
        if accept_header.is_empty() {
            // RFC 9110 §12.5.1: who sends no Accept takes any media type.
            accept_header = "*/*";
        }
        CompleteBrowserData { accept_header: accept_header.to_owned(), ip: ip_text(ip), page: self }
    }
}

impl Serialize for BrowserData {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for BrowserData {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// An object, and not an array of its members in order, which serde would take as well.
        struct ObjectVisitor;

        impl<'de> Visitor<'de> for ObjectVisitor {
            type Value = BrowserData;

            fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
                formatter.write_str("an object of EMV 3-D Secure browser data")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<BrowserData, A::Error> {
                BrowserData::deserialize(MapAccessDeserializer::new(map))
            }
        }

        deserializer.deserialize_map(ObjectVisitor)
    }
}

/// An IPv4 address in decimals with dots; an IPv6 address as eight groups of four hexadecimal digits, none of them left out, because
/// EMV knows no `::`.
fn ip_text(ip: IpAddr) -> String {
    // A socket for both kinds shows an IPv4 address as an IPv6 one.
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => Ipv6Addr::segments(&ip).map(|group| format!("{group:04x}")).join(":"),
    }
}

fn java_enabled<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    member(deserializer, "browserJavaEnabled must be true or false", Some)
}

fn javascript_enabled<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    member(deserializer, "browserJavascriptEnabled must be true or false", Some)
}

fn language<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let wrong = "browserLanguage must be a BCP 47 tag of 1 to 8 characters";
    member(deserializer, wrong, |tag: String| is_language(&tag).then_some(tag))
}

fn color_depth<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i32, D::Error> {
    let wrong = "browserColorDepth must be one of the texts 1, 4, 8, 15, 16, 24, 32, 48";
    number(deserializer, wrong, |depth| COLOR_DEPTHS.contains(&depth))
}

fn screen_height<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i32, D::Error> {
    number(deserializer, "browserScreenHeight must be a text of 1 to 6 digits", is_screen)
}

fn screen_width<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i32, D::Error> {
    number(deserializer, "browserScreenWidth must be a text of 1 to 6 digits", is_screen)
}

fn time_zone<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i32, D::Error> {
    let wrong = "browserTZ must be a text of minutes from -840 to 720";
    number(deserializer, wrong, |minutes| TIME_ZONES.contains(&minutes))
}

fn user_agent<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let wrong = "browserUserAgent must be a text of 1 to 2048 bytes";
    member(deserializer, wrong, |text: String| (1..=MAX_HEADER).contains(&text.len()).then_some(text))
}

/// A number in a text, written in the one way in which our own module writes it.
fn number<'de, D: Deserializer<'de>>(
    deserializer: D,
    wrong: &'static str,
    is_allowed: impl FnOnce(i32) -> bool,
) -> Result<i32, D::Error> {
    member(deserializer, wrong, |text: String| {
        let number = text.parse().ok().filter(|&number| is_allowed(number))?;
        (number.to_string() == text).then_some(number)
    })
}

/// A member whose error names it, which serde's own does not, and does not repeat what was sent.
fn member<'de, D, T, U>(
    deserializer: D,
    wrong: &'static str,
    parse: impl FnOnce(T) -> Option<U>,
) -> Result<U, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).ok().and_then(parse).ok_or_else(|| D::Error::custom(wrong))
}

/// RFC 4647 §2.1: letters, then letters and digits, at most eight of them between two hyphens.
fn is_language(tag: &str) -> bool {
    let mut subtags = tag.as_bytes().split(|&byte| byte == b'-');
    tag.len() <= MAX_LANGUAGE
        && subtags.clone().all(|subtag| !subtag.is_empty() && subtag.iter().all(u8::is_ascii_alphanumeric))
        && subtags.next().is_some_and(|primary| primary.iter().all(u8::is_ascii_alphabetic))
}

fn is_screen(pixels: i32) -> bool {
    (0..=MAX_SCREEN).contains(&pixels)
}

fn as_text<S: Serializer>(number: &impl Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(number)
}
