//! A store that is not there: at the start, and later.

use crate::{
    postgres::{Cluster, Stop},
    support::{IN_TIME, TestResult, Till},
};
use std::time::Instant;

#[test]
fn a_store_that_is_down_at_the_start_is_named() -> TestResult {
    for (url, named) in [
        ("postgres://till@127.0.0.1:1/till", "postgres://"),
        ("postgres://till@localhost/till?host=/nowhere/at/all", "/nowhere/at/all"),
        ("sqlite:/nowhere/at/all/store", "sqlite:/nowhere/at/all/store"),
    ] {
        let till = Till::on(url.to_owned())?;
        let (status, said) = till.fails_to_start()?;
        assert_eq!(status.code(), Some(2), "{url}: {said}");
        assert!(
            said.contains("tillseal: [store-unavailable] the store ") && said.contains(named),
            "{said}"
        );
    }
    Ok(())
}

/// What is no database is not taken for one, and stays as it is.
#[test]
fn a_file_that_is_no_database_is_named() -> TestResult {
    let till = Till::on_sqlite()?;
    let file = till.directory.path().join("store");
    let text = "not a database at all, but long enough to have the header of one".repeat(20);
    std::fs::write(&file, &text)?;
    let (status, said) = till.fails_to_start()?;
    assert_eq!(status.code(), Some(2), "{said}");
    assert!(said.contains("[store-unavailable]") && said.contains("not a database"), "{said}");
    assert_eq!(std::fs::read_to_string(&file)?, text);
    Ok(())
}

#[test]
fn postgres_that_goes_down_is_told_and_served_again() -> TestResult {
    let Some(cluster) = Cluster::start()? else { return Ok(()) };
    let till = Till::on(cluster.database()?)?;
    let node = till.start()?;
    let before = till.seal()?;
    let session = node.client().issue()?;
    assert_eq!(node.open(&before)?.status, 200);
    assert_eq!(node.get("/readyz")?.status, 200);

    cluster.stop(Stop::Fast)?;
    for sealed in [till.seal()?, before.clone()] {
        let start = Instant::now();
        node.open(&sealed)?.is(503, "store-unavailable")?;
        assert!(start.elapsed() < IN_TIME, "{:?}", start.elapsed());
    }
    node.until("not ready", |node| Ok(node.get("/readyz")?.status == 503))?;
    let ready = node.get("/readyz")?;
    ready.is(503, "not-ready")?;
    assert!(ready.body.contains("store"), "{}", ready.body);
    assert_eq!(node.get("/healthz")?.status, 200);
    // What needs no store is there.
    assert_eq!(node.get("/.well-known/tillseal.jwks")?.status, 200);
    node.client().issue()?;
    node.get("/v1/audit/proof/0")?.is(503, "store-unavailable")?;
    assert!(node.get("/metrics")?.body.contains("tillseal_store_failures_total{operation=\"claim\"}"));

    cluster.resume()?;
    node.serves(&till)?;
    node.open(&before)?.is(409, "replayed")?;
    assert_eq!(node.open(&till.seal_at(tillseal_server::unix_now(), &session)?)?.status, 200);
    let log = node.stop()?;
    assert!(log.contains("\"code\":\"store-unavailable\""), "{log}");
    till.verifies()
}
