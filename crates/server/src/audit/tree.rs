//! The tree in tiles: growing it at its right edge, and finding any of its hashes again.
//!
//! A tile of level `l` holds hashes of perfect subtrees of 256^l entries (C2SP tlog-tiles, height 8).

use crate::{
    audit::Hash,
    store::{Tile, TileId},
};
use std::ops::Range;

/// How many hashes a full tile has.
pub(crate) const WIDTH: u64 = 256;

/// The height of a tile.
const HEIGHT: u32 = 8;

/// How many hashes of this level a tree of this size has.
pub(crate) fn hashes_at(level: u8, size: u64) -> u64 {
    size.checked_shr(HEIGHT * u32::from(level)).unwrap_or(0)
}

/// The tiles at the right edge of a tree that are not full, and how many hashes each has.
pub(crate) fn edge_tiles(size: u64) -> impl Iterator<Item = (TileId, u64)> {
    let levels = (0..).map(move |level| (level, hashes_at(level, size)));
    let reached = levels.take_while(|(_, hashes)| *hashes > 0);
    let partial = reached.filter(|(_, hashes)| hashes % WIDTH > 0);
    partial.map(|(level, hashes)| (TileId { level, index: hashes / WIDTH }, hashes % WIDTH))
}

/// A tree as far as it takes to make it grow: the hashes of the tiles at its right edge that are not full.
#[derive(Debug, Clone, Default)]
pub(crate) struct Edge {
    size: u64,
    /// Level by level, fewer than 256 hashes each.
    levels: Vec<Vec<Hash>>,
}

impl Edge {
    /// The edge of a tree of this size, from its [`edge_tiles`]; what a tile has beyond this size is passed over.
    pub(crate) fn of(size: u64, tiles: &[Vec<u8>]) -> Option<Self> {
        let mut edge = Self { size, levels: Vec::new() };
        for ((id, width), tile) in edge_tiles(size).zip(tiles) {
            let hashes: Vec<Hash> = Hash::all_in(tile).take(usize::try_from(width).ok()?).collect();
            if hashes.len() as u64 != width {
                return None;
            }
            edge.levels.resize(usize::from(id.level), Vec::new());
            edge.levels.push(hashes);
        }
        (edge_tiles(size).count() == tiles.len()).then_some(edge)
    }

    /// How many entries the tree has.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// The hash of the whole tree.
    pub(crate) fn root(&self) -> Hash {
        let mut root: Option<Hash> = None;
        for level in &self.levels {
            // The perfect subtrees of a level, from the smallest, which is the last, to the largest.
            let mut end = level.len();
            for height in 0..HEIGHT {
                let run = 1 << height;
                if level.len() & run == 0 {
                    continue;
                }
                let left = Hash::above(&level[end - run..end]);
                end -= run;
                root = Some(root.map_or(left, |right| Hash::node(&left, &right)));
            }
        }
        root.unwrap_or_else(Hash::of_nothing)
    }

    /// Adds an entry's hash, and tells each tile that became full.
    pub(crate) fn push(&mut self, leaf: Hash, mut full: impl FnMut(Tile)) {
        self.size += 1;
        let mut hash = leaf;
        for level in 0_u8.. {
            let place = usize::from(level);
            if self.levels.len() == place {
                self.levels.push(Vec::new());
            }
            self.levels[place].push(hash);
            if (self.levels[place].len() as u64) < WIDTH {
                return;
            }
            let hashes = std::mem::take(&mut self.levels[place]);
            let id = TileId { level, index: hashes_at(level, self.size) / WIDTH - 1 };
            full(Tile { id, hashes: concatenated(&hashes) });
            // A tile that is full is one hash of the level above.
            hash = Hash::above(&hashes);
        }
    }

    /// The tiles that are not full, as far as they changed since the tree had the size `from`.
    pub(crate) fn partial(&self, from: u64) -> impl Iterator<Item = Tile> {
        let changed = edge_tiles(self.size)
            .filter(move |(id, _)| hashes_at(id.level, from) != hashes_at(id.level, self.size));
        changed.map(|(id, _)| Tile { id, hashes: concatenated(&self.levels[usize::from(id.level)]) })
    }
}

/// A perfect subtree: the entries from `index << height` on, 2^height of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Subtree {
    height: u32,
    index: u64,
}

/// The parts of a tree whose hashes prove that it holds an entry, the leaf's sibling first: PATH(m, D[n]) of RFC 6962 §2.1.1.
pub(crate) fn path(position: u64, size: u64) -> Vec<Range<u64>> {
    let (mut start, mut end) = (0, size);
    let mut ranges = Vec::new();
    while end - start > 1 {
        // The largest power of two that is smaller than the number of entries.
        let middle = start + (1 << (end - start - 1).ilog2());
        if position < middle {
            ranges.push(middle..end);
            end = middle;
        } else {
            ranges.push(start..middle);
            start = middle;
        }
    }
    ranges.reverse();
    ranges
}

/// The hash of the tree of this size that a path leads to, from an entry's hash up: RFC 9162 §2.1.3.2.
pub(crate) fn climb(position: u64, size: u64, leaf: Hash, path: &[Hash]) -> Option<Hash> {
    if position >= size {
        return None;
    }
    let (mut place, mut last) = (position, size - 1);
    let mut hash = leaf;
    for sibling in path {
        if last == 0 {
            return None;
        }
        if place & 1 == 1 || place == last {
            hash = Hash::node(sibling, &hash);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            hash = Hash::node(&hash, sibling);
        }
        place >>= 1;
        last >>= 1;
    }
    (last == 0).then_some(hash)
}

/// The tiles that hold the hashes of these ranges, each once.
pub(crate) fn tiles_of(ranges: &[Range<u64>]) -> Vec<TileId> {
    let mut ids: Vec<TileId> = ranges.iter().flat_map(subtrees).map(|subtree| subtree.place().0).collect();
    ids.sort_by_key(|id| (id.level, id.index));
    ids.dedup();
    ids
}

/// The hash of the entries of this range, MTH(D[start:end]), out of these tiles.
pub(crate) fn hash_of(range: &Range<u64>, tiles: &[(TileId, Vec<u8>)]) -> Option<Hash> {
    let mut whole: Option<Hash> = None;
    for subtree in subtrees(range).into_iter().rev() {
        let (id, places) = subtree.place();
        let (_, tile) = tiles.iter().find(|(known, _)| *known == id)?;
        let bytes = tile.get(places.start * Hash::LENGTH..places.end * Hash::LENGTH)?;
        let left = Hash::above(&Hash::all_in(bytes).collect::<Vec<_>>());
        whole = Some(whole.map_or(left, |right| Hash::node(&left, &right)));
    }
    whole
}

/// The perfect subtrees that make up a range of a [`path`], from left to right.
fn subtrees(range: &Range<u64>) -> Vec<Subtree> {
    let mut start = range.start;
    let mut subtrees = Vec::new();
    while start < range.end {
        let height = (range.end - start).ilog2();
        subtrees.push(Subtree { height, index: start >> height });
        start += 1 << height;
    }
    subtrees
}

impl Subtree {
    /// The tile below the subtree's root, or with it, and the hashes in the tile that the subtree is made of.
    fn place(self) -> (TileId, Range<usize>) {
        let count = 1 << (self.height % HEIGHT);
        let first = self.index * count;
        let level = u8::try_from(self.height / HEIGHT).unwrap_or(u8::MAX);
        // Less than 256 each.
        let [start, count] = [first % WIDTH, count].map(|place| usize::try_from(place).unwrap_or(0));
        (TileId { level, index: first / WIDTH }, start..start + count)
    }
}

fn concatenated(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(Hash::as_bytes).copied().collect()
}
