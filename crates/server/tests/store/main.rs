//! The two stores, against real databases: a file, and a PostgreSQL of our own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod connecting;
#[path = "../support/kept.rs"]
mod kept;
mod kills;
#[path = "../support/postgres.rs"]
mod postgres;
mod restarts;
mod scenes;
#[path = "../support/soak.rs"]
mod soak;
mod support;
mod troubles;
