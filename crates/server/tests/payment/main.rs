//! The route of a payment over real HTTP, from a session to a verdict and its receipt.

#[path = "../support/kept.rs"]
mod kept;
#[path = "../server/support.rs"]
#[expect(dead_code, reason = "each test binary uses its part of it")]
mod support;

mod once;
mod operators;
mod receipts;
mod sessions;
mod token;
