//! Keys on disk and in a token: what they are for, how they rotate, and who can reach their private parts.

mod cli;
mod hsm;
mod kinds;
mod rotation;
mod sealed;
mod support;
