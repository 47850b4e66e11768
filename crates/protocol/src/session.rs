//! The checkout session: what a server fixes about a payment before the shopper types, as the claims of a JWT (RFC 7519).
//!
//! It travels as a compact JWS with `alg` `ES256` and `typ` [`SESSION_TYPE`]; a [`Receipt`] likewise. Signing and verifying are
//! the caller's: browsers and servers have their own ECDSA.

use crate::Jwk;
use alloc::{string::String, vec::Vec};
use serde::{Deserialize, Serialize};

/// The `typ` of a session's header (RFC 8725 §3.11: no token is taken for another kind).
pub const SESSION_TYPE: &str = "tillseal-session+jwt";

/// The `typ` of a receipt's header.
pub const RECEIPT_TYPE: &str = "tillseal-receipt+jwt";

/// The longest session, as a compact JWS, in bytes.
pub const MAX_SESSION: usize = 8 * 1024;

/// What is paid for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// The shop's name for it: 1 to 64 printable ASCII characters.
    pub id: String,
    /// In the currency's minor unit: 1999 is 19.99 EUR.
    pub amount: u64,
    /// ISO 4217, three capital letters.
    pub currency: String,
}

/// Who may read which fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRecipient {
    /// Names the form entry, `sealed-<name>`; empty for `sealed`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The public key.
    pub key: Jwk,
    /// Names of fields, or beginnings that end in `*`.
    pub fields: Vec<String>,
}

/// How much the page collects.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The tier of the signals: `none`, `essential`, `behaviour` or `device`; without it, what the page says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signals: Option<String>,
    /// Whether the browser data of EMV 3-D Secure is added; without it, what the page says.
    #[serde(default, rename = "threeDS", skip_serializing_if = "Option::is_none")]
    pub three_ds: Option<bool>,
}

/// The claims of a checkout session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The server that issued it.
    pub iss: String,
    /// The origin of the page that may use it.
    pub aud: String,
    /// Its unique id: the base64url of 16 bytes. It takes one payload.
    pub jti: String,
    /// When it was issued, by the server's clock: seconds since 1970-01-01 UTC.
    pub iat: u64,
    /// When it ends, likewise.
    pub exp: u64,
    /// What is paid for.
    pub order: Order,
    /// Who may read what; one at least.
    pub recipients: Vec<SessionRecipient>,
    /// How much the page collects.
    #[serde(default)]
    pub policy: Policy,
}

/// The claims of a receipt: that a payment of this order was judged, when, and where the audit log says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The server that issued it.
    pub iss: String,
    /// The origin of the page that was paid on.
    pub aud: String,
    /// The id of the payload.
    pub jti: String,
    /// When it was judged, by the server's clock: seconds since 1970-01-01 UTC.
    pub iat: u64,
    /// What was paid for, where the server was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
    /// The last four digits of the card, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last4: Option<String>,
    /// What was decided.
    pub decision: String,
    /// Where the audit log has the verdict.
    pub audit: AuditPlace,
}

/// A place in the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditPlace {
    /// The log's origin: the first line of its checkpoints.
    pub log: String,
    /// The position of the entry, from 0 on.
    pub position: u64,
    /// The RFC 6962 hash of the entry, base64url.
    pub leaf: String,
}
