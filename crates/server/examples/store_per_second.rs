//! How many payments a store remembers in a second: `cargo run --release --example store_per_second [SECONDS]`.
//!
//! Prints one JSON line for each store and number of tasks: claims alone, then a claim and a record one after the other, as a payment
//! does them; how many a second, and how long one takes, in milliseconds.

#[path = "../tests/support/postgres.rs"]
#[allow(dead_code, reason = "others stop it too")]
mod postgres;

use postgres::Cluster;
use std::{
    env,
    error::Error,
    sync::Arc,
    time::{Duration, Instant},
};
use tillseal_server::store::{self, Claim, ClaimId, Claimed, Store};
use tokio::task::JoinSet;

type Failure = Box<dyn Error + Send + Sync>;

/// As long as an audit entry.
const ENTRY: [u8; 300] = [b'x'; 300];

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let seconds: f64 = env::args().nth(1).map_or(Ok(3.0), |seconds| seconds.parse())?;
    let directory = tempfile::tempdir()?;
    measure("sqlite", &format!("sqlite:{}", directory.path().join("store").display()), seconds).await?;
    if let Some(cluster) = Cluster::start()? {
        measure("postgres", &cluster.database()?, seconds).await?;
    }
    Ok(())
}

async fn measure(name: &str, url: &str, seconds: f64) -> Result<(), Failure> {
    let store = store::connect(url).await?;
    for records in [false, true] {
        for tasks in [1, 16, 256] {
            let mut working = JoinSet::new();
            for _ in 0..tasks {
                working.spawn(work(Arc::clone(&store), Duration::from_secs_f64(seconds), records));
            }
            let mut times = Vec::new();
            while let Some(done) = working.join_next().await {
                times.extend(done??);
            }
            times.sort_unstable();
            let at = |share: usize| {
                times.get(times.len() * share / 100).copied().unwrap_or_default().as_secs_f64() * 1e3
            };
            #[allow(clippy::cast_precision_loss, reason = "to be read by people")]
            let rate = times.len() as f64 / seconds;
            println!(
                r#"{{"store":"{name}","records":{records},"tasks":{tasks},"per_second":{rate:.0},"p50_ms":{:.2},"p99_ms":{:.2}}}"#,
                at(50),
                at(99)
            );
        }
    }
    store.close().await?;
    Ok(())
}

/// How long each payment took.
async fn work(store: Arc<dyn Store>, time: Duration, records: bool) -> Result<Vec<Duration>, Failure> {
    let start = Instant::now();
    let mut times = Vec::new();
    while start.elapsed() < time {
        let mut random = [0; 16];
        getrandom::fill(&mut random)?;
        let id = ClaimId::payload(&tillseal_protocol::Jti::from_random(random));
        let begun = Instant::now();
        if store.claim(vec![Claim { id, expires: 4_000_000_000 }]).await? != Claimed::Fresh {
            return Err("the same random id twice".into());
        }
        if records {
            store.record(ENTRY.to_vec()).await?;
        }
        times.push(begun.elapsed());
    }
    Ok(times)
}
