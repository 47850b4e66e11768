//! A store in memory: the contract of `Store` in its simplest form, and open to whoever wants to tamper.

use std::{
    collections::HashSet,
    future,
    ops::Range,
    sync::{Mutex, MutexGuard, PoisonError},
};
use tillseal_server::store::{
    Answer, Checkpoint, Claim, ClaimId, Claimed, Store, StoreError, Tile, TileId,
};

#[derive(Default)]
pub(crate) struct Memory(Mutex<Content>);

#[derive(Default, Clone)]
pub(crate) struct Content {
    pub(crate) claims: HashSet<ClaimId>,
    pub(crate) entries: Vec<Vec<u8>>,
    pub(crate) checkpoint: Option<Checkpoint>,
    pub(crate) tiles: Vec<Tile>,
    /// Answers nothing any more.
    pub(crate) is_down: bool,
}

impl Memory {
    pub(crate) fn new(content: Content) -> Self {
        Self(Mutex::new(content))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer<T>(&self, answer: impl FnOnce(&mut Content) -> T) -> Answer<'static, T>
    where
        T: Send + 'static,
    {
        let mut content = self.lock();
        let answer = if content.is_down {
            Err(StoreError { url: "memory".into(), why: "down".into() })
        } else {
            Ok(answer(&mut content))
        };
        Box::pin(future::ready(answer))
    }
}

impl Store for Memory {
    fn claim(&self, claims: Vec<Claim>) -> Answer<'_, Claimed> {
        self.answer(|content| {
            let taken = claims.iter().position(|claim| !content.claims.insert(claim.id));
            taken.map_or(Claimed::Fresh, Claimed::Taken)
        })
    }

    fn record(&self, entry: Vec<u8>) -> Answer<'_, u64> {
        self.answer(|content| {
            content.entries.push(entry);
            content.entries.len() as u64 - 1
        })
    }

    fn forget(&self, _: u64) -> Answer<'_, u64> {
        self.answer(|_| 0)
    }

    fn entries(&self, positions: Range<u64>) -> Answer<'_, Vec<Vec<u8>>> {
        self.answer(|content| {
            let positions = positions.start..positions.end.min(content.entries.len() as u64);
            positions
                .map(|position| content.entries[usize::try_from(position).unwrap_or(0)].clone())
                .collect()
        })
    }

    fn size(&self) -> Answer<'_, u64> {
        self.answer(|content| content.entries.len() as u64)
    }

    fn checkpoint(&self) -> Answer<'_, Option<Checkpoint>> {
        self.answer(|content| content.checkpoint.clone())
    }

    fn tiles(&self, ids: Vec<TileId>) -> Answer<'_, Vec<Vec<u8>>> {
        self.answer(|content| {
            let find = |id: &TileId| content.tiles.iter().find(|tile| tile.id == *id);
            ids.iter().map(|id| find(id).map(|tile| tile.hashes.clone()).unwrap_or_default()).collect()
        })
    }

    fn publish(&self, from: u64, checkpoint: Checkpoint, tiles: Vec<Tile>) -> Answer<'_, bool> {
        self.answer(|content| {
            if content.checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.size) != from {
                return false;
            }
            content.checkpoint = Some(checkpoint);
            for tile in tiles {
                match content.tiles.iter_mut().find(|known| known.id == tile.id) {
                    Some(known) => *known = tile,
                    None => content.tiles.push(tile),
                }
            }
            true
        })
    }

    fn ping(&self) -> Answer<'_, ()> {
        self.answer(|_| ())
    }

    fn close(&self) -> Answer<'_, ()> {
        self.answer(|_| ())
    }
}
