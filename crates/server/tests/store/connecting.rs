//! Opening a store: what is made, what is refused, and what the errors say.

use crate::support::{Database, claim};
use sqlx::Connection as _;
use std::{fs, os::unix::fs::PermissionsExt as _, sync::Arc};
use tillseal_server::store::{self, Claimed, StoreError};

async fn refused(url: &str) -> StoreError {
    match store::connect(url).await {
        Ok(_) => panic!("{url} was opened"),
        Err(error) => error,
    }
}

#[tokio::test]
async fn the_file_is_its_owners_alone() {
    let database = Database::sqlite();
    let store = database.connect().await;
    store.record(b"entry".to_vec()).await.unwrap();
    let directory = database.file();
    let directory = directory.parent().unwrap();
    let mut names = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{entry:?}");
        names.push(entry.file_name().into_string().unwrap());
    }
    names.sort();
    assert_eq!(names, ["store", "store-shm", "store-wal"]);
    store.close().await.unwrap();
}

#[tokio::test]
async fn an_error_shows_no_password() {
    for url in [
        "postgres://shop:hunter2@127.0.0.1:1/shop",
        "postgres://shop@127.0.0.1:1/shop?password=hunter2",
        "postgres://shop:hunter2@127.0.0.1:port/shop",
        "mysql://shop:hunter2@127.0.0.1/shop",
        "shop:hunter2@127.0.0.1/shop",
        "hunter2",
    ] {
        let error = refused(url).await;
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        assert_eq!(error.code(), "store-unavailable");
    }
    let error = refused("postgres://shop:hunter2@127.0.0.1:1/shop").await;
    assert_eq!(error.url, "postgres://shop@127.0.0.1:1/shop");
}

#[tokio::test]
async fn a_path_that_cannot_be_is_told() {
    assert!(refused("sqlite:").await.to_string().contains("path"));
    assert!(refused("sqlite:/nowhere/store").await.to_string().contains("/nowhere/store"));
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("text");
    fs::write(&file, "This is no database, though it is long enough to be taken for one. ".repeat(20))
        .unwrap();
    let error = refused(&format!("sqlite:{}", file.display())).await;
    assert!(error.to_string().contains("not a database"), "{error}");
}

/// SQLite would take these names for something else than files.
#[tokio::test]
async fn every_path_is_a_file() {
    let directory = tempfile::tempdir().unwrap();
    for name in [":memory:", "a b?mode=memory", "ä%20#"] {
        let path = directory.path().join(name);
        let store = store::connect(&format!("sqlite://{}", path.display())).await.unwrap();
        store.ping().await.unwrap();
        store.close().await.unwrap();
        assert!(path.is_file(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_processes_may_start_at_once() {
    for database in [Some(Database::sqlite()), Database::postgres()].into_iter().flatten() {
        let url = Arc::new(database.url.clone());
        let stores = crate::support::all((0..8).map(|_| {
            let url = Arc::clone(&url);
            async move { store::connect(&url).await.unwrap() }
        }))
        .await;
        let claimed = crate::support::all(
            stores
                .into_iter()
                .map(|store| async move { store.claim(vec![claim("a", 900)]).await.unwrap() }),
        )
        .await;
        assert_eq!(claimed.iter().filter(|claimed| **claimed == Claimed::Fresh).count(), 1);
    }
}

const NEWER: &str = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'later', true, 'x', 0)";

#[tokio::test]
async fn tables_of_a_newer_release_are_refused() {
    let database = Database::sqlite();
    database.connect().await.close().await.unwrap();
    let mut connection = sqlx::SqliteConnection::connect(&database.url).await.unwrap();
    sqlx::query(NEWER).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let error = refused(&database.url).await;
    assert!(error.to_string().contains("newer release") && error.to_string().contains("9999"), "{error}");

    let Some(database) = Database::postgres() else { return };
    database.connect().await.close().await.unwrap();
    let mut connection = sqlx::PgConnection::connect(&database.url).await.unwrap();
    sqlx::query(NEWER).execute(&mut connection).await.unwrap();
    let error = refused(&database.url).await;
    assert!(error.to_string().contains("newer release") && error.to_string().contains("9999"), "{error}");
}
