//! A payload is taken once, whoever offers it and how often.

use crate::support::{Keys, NOW, ORIGIN, Server, TestResult, refused};
use std::thread;
use tillseal_protocol::Algorithm;
use tillseal_server::DEFAULT_MAX_AGE;
use tracing::Dispatch;

#[test]
fn a_replay_is_refused() -> TestResult {
    let keys = Keys::with_signing(Algorithm::EcdhEs)?;
    let server = Server::start(keys.load()?, &[ORIGIN], Dispatch::none())?;
    let sealed = keys.seal(NOW, ORIGIN)?;
    assert_eq!(server.open(&sealed, ORIGIN)?.status, 200);
    for _ in 0..3 {
        refused(&server.open(&sealed, ORIGIN)?, 409, "replayed")?;
    }
    assert_eq!(server.open(&keys.seal(NOW, ORIGIN)?, ORIGIN)?.status, 200);
    Ok(())
}

#[test]
fn of_many_at_the_same_time_one_is_taken() -> TestResult {
    let keys = Keys::with_signing(Algorithm::EcdhEs)?;
    let server = Server::start(keys.load()?, &[ORIGIN], Dispatch::none())?;
    let sealed = keys.seal(NOW, ORIGIN)?;
    let statuses: Vec<u16> = thread::scope(|scope| {
        let offers: Vec<_> = (0..32).map(|_| scope.spawn(|| server.open(&sealed, ORIGIN))).collect();
        offers.into_iter().filter_map(|offer| Some(offer.join().ok()?.ok()?.status)).collect()
    });
    assert_eq!(statuses.len(), 32);
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [200, 409].contains(status)), "{statuses:?}");
    Ok(())
}

#[test]
fn what_is_refused_for_another_reason_is_not_used_up() -> TestResult {
    let keys = Keys::with_signing(Algorithm::EcdhEs)?;
    let server = Server::start(keys.load()?, &[ORIGIN, "https://second.example"], Dispatch::none())?;
    let sealed = keys.seal(NOW, ORIGIN)?;
    refused(&server.open(&sealed, "https://second.example")?, 422, "origin-mismatch")?;
    assert_eq!(server.open(&sealed, ORIGIN)?.status, 200);
    Ok(())
}

#[test]
fn what_the_store_has_forgotten_is_stale() -> TestResult {
    let keys = Keys::with_signing(Algorithm::EcdhEs)?;
    let server = Server::start(keys.load()?, &[ORIGIN], Dispatch::none())?;
    let sealed = keys.seal(NOW - DEFAULT_MAX_AGE, ORIGIN)?;
    assert_eq!(server.open(&sealed, ORIGIN)?.status, 200);
    server.forget(NOW + 1)?;
    // As if the clock had gone on and been set back.
    refused(&server.open(&sealed, ORIGIN)?, 422, "stale")
}
