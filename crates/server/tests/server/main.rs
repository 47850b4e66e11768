//! The server half from outside: its library, its HTTP and its program.

mod cli;
mod http;
mod keyring;
mod open;
mod risk;
mod secrets;
mod serve;
mod support;
