//! What the log says: one line of JSON an entry, its members in a fixed order, and no personal data.
//!
//! Nothing that a shopper typed can get in: ids, keys and origins are parsed, an order is a keyed [`Token`], and all else is a code of
//! the program itself.

use crate::audit::Token;
use serde::Serialize;
use tillseal_protocol::{Jti, Thumbprint, base64url};

/// The version of the entries, their member `v`.
const VERSION: u8 = 1;

/// An entry: its bytes are what is hashed, and never change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry(Vec<u8>);

/// What was decided about a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Take it.
    Accept,
    /// Let a person look at it.
    Review,
}

/// What the log says about a payment.
#[derive(Debug, Clone)]
pub struct Verdict<'a> {
    /// When, by the server's clock: seconds since 1970-01-01 UTC.
    pub at: u64,
    /// The id of the payload.
    pub payload: &'a Jti,
    /// The key that opened it.
    pub kid: Option<Kid>,
    /// The origin of the page.
    pub origin: Option<Origin>,
    /// The id of the checkout session.
    pub session: Option<&'a Jti>,
    /// The token of the shop's order id.
    pub order: Option<Token>,
    /// What was decided.
    pub decision: Decision,
    /// That a program filled in the form: 0 to 1, kept to three decimals.
    pub score: f64,
    /// The codes of what weighed most.
    pub reasons: &'a [&'static str],
}

/// A key's RFC 7638 thumbprint: the base64url of 32 bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kid(String);

/// A page's origin, as a browser writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

impl Decision {
    /// As it stands in entries and receipts.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Review => "review",
        }
    }
}

impl Kid {
    /// Takes the 43 characters of a thumbprint.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        (base64url::decode(text)?.len() == 32).then(|| Self(text.to_owned()))
    }
}

impl From<&Thumbprint> for Kid {
    fn from(thumbprint: &Thumbprint) -> Self {
        Self(thumbprint.as_str().to_owned())
    }
}

impl Origin {
    /// The longest, in bytes: a scheme, a host name (RFC 1035 §2.3.4) and a port.
    const MAX: usize = 8 + 255 + 6;

    /// The fewest digits that a PAN has (ISO/IEC 7812-1 knows shorter ones, no brand does).
    const PAN: usize = 12;

    /// Takes `https://shop.example` or `http://localhost:8080`: no path, no user, and no room for a card number.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
        let is_of_a_host =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-:[]".contains(&byte);
        // As a person might write a PAN: in groups.
        let runs = host.split(|character: char| !character.is_ascii_digit() && character != '-');
        let digits = |run: &str| run.bytes().filter(u8::is_ascii_digit).count();
        let holds = !host.is_empty()
            && text.len() <= Self::MAX
            && host.bytes().all(is_of_a_host)
            && runs.map(digits).all(|digits| digits < Self::PAN);
        holds.then(|| Self(text.to_owned()))
    }
}

impl Entry {
    /// A verdict.
    #[must_use]
    pub fn verdict(verdict: &Verdict) -> Self {
        Self::of(&VerdictLine {
            v: VERSION,
            at: verdict.at,
            kind: "verdict",
            payload: verdict.payload.as_str(),
            kid: verdict.kid.as_ref().map(|kid| kid.0.as_str()),
            origin: verdict.origin.as_ref().map(|origin| origin.0.as_str()),
            session: verdict.session.map(Jti::as_str),
            order: verdict.order.as_ref().map(Token::as_str),
            decision: verdict.decision.name(),
            score: (verdict.score * 1000.0).round() / 1000.0,
            reasons: verdict.reasons,
        })
    }

    /// That a key came into this state, `active`, `decrypt-only`, `retired` or `revoked`; `alg` is the standards' name for it, `at` in seconds since 1970-01-01 UTC.
    #[must_use]
    pub fn key(at: u64, kid: &Kid, alg: &'static str, state: &'static str) -> Self {
        Self::of(&KeyLine { v: VERSION, at, kind: "key", kid: &kid.0, alg, state })
    }

    /// The line of JSON, without a line break.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The same, to be kept.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// When the entry says that it was made.
    pub(crate) fn at(entry: &[u8]) -> Option<u64> {
        #[derive(serde::Deserialize)]
        struct At {
            at: u64,
        }
        serde_json::from_slice(entry).ok().map(|At { at }| at)
    }

    fn of(line: &impl Serialize) -> Self {
        // Texts and numbers under names of texts: there is nothing that JSON could refuse.
        Self(serde_json::to_vec(line).unwrap_or_else(|_| unreachable!("texts and numbers are JSON")))
    }
}

/// The order of the fields is the order in the line.
#[derive(Serialize)]
struct VerdictLine<'a> {
    v: u8,
    at: u64,
    #[serde(rename = "type")]
    kind: &'static str,
    payload: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<&'a str>,
    decision: &'static str,
    score: f64,
    reasons: &'a [&'static str],
}

#[derive(Serialize)]
struct KeyLine<'a> {
    v: u8,
    at: u64,
    #[serde(rename = "type")]
    kind: &'static str,
    kid: &'a str,
    alg: &'static str,
    state: &'static str,
}
