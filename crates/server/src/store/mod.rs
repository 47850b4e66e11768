//! What must outlive a process: which payloads were used, and the audit log.
//!
//! [`Store`] is all that the rest of the server knows of it. The only SQL is in `sqlite`, the default, for one machine, and in
//! `postgres`, for many; their tables are made by `migrations/`.

mod batch;
mod postgres;
mod sqlite;

use sqlx::migrate::MigrateError;
use std::{ops::Range, pin::Pin, sync::Arc};
use tillseal_protocol::Jti;

/// Opens a store and brings its tables up to date: `sqlite:PATH`, a file that is made where there is none, readable by its owner only,
/// or `postgres://USER:PASSWORD@HOST/DATABASE`. To be called within a Tokio runtime.
///
/// Once open, it connects again by itself as often as it must.
///
/// # Errors
/// [`StoreError`] where the store cannot be reached or written to, or where a newer release has made its tables.
pub async fn connect(url: &str) -> Result<Arc<dyn Store>, StoreError> {
    match url.split_once(':') {
        Some(("sqlite", path)) => Ok(Arc::new(sqlite::Sqlite::open(path).await?)),
        Some(("postgres" | "postgresql", _)) => Ok(Arc::new(postgres::Postgres::open(url).await?)),
        // No more than the scheme: what follows may hold a password.
        _ => Err(StoreError {
            url: url.split_once("://").map_or("without a scheme", |(scheme, _)| scheme).to_owned(),
            why: "its URL is neither sqlite:PATH nor postgres://USER:PASSWORD@HOST/DATABASE".to_owned(),
        }),
    }
}

/// What a store answers, once it has: every change but a claim is durable by then.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// A place that remembers. One value is shared by all requests of a process, and many processes may share one database.
///
/// A payment takes one [`claim`](Self::claim) and one [`record`](Self::record), each of which is one round trip and atomic.
/// Requests that come while the store is at work are answered together, by one transaction.
pub trait Store: Send + Sync {
    /// Claims these ids for one payload, for good: among all processes that offer one of them, ever, one is told [`Claimed::Fresh`].
    ///
    /// A claim outlives this process once it is answered, and a failure of the machine once a record that follows it is.
    ///
    /// Unless the answer is `Fresh` some of the ids may be claimed and some not: the payload is refused either way.
    fn claim(&self, claims: Vec<Claim>) -> Answer<'_, Claimed>;

    /// Appends an entry to the audit log and tells its position, from 0 on and without a gap.
    fn record(&self, entry: Vec<u8>) -> Answer<'_, u64>;

    /// Removes claims that expired at or before `until`, a number of seconds since 1970, and tells how many.
    ///
    /// From then on, a claim that expires so early is [`Claimed::Forgotten`]: a clock that is set back makes no payload fresh again.
    /// What cannot be removed within the time limit is left for the next time.
    fn forget(&self, until: u64) -> Answer<'_, u64>;

    /// The entries of these positions, as many of them as there are.
    fn entries(&self, positions: Range<u64>) -> Answer<'_, Vec<Vec<u8>>>;

    /// How many entries the log has.
    fn size(&self) -> Answer<'_, u64>;

    /// The checkpoint that was published last.
    fn checkpoint(&self) -> Answer<'_, Option<Checkpoint>>;

    /// The hashes of these tiles, in this order, 32 bytes each, as far as they are published; empty for a tile that is not there.
    fn tiles(&self, ids: Vec<TileId>) -> Answer<'_, Vec<Vec<u8>>>;

    /// Publishes a checkpoint with the tiles that changed since the one of size `from` (0 where there is none), all at once.
    /// `false` where another process was faster: nothing is changed then.
    fn publish(&self, from: u64, checkpoint: Checkpoint, tiles: Vec<Tile>) -> Answer<'_, bool>;

    /// Whether the store answers, and can be written to.
    fn ping(&self) -> Answer<'_, ()>;

    /// Finishes what is under way; to be called last.
    fn close(&self) -> Answer<'_, ()>;
}

/// Something that may happen once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClaimId([u8; Self::LENGTH]);

/// A claim, and until when it must be remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// What is claimed.
    pub id: ClaimId,
    /// Seconds since 1970-01-01 UTC; from then on, what is claimed is refused for its age.
    pub expires: u64,
}

/// What became of claims that were offered together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claimed {
    /// Nobody had claimed any of them before.
    Fresh,
    /// The claim of this index, the first of them, was there already.
    Taken(usize),
    /// One expires so early that the store may have forgotten it: see [`Store::forget`].
    Forgotten,
}

/// A signed statement of what the log holds (C2SP tlog-checkpoint).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// How many entries it covers.
    pub size: u64,
    /// The signed note, as text.
    pub note: String,
}

/// Which tile (C2SP tlog-tiles): `level` 0 holds the hashes of entries; each tile has up to 256 hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TileId {
    /// Its height in the tree, in steps of 8.
    pub level: u8,
    /// Its place in the level.
    pub index: u64,
}

/// A tile, whole or as far as the log goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    /// Which one.
    pub id: TileId,
    /// Up to 256 hashes of 32 bytes.
    pub hashes: Vec<u8>,
}

/// The store did not do what it was asked.
///
/// What was asked may have been done all the same: whoever is told so refuses the payment.
#[derive(Debug, thiserror::Error)]
#[error("the store {url}: {why}")]
pub struct StoreError {
    /// Where it is, without its password.
    pub url: String,
    /// What the database said.
    pub why: String,
}

impl ClaimId {
    /// A kind and 128 bits.
    pub const LENGTH: usize = 17;

    /// The id of a payload.
    #[must_use]
    pub fn payload(jti: &Jti) -> Self {
        Self::of(b'p', &jti.to_bytes())
    }

    /// The id of a checkout session, which takes one payload.
    #[must_use]
    pub fn session(jti: &Jti) -> Self {
        Self::of(b's', &jti.to_bytes())
    }

    /// Something that is recorded once though several processes see it.
    #[must_use]
    pub fn event(name: &str) -> Self {
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, name.as_bytes());
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash.as_ref()[..16]);
        Self::of(b'e', &bytes)
    }

    /// From a database.
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    fn of(kind: u8, bytes: &[u8; 16]) -> Self {
        let mut id = [kind; Self::LENGTH];
        id[1..].copy_from_slice(bytes);
        Self(id)
    }

    /// As a database keeps it.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl StoreError {
    /// The stable code of this error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        "store-unavailable"
    }
}

/// What went wrong with the tables.
fn migration(error: &MigrateError) -> String {
    match error {
        MigrateError::VersionMissing(version) => format!(
            "a newer release of tillseal has changed its tables (migration {version}): run that release, or a copy of the store from before"
        ),
        MigrateError::VersionMismatch(version) => {
            format!("its tables are not those of this release (migration {version} differs)")
        }
        error => error.to_string(),
    }
}
