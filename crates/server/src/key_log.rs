//! Every change of a key as an entry of the audit log, once, whichever process sees it first.

use crate::{
    Keyring,
    audit::{Entry, Log},
    http::Keys,
    store::{Claim, ClaimId, Claimed, Store, StoreError},
};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::time;

/// How often keys are looked at: what a key may do also changes as time goes by.
const INTERVAL: Duration = Duration::from_secs(1);

/// What this process knows of a state of a key.
#[derive(PartialEq, Eq)]
enum Known {
    /// This process claimed it, and has yet to record it.
    Owed,
    /// The log has it, or another process has claimed it.
    Recorded,
}

/// The latest time that a database can hold.
const FOR_GOOD: u64 = i64::MAX.cast_unsigned();

/// Records what keys may do, now and whenever it changes, for as long as the keyring is followed.
pub async fn record_keys(mut keys: Keys, store: Arc<dyn Store>, log: Arc<Log>, clock: fn() -> u64) {
    let mut known = HashMap::new();
    let mut ticks = time::interval(INTERVAL);
    loop {
        tokio::select! {
            changed = keys.changed() => if changed.is_err() { return },
            _ = ticks.tick() => {}
        }
        let keyring = Arc::clone(&keys.borrow_and_update());
        // What is not recorded now is tried again: the store says why in its own metrics.
        let _ = record(&keyring, &*store, &log, clock(), &mut known).await;
    }
}

async fn record(
    keyring: &Keyring,
    store: &dyn Store,
    log: &Log,
    now: u64,
    known: &mut HashMap<String, Known>,
) -> Result<(), StoreError> {
    for (key, state) in keyring.states(now) {
        let kid = key.kid();
        let event = format!("{} {state}", kid.as_str());
        if !known.contains_key(&event) {
            // Kept for good. A key that comes back to a state, when its successor is revoked, is told by the successor's entry.
            let claim = Claim { id: ClaimId::event(&event), expires: FOR_GOOD };
            let is_ours = store.claim(vec![claim]).await? == Claimed::Fresh;
            known.insert(event.clone(), if is_ours { Known::Owed } else { Known::Recorded });
        }
        if known.get(&event) == Some(&Known::Owed) {
            log.record(Entry::key(now, &kid.into(), key.alg().name(), state)).await?;
            known.insert(event, Known::Recorded);
        }
    }
    Ok(())
}
