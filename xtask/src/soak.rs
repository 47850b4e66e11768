//! `cargo xtask soak`: whether each store accepts each id exactly once, while its processes are killed.

use crate::sh;
use anyhow::{Context as _, Result};
use std::process::ExitCode;

/// Builds and runs crates/server/examples/soak.rs, which knows the options.
pub(crate) fn run(options: impl Iterator<Item = String>) -> Result<ExitCode> {
    let mut cargo = sh::cargo(["build", "--quiet", "--release", "--package=tillseal-server"]);
    sh::step("build the soak", cargo.arg("--example=soak"))?;
    eprintln!();
    let mut soak = sh::command(sh::root().join("target/release/examples/soak"), []);
    let status = soak.args(options).status().context("the soak cannot be started")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
