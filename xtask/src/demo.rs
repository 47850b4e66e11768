//! `cargo xtask demo`: the demo shop, from nothing.

use crate::{machine, pkg, sh};
use anyhow::{Context as _, Result};
use std::process::{Command, ExitCode};

/// Builds the module and the shop around it, and opens the shop; `arguments` are the shop's.
pub(crate) fn run(arguments: impl Iterator<Item = String>) -> Result<ExitCode> {
    machine::node()?;
    machine::rust()?;
    pkg::build()?;
    // The module is the one that ships; the server around it need not be fast, so it is the one that builds fast.
    sh::step("build the shop", &mut sh::cargo(["build", "--package", "tillseal-shop"]))?;
    eprintln!();
    let mut shop = sh::command(sh::root().join("target/debug/tillseal-shop"), []);
    give_way(shop.args(arguments)).context("the shop cannot be started")
}

/// Becomes the other program, so that a signal to this one reaches it.
#[cfg(unix)]
fn give_way(command: &mut Command) -> Result<ExitCode> {
    use std::os::unix::process::CommandExt as _;
    Err(command.exec().into())
}

#[cfg(not(unix))]
fn give_way(command: &mut Command) -> Result<ExitCode> {
    Ok(if command.status()?.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
