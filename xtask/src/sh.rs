//! Commands of other programs, with what a person wants to see of them: what runs, how long it took, and on a
//! failure its whole output.

use anyhow::{Context as _, Result, bail};
use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

/// The root of the checkout.
pub(crate) fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_owned()
}

/// Whether a missing tool is a failure rather than a remark.
pub(crate) fn is_ci() -> bool {
    env::var_os("CI").is_some_and(|value| value == "true")
}

/// The first of these programs that is on the `PATH`.
pub(crate) fn which(names: &[&str]) -> Option<PathBuf> {
    let folders = env::var_os("PATH")?;
    names.iter().find_map(|name| {
        env::split_paths(&folders).map(|folder| folder.join(name)).find(|program| program.is_file())
    })
}

/// A command that starts in the root of the checkout.
pub(crate) fn command<'a>(
    program: impl AsRef<Path>,
    arguments: impl IntoIterator<Item = &'a str>,
) -> Command {
    let mut command = Command::new(program.as_ref());
    command.args(arguments).current_dir(root());
    command
}

/// `cargo` of the same toolchain that runs this program.
pub(crate) fn cargo<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()).to_string_lossy().as_ref(), arguments)
}

/// How a command ended and what it said.
pub(crate) struct Outcome {
    pub(crate) success: bool,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs a command quietly under a title; its output is shown only if it fails.
pub(crate) fn step(title: &str, command: &mut Command) -> Result<String> {
    let outcome = attempt(title, command)?;
    if !outcome.success {
        bail!("{title}: failed");
    }
    Ok(outcome.stdout)
}

/// Like [`step`], for who wants to read the output of a failure too.
pub(crate) fn attempt(title: &str, command: &mut Command) -> Result<Outcome> {
    eprint!("  {title} … ");
    let start = Instant::now();
    let Output { status, stdout, stderr } = patiently(|| command.stdin(Stdio::null()).output())
        .with_context(|| format!("{title}: {} cannot be started", command.get_program().display()))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let outcome = Outcome { success: status.success(), stdout: text(&stdout), stderr: text(&stderr) };
    if outcome.success {
        eprintln!("{:.1} s", start.elapsed().as_secs_f32());
    } else {
        eprintln!(
            "failed after {:.1} s\n\n{}{}",
            start.elapsed().as_secs_f32(),
            outcome.stdout,
            outcome.stderr
        );
    }
    Ok(outcome)
}

/// Runs a check of our own like a command: under a title, and with what is wrong if it fails.
pub(crate) fn own(title: &str, check: impl FnOnce() -> Result<()>) -> Result<()> {
    eprint!("  {title} … ");
    let start = Instant::now();
    let Err(error) = check() else {
        eprintln!("{:.1} s", start.elapsed().as_secs_f32());
        return Ok(());
    };
    eprintln!("failed\n\n{error:#}\n");
    bail!("{title}: failed")
}

/// Runs a command whose output belongs to the person who waits.
pub(crate) fn show(title: &str, command: &mut Command) -> Result<()> {
    eprintln!("  {title}");
    let status = command
        .status()
        .with_context(|| format!("{title}: {} cannot be started", command.get_program().display()))?;
    if !status.success() {
        bail!("{title}: failed");
    }
    Ok(())
}

/// Shows every few seconds that it still goes on.
fn patiently<T>(work: impl FnOnce() -> T) -> T {
    thread::scope(|scope| {
        let (end, ended) = mpsc::channel::<()>();
        scope.spawn(move || {
            while ended.recv_timeout(Duration::from_secs(5)) == Err(RecvTimeoutError::Timeout) {
                eprint!(".");
            }
        });
        let done = work();
        drop(end);
        done
    })
}
