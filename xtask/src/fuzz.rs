//! `cargo xtask fuzz`: libFuzzer against the parser and the opener.

use crate::{sh, tools};
use anyhow::{Context as _, Result, bail};
use std::{fs, process::ExitCode};

const TARGETS: [&str; 2] = ["envelope", "open"];

/// Fuzzes each target for so many seconds, 60 by default.
pub(crate) fn run(seconds: Option<&str>) -> Result<ExitCode> {
    let seconds: u32 = seconds.unwrap_or("60").parse().context("SECONDS is a whole number")?;
    let nightly = sh::command("rustup", ["run", "nightly", "rustc", "--version"]).output();
    if !nightly.is_ok_and(|nightly| nightly.status.success()) {
        bail!("fuzzing needs a nightly toolchain: rustup toolchain install nightly --profile minimal");
    }
    let cargo_fuzz = tools::FUZZ.installed()?;

    let mut executions = Vec::new();
    for target in TARGETS {
        let corpus = sh::root().join("fuzz/corpus").join(target);
        fs::create_dir_all(&corpus)?;
        let fuzz = |verb| {
            let mut command = sh::command("rustup", ["run", "nightly"]);
            command.arg(&cargo_fuzz).args([verb, "--target-dir", "target/fuzz", target]);
            command
        };
        sh::step(&format!("build the target {target}"), &mut fuzz("build"))?;
        let mut run = fuzz("run");
        run.arg(corpus).arg(sh::root().join("fuzz/seeds").join(target));
        run.args(["--", "-print_final_stats=1", &format!("-max_total_time={seconds}")]);
        let outcome = sh::attempt(&format!("fuzz {target} for {seconds} s"), &mut run)?;
        if !outcome.success {
            bail!("the target {target} failed; the input that did it is under fuzz/artifacts/{target}");
        }
        let executed =
            outcome.stderr.lines().find_map(|line| line.strip_prefix("stat::number_of_executed_units:"));
        executions.push((
            target,
            executed.context("libFuzzer printed no number of executions")?.trim().to_owned(),
        ));
    }

    println!();
    for (target, executed) in executions {
        println!("{target:<10}{executed:>12} executions in {seconds} s, no failure");
    }
    Ok(ExitCode::SUCCESS)
}
