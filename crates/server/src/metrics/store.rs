//! A store whose times are taken.

use super::Metrics;
use crate::store::{Answer, Checkpoint, Claim, Claimed, Store, Tile, TileId};
use std::{ops::Range, sync::Arc, time::Instant};

/// The same store; how long each of its operations takes is told to the metrics.
#[must_use]
pub fn metered(store: Arc<dyn Store>, metrics: Metrics) -> Arc<dyn Store> {
    Arc::new(Metered { store, metrics })
}

struct Metered {
    store: Arc<dyn Store>,
    metrics: Metrics,
}

impl Metered {
    fn take_time<'a, T: 'a>(&'a self, operation: &'static str, answer: Answer<'a, T>) -> Answer<'a, T> {
        Box::pin(async move {
            let start = Instant::now();
            let answer = answer.await;
            self.metrics.store(operation, start.elapsed(), answer.is_ok());
            answer
        })
    }
}

impl Store for Metered {
    fn claim(&self, claims: Vec<Claim>) -> Answer<'_, Claimed> {
        self.take_time("claim", self.store.claim(claims))
    }

    fn record(&self, entry: Vec<u8>) -> Answer<'_, u64> {
        self.take_time("record", self.store.record(entry))
    }

    fn forget(&self, until: u64) -> Answer<'_, u64> {
        self.take_time("forget", self.store.forget(until))
    }

    fn entries(&self, positions: Range<u64>) -> Answer<'_, Vec<Vec<u8>>> {
        self.take_time("entries", self.store.entries(positions))
    }

    fn size(&self) -> Answer<'_, u64> {
        self.take_time("size", self.store.size())
    }

    fn checkpoint(&self) -> Answer<'_, Option<Checkpoint>> {
        self.take_time("checkpoint", self.store.checkpoint())
    }

    fn tiles(&self, ids: Vec<TileId>) -> Answer<'_, Vec<Vec<u8>>> {
        self.take_time("tiles", self.store.tiles(ids))
    }

    fn publish(&self, from: u64, checkpoint: Checkpoint, tiles: Vec<Tile>) -> Answer<'_, bool> {
        self.take_time("publish", self.store.publish(from, checkpoint, tiles))
    }

    fn ping(&self) -> Answer<'_, ()> {
        self.take_time("ping", self.store.ping())
    }

    fn close(&self) -> Answer<'_, ()> {
        self.take_time("close", self.store.close())
    }
}
