//! The browser module: DOM in, sealed payload out.
//!
//! What JavaScript can call, and nothing else. There is no cryptography and no rule in this crate: both are in
//! `tillseal-protocol`, which runs the same on the server and under plain `cargo test`.

#![no_std]

extern crate alloc;
#[cfg(not(target_arch = "wasm32"))]
extern crate std;

mod checkout;
mod error;
mod inputs;
#[cfg(target_arch = "wasm32")]
mod runtime;

pub use checkout::Checkout;
