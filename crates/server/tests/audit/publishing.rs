//! How a running server signs what it recorded.

use crate::{
    memory::{Content, Memory},
    support::{NAME, SEED, TestResult, content, entry, grow, key, stores},
};
use std::{sync::Arc, time::Duration};
use tillseal_server::{
    audit::{Entry, Kid, Log, LogKey, Source, verify},
    store::Store,
};
use tokio::{sync::oneshot, time};

/// What somebody does to a store.
type Tamper = fn(&mut Content);

fn log_on(content: Content) -> TestResult<(Arc<Memory>, Log)> {
    let memory = Arc::new(Memory::new(content));
    let log = Log::new(Arc::clone(&memory) as _, key()?);
    Ok((memory, log))
}

#[tokio::test]
async fn what_is_recorded_is_signed_and_verified() -> TestResult {
    for store in stores() {
        let log = Log::new(Arc::clone(&store), key()?);
        assert_eq!(log.publish().await?, None, "nothing recorded, nothing signed");
        let kid = Kid::parse(&"A".repeat(43)).ok_or("kid")?;
        for position in 0..3 {
            let entry = Entry::key(1_795_478_400, &kid, "ECDH-ES", "active");
            assert_eq!(log.record(entry).await?, position);
        }
        let head = log.publish().await?.ok_or("nothing published")?;
        assert_eq!((head.origin.as_str(), head.size), (NAME, 3));
        assert_eq!(log.publish().await?, None, "nothing new");
        let report = verify(&Source::Store(store), log.key().vkey(), &[]).await?;
        assert!(report.faults.is_empty(), "{report}");
    }
    Ok(())
}

#[tokio::test]
async fn a_tree_is_the_same_however_it_grew() -> TestResult {
    for store in stores() {
        for size in [1, 2, 255, 256, 257, 600, 601, 20_000, 65_536, 65_537, 70_000] {
            let head = grow(&store, size).await?;
            assert_eq!(head.size, size);
        }
        // More than one checkpoint at a time on the way.
        let at_once = content(70_000).await?;
        assert_eq!(store.checkpoint().await?, at_once.checkpoint);
        for tile in at_once.tiles {
            assert_eq!(store.tiles(vec![tile.id]).await?, [tile.hashes], "{:?}", tile.id);
        }
    }
    Ok(())
}

#[tokio::test]
async fn of_two_processes_one_signs() -> TestResult {
    for store in stores() {
        for position in 0..500 {
            store.record(entry(position)).await?;
        }
        let logs = [Log::new(Arc::clone(&store), key()?), Log::new(Arc::clone(&store), key()?)];
        let (one, other) = tokio::join!(logs[0].publish(), logs[1].publish());
        assert!(one?.is_some() ^ other?.is_some(), "one was faster");
        let report = verify(&Source::Store(store), key()?.vkey(), &[]).await?;
        assert!(report.faults.is_empty(), "{report}");
    }
    Ok(())
}

#[tokio::test]
async fn nothing_is_signed_on_top_of_what_is_not_ours() -> TestResult {
    let mut stranger = content(300).await?;
    stranger.entries.push(entry(300));
    let strangers = Log::new(Arc::new(Memory::new(stranger.clone())), LogKey::from_seed(NAME, &[8; 32])?);
    assert_eq!(strangers.publish().await.map_err(|error| error.code()), Err("audit-foreign"));
    let renamed = Log::new(Arc::new(Memory::new(stranger)), LogKey::from_seed("other.example", &SEED)?);
    assert_eq!(renamed.publish().await.map_err(|error| error.code()), Err("audit-foreign"));

    let tamper: [(&str, Tamper); 4] = [
        ("audit-foreign", |content| {
            if let Some(checkpoint) = &mut content.checkpoint {
                checkpoint.note = checkpoint.note.replace("\n300\n", "\n299\n");
            }
        }),
        ("audit-root", |content| content.tiles.clear()),
        ("audit-root", |content| content.tiles.iter_mut().for_each(|tile| tile.hashes[0] ^= 1)),
        ("audit-truncated", |content| content.entries.truncate(299)),
    ];
    for (code, tamper) in tamper {
        let mut content = content(300).await?;
        content.entries.push(entry(300));
        tamper(&mut content);
        let (memory, log) = log_on(content)?;
        assert_eq!(log.publish().await.map_err(|error| error.code()), Err(code));
        assert_eq!(memory.lock().checkpoint.as_ref().map(|checkpoint| checkpoint.size), Some(300));
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_running_log_signs_each_second_and_once_more_at_the_end() -> TestResult {
    let (memory, log) = log_on(Content::default())?;
    let size = || memory.lock().checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.size);
    let (stop, stopped) = oneshot::channel::<()>();
    let following = tokio::spawn(async move { log.follow(async { drop(stopped.await) }).await });

    memory.record(entry(0)).await?;
    time::sleep(Duration::from_millis(2500)).await;
    assert_eq!(size(), 1);
    // The store fails for a while, and nothing is lost.
    memory.record(entry(1)).await?;
    memory.lock().is_down = true;
    time::sleep(Duration::from_secs(5)).await;
    assert_eq!(size(), 1);
    memory.lock().is_down = false;
    time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(size(), 2);
    memory.record(entry(2)).await?;
    let _ = stop.send(());
    following.await?;
    assert_eq!(size(), 3);
    Ok(())
}
