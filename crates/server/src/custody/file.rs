//! Files of a keyring: read by their owner alone, replaced whole or not at all, changed by one process at a time.

use crate::KeyringError;
use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{self, Read as _, Seek as _, Write as _},
    path::{Path, PathBuf},
};
use zeroize::Zeroizing;

/// How a key's file name ends; it begins with the `kid`.
const EXTENSION: &str = ".jwk.json";

/// Held by whoever changes the keyring; it says nothing.
const LOCK: &str = ".lock";

/// The longest file that is read. A sealed private JWK takes about 1,100 bytes.
const MAX_FILE: u64 = 16 * 1024;

/// The name of the file of the key with that `kid`.
pub(crate) fn name(kid: &str) -> String {
    format!("{kid}{EXTENSION}")
}

/// The paths of all key files of a directory, in no order.
pub(crate) fn all(directory: &Path) -> Result<Vec<PathBuf>, KeyringError> {
    check_directory(directory)?;
    let io = |error| KeyringError::io(directory, error);
    let mut paths = Vec::new();
    for entry in fs::read_dir(directory).map_err(io)? {
        let entry = entry.map_err(io)?;
        if entry.file_name().to_str().is_some_and(|name| name.ends_with(EXTENSION)) {
            paths.push(entry.path());
        }
    }
    Ok(paths)
}

/// Makes the directory of a keyring, for its owner alone, unless it is there.
pub(crate) fn create_directory(directory: &Path) -> Result<(), KeyringError> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(directory).map_err(|error| KeyringError::io(directory, error))?;
    check_directory(directory)
}

/// Refuses a directory in which others may put keys: what they put there would be published.
fn check_directory(directory: &Path) -> Result<(), KeyringError> {
    let metadata = fs::metadata(directory).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => KeyringError::Absent { path: directory.into() },
        _ => KeyringError::io(directory, error),
    })?;
    if !metadata.is_dir() {
        return Err(KeyringError::io(directory, io::ErrorKind::NotADirectory.into()));
    }
    if mode(&metadata) & 0o022 != 0 {
        return Err(KeyringError::OpenDirectory { path: directory.into() });
    }
    Ok(())
}

/// Keeps every other process from changing the keyring until it is dropped, by the end of the process at the latest.
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Waits until no other process changes the keyring.
    pub(crate) fn take(directory: &Path) -> Result<Self, KeyringError> {
        check_directory(directory)?;
        let path = directory.join(LOCK);
        let take = || {
            let mut options = File::options();
            options.write(true).create(true).truncate(false);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let file = options.open(&path)?;
            file.lock()?;
            Ok(Self { _file: file })
        };
        take().map_err(|error| KeyringError::io(&path, error))
    }
}

/// Reads a private key's file, unless others than its owner may read it.
pub(crate) fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, KeyringError> {
    let io = |error| KeyringError::io(path, error);
    let mut file = File::open(path).map_err(io)?;
    // Of the open file, not of its name: the name may be given to another file meanwhile.
    let metadata = file.metadata().map_err(io)?;
    if mode(&metadata) & 0o077 != 0 {
        return Err(KeyringError::OpenFile { path: path.into() });
    }
    if metadata.len() > MAX_FILE {
        return Err(KeyringError::malformed(path, "the file is too long for a private key"));
    }
    // One allocation of the full size, and no more than that is read.
    let mut text = Zeroizing::new(vec![0; usize::try_from(metadata.len()).unwrap_or(0)]);
    file.read_exact(&mut text).map_err(io)?;
    Ok(text)
}

/// Writes a file whole or not at all, readable by its owner alone from its first byte on.
pub(crate) fn write(directory: &Path, name: &str, text: &[u8]) -> Result<(), KeyringError> {
    let path = directory.join(name);
    let replace = || {
        // Such a file is created with mode 0600 and removed again if anything below fails.
        let mut file = tempfile::Builder::new().prefix(".").suffix(".tmp").tempfile_in(directory)?;
        file.write_all(text)?;
        file.as_file().sync_all()?;
        file.persist(&path)?;
        #[cfg(unix)]
        File::open(directory)?.sync_all()?;
        Ok(())
    };
    replace().map_err(|error: io::Error| KeyringError::io(&path, error))
}

/// Writes a file whole or not at all, then overwrites what it replaced, which held a private key.
pub(crate) fn write_over_secret(directory: &Path, name: &str, text: &[u8]) -> Result<(), KeyringError> {
    let replaced = File::options().write(true).open(directory.join(name));
    write(directory, name, text)?;
    // Best effort: the file has no name any more, and a disk or its file system may keep old blocks in any case
    // (docs/keys.md).
    let _ = replaced.and_then(|mut file| {
        let length = usize::try_from(file.metadata()?.len().min(MAX_FILE)).unwrap_or(0);
        file.rewind()?;
        file.write_all(&vec![0; length])?;
        file.sync_all()
    });
    Ok(())
}

/// Whether a path ends in that name.
pub(crate) fn is_named(path: &Path, name: &str) -> bool {
    path.file_name() == Some(OsStr::new(name))
}

#[cfg(unix)]
fn mode(metadata: &fs::Metadata) -> u32 {
    std::os::unix::fs::PermissionsExt::mode(&metadata.permissions())
}

/// Elsewhere a file's readers are not in its mode; who may read it is left to the directory.
#[cfg(not(unix))]
fn mode(_: &fs::Metadata) -> u32 {
    0
}
