//! A store that answers too late, because somebody else holds its locks.

use crate::support::{IN_TIME, TestResult, Till};
use sqlx::{Connection as _, PgConnection, SqliteConnection, raw_sql};
use std::{thread, time::Instant};
use tokio::runtime;

fn asked_while_locked(
    till: &Till,
    lock: impl AsyncFnOnce() -> TestResult<Box<dyn FnOnce() -> TestResult>>,
) -> TestResult {
    let node = till.start()?;
    let before = till.seal()?;
    assert_eq!(node.open(&before)?.status, 200);
    let runtime = runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let unlock = runtime.block_on(lock())?;
    // All at once: nobody waits for the time of somebody else.
    let start = Instant::now();
    thread::scope(|scope| {
        let asking: Vec<_> = (0..8)
            .map(|_| {
                let sealed = till.seal();
                scope.spawn(|| node.open(&sealed?)?.is(503, "store-unavailable"))
            })
            .collect();
        asking.into_iter().try_for_each(|asked| asked.join().map_err(|_| "panicked")?)
    })?;
    assert!(start.elapsed() < IN_TIME, "{:?}", start.elapsed());
    assert_eq!(node.get("/healthz")?.status, 200);
    node.until("not ready", |node| Ok(node.get("/readyz")?.status == 503))?;
    unlock()?;
    node.serves(till)?;
    node.open(&before)?.is(409, "replayed")?;
    node.stop()?;
    till.verifies()
}

#[test]
fn sqlite_that_is_locked_is_told_in_time() -> TestResult {
    let till = Till::on_sqlite()?;
    asked_while_locked(&till, async || {
        let mut other = SqliteConnection::connect(&till.url).await?;
        raw_sql("BEGIN IMMEDIATE").execute(&mut other).await?;
        let runtime = runtime::Handle::current();
        Ok(Box::new(move || Ok(runtime.block_on(other.close())?)) as Box<_>)
    })
}

#[test]
fn postgres_that_is_locked_is_told_in_time() -> TestResult {
    let Some(till) = Till::on_postgres()? else { return Ok(()) };
    asked_while_locked(&till, async || {
        let mut other = PgConnection::connect(&till.url).await?;
        raw_sql("BEGIN; LOCK TABLE claims, log, horizon IN ACCESS EXCLUSIVE MODE")
            .execute(&mut other)
            .await?;
        let runtime = runtime::Handle::current();
        Ok(Box::new(move || Ok(runtime.block_on(other.close())?)) as Box<_>)
    })
}
