//! What the tests share: a log key, stores, and logs of any size.

use crate::memory::{Content, Memory};
use std::{error::Error, sync::Arc};
use tillseal_server::{
    audit::{Fault, Log, LogKey, Report, Since, Source, TreeHead, verify},
    store::Store,
};

pub(crate) type TestResult<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

pub(crate) const NAME: &str = "shop.example/tillseal";
pub(crate) const SEED: [u8; 32] = [7; 32];

/// The stores that the log must work on, each new and empty.
pub(crate) fn stores() -> Vec<Arc<dyn Store>> {
    vec![Arc::new(Memory::default())]
}

pub(crate) fn key() -> TestResult<LogKey> {
    Ok(LogKey::from_seed(NAME, &SEED)?)
}

/// What the entry at a position says here.
pub(crate) fn entry(position: u64) -> Vec<u8> {
    let at = 1_795_478_400 + position;
    format!(r#"{{"v":1,"at":{at},"type":"test","position":{position}}}"#).into_bytes()
}

/// Records entries until there are so many, and signs them.
pub(crate) async fn grow(store: &Arc<dyn Store>, size: u64) -> TestResult<TreeHead> {
    for position in store.size().await?..size {
        assert_eq!(store.record(entry(position)).await?, position);
    }
    let published = Log::new(Arc::clone(store), key()?).publish().await?;
    Ok(published.ok_or("nothing was published")?)
}

/// What a store holds after a log of this size was signed there at once.
pub(crate) async fn content(size: u64) -> TestResult<Content> {
    let memory = Arc::new(Memory::default());
    let store: Arc<dyn Store> = Arc::clone(&memory) as _;
    grow(&store, size).await?;
    Ok(memory.lock().clone())
}

pub(crate) async fn check(content: Content, since: &[&str]) -> TestResult<Report> {
    check_source(&Source::Store(Arc::new(Memory::new(content))), since).await
}

pub(crate) async fn check_source(source: &Source, since: &[&str]) -> TestResult<Report> {
    let since = (0..).zip(since);
    let since: Vec<Since> = since
        .map(|(number, note)| Since { name: format!("older-{number}"), note: (*note).to_owned() })
        .collect();
    Ok(verify(source, key()?.vkey(), &since).await?)
}

/// The codes of the faults, each once, in order.
pub(crate) fn codes(report: &Report) -> Vec<&'static str> {
    let mut codes: Vec<_> = report.faults.iter().map(Fault::code).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

pub(crate) fn note(content: &Content) -> &str {
    content.checkpoint.as_ref().map_or("", |checkpoint| &checkpoint.note)
}
