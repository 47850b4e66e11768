//! The server half from outside: its library, its HTTP and its program.

mod cli;
mod http;
#[path = "../support/kept.rs"]
mod kept;
mod keyring;
mod open;
mod risk;
mod secrets;
mod serve;
#[expect(dead_code, reason = "each test binary uses its part of it")]
mod support;
