//! `tillseal serve` in operation: what it is told, who may call, what it bears, how it ends.

mod config;
mod docs;
mod hostile;
mod idle;
#[path = "../support/kept.rs"]
mod kept;
mod metrics;
mod program;
mod shutdown;
mod support;
mod tls;
mod tokens;
