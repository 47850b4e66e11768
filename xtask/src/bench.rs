//! `cargo xtask bench`: measures us and our peers in one run and writes docs/performance.md.

use crate::{budget, machine, pkg, sh};
use anyhow::Result;
use std::{fs, process::ExitCode};

/// Builds what is measured, then measures it; slowness is told, never a failure.
pub(crate) fn run() -> Result<ExitCode> {
    machine::node()?;
    machine::rust()?;
    machine::python()?;
    pkg::build()?;
    let mut cargo =
        sh::cargo(["build", "--quiet", "--release", "--package=tillseal-server", "--bin=tillseal"]);
    let examples = ["--example=opens_per_second", "--example=decisions", "--example=load"];
    sh::step("build the server and its examples", cargo.args(examples))?;

    let work = sh::root().join("target/tests");
    fs::create_dir_all(&work)?;
    let room = work.join("bench-room.json");
    fs::write(&room, serde_json::to_vec(&budget::by_crate()?)?)?;
    sh::show("measure", sh::command("node", ["tests/bench/bench.js"]).arg(&room))?;
    Ok(ExitCode::SUCCESS)
}
