//! Where a log is read from: its store, or a directory as [`export`](crate::audit::export) writes it.

use crate::{
    audit::{
        Hash, Resource, TreeHead,
        resource::{covering, unbundle},
        tree::{WIDTH, hashes_at},
    },
    store::{Store, StoreError, TileId},
};
use std::{
    fs::File,
    io::{self, Read as _},
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

/// The longest file that is read, in bytes: a bundle of the longest entries.
const MAX_FILE: u64 = WIDTH * (2 + 65_535);

/// A log to be read.
pub enum Source {
    /// The database that the server writes to.
    Store(Arc<dyn Store>),
    /// Files under the paths of C2SP tlog-tiles.
    Directory(PathBuf),
}

/// The log could not be read; whether anything is wrong with it is not known.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The database did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The operating system refused to read or write.
    #[error("{}: {source}; does it exist, and may this user read and write it?", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// An entry of more than 65,535 bytes, which nothing of ours writes.
    #[error("an entry of the bundle {index} is too long for C2SP tlog-tiles")]
    EntryTooLong {
        /// Of the bundle that cannot be written.
        index: u64,
    },
    /// The directory to export to holds another log, or a longer one.
    #[error("{} holds a checkpoint that this log does not lead to; keep it as it is, and run `tillseal audit verify --since` with it", path.display())]
    Diverged {
        /// The directory.
        path: PathBuf,
    },
}

impl SourceError {
    /// The stable code of this error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Store(error) => error.code(),
            Self::Io { .. } => "audit-io",
            Self::EntryTooLong { .. } => "audit-entry",
            Self::Diverged { .. } => "audit-fork",
        }
    }

    pub(crate) fn io(path: &Path, source: io::Error) -> Self {
        Self::Io { path: path.into(), source }
    }
}

impl Source {
    /// The entry at this position, where there is one.
    ///
    /// # Errors
    /// [`SourceError`].
    pub async fn entry(&self, position: u64) -> Result<Option<Vec<u8>>, SourceError> {
        if let Self::Store(store) = self {
            return Ok(store.entries(position..position + 1).await?.pop());
        }
        let Some(note) = self.checkpoint().await? else { return Ok(None) };
        let size = TreeHead::unsigned(&note).map_or(0, |head| head.size);
        let start = position - position % WIDTH;
        if position >= size {
            return Ok(None);
        }
        let entries = self.entries(start..size.min(start + WIDTH)).await?;
        let place = usize::try_from(position - start).unwrap_or(usize::MAX);
        Ok(entries.into_iter().nth(place).flatten())
    }

    /// The last checkpoint, as it stands there.
    pub(crate) async fn checkpoint(&self) -> Result<Option<String>, SourceError> {
        match self {
            Self::Store(store) => Ok(store.checkpoint().await?.map(|checkpoint| checkpoint.note)),
            Self::Directory(directory) => {
                // A directory that is not there is a slip of the hand, one without a checkpoint a finding.
                if !directory.is_dir() {
                    return Err(SourceError::io(directory, io::ErrorKind::NotFound.into()));
                }
                let note = read(directory, Resource::Checkpoint)?;
                Ok(note.map(|note| String::from_utf8_lossy(&note).into_owned()))
            }
        }
    }

    /// The entries of these positions of a tree that ends where they do or at the end of a bundle: as many of them as there are, and
    /// `None` for what is there but is no entry.
    pub(crate) async fn entries(&self, positions: Range<u64>) -> Result<Vec<Option<Vec<u8>>>, SourceError> {
        let directory = match self {
            Self::Store(store) => {
                return Ok(store.entries(positions).await?.into_iter().map(Some).collect());
            }
            Self::Directory(directory) => directory,
        };
        let mut entries = Vec::new();
        for bundle in covering(positions, |index, width| Resource::Entries { index, width }) {
            let Resource::Entries { width, .. } = bundle else { continue };
            let Some((bytes, is_longer)) = read_or_full(directory, bundle)? else { break };
            let width = usize::from(width);
            let (found, rest) = unbundle(&bytes);
            let is_whole = rest.is_empty() && (found.len() == width || (is_longer && found.len() > width));
            let mut found: Vec<_> = found.into_iter().map(Some).take(width).collect();
            found.resize(width, None);
            if let (false, Some(last)) = (is_whole, found.last_mut()) {
                *last = None;
            }
            entries.extend(found);
        }
        Ok(entries)
    }

    /// How many entries there are, where that is known apart from the checkpoint.
    pub(crate) async fn size(&self) -> Result<Option<u64>, SourceError> {
        match self {
            Self::Store(store) => Ok(Some(store.size().await?)),
            Self::Directory(_) => Ok(None),
        }
    }

    /// These tiles of a tree of this size; nothing for one that is not there.
    pub(crate) async fn tiles(&self, ids: &[TileId], size: u64) -> Result<Vec<Vec<u8>>, SourceError> {
        let directory = match self {
            Self::Store(store) => {
                let mut tiles = store.tiles(ids.to_vec()).await?;
                tiles.resize(ids.len(), Vec::new());
                return Ok(tiles);
            }
            Self::Directory(directory) => directory,
        };
        let tiles = ids.iter().map(|id| {
            let width = hashes_at(id.level, size).saturating_sub(id.index.saturating_mul(WIDTH)).min(WIDTH);
            let width = u16::try_from(width).unwrap_or(256);
            if width == 0 {
                return Ok(Vec::new());
            }
            let tile = read_or_full(directory, Resource::Tile { id: *id, width })?;
            let mut tile = tile.map(|(tile, _)| tile).unwrap_or_default();
            tile.truncate(256 * Hash::LENGTH);
            Ok(tile)
        });
        tiles.collect()
    }
}

/// Reads a file, or the full one in the place of a partial one, which "MAY" be deleted then; tells whether it was so.
fn read_or_full(directory: &Path, resource: Resource) -> Result<Option<(Vec<u8>, bool)>, SourceError> {
    if let Some(bytes) = read(directory, resource)? {
        return Ok(Some((bytes, false)));
    }
    let full = match resource {
        Resource::Tile { id, .. } => Resource::Tile { id, width: 256 },
        Resource::Entries { index, .. } => Resource::Entries { index, width: 256 },
        Resource::Checkpoint => return Ok(None),
    };
    Ok(read(directory, full)?.map(|bytes| (bytes, true)))
}

fn read(directory: &Path, resource: Resource) -> Result<Option<Vec<u8>>, SourceError> {
    let path = directory.join(resource.to_string());
    let read = || -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        File::open(&path)?.take(MAX_FILE).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    match read() {
        Ok(bytes) => Ok(Some(bytes)),
        // `000.p` may be a file where a directory is meant.
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(error) => Err(SourceError::io(&path, error)),
    }
}
