//! Commands of other programs, with what a person wants to see of them: what runs, how long it took, and on a
//! failure its whole output.

use anyhow::{Context as _, Result, bail};
use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

/// The root of the checkout.
pub(crate) fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_owned()
}

/// Whether a missing tool is a failure rather than a remark.
pub(crate) fn is_ci() -> bool {
    env::var_os("CI").is_some()
}

/// A command that starts in the root of the checkout.
pub(crate) fn command<'a>(program: impl AsRef<Path>, arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new(program.as_ref());
    command.args(arguments).current_dir(root());
    command
}

/// `cargo` of the same toolchain that runs this program.
pub(crate) fn cargo<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()).to_string_lossy().as_ref(), arguments)
}

/// Runs a command quietly under a title; its output is shown only if it fails.
pub(crate) fn step(title: &str, command: &mut Command) -> Result<String> {
    let start = Instant::now();
    eprint!("  {title} … ");
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("{} cannot be started", command.get_program().display()))?;
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        eprintln!("{:.1} s", start.elapsed().as_secs_f32());
        return Ok(stdout);
    }
    eprintln!("failed\n\n{stdout}{}", String::from_utf8_lossy(&output.stderr));
    bail!("{title}: failed")
}

/// Runs a command whose output belongs to the person who waits.
pub(crate) fn show(title: &str, command: &mut Command) -> Result<()> {
    eprintln!("  {title}");
    let status = command
        .status()
        .with_context(|| format!("{} cannot be started", command.get_program().display()))?;
    if !status.success() {
        bail!("{title}: failed");
    }
    Ok(())
}
