//! What the machine must have: found, installed where that is possible without asking, else named with the way to get it.

use crate::{report::Report, sh};
use anyhow::{Context as _, Result, bail};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// The oldest Node.js that runs the tools and the tests.
const NODE: u32 = 20;

/// Node.js with npm.
pub(crate) fn node() -> Result<()> {
    let how = "https://nodejs.org has it";
    let Ok(version) = stdout_of(&mut sh::command("node", ["--version"])) else {
        bail!("Node.js {NODE} or later is missing: {how}");
    };
    let major = version.trim_start_matches('v').split('.').next().and_then(|major| major.parse().ok());
    if major.is_none_or(|major: u32| major < NODE) {
        bail!("Node.js {} is too old, {NODE} or later is needed: {how}", version.trim());
    }
    sh::which(&["npm"]).with_context(|| format!("npm is missing: {how}"))?;
    Ok(())
}

/// The parts of the toolchain that building the module takes. rustup reads them in rust-toolchain.toml, and in
/// most cases has installed them before this program ran.
pub(crate) fn rust() -> Result<()> {
    let rustc = sh::command("rustc", ["--print", "sysroot"]).output().context("rustc is missing")?;
    let library = Path::new(String::from_utf8_lossy(&rustc.stdout).trim()).join("lib/rustlib");
    let parts = [
        ("wasm32-unknown-unknown", ["target", "add", "wasm32-unknown-unknown"]),
        ("src/rust/library/Cargo.lock", ["component", "add", "rust-src"]),
    ];
    for (part, arguments) in parts {
        if library.join(part).exists() {
            continue;
        }
        if sh::which(&["rustup"]).is_none() {
            bail!("the Rust toolchain lacks {}; rustup, from https://rustup.rs, installs it", arguments[2]);
        }
        sh::step(&format!("install {}", arguments[2]), &mut sh::command("rustup", arguments))?;
    }
    Ok(())
}

/// The Python environment `target/venv`, with the packages of `tests/requirements.txt`.
pub(crate) fn python() -> Result<()> {
    let venv = sh::root().join("target/venv");
    let requirements = fs::read_to_string(sh::root().join("tests/requirements.txt"))?;
    let installed = venv.join("installed.txt");
    if fs::read_to_string(&installed).is_ok_and(|installed| installed == requirements) {
        return Ok(());
    }
    sh::step("make a Python environment", sh::command("python3", ["-m", "venv"]).arg(&venv))
        .context("Python 3.11 or later with venv is needed: apt-get install python3-venv")?;
    let mut pip = sh::command(venv.join("bin/python"), ["-m", "pip", "install", "--quiet"]);
    pip.args([
        "--disable-pip-version-check",
        "--only-binary",
        ":all:",
        "--requirement",
        "tests/requirements.txt",
    ]);
    sh::step("install Python packages", &mut pip)?;
    fs::write(installed, requirements)?;
    Ok(())
}

/// A program that tests use and that comes as a Debian package.
struct Program {
    name: &'static str,
    package: &'static str,
    present: fn() -> bool,
    /// Without it some tests are skipped, even under `CI=true` where there is no apt-get.
    is_optional: bool,
}

const PROGRAMS: [Program; 11] = [
    Program {
        name: "Chromium",
        package: "chromium",
        present: || {
            sh::which(&["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"]).is_some()
        },
        is_optional: false,
    },
    Program {
        name: "ChromeDriver",
        package: "chromium-driver",
        present: || sh::which(&["chromedriver"]).is_some(),
        is_optional: false,
    },
    Program {
        name: "Firefox",
        package: "firefox-esr",
        present: || sh::which(&["firefox-esr", "firefox"]).is_some(),
        is_optional: false,
    },
    Program {
        name: "WebKitGTK",
        package: "webkit2gtk-driver",
        present: || sh::which(&["WebKitWebDriver"]).is_some(),
        is_optional: false,
    },
    Program {
        name: "Xvfb",
        package: "xvfb",
        present: || sh::which(&["Xvfb"]).is_some(),
        is_optional: false,
    },
    Program {
        name: "venv of Python",
        package: "python3-venv",
        present: || stdout_of(&mut sh::command("python3", ["-c", "import ensurepip, venv"])).is_ok(),
        is_optional: false,
    },
    Program { name: "PostgreSQL", package: "postgresql", present: has_postgres, is_optional: false },
    Program {
        name: "faketime",
        package: "faketime",
        present: || sh::which(&["faketime"]).is_some(),
        is_optional: false,
    },
    Program {
        name: "SoftHSM",
        package: "softhsm2",
        present: || sh::which(&["softhsm2-util"]).is_some(),
        is_optional: false,
    },
    Program {
        name: "a Java development kit",
        package: "default-jdk-headless",
        present: || {
            let modules = stdout_of(&mut sh::command("java", ["--list-modules"]));
            modules.is_ok_and(|modules| modules.contains("jdk.compiler"))
        },
        is_optional: true,
    },
    Program {
        name: "PHP",
        package: "php-cli",
        present: || sh::which(&["php"]).is_some(),
        is_optional: true,
    },
];

/// The tests start a server of their own: it is enough that the programs are there. Debian keeps them beside `PATH`.
fn has_postgres() -> bool {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    versions.into_iter().any(|version| version.path().join("bin/initdb").exists())
        || sh::which(&["initdb"]).is_some()
}

/// The browsers, the database, and the languages of docs/integrate.
pub(crate) fn programs(report: &mut Report) {
    let missing = || PROGRAMS.iter().filter(|program| !(program.present)());
    let packages: Vec<&str> = missing().map(|program| program.package).collect();
    if packages.is_empty() {
        return;
    }
    let apt_get = apt_get();
    if let Some(apt_get) = &apt_get {
        let update = sh::step("apt-get update", apt(apt_get).arg("update"));
        let install = ["install", "--yes", "--no-install-recommends"];
        let title = format!("apt-get install {}", packages.join(" "));
        // What is still missing afterwards is told below.
        let _ = update.and_then(|_| sh::step(&title, apt(apt_get).args(install).args(&packages)));
    }
    for Program { name, package, is_optional, .. } in missing() {
        let how = format!("{name} is missing: apt-get install {package}");
        if sh::is_ci() && !(*is_optional && apt_get.is_none()) {
            eprintln!("  FAILED: {how}");
            report.check(Err(anyhow::Error::msg(how)));
        } else {
            eprintln!("  {how}\n  Until then its tests are skipped.");
        }
    }
}

/// `apt-get` as this user may call it without being asked for a password.
fn apt_get() -> Option<Vec<PathBuf>> {
    let apt_get = sh::which(&["apt-get"])?;
    if stdout_of(&mut sh::command("id", ["-u"])).ok()?.trim() == "0" {
        return Some(vec![apt_get]);
    }
    let sudo = sh::which(&["sudo"])?;
    stdout_of(&mut sh::command(&sudo, ["-n", "true"])).ok()?;
    Some(vec![sudo, "-n".into(), apt_get])
}

fn apt(words: &[PathBuf]) -> Command {
    let mut command = sh::command(&words[0], []);
    command.args(&words[1..]).env("DEBIAN_FRONTEND", "noninteractive");
    command
}

/// What a command printed, if it could be started and ended well.
fn stdout_of(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output()?;
    if !output.status.success() {
        bail!("{} failed", command.get_program().display());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
