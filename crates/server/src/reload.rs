//! Key rotation without a restart: a running server follows its keyring's directory.

use crate::{Custody, Key, KeyInfo, Keyring};
use std::{
    fs, io,
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime},
};
use tokio::{sync::watch, task, time};

/// How often the directory is looked at: a revoked key opens nothing after this long.
const INTERVAL: Duration = Duration::from_secs(1);

/// A time stamp younger than this may hide a second change within the clock tick of the file system.
const SETTLED: Duration = Duration::from_secs(2);

/// Loads the keyring again whenever its directory changes, for as long as somebody receives it.
///
/// `tillseal keys` replaces files by renaming, which changes the directory's time of modification. A directory
/// that cannot be loaded is logged, and the keys before it stay in use until it can; those that it has as revoked do not.
///
/// What is sealed, or in a token, is opened by `custody`.
pub async fn follow(directory: &Path, custody: Arc<Custody>, keys: watch::Sender<Arc<Keyring>>) {
    let (mut seen, mut complaint) = (None, String::new());
    let mut ticks = time::interval(INTERVAL);
    loop {
        tokio::select! {
            () = keys.closed() => return,
            _ = ticks.tick() => {}
        }
        let modified = modified(directory).ok();
        if seen.is_some() && seen == modified {
            continue;
        }
        let loaded = {
            let (directory, custody) = (directory.to_owned(), Arc::clone(&custody));
            // Opening a sealed key takes a fraction of a second, on purpose.
            task::spawn_blocking(move || Keyring::load_with(&directory, &custody)).await
        };
        // A task that panicked or was cancelled loaded nothing; the next tick tries again.
        let Ok(loaded) = loaded else { continue };
        match loaded {
            Ok(keyring) => {
                if infos(&keyring) != infos(&keys.borrow()) {
                    tracing::info!(keys = keyring.keys().count(), "keyring loaded again");
                    keys.send_replace(Arc::new(keyring));
                }
                seen = modified.filter(|time| time.elapsed().is_ok_and(|age| age > SETTLED));
                complaint.clear();
            }
            // Tried again at every tick, said once: `chmod` mends a file without changing its directory.
            Err(error) => {
                seen = None;
                let revoked = keys.borrow().revoked_in(directory);
                if let Some(keyring) = revoked {
                    tracing::info!("a key was revoked");
                    keys.send_replace(Arc::new(keyring));
                }
                let text = error.to_string();
                if text != complaint {
                    tracing::error!(code = error.code(), %error, "keyring not loaded; the keys before stay in use");
                    complaint = text;
                }
            }
        }
    }
}

fn modified(directory: &Path) -> io::Result<SystemTime> {
    fs::metadata(directory)?.modified()
}

fn infos(keyring: &Keyring) -> Vec<&KeyInfo> {
    keyring.keys().map(Key::info).collect()
}
