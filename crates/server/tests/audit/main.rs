//! The audit log from outside: what is recorded, signed, served, proved and found.

mod checkpoints;
mod entries;
mod exports;
mod faults;
mod go;
mod memory;
mod program;
mod proofs;
mod publishing;
mod resources;
mod rfc6962;
mod support;
