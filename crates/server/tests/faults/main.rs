//! The whole of `tillseal serve` as a process, while everything around it breaks: coded answers, no crash, nothing lost.
#![cfg(unix)]

mod bodies;
mod clocks;
mod disk;
mod down;
#[path = "../support/kept.rs"]
mod kept;
mod keys;
mod kills;
mod load;
#[path = "../support/postgres.rs"]
mod postgres;
mod restarts;
mod slow;
mod stops;
mod support;
mod twins;
