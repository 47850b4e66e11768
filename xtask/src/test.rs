//! `cargo xtask test`: the checks, then every test there is.

use crate::{
    check, machine, pkg,
    report::{Counts, Report},
    sh,
};
use anyhow::Result;
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{self, ExitCode},
};

/// Installs, checks, builds and tests; one summary line ends it.
///
/// A group that fails does not stop those after it, but what cannot be built cannot be tested.
pub(crate) fn run() -> Result<ExitCode> {
    machine::node()?;
    machine::rust()?;
    let mut report = Report::default();

    eprintln!("\nMachine");
    machine::programs(&mut report);
    report.check(machine::python());

    eprintln!("\nChecks");
    let is_built = check::every(&mut report);

    let kept = Kept::new()?;
    eprintln!("\nRust");
    let tests = sh::step("build the tests", &mut sh::cargo(["test", "--quiet", "--workspace", "--no-run"]));
    if report.check(tests.map(drop)) {
        let mut cargo = sh::cargo(["test", "--workspace", "--no-fail-fast"]);
        cargo.env(KEEP, &kept.0);
        report.tests("Rust", &sh::attempt("run the tests", &mut cargo)?, Counts::of_cargo);
    }

    eprintln!("\nWhole routes");
    report.check(vectors());
    if report.check(programs()) && is_built {
        for (folder, file) in node_tests()? {
            run_node(&mut report, folder, &file, &kept)?;
        }
        eprintln!("\nSecrets");
        run_node(&mut report, "tests", "secrets-search.js", &kept)?;
    }
    Ok(report.finish())
}

/// The variable that tells tests where to leave what servers have written.
const KEEP: &str = "TILLSEAL_TEST_KEEP";

/// Where databases, logs and metrics stay until they are searched for secrets; removed when dropped.
///
/// In the system's temporary directory: PostgreSQL, which runs as another user, reaches it there.
struct Kept(PathBuf);

impl Kept {
    fn new() -> Result<Self> {
        let path = env::temp_dir().join(format!("tillseal-kept-{}", process::id()));
        fs::create_dir(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        // What cannot be removed is for the system to clear away.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn run_node(report: &mut Report, folder: &str, file: &str, kept: &Kept) -> Result<()> {
    let title = format!("{folder}/{file}");
    let mut node = sh::command("node", ["--test", "--test-reporter=spec", file]);
    node.current_dir(sh::root().join(folder)).env(KEEP, &kept.0);
    for (variable, program) in [("TILLSEAL", "tillseal"), ("TILLSEAL_SHOP", "tillseal-shop")] {
        node.env(variable, sh::root().join("target/release").join(program));
    }
    report.tests(&title, &sh::attempt(&title, &mut node)?, Counts::of_node);
    Ok(())
}

/// The programs as they ship.
fn programs() -> Result<()> {
    let binaries = ["--bin=tillseal", "--bin=tillseal-shop"];
    let mut cargo = sh::cargo([
        "build",
        "--quiet",
        "--release",
        "--package=tillseal-server",
        "--package=tillseal-shop",
    ]);
    sh::step("build the programs", cargo.args(binaries))?;
    Ok(())
}

/// The standards' vectors as a module for tests/vectors.test.js.
fn vectors() -> Result<()> {
    let work = sh::root().join("target/vectors");
    if work.exists() {
        fs::remove_dir_all(&work)?;
    }
    fs::create_dir_all(&work)?;
    // Node takes the glue for an ES module by this.
    fs::write(work.join("package.json"), "{ \"type\": \"module\" }\n")?;
    pkg::compile("tillseal-vectors", &work)?;
    Ok(())
}

/// The test files, with the folders that they run in.
fn node_tests() -> Result<Vec<(&'static str, String)>> {
    let mut tests = Vec::new();
    for folder in ["tests", "www/tests"] {
        let mut files: Vec<String> = files(&sh::root().join(folder))?
            .iter()
            .filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()))
            .filter(|name| name.ends_with(".test.js"))
            .collect();
        files.sort();
        tests.extend(files.into_iter().map(|file| (folder, file)));
    }
    Ok(tests)
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect()
}
