//! The log of a running server: entries go in at once, and within a second they are in the tree, signed.

use crate::{
    audit::{
        Entry, Hash, HeadError, LogKey, Proof, ProofError, Resource, Source, TreeHead, prove,
        resource::bundle,
        tree::{Edge, WIDTH, edge_tiles},
    },
    store::{Checkpoint, Store, StoreError, Tile},
};
use std::{sync::Arc, time::Duration};
use tokio::time::{self, MissedTickBehavior};

/// How often new entries are looked for.
const INTERVAL: Duration = Duration::from_secs(1);

/// How many entries one checkpoint adds at most: what is read and written at a time stays below ten megabytes.
const CHUNK: u64 = 64 * WIDTH;

/// The audit log on a store. Many processes may each have one on the same store, with the same key.
pub struct Log {
    store: Arc<dyn Store>,
    key: LogKey,
}

/// Why nothing was signed. The entries are safe in the store, and are signed once this is mended.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The last checkpoint is not by this key.
    #[error(
        "the last checkpoint in the store is not of this log's key and name: {0}; is this the right key, or the right store?"
    )]
    Foreign(HeadError),
    /// The tiles in the store are not those of the last checkpoint.
    #[error(
        "the tiles in the store do not lead to the last checkpoint; nothing is signed on top: run `tillseal audit verify`"
    )]
    Damaged,
    /// There are fewer entries than the last checkpoint covers.
    #[error(
        "the store has {entries} entries, and the last checkpoint covers {size}: it was cut, or set back to a backup"
    )]
    Truncated {
        /// How many there are.
        entries: u64,
        /// How many there were.
        size: u64,
    },
    /// Ed25519 failed in the library.
    #[error("the checkpoint could not be signed")]
    Sign,
}

impl LogError {
    /// The stable code of this error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Store(error) => error.code(),
            Self::Foreign(_) => "audit-foreign",
            Self::Damaged => "audit-root",
            Self::Truncated { .. } => "audit-truncated",
            Self::Sign => "internal",
        }
    }
}

impl Log {
    /// The log that this key signs.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, key: LogKey) -> Self {
        Self { store, key }
    }

    /// The key that signs it.
    #[must_use]
    pub fn key(&self) -> &LogKey {
        &self.key
    }

    /// Appends an entry, and tells its position; it is durable by then.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn record(&self, entry: Entry) -> Result<u64, StoreError> {
        self.store.record(entry.into_bytes()).await
    }

    /// Hashes what was recorded since the last checkpoint, and signs a new one; gives it, or nothing where there was nothing new, or
    /// another process was faster.
    ///
    /// # Errors
    /// [`LogError`].
    pub async fn publish(&self) -> Result<Option<TreeHead>, LogError> {
        let mut published = None;
        while let Some(head) = self.publish_some().await? {
            // Whoever ships the lines of this log keeps what catches a log that is rewritten with its own key.
            tracing::info!(size = head.size, root = %head.root, log = head.origin, "checkpoint");
            let is_last = head.size % CHUNK != 0;
            published = Some(head);
            if is_last {
                break;
            }
        }
        Ok(published)
    }

    /// Publishes each second until `stop` ends, and then once more. What goes wrong is logged, once.
    pub async fn follow(&self, stop: impl Future<Output = ()>) {
        let mut complaint = String::new();
        let mut ticks = time::interval(INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut stop = std::pin::pin!(stop);
        let mut is_stopping = false;
        while !is_stopping {
            tokio::select! {
                () = &mut stop => is_stopping = true,
                _ = ticks.tick() => {}
            }
            match self.publish().await {
                Ok(_) => complaint.clear(),
                Err(error) => {
                    let text = error.to_string();
                    if text != complaint {
                        tracing::error!(code = error.code(), %error, "no checkpoint signed; entries are kept");
                        complaint = text;
                    }
                }
            }
        }
    }

    /// The bytes of a resource, or nothing where the last checkpoint does not cover it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn resource(&self, resource: Resource) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(checkpoint) = self.store.checkpoint().await? else { return Ok(None) };
        if !resource.is_of(checkpoint.size) {
            return Ok(None);
        }
        match resource {
            Resource::Checkpoint => Ok(Some(checkpoint.note.into_bytes())),
            Resource::Tile { id, width } => {
                let tile = self.store.tiles(vec![id]).await?.into_iter().next();
                Ok(tile.and_then(|tile| Some(tile.get(..usize::from(width) * Hash::LENGTH)?.to_vec())))
            }
            Resource::Entries { index, width } => {
                let start = index * WIDTH;
                let entries = self.store.entries(start..start + u64::from(width)).await?;
                Ok(bundle(&entries).filter(|_| entries.len() == usize::from(width)))
            }
        }
    }

    /// Proves that the log holds the entry at this position.
    ///
    /// # Errors
    /// As [`prove`].
    pub async fn proof(&self, position: u64) -> Result<Proof, ProofError> {
        prove(&Source::Store(Arc::clone(&self.store)), position).await
    }

    async fn publish_some(&self) -> Result<Option<TreeHead>, LogError> {
        let last = match self.store.checkpoint().await? {
            Some(checkpoint) => {
                Some(TreeHead::open(&checkpoint.note, self.key.vkey()).map_err(LogError::Foreign)?)
            }
            None => None,
        };
        let from = last.as_ref().map_or(0, |head| head.size);
        // To the next multiple, so that a full chunk is known by its size.
        let entries = self.store.entries(from..(from / CHUNK + 1) * CHUNK).await?;
        if entries.is_empty() {
            let entries = self.store.size().await?;
            return if entries < from {
                Err(LogError::Truncated { entries, size: from })
            } else {
                Ok(None)
            };
        }

        let ids: Vec<_> = edge_tiles(from).map(|(id, _)| id).collect();
        let tiles = if ids.is_empty() { Vec::new() } else { self.store.tiles(ids).await? };
        let mut edge = Edge::of(from, &tiles).ok_or(LogError::Damaged)?;
        // Never sign on top of what was not signed.
        if last.is_some_and(|head| head.root != edge.root()) {
            return Err(LogError::Damaged);
        }
        let mut tiles: Vec<Tile> = Vec::new();
        for entry in &entries {
            edge.push(Hash::leaf(entry), |tile| tiles.push(tile));
        }
        tiles.extend(edge.partial(from));
        let head = TreeHead { origin: self.key.name().to_owned(), size: edge.size(), root: edge.root() };
        let note = head.sign(&self.key).map_err(|_| LogError::Sign)?;
        let is_ours = self.store.publish(from, Checkpoint { size: head.size, note }, tiles).await?;
        Ok(is_ours.then_some(head))
    }
}
