//! The writer: the one task of a process that changes the file.

use super::{
    super::{
        Checkpoint, Claim, ClaimId, Claimed, Tile,
        batch::{self, Asked, Waiting, Waits, integer, natural},
    },
    json_array,
};
use sqlx::{
    ConnectOptions as _, Connection as _, SqliteConnection, query, query_as, query_scalar,
    sqlite::SqliteConnectOptions,
};
use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

/// How long to wait for the writers of other processes: the rest of the time limit is for the transaction.
const BUSY: Duration = Duration::from_millis(1500);

/// How many claims are removed at a time, so that payments do not wait long for it.
pub(super) const REMOVED_TOGETHER: u64 = 2000;

/// A request to the writer.
pub(super) enum Job {
    Claim(Asked<Vec<Claim>, Claimed>),
    Record(Asked<Vec<u8>, u64>),
    Forget(Asked<u64, u64>),
    Publish(Asked<Publication, bool>),
    Ping(Asked<(), ()>),
    Close(Asked<(), ()>),
}

/// A checkpoint with the tiles that changed since the one of size `from`.
pub(super) struct Publication {
    pub(super) from: u64,
    pub(super) checkpoint: Checkpoint,
    pub(super) tiles: Vec<Tile>,
}

impl Waits for Job {
    fn is_given_up(&self) -> bool {
        match self {
            Self::Claim(asked) => asked.is_given_up(),
            Self::Record(asked) => asked.is_given_up(),
            Self::Forget(asked) => asked.is_given_up(),
            Self::Publish(asked) => asked.is_given_up(),
            Self::Ping(asked) => asked.is_given_up(),
            Self::Close(_) => false,
        }
    }
}

/// What a transaction takes together.
#[derive(Default)]
struct Batch {
    claims: Vec<Asked<Vec<Claim>, Claimed>>,
    records: Vec<Asked<Vec<u8>, u64>>,
    forgets: Vec<Asked<u64, u64>>,
    publications: Vec<Asked<Publication, bool>>,
    pings: Vec<Asked<(), ()>>,
    closes: Vec<Asked<(), ()>>,
}

/// What the transaction answers to the requests of a batch, each kind in its order.
struct Outcome {
    claimed: Vec<Claimed>,
    first_position: u64,
    forgotten: Vec<u64>,
    published: Vec<bool>,
}

impl Batch {
    fn of(jobs: Vec<Job>) -> Self {
        let mut batch = Self::default();
        for job in jobs {
            match job {
                Job::Claim(asked) => batch.claims.push(asked),
                Job::Record(asked) => batch.records.push(asked),
                Job::Forget(asked) => batch.forgets.push(asked),
                Job::Publish(asked) => batch.publications.push(asked),
                Job::Ping(asked) => batch.pings.push(asked),
                Job::Close(asked) => batch.closes.push(asked),
            }
        }
        batch
    }

    /// Whether there is only a store to close.
    fn is_empty(&self) -> bool {
        self.claims.is_empty()
            && self.records.is_empty()
            && self.forgets.is_empty()
            && self.publications.is_empty()
            && self.pings.is_empty()
    }

    /// Whether there are only claims and records, as nearly always.
    fn is_of_payments(&self) -> bool {
        self.forgets.is_empty() && self.publications.is_empty() && self.pings.is_empty()
    }

    /// Lets go of what was given up while the writer of another process was at work.
    fn drop_given_up(&mut self) {
        self.claims.retain(|asked| !asked.is_given_up());
        self.records.retain(|asked| !asked.is_given_up());
        self.publications.retain(|asked| !asked.is_given_up());
    }

    fn answer(self, outcome: Outcome) {
        let Outcome { claimed, first_position, forgotten, published } = outcome;
        self.claims.into_iter().zip(claimed).for_each(|(asked, claimed)| asked.answer(claimed));
        self.records.into_iter().zip(first_position..).for_each(|(asked, position)| asked.answer(position));
        self.forgets.into_iter().zip(forgotten).for_each(|(asked, count)| asked.answer(count));
        self.publications.into_iter().zip(published).for_each(|(asked, done)| asked.answer(done));
        for asked in self.pings {
            asked.answer(());
        }
    }

    fn fail(self, why: &str) {
        batch::fail(self.claims, why);
        batch::fail(self.records, why);
        batch::fail(self.forgets, why);
        batch::fail(self.publications, why);
        batch::fail(self.pings, why);
    }
}

/// The writer: one transaction after the other, each with all that waits.
pub(super) async fn write(
    mut waiting: Waiting<Job>,
    options: SqliteConnectOptions,
    mut connection: Option<SqliteConnection>,
) {
    while let Some(jobs) = waiting.take().await {
        let mut batch = Batch::of(jobs);
        let closes = std::mem::take(&mut batch.closes);
        if !batch.is_empty() {
            connection = transact(batch, connection, &options).await;
        }
        if !closes.is_empty() {
            // Whoever closes last copies the write-ahead log into the file.
            if let Some(connection) = connection.take() {
                let _ = connection.close().await;
            }
            for asked in closes {
                asked.answer(());
            }
            return;
        }
    }
}

/// Does and answers a batch. The connection comes back, unless something went wrong with it.
async fn transact(
    mut batch: Batch,
    connection: Option<SqliteConnection>,
    options: &SqliteConnectOptions,
) -> Option<SqliteConnection> {
    let connected = match connection {
        Some(connection) => Ok(connection),
        None => options.connect().await,
    };
    let mut connection = match connected {
        Ok(connection) => connection,
        Err(error) => {
            batch.fail(&error.to_string());
            return None;
        }
    };
    match commit(&mut connection, &mut batch).await {
        Ok(outcome) => {
            batch.answer(outcome);
            Some(connection)
        }
        Err(error) => {
            batch.fail(&error.to_string());
            // Which rolls back, whatever state the transaction is in.
            let _ = connection.close().await;
            None
        }
    }
}

async fn commit(connection: &mut SqliteConnection, batch: &mut Batch) -> sqlx::Result<Outcome> {
    if batch.is_of_payments() {
        return pay(connection, batch).await;
    }
    query("PRAGMA synchronous = FULL").execute(&mut *connection).await?;
    begin(connection).await?;
    batch.drop_given_up();

    let rows = insert(INSERT, connection, batch).await?;
    let mut forgotten = Vec::new();
    for Asked { what: until, .. } in &batch.forgets {
        forgotten.push(forget(connection, *until).await?);
    }
    let mut published = Vec::new();
    for Asked { what: publication, .. } in &batch.publications {
        published.push(publish(connection, publication).await?);
    }
    if !batch.pings.is_empty() {
        // What shows that the file can be written to is that something is written.
        query("UPDATE horizon SET seconds = seconds").execute(&mut *connection).await?;
    }
    query("COMMIT").execute(&mut *connection).await?;
    outcome(connection, batch, rows, forgotten, published).await
}

/// The whole transaction of payments at once: each statement by itself would be a way to SQLite's thread and back.
async fn pay(connection: &mut SqliteConnection, batch: &mut Batch) -> sqlx::Result<Outcome> {
    let start = Instant::now();
    loop {
        let transaction = if batch.records.is_empty() { WRITTEN } else { FLUSHED };
        match insert(transaction, connection, batch).await {
            Err(error) if is_busy(&error) && start.elapsed() < BUSY => batch.drop_given_up(),
            done => return outcome(connection, batch, done?, Vec::new(), Vec::new()).await,
        }
    }
}

/// Waits for the writers of other processes.
async fn begin(connection: &mut SqliteConnection) -> sqlx::Result<()> {
    let start = Instant::now();
    loop {
        // IMMEDIATE: a transaction that reads first could not wait for another writer.
        match query("BEGIN IMMEDIATE").execute(&mut *connection).await {
            Err(error) if is_busy(&error) && start.elapsed() < BUSY => {}
            begun => return begun.map(drop),
        }
    }
}

fn is_busy(error: &sqlx::Error) -> bool {
    const SQLITE_BUSY: u32 = 5;
    let code = error.as_database_error().and_then(|error| error.code()?.parse::<u32>().ok());
    // The upper bytes say why.
    code.is_some_and(|code| code & 0xff == SQLITE_BUSY)
}

/// What an insertion gives back: the id of a claim that was fresh, or the position of an entry.
type Inserted = (Option<Vec<u8>>, Option<i64>);

/// `?1` has the ids as one blob and `?2` their expiries as a JSON array; `?3` has the entries as one blob, and `?4` where each begins
/// and how long it is. (An empty blob arrives as NULL.)
macro_rules! insert {
    () => {
        "INSERT INTO claims (id, expires) SELECT substr(?1, 1 + 17 * key, 17), value
         FROM json_each(?2) WHERE value > (SELECT seconds FROM horizon)
         ON CONFLICT DO NOTHING RETURNING id, NULL;
         INSERT INTO entries (position, entry)
         SELECT (SELECT coalesce(max(position) + 1, 0) FROM entries) + key,
         coalesce(substr(?3, value ->> 0, value ->> 1), x'') FROM json_each(?4) RETURNING NULL, position"
    };
}

const INSERT: &str = insert!();

/// The same as a transaction. IMMEDIATE: one that reads first could not wait for another writer.
const FLUSHED: &str = concat!("PRAGMA synchronous = FULL; BEGIN IMMEDIATE;", insert!(), "; COMMIT");

/// The same without a flush of the disk, for claims alone: they survive this process as they are. A failure of the machine may take
/// them, but then also the payment, which nobody was told of: it is answered after its record is flushed, and the claim with it,
/// since both are in one log.
const WRITTEN: &str = concat!("PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE;", insert!(), "; COMMIT");

async fn insert(
    sql: &'static str,
    connection: &mut SqliteConnection,
    batch: &Batch,
) -> sqlx::Result<Vec<Inserted>> {
    let mut claims: Vec<Claim> = batch.claims.iter().flat_map(|asked| asked.what.iter().copied()).collect();
    // In the order of the pages.
    claims.sort_unstable_by_key(|claim| claim.id);
    let ids: Vec<u8> = claims.iter().flat_map(|claim| claim.id.as_bytes().iter().copied()).collect();
    let mut entries = Vec::new();
    let mut places = Vec::new();
    for Asked { what: entry, .. } in &batch.records {
        places.push(format!("[{},{}]", entries.len() + 1, entry.len()));
        entries.extend_from_slice(entry);
    }
    query_as(sql)
        .bind(ids)
        .bind(json_array(claims.iter().map(|claim| integer(claim.expires).to_string())))
        .bind(entries)
        .bind(json_array(places.into_iter()))
        .fetch_all(connection)
        .await
}

async fn outcome(
    connection: &mut SqliteConnection,
    batch: &Batch,
    inserted: Vec<Inserted>,
    forgotten: Vec<u64>,
    published: Vec<bool>,
) -> sqlx::Result<Outcome> {
    let fresh: HashSet<ClaimId> =
        inserted.iter().filter_map(|(id, _)| ClaimId::from_bytes(id.as_ref()?)).collect();
    let first_position = inserted.iter().filter_map(|(_, position)| *position).min().map_or(0, natural);
    let offered = || batch.claims.iter().map(|asked| asked.what.as_slice());
    // Only whoever was not first must know whether a claim was there, or too old to tell. What has been forgotten since is as old.
    let horizon = if fresh.len() == offered().map(<[Claim]>::len).sum::<usize>() {
        0
    } else {
        query_scalar("SELECT seconds FROM horizon").fetch_one(connection).await?
    };
    Ok(Outcome { claimed: batch::settle(offered(), fresh, horizon), first_position, forgotten, published })
}

async fn forget(connection: &mut SqliteConnection, until: u64) -> sqlx::Result<u64> {
    query("UPDATE horizon SET seconds = ?1 WHERE seconds < ?1")
        .bind(integer(until))
        .execute(&mut *connection)
        .await?;
    let removed = query(
        "DELETE FROM claims WHERE id IN \
         (SELECT id FROM claims WHERE expires <= (SELECT seconds FROM horizon) LIMIT ?1)",
    )
    .bind(integer(REMOVED_TOGETHER))
    .execute(connection)
    .await?;
    Ok(removed.rows_affected())
}

async fn publish(connection: &mut SqliteConnection, publication: &Publication) -> sqlx::Result<bool> {
    let Publication { from, checkpoint, tiles } = publication;
    let moved = query("UPDATE checkpoint SET size = ?2, note = ?3 WHERE size = ?1")
        .bind(integer(*from))
        .bind(integer(checkpoint.size))
        .bind(&checkpoint.note)
        .execute(&mut *connection)
        .await?;
    if moved.rows_affected() == 0 {
        return Ok(false);
    }
    for Tile { id, hashes } in tiles {
        query("INSERT INTO tiles VALUES (?1, ?2, coalesce(?3, x'')) ON CONFLICT DO UPDATE SET hashes = excluded.hashes")
            .bind(i64::from(id.level))
            .bind(integer(id.index))
            .bind(hashes)
            .execute(&mut *connection)
            .await?;
    }
    Ok(true)
}
