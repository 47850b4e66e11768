//! The clock of a running server jumps, both ways, by a year: refusals have codes, and no payload counts twice.

use crate::support::{Node, PROGRAM, TestResult, Till};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection, raw_sql};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};
use tillseal_server::unix_now;
use tokio::runtime;

const YEAR: u64 = 365 * 24 * 60 * 60;

/// What tells a node another time (Debian's package `faketime`).
struct Clock {
    library: PathBuf,
    file: PathBuf,
}

impl Clock {
    /// Right, at first; `None` where the library is missing.
    fn of(till: &Till) -> TestResult<Option<Self>> {
        let places = fs::read_dir("/usr/lib")?
            .flatten()
            .map(|place| place.path().join("faketime/libfaketimeMT.so.1"));
        let Some(library) = places.into_iter().find(|path| path.exists()) else {
            let missing = "libfaketime is missing: apt-get install faketime";
            if std::env::var_os("CI").is_some_and(|ci| ci == "true") {
                return Err(missing.into());
            }
            eprintln!("\n  SKIPPED: {missing}\n");
            return Ok(None);
        };
        let clock = Self { library, file: till.directory.path().join("clock") };
        clock.set("+0")?;
        Ok(Some(clock))
    }

    fn start(&self, till: &Till) -> TestResult<Node> {
        let mut command = Command::new(PROGRAM);
        command.env("LD_PRELOAD", &self.library).env("FAKETIME_TIMESTAMP_FILE", &self.file);
        // A clock that is set wrong changes no interval, and no time of a file.
        command.envs([
            ("FAKETIME_NO_CACHE", "1"),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
            ("NO_FAKE_STAT", "1"),
        ]);
        till.start_by(command, "")
    }

    fn set(&self, offset: &str) -> TestResult {
        replace(&self.file, offset)
    }
}

/// Whole, at once: the node reads it all the time.
fn replace(file: &Path, text: &str) -> TestResult {
    let new = file.with_extension("new");
    fs::write(&new, text)?;
    Ok(fs::rename(new, file)?)
}

/// Payloads from before the jump.
struct Before {
    used: String,
    unused: String,
    used_in_session: String,
    unused_in_session: String,
}

impl Before {
    fn of(till: &Till, node: &Node) -> TestResult<Self> {
        let mut client = node.client();
        let before = Self {
            used: till.seal()?,
            unused: till.seal()?,
            used_in_session: till.seal_at(unix_now(), &client.issue()?)?,
            unused_in_session: till.seal_at(unix_now(), &client.issue()?)?,
        };
        assert_eq!(client.open(&before.used)?.status, 200);
        assert_eq!(client.open(&before.used_in_session)?.status, 200);
        Ok(before)
    }

    fn are(&self, node: &Node, code: &str, session_code: &str) -> TestResult {
        let mut client = node.client();
        for sealed in [&self.used, &self.unused] {
            client.open(sealed)?.is(422, code)?;
        }
        for sealed in [&self.used_in_session, &self.unused_in_session] {
            client.open(sealed)?.is(422, session_code)?;
        }
        Ok(())
    }
}

fn set_horizon(till: &Till, seconds: u64) -> TestResult {
    let sql = AssertSqlSafe(format!("UPDATE horizon SET seconds = {seconds}"));
    runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        if till.url.starts_with("sqlite:") {
            let mut store = SqliteConnection::connect(&till.url).await?;
            raw_sql(sql).execute(&mut store).await?;
            store.close().await?;
        } else {
            let mut store = PgConnection::connect(&till.url).await?;
            raw_sql(sql).execute(&mut store).await?;
            store.close().await?;
        }
        Ok(())
    })
}

#[test]
fn a_clock_that_jumps_and_comes_back_does_no_harm() -> TestResult {
    let till = Till::on_sqlite()?;
    let Some(clock) = Clock::of(&till)? else { return Ok(()) };
    let node = clock.start(&till)?;
    let before = Before::of(&till, &node)?;

    clock.set("+365d")?;
    before.are(&node, "stale", "session-expired")?;
    // By its own clock all is well.
    let ahead = till.seal_at(unix_now() + YEAR, "")?;
    assert_eq!(node.open(&ahead)?.status, 200);
    let session_ahead = node.client().issue()?;

    clock.set("-365d")?;
    before.are(&node, "future", "session-future")?;
    let behind = till.seal_at(unix_now() - YEAR, "")?;
    // What expired a year ago was forgotten long since.
    node.open(&behind)?.is(422, "stale")?;

    clock.set("+0")?;
    let mut client = node.client();
    client.open(&before.used)?.is(409, "replayed")?;
    client.open(&before.used_in_session)?.is(409, "replayed")?;
    assert_eq!(client.open(&before.unused)?.status, 200);
    assert_eq!(client.open(&before.unused_in_session)?.status, 200);
    client.open(&ahead)?.is(422, "future")?;
    client.open(&behind)?.is(422, "stale")?;
    client.open(&till.seal_at(unix_now(), &session_ahead)?)?.is(422, "session-future")?;
    assert_eq!(node.get("/readyz")?.status, 200);
    let recorded = till.recorded()?;
    assert_eq!((recorded.len(), recorded.values().all(|&times| times == 1)), (5, true));
    node.stop()?;
    till.verifies()
}

/// The worst: a node that is started with a clock a year ahead forgets what expired by then. Once the clock is right again nothing of
/// before is taken twice; nothing is taken at all, because nobody can tell any more.
#[test]
fn what_was_forgotten_under_a_wrong_clock_is_not_taken_again() -> TestResult {
    for till in [Some(Till::on_sqlite()?), Till::on_postgres()?].into_iter().flatten() {
        let Some(clock) = Clock::of(&till)? else { return Ok(()) };
        let node = clock.start(&till)?;
        let before = Before::of(&till, &node)?;
        node.stop()?;

        clock.set("+365d")?;
        let node = clock.start(&till)?;
        node.until("forgotten", |node| Ok(node.log()?.contains("expired claims removed")))?;
        before.are(&node, "stale", "session-expired")?;

        clock.set("+0")?;
        before.are(&node, "stale", "stale")?;
        node.stop()?;
        let node = clock.start(&till)?;
        before.are(&node, "stale", "stale")?;
        node.open(&till.seal()?)?.is(422, "stale")?;
        node.stop()?;
        till.verifies()?;

        // What docs/operate.md says of it, but for the waiting.
        set_horizon(&till, unix_now() - 60)?;
        let node = clock.start(&till)?;
        assert_eq!(node.open(&till.seal()?)?.status, 200);
        node.stop()?;
        till.verifies()?;
    }
    Ok(())
}
