//! PostgreSQL stopped and started under load.

use crate::{
    postgres::{Cluster, Stop},
    support::claim,
};
use sqlx::Connection as _;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tillseal_server::store::{self, Claimed};
use tokio::{task::spawn_blocking, time::sleep};

/// What one task was told.
#[derive(Default)]
struct Told {
    fresh: Vec<String>,
    entries: Vec<(u64, Vec<u8>)>,
    errors: usize,
}

/// Waits until every task was served some times in a row.
async fn served(in_a_row: &[AtomicUsize]) {
    let start = Instant::now();
    while in_a_row.iter().any(|answers| answers.load(Ordering::Relaxed) < 5) {
        assert!(start.elapsed() < Duration::from_mins(1), "no service: {in_a_row:?}");
        sleep(Duration::from_millis(20)).await;
    }
}

async fn under_load(stop: Stop) {
    let Some(cluster) = Cluster::start().unwrap() else { return };
    let cluster = Arc::new(cluster);
    let url = cluster.database().unwrap();
    // A server that is set up to lose what it acknowledged: the store does not let it.
    let mut admin = sqlx::PgConnection::connect(&url).await.unwrap();
    sqlx::raw_sql("ALTER ROLE tillseal SET synchronous_commit = off").execute(&mut admin).await.unwrap();
    admin.close().await.unwrap();
    let store = store::connect(&url).await.unwrap();
    let ended = Arc::new(AtomicBool::new(false));
    let in_a_row: Arc<[AtomicUsize]> = (0..16).map(|_| AtomicUsize::new(0)).collect();
    let workers: Vec<_> = (0..in_a_row.len())
        .map(|worker| {
            let (store, ended, in_a_row) = (Arc::clone(&store), Arc::clone(&ended), Arc::clone(&in_a_row));
            tokio::spawn(async move {
                let mut told = Told::default();
                let mut number = 0;
                while !ended.load(Ordering::Relaxed) {
                    number += 1;
                    let name = format!("worker {worker} id {number}");
                    let start = Instant::now();
                    let claimed = store.claim(vec![claim(&name, 900)]).await;
                    let recorded = store.record(name.clone().into_bytes()).await;
                    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
                    match (&claimed, &recorded) {
                        (Ok(_), Ok(_)) => in_a_row[worker].fetch_add(1, Ordering::Relaxed),
                        _ => in_a_row[worker].swap(0, Ordering::Relaxed),
                    };
                    for error in [claimed.as_ref().err(), recorded.as_ref().err()].into_iter().flatten() {
                        assert_eq!(error.code(), "store-unavailable");
                        told.errors += 1;
                    }
                    if let Ok(position) = recorded {
                        told.entries.push((position, name.clone().into_bytes()));
                    }
                    match claimed {
                        Ok(Claimed::Fresh) => told.fresh.push(name),
                        Ok(other) => panic!("{name} is {other:?}"),
                        Err(_) => sleep(Duration::from_millis(5)).await,
                    }
                }
                told
            })
        })
        .collect();

    for _ in 0..2 {
        served(&in_a_row).await;
        let down = Arc::clone(&cluster);
        spawn_blocking(move || {
            down.stop(stop).unwrap();
            std::thread::sleep(Duration::from_millis(300));
            down.resume().unwrap();
        })
        .await
        .unwrap();
        in_a_row.iter().for_each(|answers| answers.store(0, Ordering::Relaxed));
    }
    served(&in_a_row).await;
    ended.store(true, Ordering::Relaxed);

    let mut entries = Vec::new();
    for worker in workers {
        let told = worker.await.unwrap();
        assert!(told.errors > 0, "the load was not there");
        for name in told.fresh {
            assert_eq!(
                store.claim(vec![claim(&name, 900)]).await.unwrap(),
                Claimed::Taken(0),
                "{name} was lost"
            );
        }
        entries.extend(told.entries);
    }
    let size = store.size().await.unwrap();
    let log = store.entries(0..size).await.unwrap();
    assert_eq!(log.len() as u64, size, "the log has a gap");
    for (position, entry) in entries {
        assert_eq!(log[usize::try_from(position).unwrap()], entry, "what was acknowledged is not there");
    }
    store.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_when_postgres_restarts() {
    under_load(Stop::Fast).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_when_postgres_crashes() {
    under_load(Stop::Crash).await;
}

/// Nobody asked while it was down: nobody notices.
#[tokio::test]
async fn a_restart_while_nothing_happens_refuses_nothing() {
    let Some(cluster) = Cluster::start().unwrap() else { return };
    let store = store::connect(&cluster.database().unwrap()).await.unwrap();
    assert_eq!(store.claim(vec![claim("a", 900)]).await.unwrap(), Claimed::Fresh);
    assert_eq!(store.record(b"a".to_vec()).await.unwrap(), 0);
    cluster.stop(Stop::Fast).unwrap();
    assert!(store.ping().await.is_err());
    cluster.resume().unwrap();
    sleep(Duration::from_millis(1100)).await;
    assert_eq!(store.claim(vec![claim("a", 900)]).await.unwrap(), Claimed::Taken(0));
    assert_eq!(store.record(b"b".to_vec()).await.unwrap(), 1);
    store.ping().await.unwrap();
}
