//! SQLite: one file on one machine, which several processes may share.
//!
//! SQLite has one writer at a time, so a process has one too: a task with a connection of its own. Whatever waits when it begins a
//! transaction becomes part of it, and is answered once the write-ahead log is on the disk (`synchronous = FULL`); claims alone are
//! answered once it is written, and reach the disk with the record that follows.

mod writer;

use super::{
    Answer, Checkpoint, Claim, Claimed, Store, StoreError, Tile, TileId,
    batch::{self, LIMIT, Queue, integer, natural},
    migration,
};
use sqlx::{
    ConnectOptions as _, SqliteConnection, SqlitePool,
    migrate::{MigrateError, Migrator},
    query, query_as, query_scalar,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{
    collections::HashMap,
    fs, io,
    ops::Range,
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
    time::{Duration, Instant},
};
use tokio::{task::AbortHandle, time::sleep};
use writer::{Job, Publication, REMOVED_TOGETHER, write};

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations/sqlite");

/// How long SQLite waits by itself for a lock. Its pauses grow to 100 ms, and would hardly ever end between two transactions of
/// another process that works without a break: the writer begins again instead.
const BUSY: Duration = Duration::from_millis(10);

/// Connections that read.
const READERS: u32 = 2;

/// How often the write-ahead log is copied into the file. Seldom, because the disk is slower for everybody meanwhile.
const COPIED: Duration = Duration::from_secs(10);

/// A write-ahead log of so many pages (64 MiB) begins anew, for which the writers wait a moment.
const LONG: i64 = 16_384;

pub(super) struct Sqlite {
    url: String,
    writer: Queue<Job>,
    readers: SqlitePool,
    copier: AbortHandle,
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        self.copier.abort();
    }
}

impl Sqlite {
    pub(super) async fn open(path: &str) -> Result<Self, StoreError> {
        let path = path.strip_prefix("//").unwrap_or(path);
        let url = format!("sqlite:{path}");
        let fail = |why: String| StoreError { url: url.clone(), why };
        if path.is_empty() {
            return Err(fail("the path of its file is missing".to_owned()));
        }
        // An absolute path is never taken for `:memory:` or for a URI.
        let path = std::path::absolute(path).map_err(|error| fail(error.to_string()))?;
        make_file(&path).map_err(|error| fail(error.to_string()))?;

        let options = SqliteConnectOptions::new()
            .filename(&path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY)
            .foreign_keys(false)
            // Claims go to random pages: 16 MiB are those of 300,000.
            .pragma("cache_size", "-16384")
            // Not by a transaction that somebody waits for.
            .pragma("wal_autocheckpoint", "0")
            .disable_statement_logging();
        let connection = migrated(&options).await.map_err(fail)?;

        let (writer, waiting) = batch::queue();
        tokio::spawn(write(waiting, options.clone(), Some(connection)));
        let copier = tokio::spawn(copy_back(options.clone().busy_timeout(LIMIT / 2))).abort_handle();
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(LIMIT)
            .connect_lazy_with(options.busy_timeout(LIMIT / 2).pragma("query_only", "1"));
        Ok(Self { url, writer, readers, copier })
    }

    /// The answer, or why there is none within [`LIMIT`].
    fn answer<'a, T>(&'a self, work: impl Future<Output = Result<T, String>> + Send + 'a) -> Answer<'a, T> {
        batch::within_limit(&self.url, work)
    }
}

/// Makes the file readable by its owner only; SQLite gives its companions the same mode.
///
/// A file that is there is not even opened: closing it would give up the locks that SQLite holds on it for this process
/// (<https://www.sqlite.org/howtocorrupt.html>, 2.2).
fn make_file(path: &Path) -> io::Result<()> {
    match fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made.map(drop),
    }
}

/// A connection to tables that are up to date.
///
/// Processes that start together get into each other's way, because SQLite does not wait for a lock while it changes to the
/// write-ahead log, nor where a transaction that has read wants to write: whoever loses tries again.
async fn migrated(options: &SqliteConnectOptions) -> Result<SqliteConnection, String> {
    let start = Instant::now();
    loop {
        let why = match options.connect().await {
            Ok(mut connection) => match MIGRATIONS.run_direct(None, &mut connection, false).await {
                Ok(()) => return Ok(connection),
                Err(error @ (MigrateError::VersionMissing(_) | MigrateError::VersionMismatch(_))) => {
                    return Err(migration(&error));
                }
                Err(error) => migration(&error),
            },
            Err(error) => error.to_string(),
        };
        if start.elapsed() > LIMIT {
            return Err(why);
        }
        sleep(Duration::from_millis(20)).await;
    }
}

/// Copies the write-ahead log into the file, beside the writers, again and again.
async fn copy_back(options: SqliteConnectOptions) {
    let mut connection = None;
    loop {
        sleep(COPIED).await;
        if connection.is_none() {
            connection = options.connect().await.ok();
        }
        let Some(open) = connection.as_mut() else { continue };
        // Copies what it can without anybody waiting; then little is left to be copied while they do.
        let copied: sqlx::Result<(i64, i64, i64)> =
            query_as("PRAGMA wal_checkpoint(PASSIVE)").fetch_one(&mut *open).await;
        let done = match copied {
            Ok((_, pages, _)) if pages < LONG => Ok(()),
            Ok((0, _, _)) => query("PRAGMA wal_checkpoint(RESTART)").execute(open).await.map(drop),
            Ok(_) => Ok(()),
            Err(error) => Err(error),
        };
        if done.is_err() {
            // A disk that is full or gone is told by the writer, to whom it matters.
            connection = None;
        }
    }
}

/// Numbers, or arrays of them, as `json_each` takes them apart.
fn json_array(values: impl Iterator<Item = String>) -> String {
    format!("[{}]", values.collect::<Vec<_>>().join(","))
}

#[allow(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn why(error: sqlx::Error) -> String {
    error.to_string()
}

impl Store for Sqlite {
    fn claim(&self, claims: Vec<Claim>) -> Answer<'_, Claimed> {
        self.answer(self.writer.ask(claims, Job::Claim))
    }

    fn record(&self, entry: Vec<u8>) -> Answer<'_, u64> {
        self.answer(self.writer.ask(entry, Job::Record))
    }

    fn forget(&self, until: u64) -> Answer<'_, u64> {
        self.answer(async move {
            let start = Instant::now();
            let mut all = 0;
            loop {
                let removed = self.writer.ask(until, Job::Forget).await?;
                all += removed;
                if removed < REMOVED_TOGETHER || start.elapsed() > LIMIT / 2 {
                    return Ok(all);
                }
            }
        })
    }

    fn entries(&self, positions: Range<u64>) -> Answer<'_, Vec<Vec<u8>>> {
        self.answer(async move {
            query_scalar(
                "SELECT entry FROM entries WHERE position >= ?1 AND position < ?2 ORDER BY position",
            )
            .bind(integer(positions.start))
            .bind(integer(positions.end))
            .fetch_all(&self.readers)
            .await
            .map_err(why)
        })
    }

    fn size(&self) -> Answer<'_, u64> {
        self.answer(async move {
            let size = query_scalar("SELECT coalesce(max(position) + 1, 0) FROM entries");
            size.fetch_one(&self.readers).await.map(natural).map_err(why)
        })
    }

    fn checkpoint(&self) -> Answer<'_, Option<Checkpoint>> {
        self.answer(async move {
            let row: (i64, Option<String>) = query_as("SELECT size, note FROM checkpoint")
                .fetch_one(&self.readers)
                .await
                .map_err(why)?;
            Ok(row.1.map(|note| Checkpoint { size: natural(row.0), note }))
        })
    }

    fn tiles(&self, ids: Vec<TileId>) -> Answer<'_, Vec<Vec<u8>>> {
        self.answer(async move {
            let wanted = json_array(ids.iter().map(|id| format!("[{},{}]", id.level, integer(id.index))));
            let rows: Vec<(i64, Vec<u8>)> = query_as(
                "SELECT key, hashes FROM json_each(?1) JOIN tiles ON level = value ->> 0 AND place = value ->> 1",
            )
            .bind(wanted)
            .fetch_all(&self.readers)
            .await
            .map_err(why)?;
            let mut found: HashMap<i64, Vec<u8>> = rows.into_iter().collect();
            Ok((0..).take(ids.len()).map(|place| found.remove(&place).unwrap_or_default()).collect())
        })
    }

    fn publish(&self, from: u64, checkpoint: Checkpoint, tiles: Vec<Tile>) -> Answer<'_, bool> {
        self.answer(self.writer.ask(Publication { from, checkpoint, tiles }, Job::Publish))
    }

    fn ping(&self) -> Answer<'_, ()> {
        self.answer(self.writer.ask((), Job::Ping))
    }

    fn close(&self) -> Answer<'_, ()> {
        self.answer(async move {
            self.copier.abort();
            self.readers.close().await;
            self.writer.ask_last(Job::Close).await
        })
    }
}
