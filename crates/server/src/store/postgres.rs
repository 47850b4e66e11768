//! PostgreSQL: one database, many processes.
//!
//! A process has a connection that claims and one that records, so that neither waits for the other, and a few for the rest. A batch is
//! one statement, hence one round trip and one transaction.

use super::{
    Answer, Checkpoint, Claim, ClaimId, Claimed, Store, StoreError, Tile, TileId,
    batch::{self, Asked, LIMIT, Queue, Waiting, Waits, integer, natural},
    migration,
};
use sqlx::{
    ConnectOptions as _, Connection as _, PgConnection, PgPool,
    migrate::Migrator,
    postgres::{PgConnectOptions, PgPoolOptions},
    query, query_as, query_scalar,
};
use std::{
    collections::HashMap,
    ops::Range,
    time::{Duration, Instant},
};
use tokio::time::timeout;

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations/postgres");

/// How many claims are removed at a time.
const REMOVED_TOGETHER: i64 = 10_000;

/// Connections beside the two that claim and record.
const OTHERS: u32 = 3;

/// A connection that was idle so long is asked whether it still holds before anything is entrusted to it: a payment is not refused
/// because the database was restarted in the night.
const IDLE: Duration = Duration::from_secs(1);

/// How long a migration may take.
const MIGRATION: Duration = Duration::from_mins(1);

pub(super) struct Postgres {
    url: String,
    claims: Queue<Job<Vec<Claim>, Claimed>>,
    records: Queue<Job<Vec<u8>, u64>>,
    others: PgPool,
}

impl Postgres {
    pub(super) async fn open(url: &str) -> Result<Self, StoreError> {
        let parsed: Result<PgConnectOptions, _> = url.parse();
        let options =
            parsed.map_err(|error| StoreError { url: "postgres".to_owned(), why: error.to_string() })?;
        let options = options.application_name("tillseal").disable_statement_logging();
        let url = shown(&options);
        let fail = |why: String| StoreError { url: url.clone(), why };

        let connected =
            timeout(LIMIT, options.connect()).await.map_err(|_| fail(batch::SLOW.to_owned()))?;
        let mut connection = connected.map_err(|error| fail(error.to_string()))?;
        // Under a lock of the database: processes that start together wait for the first.
        let migrated = timeout(MIGRATION, MIGRATIONS.run_direct(None, &mut connection, false)).await;
        migrated
            .map_err(|_| fail("its tables could not be brought up to date within a minute".to_owned()))?
            .map_err(|error| fail(migration(&error)))?;
        let _ = connection.close().await;

        let (claims, waiting) = batch::queue();
        tokio::spawn(run(waiting, options.clone(), Claims));
        let (records, waiting) = batch::queue();
        tokio::spawn(run(waiting, options.clone(), Records));
        let others = PgPoolOptions::new()
            .max_connections(OTHERS)
            .acquire_timeout(LIMIT)
            .after_connect(|connection, _| Box::pin(set_up(connection)))
            .connect_lazy_with(options);
        Ok(Self { url, claims, records, others })
    }

    /// The answer, or why there is none within [`LIMIT`].
    fn answer<'a, T>(&'a self, work: impl Future<Output = Result<T, String>> + Send + 'a) -> Answer<'a, T> {
        batch::within_limit(&self.url, work)
    }
}

/// Where the database is, without its password.
fn shown(options: &PgConnectOptions) -> String {
    let host = match options.get_socket() {
        Some(socket) => socket.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    };
    let user = options.get_username();
    format!("postgres://{user}@{host}/{}", options.get_database().unwrap_or(user))
}

/// What our statements rely on, whatever the settings of the server and of the role are.
async fn set_up(connection: &mut PgConnection) -> sqlx::Result<()> {
    // Without the time limit a statement that nobody waits for any more could hold its locks for ever. Under another isolation
    // a statement would not see what was committed while it waited. Without synchronous commit a crash of the server
    // would lose what was acknowledged.
    query(
        "SELECT set_config('statement_timeout', $1, false), \
         set_config('default_transaction_isolation', 'read committed', false), \
         set_config('synchronous_commit', replace(current_setting('synchronous_commit'), 'off', 'on'), false)",
    )
    .bind(LIMIT.as_millis().to_string())
    .execute(connection)
    .await
    .map(drop)
}

enum Job<Q, A> {
    Do(Asked<Q, A>),
    Close(Asked<(), ()>),
}

impl<Q, A> Waits for Job<Q, A> {
    fn is_given_up(&self) -> bool {
        match self {
            Self::Do(asked) => asked.is_given_up(),
            Self::Close(_) => false,
        }
    }
}

/// A kind of request of which many are answered by one statement.
trait Statement: Send + 'static {
    type Request: Send + Sync;
    type Reply: Send;

    /// The answers, in the order of the requests.
    fn execute(
        &self,
        connection: &mut PgConnection,
        requests: &[Asked<Self::Request, Self::Reply>],
    ) -> impl Future<Output = sqlx::Result<Vec<Self::Reply>>> + Send;
}

/// One statement after the other, each with all that waits.
async fn run<S: Statement>(
    mut waiting: Waiting<Job<S::Request, S::Reply>>,
    options: PgConnectOptions,
    statement: S,
) {
    let mut connection: Option<PgConnection> = None;
    let mut used = Instant::now();
    while let Some(jobs) = waiting.take().await {
        let mut requests = Vec::new();
        let mut closes = Vec::new();
        for job in jobs {
            match job {
                Job::Do(asked) => requests.push(asked),
                Job::Close(asked) => closes.push(asked),
            }
        }
        if !requests.is_empty() {
            let done = async {
                let mut connection = ready(connection.take(), used, &options).await?;
                let replies = statement.execute(&mut connection, &requests).await?;
                Ok::<_, sqlx::Error>((connection, replies))
            };
            // Where it failed the connection is gone with it: whatever was wrong, the next one begins afresh.
            match timeout(LIMIT, done).await {
                Ok(Ok((connected, replies))) => {
                    connection = Some(connected);
                    requests.into_iter().zip(replies).for_each(|(asked, reply)| asked.answer(reply));
                }
                Ok(Err(error)) => batch::fail(requests, &error.to_string()),
                Err(_) => batch::fail(requests, batch::SLOW),
            }
            used = Instant::now();
        }
        if !closes.is_empty() {
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

/// The connection, or a new one where there is none that holds.
async fn ready(
    connection: Option<PgConnection>,
    used: Instant,
    options: &PgConnectOptions,
) -> sqlx::Result<PgConnection> {
    if let Some(mut connection) = connection
        && (used.elapsed() < IDLE || connection.ping().await.is_ok())
    {
        return Ok(connection);
    }
    let mut connection = options.connect().await?;
    set_up(&mut connection).await?;
    Ok(connection)
}

struct Claims;

impl Statement for Claims {
    type Request = Vec<Claim>;
    type Reply = Claimed;

    async fn execute(
        &self,
        connection: &mut PgConnection,
        requests: &[Asked<Vec<Claim>, Claimed>],
    ) -> sqlx::Result<Vec<Claimed>> {
        let claims = || requests.iter().flat_map(|asked| &asked.what);
        let ids: Vec<&[u8]> = claims().map(|claim| claim.id.as_bytes()).collect();
        let expires: Vec<i64> = claims().map(|claim| integer(claim.expires)).collect();
        let (fresh, horizon): (Vec<Vec<u8>>, i64) =
            query_as("SELECT fresh, horizon_seconds FROM claim($1, $2)")
                .bind(ids)
                .bind(expires)
                .fetch_one(connection)
                .await?;
        let fresh = fresh.iter().filter_map(|id| ClaimId::from_bytes(id)).collect();
        Ok(batch::settle(requests.iter().map(|asked| asked.what.as_slice()), fresh, horizon))
    }
}

struct Records;

impl Statement for Records {
    type Request = Vec<u8>;
    type Reply = u64;

    async fn execute(
        &self,
        connection: &mut PgConnection,
        requests: &[Asked<Vec<u8>, u64>],
    ) -> sqlx::Result<Vec<u64>> {
        let entries: Vec<&[u8]> = requests.iter().map(|asked| asked.what.as_slice()).collect();
        let first: i64 = query_scalar(
            "WITH grown AS (\
                 UPDATE log SET size = size + cardinality($1::bytea[]) RETURNING size - cardinality($1) AS first\
             ), written AS (\
                 INSERT INTO entries (position, entry) \
                 SELECT first + place - 1, entry FROM grown, unnest($1::bytea[]) WITH ORDINALITY AS offered (entry, place)\
             ) SELECT first FROM grown",
        )
        .bind(entries)
        .fetch_one(connection)
        .await?;
        Ok((natural(first)..).take(requests.len()).collect())
    }
}

#[allow(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn why(error: sqlx::Error) -> String {
    error.to_string()
}

impl Store for Postgres {
    fn claim(&self, claims: Vec<Claim>) -> Answer<'_, Claimed> {
        self.answer(self.claims.ask(claims, Job::Do))
    }

    fn record(&self, entry: Vec<u8>) -> Answer<'_, u64> {
        self.answer(self.records.ask(entry, Job::Do))
    }

    fn forget(&self, until: u64) -> Answer<'_, u64> {
        self.answer(async move {
            let start = Instant::now();
            // Committed before anything is removed: see the function `claim` of the database.
            query("UPDATE horizon SET seconds = $1 WHERE seconds < $1")
                .bind(integer(until))
                .execute(&self.others)
                .await
                .map_err(why)?;
            let mut all = 0;
            loop {
                // Rows that another process is removing are left to it.
                let removed = query(
                    "DELETE FROM claims WHERE id = ANY (ARRAY(\
                     SELECT id FROM claims WHERE expires <= (SELECT seconds FROM horizon) \
                     LIMIT $1 FOR UPDATE SKIP LOCKED))",
                )
                .bind(REMOVED_TOGETHER)
                .execute(&self.others)
                .await
                .map_err(why)?;
                all += removed.rows_affected();
                if removed.rows_affected() < natural(REMOVED_TOGETHER) || start.elapsed() > LIMIT / 2 {
                    return Ok(all);
                }
            }
        })
    }

    fn entries(&self, positions: Range<u64>) -> Answer<'_, Vec<Vec<u8>>> {
        self.answer(async move {
            query_scalar(
                "SELECT entry FROM entries WHERE position >= $1 AND position < $2 ORDER BY position",
            )
            .bind(integer(positions.start))
            .bind(integer(positions.end))
            .fetch_all(&self.others)
            .await
            .map_err(why)
        })
    }

    fn size(&self) -> Answer<'_, u64> {
        self.answer(async move {
            query_scalar("SELECT size FROM log").fetch_one(&self.others).await.map(natural).map_err(why)
        })
    }

    fn checkpoint(&self) -> Answer<'_, Option<Checkpoint>> {
        self.answer(async move {
            let row: (i64, Option<String>) =
                query_as("SELECT size, note FROM checkpoint").fetch_one(&self.others).await.map_err(why)?;
            Ok(row.1.map(|note| Checkpoint { size: natural(row.0), note }))
        })
    }

    fn tiles(&self, ids: Vec<TileId>) -> Answer<'_, Vec<Vec<u8>>> {
        self.answer(async move {
            let levels: Vec<i16> = ids.iter().map(|id| i16::from(id.level)).collect();
            let places: Vec<i64> = ids.iter().map(|id| integer(id.index)).collect();
            let rows: Vec<(i64, Vec<u8>)> = query_as(
                "SELECT ordinality, hashes FROM unnest($1, $2) WITH ORDINALITY AS wanted (level, place) \
                 JOIN tiles USING (level, place)",
            )
            .bind(levels)
            .bind(places)
            .fetch_all(&self.others)
            .await
            .map_err(why)?;
            let mut found: HashMap<i64, Vec<u8>> = rows.into_iter().collect();
            Ok((1..).take(ids.len()).map(|place| found.remove(&place).unwrap_or_default()).collect())
        })
    }

    fn publish(&self, from: u64, checkpoint: Checkpoint, tiles: Vec<Tile>) -> Answer<'_, bool> {
        self.answer(async move {
            let levels: Vec<i16> = tiles.iter().map(|tile| i16::from(tile.id.level)).collect();
            let places: Vec<i64> = tiles.iter().map(|tile| integer(tile.id.index)).collect();
            let hashes: Vec<&[u8]> = tiles.iter().map(|tile| tile.hashes.as_slice()).collect();
            let moved: Option<i64> = query_scalar(
                "WITH moved AS (\
                     UPDATE checkpoint SET size = $2, note = $3 WHERE size = $1 RETURNING size\
                 ), written AS (\
                     INSERT INTO tiles (level, place, hashes) \
                     SELECT tile.level, tile.place, tile.hashes \
                     FROM moved, unnest($4, $5, $6) AS tile (level, place, hashes) \
                     ON CONFLICT (level, place) DO UPDATE SET hashes = excluded.hashes\
                 ) SELECT size FROM moved",
            )
            .bind(integer(from))
            .bind(integer(checkpoint.size))
            .bind(checkpoint.note)
            .bind(levels)
            .bind(places)
            .bind(hashes)
            .fetch_optional(&self.others)
            .await
            .map_err(why)?;
            Ok(moved.is_some())
        })
    }

    fn ping(&self) -> Answer<'_, ()> {
        self.answer(async move {
            // What shows that the database can be written to is that something is written.
            query("UPDATE horizon SET seconds = seconds").execute(&self.others).await.map(drop).map_err(why)
        })
    }

    fn close(&self) -> Answer<'_, ()> {
        self.answer(async move {
            tokio::try_join!(self.claims.ask_last(Job::Close), self.records.ask_last(Job::Close))?;
            self.others.close().await;
            Ok(())
        })
    }
}
