//! What a Tillseal payload is, and how it is sealed and opened.
//!
//! The crate is pure: it has no clock, no randomness, no input or output. Whoever calls it passes those
//! in, so the same code runs in the browser (wasm32), on the server and under plain `cargo test`.
//!
//! A payment travels as `Form` → [`Form::seal`] → compact JWE → [`Envelope::parse`] → [`open`] → [`Claims`].

#![no_std]

extern crate alloc;

pub mod base64url;
mod brand;
mod brand_ranges;
pub mod browser;
mod card;
mod claims;
pub mod content;
mod curve;
mod ecdh;
pub mod ecdh_es;
mod envelope;
mod form;
mod format;
pub mod hash;
pub mod hpke;
mod json;
mod jwk;
mod open;
mod seal;
mod session;
pub mod signals;
mod validity;

pub use brand::{Brand, Brands};
pub use card::{Csc, CscError, Expiry, ExpiryError, Pan, PanError};
pub use claims::{Claims, ClaimsError, Context, Fields, Jti, MAX_PLAINTEXT};
pub use ecdh::{Agreement, PointError, PrivateKey, PublicKey, RandomError, SharedSecret};
pub use envelope::{Envelope, EnvelopeError, MAX_SEALED};
pub use form::{FieldName, FieldSet, Form, FormError, Kind, MAX_FORM, MAX_TEXT};
pub use format::{Edit, Line};
pub use jwk::{Algorithm, Jwk, Jwks, KeyError, Recipient, Thumbprint};
pub use open::{OpenError, open, open_with};
pub use seal::{PlaintextTooLong, Preparation, Sealer};
pub use session::{
    AuditPlace, MAX_SESSION, Order, Policy, RECEIPT_TYPE, Receipt, SESSION_TYPE, Session, SessionRecipient,
};
pub use validity::{Circumstances, Invalid};
