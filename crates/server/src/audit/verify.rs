//! The verification of a whole log, offline: its signature, every entry, every tile, and that it only grew.
//!
//! Two trees are grown at a time, one of the entries and one of the stored hashes of entries. Where they differ, the one whose root was
//! signed tells which of the two was altered.

use crate::{
    audit::{
        Entry, Fault, Hash, Report, Source, SourceError, TreeHead, VerifierKey,
        resource::covering,
        tree::{Edge, WIDTH},
    },
    store::{Tile, TileId},
};
use std::{
    collections::{BTreeMap, BTreeSet, btree_map},
    ops::Range,
};

/// How many entries are read at a time.
const CHUNK: u64 = 16 * WIDTH;

/// How many tiles of higher levels are read at a time.
const TILES: usize = 64;

/// An older checkpoint, kept elsewhere than the log.
pub struct Since {
    /// What to call it in the report.
    pub name: String,
    /// The signed note.
    pub note: String,
}

/// Checks a log against its public key, and against older checkpoints.
///
/// # Errors
/// [`SourceError`] where the log cannot be read. What is wrong with it is in the report.
pub async fn verify(source: &Source, key: &VerifierKey, since: &[Since]) -> Result<Report, SourceError> {
    let mut report = Report::default();
    let older = older(since, key, &mut report.faults);
    let Some(note) = source.checkpoint().await? else {
        report.beyond = source.size().await?.unwrap_or(0);
        // A store that never had an entry has no checkpoint; a directory is written with one.
        if source.size().await? != Some(0) || !older.is_empty() {
            report.faults.push(Fault::NoCheckpoint);
        }
        return Ok(report);
    };
    let place = String::from("the last checkpoint");
    let head = match TreeHead::read(&note, key) {
        Ok((head, Ok(()))) => {
            report.signer = Some(key.to_string());
            head
        }
        // What it says is still worth comparing.
        Ok((head, Err(why))) => {
            report.faults.push(Fault::Head { place, why });
            head
        }
        Err(why) => {
            report.faults.push(Fault::Head { place, why });
            return Ok(report);
        }
    };

    let walk = Walk::over(source, head.size, older.keys()).await?;
    walk.judge(&head, &mut report);
    walk.judge_upper_tiles(source, &head, &mut report).await?;
    walk.judge_older(&head, &older, &mut report);
    report.last = walk.last;
    report.beyond = source.size().await?.map_or(0, |size| size.saturating_sub(head.size));
    report.head = Some(head);
    Ok(report)
}

/// The older checkpoints that the key signed, by their sizes.
fn older<'a>(
    since: &'a [Since],
    key: &VerifierKey,
    faults: &mut Vec<Fault>,
) -> BTreeMap<u64, (Hash, &'a str)> {
    let mut older = BTreeMap::new();
    for Since { name, note } in since {
        match TreeHead::open(note, key) {
            Ok(TreeHead { size, root, .. }) => match older.entry(size) {
                btree_map::Entry::Vacant(place) => {
                    place.insert((root, name.as_str()));
                }
                btree_map::Entry::Occupied(other) if other.get().0 != root => {
                    faults.push(Fault::Fork {
                        place: name.clone(),
                        size,
                        older: root,
                        root: other.get().0,
                    });
                }
                btree_map::Entry::Occupied(_) => {}
            },
            Err(why) => faults.push(Fault::Head { place: name.clone(), why }),
        }
    }
    older
}

/// A tree as it is grown again.
#[derive(Default)]
struct Grown {
    edge: Edge,
    /// Its full tiles above level 0.
    upper: Vec<Tile>,
    /// Its roots at the sizes of older checkpoints.
    roots: BTreeMap<u64, Hash>,
}

impl Grown {
    fn push(&mut self, leaf: Hash, sizes: &BTreeSet<u64>) {
        self.edge.push(leaf, |tile| {
            if tile.id.level > 0 {
                self.upper.push(tile);
            }
        });
        if sizes.contains(&self.edge.size()) {
            self.roots.insert(self.edge.size(), self.edge.root());
        }
    }
}

/// All that was seen on the way from the first entry to the last.
#[derive(Default)]
struct Walk {
    of_entries: Grown,
    of_tiles: Grown,
    /// Positions where the two differ.
    differing: Vec<Range<u64>>,
    /// Positions of what is there but is no entry.
    unreadable: Vec<Range<u64>>,
    /// Tiles of level 0 that are not there, or not as far as they should be.
    missing: BTreeSet<u64>,
    /// How many entries there are, up to the size that was asked for.
    entries: u64,
    /// When the last entry was made.
    last: Option<u64>,
}

impl Walk {
    async fn over(
        source: &Source,
        size: u64,
        sizes: impl Iterator<Item = &u64>,
    ) -> Result<Self, SourceError> {
        let sizes: BTreeSet<u64> = sizes.copied().collect();
        let mut walk = Self::default();
        for grown in [&mut walk.of_entries, &mut walk.of_tiles] {
            grown.roots.insert(0, Hash::of_nothing());
        }
        let mut start = 0;
        while start < size {
            let chunk = start..size.min(start + CHUNK);
            let ids: Vec<TileId> = covering(chunk.clone(), |index, _| TileId { level: 0, index }).collect();
            let tiles = source.tiles(&ids, size).await?;
            let entries = source.entries(chunk.clone()).await?;
            if !walk.take(chunk.clone(), &entries, &tiles, &sizes) {
                break;
            }
            start = chunk.end;
        }
        Ok(walk)
    }

    /// Takes a chunk, unless there is nothing left at one of its positions.
    fn take(
        &mut self,
        chunk: Range<u64>,
        entries: &[Option<Vec<u8>>],
        tiles: &[Vec<u8>],
        sizes: &BTreeSet<u64>,
    ) -> bool {
        let mut entries = entries.iter();
        let mut hashes = Hash::all_in(&[]);
        let mut tiles = tiles.iter();
        for position in chunk {
            if position % WIDTH == 0 {
                hashes = Hash::all_in(tiles.next().map_or(&[], Vec::as_slice));
            }
            let entry = entries.next();
            let of_entry = entry.and_then(|entry| entry.as_deref()).map(Hash::leaf);
            let of_tile = hashes.next();
            match (of_entry, of_tile) {
                (Some(of_entry), Some(of_tile)) if of_entry != of_tile => {
                    extend(&mut self.differing, position);
                }
                (Some(_), None) => {
                    self.missing.insert(position / WIDTH);
                }
                _ => {}
            }
            match entry {
                Some(Some(entry)) => {
                    self.entries += 1;
                    self.last = Entry::at(entry);
                }
                Some(None) => {
                    self.entries += 1;
                    extend(&mut self.unreadable, position);
                }
                None => {}
            }
            // Where one is missing the other stands in for it, so that the rest can be compared.
            let (Some(of_entry), Some(of_tile)) = (of_entry.or(of_tile), of_tile.or(of_entry)) else {
                return false;
            };
            self.of_entries.push(of_entry, sizes);
            self.of_tiles.push(of_tile, sizes);
        }
        true
    }

    /// The tree whose root was signed, if one of them has it.
    fn signed(&self, head: &TreeHead) -> Option<&Grown> {
        [&self.of_entries, &self.of_tiles]
            .into_iter()
            .find(|grown| grown.edge.size() == head.size && grown.edge.root() == head.root)
    }

    fn judge(&self, head: &TreeHead, report: &mut Report) {
        if self.entries < head.size {
            let by = String::from("the last checkpoint");
            report.faults.push(Fault::Truncated { entries: self.entries, covered: head.size, by });
        }
        let signed = self.signed(head);
        let are_entries_right =
            signed.is_some_and(|signed| std::ptr::eq(signed, &raw const self.of_entries));
        let entry = |positions: &Range<u64>| Fault::Entry { positions: positions.clone() };
        report.faults.extend(self.unreadable.iter().map(entry));
        let mut tiles = self.missing.clone();
        if are_entries_right {
            let indices =
                self.differing.iter().flat_map(|range| range.start / WIDTH..range.end.div_ceil(WIDTH));
            tiles.extend(indices);
        } else {
            report.faults.extend(self.differing.iter().map(entry));
        }
        report.faults.extend(tiles.into_iter().map(|index| Fault::Tile { id: TileId { level: 0, index } }));
        if signed.is_none() && self.of_entries.edge.size() == head.size {
            report.faults.push(Fault::Root { computed: self.of_entries.edge.root(), signed: head.root });
        }
    }

    async fn judge_upper_tiles(
        &self,
        source: &Source,
        head: &TreeHead,
        report: &mut Report,
    ) -> Result<(), SourceError> {
        // The hashes of entries that are stored: what is above them must follow from them, whatever was signed.
        let grown = self.signed(head).unwrap_or(&self.of_tiles);
        let partial = grown.edge.partial(0).filter(|tile| tile.id.level > 0);
        let expected: Vec<Tile> = grown.upper.iter().cloned().chain(partial).collect();
        for expected in expected.chunks(TILES) {
            let ids: Vec<TileId> = expected.iter().map(|tile| tile.id).collect();
            let stored = source.tiles(&ids, grown.edge.size()).await?;
            // A store may have gone on meanwhile: then a tile has more hashes than the checkpoint covers.
            let wrong =
                expected.iter().zip(&stored).filter(|(tile, stored)| !stored.starts_with(&tile.hashes));
            report.faults.extend(wrong.map(|(tile, _)| Fault::Tile { id: tile.id }));
        }
        Ok(())
    }

    fn judge_older(&self, head: &TreeHead, older: &BTreeMap<u64, (Hash, &str)>, report: &mut Report) {
        let grown = self.signed(head).unwrap_or(&self.of_entries);
        for (&size, &(older, name)) in older {
            let place = name.to_owned();
            let root = if size == head.size { Some(&head.root) } else { grown.roots.get(&size) };
            match root {
                Some(root) if *root == older => report.grew_from.push(size),
                Some(root) => report.faults.push(Fault::Fork { place, size, older, root: *root }),
                // Either the checkpoint does not reach so far, or the entries do not, which was told before.
                None if size > head.size => {
                    report.faults.push(Fault::Truncated { entries: head.size, covered: size, by: place });
                }
                None => {}
            }
        }
    }
}

/// Adds a position to ranges that are in order.
fn extend(ranges: &mut Vec<Range<u64>>, position: u64) {
    match ranges.last_mut() {
        Some(range) if range.end == position => range.end += 1,
        _ => ranges.push(position..position + 1),
    }
}
