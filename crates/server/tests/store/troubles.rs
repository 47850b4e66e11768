//! A store that is slow, full or read-only: an error in time, and service again by itself.

use crate::support::{Database, claim};
use sqlx::Connection as _;
use std::{
    env,
    process::Command,
    time::{Duration, Instant},
};
use tillseal_server::store::{self, Claimed};

/// Long enough for the limit of two seconds, on a machine that is busy.
const IN_TIME: Duration = Duration::from_millis(3500);

#[tokio::test]
async fn sqlite_that_is_locked_is_told_in_time() {
    let database = Database::sqlite();
    let store = database.connect().await;
    let mut other = sqlx::SqliteConnection::connect(&database.url).await.unwrap();
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    let start = Instant::now();
    let (claimed, recorded, ping, size) = tokio::join!(
        store.claim(vec![claim("a", 900)]),
        store.record(b"a".to_vec()),
        store.ping(),
        store.size()
    );
    assert!(start.elapsed() < IN_TIME, "{:?}", start.elapsed());
    assert!(start.elapsed() > Duration::from_secs(1), "another process may take a moment");
    assert!(claimed.is_err() && recorded.is_err() && ping.is_err());
    // Who reads does not wait for who writes.
    assert_eq!(size.unwrap(), 0);

    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    assert_eq!(store.claim(vec![claim("a", 900)]).await.unwrap(), Claimed::Fresh);
    assert_eq!(store.record(b"a".to_vec()).await.unwrap(), 0);
}

#[tokio::test]
async fn postgres_that_is_locked_is_told_in_time() {
    let Some(database) = Database::postgres() else { return };
    let store = database.connect().await;
    let mut other = sqlx::PgConnection::connect(&database.url).await.unwrap();
    sqlx::raw_sql("BEGIN; LOCK TABLE claims, log, horizon IN ACCESS EXCLUSIVE MODE")
        .execute(&mut other)
        .await
        .unwrap();
    let start = Instant::now();
    let (claimed, recorded, ping, size) = tokio::join!(
        store.claim(vec![claim("a", 900)]),
        store.record(b"a".to_vec()),
        store.ping(),
        store.size()
    );
    assert!(start.elapsed() < IN_TIME, "{:?}", start.elapsed());
    assert!(claimed.is_err() && recorded.is_err() && ping.is_err() && size.is_err());

    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
    assert_eq!(store.claim(vec![claim("b", 900)]).await.unwrap(), Claimed::Fresh);
    store.record(b"a".to_vec()).await.unwrap();
    store.ping().await.unwrap();
}

/// A deadlock of our own making would show here: two processes, the same ids in any order, in large batches.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_has_no_deadlock() {
    let Some(database) = Database::postgres() else { return };
    let stores = [database.connect().await, database.connect().await];
    for round in 0..20 {
        let offer = |reversed: bool| {
            let mut claims: Vec<_> =
                (0..500).map(|number| claim(&format!("{round} {number}"), 900)).collect();
            if reversed {
                claims.reverse();
            }
            claims
        };
        let (first, second) = tokio::join!(stores[0].claim(offer(false)), stores[1].claim(offer(true)));
        let fresh =
            [first.unwrap(), second.unwrap()].iter().filter(|claimed| **claimed == Claimed::Fresh).count();
        assert_eq!(fresh, 1);
    }
}

/// The narrowest place of forgetting: a claim begins before the horizon moves, and inserts its id after that was removed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_forgets_what_a_claim_waits_for() {
    let Some(database) = Database::postgres() else { return };
    let store = database.connect().await;
    assert_eq!(store.claim(vec![claim("a", 5)]).await.unwrap(), Claimed::Fresh);
    let mut removing = sqlx::PgConnection::connect(&database.url).await.unwrap();
    sqlx::raw_sql("BEGIN; DELETE FROM claims").execute(&mut removing).await.unwrap();

    let claiming = std::sync::Arc::clone(&store);
    let claimed = tokio::spawn(async move { claiming.claim(vec![claim("a", 5)]).await });
    let mut watching = sqlx::PgConnection::connect(&database.url).await.unwrap();
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while sqlx::query_scalar::<_, i64>(waits).fetch_one(&mut watching).await.unwrap() == 0 {
        assert!(!claimed.is_finished(), "the claim has not waited");
    }
    sqlx::raw_sql("UPDATE horizon SET seconds = 5").execute(&mut watching).await.unwrap();
    sqlx::raw_sql("COMMIT").execute(&mut removing).await.unwrap();
    assert_eq!(claimed.await.unwrap().unwrap(), Claimed::Forgotten);
}

/// The settings of a server that would lose what it acknowledged, or hide what others committed, are not ours.
#[tokio::test]
async fn postgres_settings_are_our_own() {
    let Some(database) = Database::postgres() else { return };
    let mut admin = sqlx::PgConnection::connect(&database.url).await.unwrap();
    alter(&mut admin, "SET synchronous_commit = off").await;
    alter(&mut admin, "SET default_transaction_isolation = 'serializable'").await;
    let stores = [database.connect().await, database.connect().await];
    // Under `serializable` some of these would fail.
    let recorded = crate::support::all((0..200).map(|number: usize| {
        let store = std::sync::Arc::clone(&stores[number % 2]);
        async move { store.record(b"entry".to_vec()).await.unwrap() }
    }))
    .await;
    assert_eq!(recorded.len(), 200);
}

/// A primary that became a standby, or an administrator who is careful.
#[tokio::test]
async fn postgres_that_is_read_only_is_told_and_served_again() {
    let Some(database) = Database::postgres() else { return };
    let mut admin = sqlx::PgConnection::connect(&database.url).await.unwrap();
    // It connects for good only when it is asked.
    let store = database.connect().await;
    alter(&mut admin, "SET default_transaction_read_only = on").await;
    assert!(store.claim(vec![claim("a", 900)]).await.unwrap_err().to_string().contains("read-only"));
    assert!(store.record(b"a".to_vec()).await.is_err());
    assert!(store.ping().await.is_err());
    assert_eq!(store.size().await.unwrap(), 0);
    alter(&mut admin, "RESET default_transaction_read_only").await;
    assert_eq!(store.claim(vec![claim("a", 900)]).await.unwrap(), Claimed::Fresh);
    assert_eq!(store.record(b"a".to_vec()).await.unwrap(), 0);
}

async fn alter(admin: &mut sqlx::PgConnection, change: &str) {
    let name: String =
        sqlx::query_scalar("SELECT current_database()").fetch_one(&mut *admin).await.unwrap();
    let sql = format!("ALTER DATABASE {name} {change}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(admin).await.unwrap();
}

/// The disk is full for one process: its files may not grow beyond a limit. It needs a process of its own, which does not die of the
/// signal that comes with it.
#[test]
fn sqlite_on_a_full_disk_is_told_and_served_again() {
    let database = Database::sqlite();
    let child = Command::new("sh")
        .args(["-c", "trap '' XFSZ; exec \"$@\"", "sh"])
        .arg(env::current_exe().unwrap())
        .args(["--exact", "troubles::child_on_a_full_disk"])
        .env(FULL, &database.url)
        .output()
        .unwrap();
    assert!(
        child.status.success(),
        "{}{}",
        String::from_utf8_lossy(&child.stdout),
        String::from_utf8_lossy(&child.stderr)
    );
    assert!(String::from_utf8_lossy(&child.stdout).contains("1 passed"));
}

const FULL: &str = "TILLSEAL_TEST_FULL_DISK";

#[tokio::test]
async fn child_on_a_full_disk() {
    let Ok(url) = env::var(FULL) else { return };
    let store = store::connect(&url).await.unwrap();
    let (_, hard) = rlimit::Resource::FSIZE.get().unwrap();
    rlimit::Resource::FSIZE.set(2 << 20, hard).unwrap();
    let mut recorded = Vec::new();
    let error = loop {
        let number = recorded.len();
        let entry = vec![u8::try_from(number % 256).unwrap(); 5000];
        match store.record(entry.clone()).await {
            Ok(position) => {
                assert_eq!(position, number as u64);
                recorded.push(entry);
            }
            Err(error) => break error,
        }
        assert!(number < 10_000, "the disk is never full");
    };
    assert_eq!(error.code(), "store-unavailable");
    assert!(!recorded.is_empty());
    assert!(store.record(vec![0; 3 << 20]).await.is_err());
    // What was acknowledged is there.
    assert_eq!(store.entries(0..u64::MAX).await.unwrap(), recorded);

    rlimit::Resource::FSIZE.set(hard, hard).unwrap();
    assert_eq!(store.record(b"more".to_vec()).await.unwrap(), recorded.len() as u64);
    assert_eq!(store.claim(vec![claim("b", 900)]).await.unwrap(), Claimed::Fresh);
    recorded.push(b"more".to_vec());
    assert_eq!(store.entries(0..u64::MAX).await.unwrap(), recorded);
    store.close().await.unwrap();
}
