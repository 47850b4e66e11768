//! A log as files: a directory that any web server can serve as C2SP tlog-tiles has it, and that `verify` reads.

use crate::audit::{
    Hash, Resource, Source, SourceError, TreeHead,
    resource::{bundle, covering},
    tree::{WIDTH, hashes_at},
};
use crate::store::TileId;
use std::{fs, path::Path};

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// How many entries the directory had.
    pub from: u64,
    /// What its checkpoint says now.
    pub head: TreeHead,
}

/// Writes what a directory lacks of the log, the checkpoint last; gives nothing where the log has no checkpoint yet.
///
/// It does not verify: `verify` does, of the log and of the directory.
///
/// # Errors
/// [`SourceError`]; [`SourceError::Diverged`] where the directory holds more than the log, or another one: what it holds is evidence
/// then, and is not written over.
pub async fn export(source: &Source, directory: &Path) -> Result<Option<Exported>, SourceError> {
    let Some(note) = source.checkpoint().await? else { return Ok(None) };
    let diverged = || SourceError::Diverged { path: directory.into() };
    let head = TreeHead::unsigned(&note).map_err(|_| diverged())?;
    fs::create_dir_all(directory).map_err(|error| SourceError::io(directory, error))?;
    let from = match Source::Directory(directory.into()).checkpoint().await? {
        None => 0,
        Some(note) => {
            let before = TreeHead::unsigned(&note).map_err(|_| diverged())?;
            if before.origin != head.origin
                || before.size > head.size
                || (before.size == head.size && before.root != head.root)
            {
                return Err(diverged());
            }
            before.size
        }
    };

    for (index, width) in covering(from..head.size, |index, width| (index, width)) {
        let start = index * WIDTH;
        let entries = source.entries(start..start + u64::from(width)).await?;
        let entries: Vec<Vec<u8>> = entries.into_iter().flatten().collect();
        let bundle = bundle(&entries).ok_or(SourceError::EntryTooLong { index })?;
        write(directory, Resource::Entries { index, width }, &bundle)?;
    }
    for level in (0..).take_while(|level| hashes_at(*level, head.size) > 0) {
        let fresh = hashes_at(level, from)..hashes_at(level, head.size);
        for (index, width) in covering(fresh, |index, width| (index, width)) {
            let id = TileId { level, index };
            let mut tile = source.tiles(&[id], head.size).await?.swap_remove(0);
            tile.truncate(usize::from(width) * Hash::LENGTH);
            write(directory, Resource::Tile { id, width }, &tile)?;
        }
    }
    write(directory, Resource::Checkpoint, note.as_bytes())?;
    Ok(Some(Exported { from, head }))
}

/// Writes a file whole or not at all.
fn write(directory: &Path, resource: Resource, bytes: &[u8]) -> Result<(), SourceError> {
    let path = directory.join(resource.to_string());
    let write = || {
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let unfinished = path.with_added_extension("tmp");
        fs::write(&unfinished, bytes)?;
        fs::rename(&unfinished, &path)
    };
    write().map_err(|error| SourceError::io(&path, error))
}
