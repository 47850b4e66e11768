//! A temporary directory whose files stay for the search: the last step of `cargo xtask test` looks through all that servers have
//! written for card numbers, security codes and e-mail addresses. Used by several test binaries, each of which includes this file.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::id,
    sync::atomic::{AtomicU32, Ordering},
};
use tempfile::TempDir;

/// The variable that names the directory where files are to be left.
const VARIABLE: &str = "TILLSEAL_TEST_KEEP";

static LEFT: AtomicU32 = AtomicU32::new(0);

/// A temporary directory: databases, logs and whatever else a server writes belong into it.
pub(crate) struct Kept(TempDir);

impl Kept {
    /// # Errors
    /// What the system says.
    pub(crate) fn new() -> io::Result<Self> {
        tempfile::tempdir().map(Self)
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let Some(place) = place() else { return };
        // A test must not pass over a search that would find nothing.
        if let Err(error) = copy(self.path(), &place) {
            eprintln!("{VARIABLE}: {}: {error}", place.display());
            std::process::abort();
        }
    }
}

/// A place in the directory for what one server has written, if files are to be left at all.
fn place() -> Option<PathBuf> {
    let number = LEFT.fetch_add(1, Ordering::Relaxed);
    Some(Path::new(&env::var_os(VARIABLE)?).join(format!("{}-{number}", id())))
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        // A socket or a pipe holds nothing.
        match entry.file_type()? {
            kind if kind.is_dir() => copy(&source, &target)?,
            kind if kind.is_file() => drop(fs::copy(source, target)?),
            _ => {}
        }
    }
    Ok(())
}
