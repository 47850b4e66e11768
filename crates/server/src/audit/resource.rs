//! What a log serves, by path: C2SP tlog-tiles, below whatever prefix.

use crate::{
    audit::tree::{WIDTH, hashes_at},
    store::TileId,
};
use std::{fmt, ops::Range};

/// How many digits of an index each part of a path has.
const BASE: u64 = 1000;

/// One thing that a log serves, or a directory of [`export`](crate::audit::export) holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource {
    /// `checkpoint`: the signed note.
    Checkpoint,
    /// `tile/<L>/<N>[.p/<W>]`: hashes.
    Tile {
        /// Which tile.
        id: TileId,
        /// How many hashes, 1 to 256.
        width: u16,
    },
    /// `tile/entries/<N>[.p/<W>]`: entries, each after its length in two bytes.
    Entries {
        /// Where: from the position 256 times this on.
        index: u64,
        /// How many entries, 1 to 256.
        width: u16,
    },
}

impl Resource {
    /// Takes a path without a slash before it.
    #[must_use]
    pub fn parse(path: &str) -> Option<Self> {
        if path == "checkpoint" {
            return Some(Self::Checkpoint);
        }
        let (kind, rest) = path.strip_prefix("tile/")?.split_once('/')?;
        let (number, width) = match rest.split_once(".p/") {
            Some((number, width)) => (number, width.parse().ok().filter(|width| (1..256).contains(width))?),
            None => (rest, 256),
        };
        let index = number.split('/').try_fold(0_u64, |index, part| {
            let part: u64 = part.trim_start_matches('x').parse().ok().filter(|part| *part < BASE)?;
            index.checked_mul(BASE)?.checked_add(part)
        })?;
        let resource = match kind {
            "entries" => Self::Entries { index, width },
            level => {
                let level = level.parse().ok().filter(|level| *level < 64)?;
                Self::Tile { id: TileId { level, index }, width }
            }
        };
        // Leading zeroes, signs, missing and spare `x`: each resource has one path.
        (resource.to_string() == path).then_some(resource)
    }

    /// Whether a tree of this size has it.
    #[must_use]
    pub fn is_of(&self, size: u64) -> bool {
        let reaches = |index: u64, width: u16, hashes: u64| {
            index
                .checked_mul(WIDTH)
                .and_then(|start| start.checked_add(width.into()))
                .is_some_and(|end| end <= hashes)
        };
        match *self {
            Self::Checkpoint => true,
            Self::Tile { id, width } => reaches(id.index, width, hashes_at(id.level, size)),
            Self::Entries { index, width } => reaches(index, width, size),
        }
    }

    /// The media type to serve it with.
    #[must_use]
    pub fn content_type(&self) -> &'static str {
        match self {
            Self::Checkpoint => "text/plain; charset=utf-8",
            Self::Tile { .. } | Self::Entries { .. } => "application/octet-stream",
        }
    }

    /// Whether it stays as it is for ever, and may be kept by caches.
    #[must_use]
    pub fn is_immutable(&self) -> bool {
        *self != Self::Checkpoint
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let (index, width) = match *self {
            Self::Checkpoint => return formatter.write_str("checkpoint"),
            Self::Tile { id, width } => {
                write!(formatter, "tile/{}/", id.level)?;
                (id.index, width)
            }
            Self::Entries { index, width } => {
                formatter.write_str("tile/entries/")?;
                (index, width)
            }
        };
        // 1234067 is x001/x234/067.
        let parts: Vec<u64> =
            std::iter::successors(Some(index), |rest| (*rest >= BASE).then_some(rest / BASE)).collect();
        for part in parts[1..].iter().rev() {
            write!(formatter, "x{:03}/", part % BASE)?;
        }
        write!(formatter, "{:03}", index % BASE)?;
        if u64::from(width) < WIDTH { write!(formatter, ".p/{width}") } else { Ok(()) }
    }
}

/// The resources below `tile/` of one level, or of the entries, that cover these hashes of it; `make` takes index and width.
pub(crate) fn covering<T>(hashes: Range<u64>, make: impl Fn(u64, u16) -> T) -> impl Iterator<Item = T> {
    let (first, last) = (hashes.start / WIDTH, hashes.end.div_ceil(WIDTH));
    (first..last).map(move |index| {
        let width = (hashes.end - index * WIDTH).min(WIDTH);
        make(index, u16::try_from(width).unwrap_or(256))
    })
}

/// Entries as a bundle, or nothing where one has more than 65,535 bytes.
pub(crate) fn bundle(entries: &[Vec<u8>]) -> Option<Vec<u8>> {
    let mut bundle = Vec::new();
    for entry in entries {
        bundle.extend(u16::try_from(entry.len()).ok()?.to_be_bytes());
        bundle.extend(entry);
    }
    Some(bundle)
}

/// The entries of a bundle, as far as its lengths can be followed, and the bytes that are left over.
pub(crate) fn unbundle(mut bundle: &[u8]) -> (Vec<Vec<u8>>, &[u8]) {
    let mut entries = Vec::new();
    while let Some((length, rest)) = bundle.split_first_chunk() {
        let Some((entry, rest)) = rest.split_at_checked(u16::from_be_bytes(*length).into()) else { break };
        entries.push(entry.to_vec());
        bundle = rest;
    }
    (entries, bundle)
}
