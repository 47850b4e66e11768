//! What a payload says: one UTF-8 JSON object, padded with spaces so that its length tells little.

use crate::{FieldName, FieldSet, base64url, json};
use alloc::{boxed::Box, string::String, vec::Vec};
use core::fmt;
use serde::{
    Deserialize,
    de::{Deserializer, Error as _, MapAccess, Visitor},
};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

/// The longest plaintext, in bytes, padding included: a form of [`MAX_FORM`](crate::MAX_FORM) bytes, each of which JSON may write
/// as six, always fits beside the signals.
pub const MAX_PLAINTEXT: usize = 64 * 1024;

/// Padding goes up to a multiple of this many bytes …
const PADDING_STEP: usize = 256;
/// … and to this many at least.
const PADDING_LEAST: usize = 512;

/// The one version of the payload that there is.
const VERSION: u8 = 1;

/// The unique id of a payload: 128 random bits, 22 characters of base64url.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Jti(String);

impl Jti {
    /// Makes the id of 16 random bytes.
    #[must_use]
    pub fn from_random(bytes: [u8; 16]) -> Self {
        Self(base64url::encode(&bytes))
    }

    /// The 22 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The 16 bytes.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 16] {
        let bytes = base64url::decode(&self.0).unwrap_or_default();
        // No other text becomes a `Jti`.
        bytes.try_into().unwrap_or_default()
    }

    /// Takes the canonical base64url of 16 bytes.
    #[must_use]
    pub fn parse(text: String) -> Option<Self> {
        let bytes = base64url::decode(&text)?;
        (bytes.len() == 16).then_some(Self(text))
    }
}

/// What surrounds the fields of a payload; the same in every part of it.
pub struct Context<'a> {
    /// The payload's unique id.
    pub jti: Jti,
    /// When it was sealed, by the shopper's clock: seconds since 1970-01-01 UTC.
    pub iat: u64,
    /// The origin of the page, as `window.location.origin` gives it.
    pub origin: &'a str,
    /// The signed checkout session, a compact JWS, as the server issued it; empty where there is none.
    pub session: &'a str,
    /// How the form was filled, as [`Signals::to_json`](crate::signals::Signals::to_json) writes it; empty where nothing is told.
    /// It goes to who may read everything, or `signals`.
    pub signals: &'a [u8],
}

/// The named values of a payload, in the order of the form.
///
/// Neither `Clone`, `Debug` nor `Serialize`: a value leaves through [`Fields::get`] or
/// [`Claims::to_json`] alone.
#[derive(Default)]
pub struct Fields(Vec<(FieldName, Zeroizing<String>)>);

/// What an opened payload says.
#[derive(Deserialize)]
#[expect(clippy::manual_non_exhaustive, reason = "the field makes serde ask for a version that is known")]
pub struct Claims {
    #[serde(rename = "v", deserialize_with = "version")]
    _version: (),
    /// The payload's unique id; a server accepts it once.
    #[serde(deserialize_with = "jti")]
    pub jti: Jti,
    /// When it was sealed, by the shopper's clock: seconds since 1970-01-01 UTC.
    pub iat: u64,
    /// The origin of the page that sealed it.
    pub origin: String,
    /// The signed checkout session under which it was sealed: a compact JWS, not verified yet.
    #[serde(default)]
    pub session: Option<String>,
    /// What was typed.
    pub fields: Fields,
    /// How the form was filled: a JSON object, as it came.
    #[serde(default)]
    pub signals: Option<Box<RawValue>>,
}

/// The decrypted bytes are not the claims of a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the opened payload does not hold the claims of version 1")]
pub struct ClaimsError;

impl Fields {
    /// The value of a field, by its name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(field, _)| *field == name).map(|(_, value)| value)
    }

    /// Names and values, in the order of the form.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &FieldName> {
        self.0.iter().map(|(name, _)| name)
    }

    pub(crate) fn readable_by(&self, set: &FieldSet) -> impl Iterator<Item = (&str, &str)> {
        let readable = self.0.iter().filter(|(name, _)| set.contains(name));
        readable.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub(crate) fn push(&mut self, name: FieldName, value: Zeroizing<String>) {
        self.0.push((name, value));
    }
}

impl Claims {
    /// Reads a plaintext; the padding is white space to JSON. Claims that later versions add are passed over.
    ///
    /// # Errors
    /// [`ClaimsError`]: not such an object, another version, a field name twice.
    pub fn from_plaintext(plaintext: &[u8]) -> Result<Self, ClaimsError> {
        json::from_slice(plaintext).map_err(|_| ClaimsError)
    }

    /// The claims as a JSON object, without padding.
    #[must_use]
    pub fn to_json(&self) -> Zeroizing<Vec<u8>> {
        let signals = self.signals.as_deref().map_or("", RawValue::get).as_bytes();
        let session = self.session.as_deref().unwrap_or("");
        let context =
            Context { jti: self.jti.clone(), iat: self.iat, origin: &self.origin, session, signals };
        write(&context, || self.fields.iter())
    }
}

/// The padded plaintext of a payload.
pub(crate) fn plaintext<'a, I>(context: &Context, fields: impl Fn() -> I) -> Zeroizing<Vec<u8>>
where
    I: Iterator<Item = (&'a str, &'a str)>,
{
    let mut json = write(context, fields);
    let padded = json.len().next_multiple_of(PADDING_STEP).max(PADDING_LEAST);
    json.resize(padded, b' ');
    json
}

fn write<'a, I>(context: &Context, fields: impl Fn() -> I) -> Zeroizing<Vec<u8>>
where
    I: Iterator<Item = (&'a str, &'a str)>,
{
    // One allocation of the full size, padding included: a growing buffer would leave unwiped copies behind.
    // A byte takes six at most (\u001f), a field five more for its quotes, colon and comma.
    let worst: usize = fields().map(|(name, value)| 6 * (name.len() + value.len()) + 6).sum();
    let texts = context.origin.len() + context.session.len();
    let capacity = PADDING_LEAST + worst + 6 * texts + context.signals.len() + PADDING_STEP;
    let mut json = Zeroizing::new(Vec::with_capacity(capacity));
    json.extend_from_slice(br#"{"v":1,"jti":"#);
    push_text(&mut json, context.jti.as_str());
    json.extend_from_slice(br#","iat":"#);
    push_number(&mut json, context.iat);
    json.extend_from_slice(br#","origin":"#);
    push_text(&mut json, context.origin);
    if !context.session.is_empty() {
        json.extend_from_slice(br#","session":"#);
        push_text(&mut json, context.session);
    }
    json.extend_from_slice(br#","fields":"#);
    let mut separator = b'{';
    for (name, value) in fields() {
        json.push(separator);
        push_text(&mut json, name);
        json.push(b':');
        push_text(&mut json, value);
        separator = b',';
    }
    if separator == b'{' {
        json.push(separator);
    }
    json.push(b'}');
    if !context.signals.is_empty() {
        json.extend_from_slice(br#","signals":"#);
        json.extend_from_slice(context.signals);
    }
    json.push(b'}');
    debug_assert!(json.capacity() == capacity, "the buffer grew");
    json
}

/// RFC 8259 §7: quotes, backslashes and control characters are escaped, nothing else.
pub(crate) fn push_text(json: &mut Vec<u8>, text: &str) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    json.push(b'"');
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => json.extend_from_slice(&[b'\\', byte]),
            0..=0x1f => {
                json.extend_from_slice(b"\\u00");
                json.push(HEX[usize::from(byte >> 4)]);
                json.push(HEX[usize::from(byte & 15)]);
            }
            _ => json.push(byte),
        }
    }
    json.push(b'"');
}

/// A number that may be negative.
pub(crate) fn push_signed(json: &mut Vec<u8>, number: i32) {
    if number < 0 {
        json.push(b'-');
    }
    push_number(json, number.unsigned_abs().into());
}

fn push_number(json: &mut Vec<u8>, number: u64) {
    if number >= 10 {
        push_number(json, number / 10);
    }
    json.push(b'0' + u8::try_from(number % 10).unwrap_or(0));
}

fn version<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
    match u8::deserialize(deserializer)? {
        VERSION => Ok(()),
        _ => Err(D::Error::custom("version")),
    }
}

fn jti<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Jti, D::Error> {
    Jti::parse(String::deserialize(deserializer)?).ok_or_else(|| D::Error::custom("jti"))
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldsVisitor;

        impl<'de> Visitor<'de> for FieldsVisitor {
            type Value = Fields;

            fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
                formatter.write_str("an object of texts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Fields::default();
                while let Some((name, value)) = map.next_entry::<String, String>()? {
                    let value = Zeroizing::new(value);
                    let name = FieldName::parse(&name).map_err(|_| A::Error::custom("field name"))?;
                    if fields.get(name.as_str()).is_some() {
                        return Err(A::Error::custom("field twice"));
                    }
                    fields.push(name, value);
                }
                Ok(fields)
            }
        }

        deserializer.deserialize_map(FieldsVisitor)
    }
}
