//! `cargo xtask check`: everything that must hold before a change lands, but the tests.

use crate::{budget, codes, layers, machine, pkg, report::Report, sh, signals, tools};
use anyhow::Result;
use std::process::ExitCode;

/// All checks, and one summary line.
pub(crate) fn run() -> Result<ExitCode> {
    machine::node()?;
    machine::rust()?;
    let mut report = Report::default();
    every(&mut report);
    Ok(report.finish())
}

/// All checks, the quick ones first; whether the module was built. A failure does not stop the others.
pub(crate) fn every(report: &mut Report) -> bool {
    report.check(format());
    report.check(sh::own("layers", layers::check));
    report.check(sh::own("error codes", codes::check));
    report.check(sh::own("docs/signals.md", signals::check));
    let is_built = report.check(pkg::build());
    if is_built {
        report.check(size());
        report.check(types());
    }
    report.check(lints());
    report.check(docs());
    report.check(unused());
    dependencies(report);
    is_built
}

fn format() -> Result<()> {
    for (title, manifest) in [("format", "Cargo.toml"), ("format of fuzz", "fuzz/Cargo.toml")] {
        let mut cargo = sh::cargo(["fmt", "--all", "--check", "--manifest-path", manifest]);
        sh::step(title, cargo.args(["--", "--color=never"]))?;
    }
    Ok(())
}

/// clippy, also of what only exists in wasm and of the fuzz targets, which are a workspace of their own.
fn lints() -> Result<()> {
    let clippy = |arguments: &[&str]| {
        let mut cargo = sh::cargo(["clippy", "--quiet"]);
        cargo.args(arguments).args(["--", "--deny", "warnings"]);
        cargo
    };
    sh::step("clippy", &mut clippy(&["--workspace", "--all-targets"]))?;
    // One by one: together they would share features, and the module that ships does without std.
    for package in ["tillseal", "tillseal-vectors"] {
        let wasm = ["--package", package, "--target=wasm32-unknown-unknown"];
        // As pkg.rs compiles it.
        let mut clippy = clippy(&wasm);
        sh::step(&format!("clippy of {package} in wasm"), clippy.env("RUSTC_BOOTSTRAP", "1"))?;
    }
    let fuzz = ["--manifest-path=fuzz/Cargo.toml", "--target-dir=target/fuzz", "--all-targets"];
    // Any file will do for libFuzzer, which nobody links here: to build it would take a C++ compiler.
    let linked = sh::root().join("fuzz/Cargo.toml");
    sh::step("clippy of fuzz", clippy(&fuzz).env("CUSTOM_LIBFUZZER_PATH", linked))?;
    Ok(())
}

fn docs() -> Result<()> {
    let mut cargo = sh::cargo(["doc", "--quiet", "--workspace", "--no-deps"]);
    sh::step("docs", cargo.env("RUSTDOCFLAGS", "--deny warnings"))?;
    Ok(())
}

fn size() -> Result<()> {
    budget::print_room()?;
    sh::own("size budget", budget::check)
}

/// The declarations as an integrator's editor reads them; what is wrong there must be wrong.
fn types() -> Result<()> {
    let strict = ["--strict", "--noEmit", "--target", "es2022", "--module", "nodenext"];
    let mut tsc = pkg::node_tool("tsc");
    sh::step("types as an integrator sees them", tsc.args(strict).arg("tests/types/consumer.ts"))?;
    Ok(())
}

fn unused() -> Result<()> {
    let machete = tools::MACHETE.installed()?;
    sh::step("unused dependencies", &mut sh::command(machete, ["--with-metadata", "--skip-target-dir"]))?;
    Ok(())
}

/// Licences, sources, bans and, where their database can be fetched, advisories.
fn dependencies(report: &mut Report) {
    let deny = |arguments: &[&str]| -> Result<_> {
        let mut deny = sh::command(tools::DENY.installed()?, []);
        deny.args(arguments);
        Ok(deny)
    };
    let check = |title, arguments: &[&str]| sh::step(title, &mut deny(arguments)?).map(drop);
    report.check(check("licences and sources", &["--workspace", "check", "bans", "licenses", "sources"]));
    match deny(&["fetch", "db"]).and_then(|mut fetch| Ok(fetch.output()?)) {
        Ok(fetched) if fetched.status.success() => {
            report.check(check("advisories", &["--workspace", "check", "--disable-fetch", "advisories"]));
        }
        _ => report
            .skip("advisories: the database cannot be fetched from https://github.com/rustsec/advisory-db"),
    }
}
