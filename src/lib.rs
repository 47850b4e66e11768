//! The browser module: what JavaScript can call, and nothing else.
//!
//! There is no cryptography and no rule in this crate: both are in `tillseal-protocol`, which runs the same on the server
//! and under plain `cargo test`. The page is read by `pkg/tillseal.js`; only texts cross the boundary, because every other
//! type would cost both sides bytes (docs/adr/0002-bytes.md).

#![no_std]

extern crate alloc;
#[cfg(not(target_arch = "wasm32"))]
extern crate std;

mod checkout;
mod failure;
mod listen;
#[cfg(target_arch = "wasm32")]
mod runtime;

pub use checkout::Checkout;
