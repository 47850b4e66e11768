//! The payload through the crate's public face: what must come out, and what must be refused.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod bad_claims;
mod bad_input;
mod curve;
mod fields;
mod frozen;
mod hpke_oracle;
mod keys;
mod parts;
mod points;
mod primitives;
mod round_trip;
mod secrets;
mod support;
