//! Tampering with a log: each way is found, and named.

use crate::{
    memory::{Content, Memory},
    support::{NAME, SEED, TestResult, check, check_source, codes, content, entry, grow, key, note},
};
use std::sync::Arc;
use tillseal_server::{
    audit::{Fault, Log, LogKey, Source},
    store::{Checkpoint, Store},
};

const SIZE: u64 = 600;

/// The log as its owner would write it anew, after having changed what is recorded: signed by its own key.
async fn signed_anew(mut content: Content, size: usize) -> TestResult<Content> {
    content.entries.truncate(size);
    (content.checkpoint, content.tiles) = (None, Vec::new());
    let memory = Arc::new(Memory::new(content));
    Log::new(Arc::clone(&memory) as _, key()?).publish().await?;
    let content = memory.lock().clone();
    Ok(content)
}

#[tokio::test]
async fn a_log_that_nobody_touched_has_no_fault() -> TestResult {
    for size in [1, 2, 255, 256, 257, 4096, 4097, 66_000] {
        let report = check(content(size).await?, &[]).await?;
        assert_eq!(report.faults, [], "{size} entries: {report}");
        assert_eq!(report.last, Some(1_795_478_400 + size - 1));
        assert_eq!(report.head.map(|head| head.size), Some(size));
        assert_eq!(report.signer, Some(key()?.vkey().to_string()));
    }
    let mut longer = content(SIZE).await?;
    longer.entries.extend([entry(SIZE), entry(SIZE + 1)]);
    let report = check(longer, &[]).await?;
    assert_eq!((report.faults.len(), report.beyond), (0, 2));
    // A new store.
    assert_eq!(check(Content::default(), &[]).await?.faults, []);
    Ok(())
}

#[tokio::test]
async fn a_flipped_bit_is_found_where_it_is() -> TestResult {
    let whole = content(SIZE).await?;
    for position in (0..SIZE).step_by(7).chain([255, 256, 511, 512, SIZE - 1]) {
        let mut content = whole.clone();
        let altered = &mut content.entries[usize::try_from(position)?];
        let place = usize::try_from(position)? % altered.len();
        altered[place] ^= 1 << (position % 8);
        let report = check(content, &[]).await?;
        assert_eq!(report.faults, [Fault::Entry { positions: position..position + 1 }], "{report}");
    }
    Ok(())
}

#[tokio::test]
async fn entries_that_are_dropped_swapped_or_slipped_in_are_found() -> TestResult {
    let whole = content(SIZE).await?;
    for position in [0, 1, 255, 256, 300, 598] {
        let place = usize::try_from(position)?;
        let mut dropped = whole.clone();
        dropped.entries.remove(place);
        let report = check(dropped.clone(), &[]).await?;
        let shifted = Fault::Entry { positions: position..SIZE - 1 };
        assert!(report.faults.contains(&shifted), "{report}");
        assert_eq!(codes(&report), ["audit-entry", "audit-truncated"], "{report}");
        // The same, with the number of entries kept.
        dropped.entries.push(entry(SIZE));
        let report = check(dropped, &[]).await?;
        assert_eq!(report.faults, [Fault::Entry { positions: position..SIZE }], "{report}");

        let mut swapped = whole.clone();
        swapped.entries.swap(place, place + 1);
        let report = check(swapped, &[]).await?;
        assert_eq!(report.faults, [Fault::Entry { positions: position..position + 2 }], "{report}");

        let mut inserted = whole.clone();
        inserted.entries.insert(place, entry(9999));
        let report = check(inserted, &[]).await?;
        assert_eq!(report.faults, [Fault::Entry { positions: position..SIZE }], "{report}");
        assert_eq!(report.beyond, 1);

        let mut twice = whole.clone();
        twice.entries[place + 1] = twice.entries[place].clone();
        let report = check(twice, &[]).await?;
        assert_eq!(report.faults, [Fault::Entry { positions: position + 1..position + 2 }], "{report}");
    }
    Ok(())
}

#[tokio::test]
async fn a_log_that_was_cut_is_found() -> TestResult {
    let whole = content(SIZE).await?;
    for left in [0, 1, 255, 256, 512, 599] {
        let mut entries = whole.clone();
        entries.entries.truncate(left);
        let report = check(entries, &[]).await?;
        let by = String::from("the last checkpoint");
        let cut = Fault::Truncated { entries: left as u64, covered: SIZE, by };
        assert_eq!(report.faults, [cut], "{report}");

        // With its tiles, as a backup would be.
        let mut all = whole.clone();
        all.entries.truncate(left);
        all.tiles.clear();
        assert!(codes(&check(all, &[]).await?).contains(&"audit-truncated"));
    }
    // The checkpoint alone.
    let mut unsigned = whole.clone();
    unsigned.checkpoint = None;
    let report = check(unsigned, &[]).await?;
    assert_eq!((codes(&report), report.beyond), (vec!["audit-checkpoint"], SIZE));
    // Everything: only a checkpoint that is kept elsewhere can tell.
    let report = check(Content::default(), &[note(&whole)]).await?;
    assert_eq!(codes(&report), ["audit-checkpoint"]);
    Ok(())
}

#[tokio::test]
async fn a_log_that_its_own_key_cut_is_found_by_an_older_checkpoint() -> TestResult {
    let whole = content(SIZE).await?;
    for left in [1, 256, 599] {
        let cut = signed_anew(whole.clone(), left).await?;
        assert_eq!(check(cut.clone(), &[]).await?.faults, [], "nothing inside it tells");
        let report = check(cut, &[note(&whole)]).await?;
        let by = String::from("older-0");
        assert_eq!(
            report.faults,
            [Fault::Truncated { entries: left as u64, covered: SIZE, by }],
            "{report}"
        );
    }
    // A checkpoint of before, put back over a log that went on.
    let mut set_back = whole.clone();
    set_back.checkpoint = content(400).await?.checkpoint;
    let report = check(set_back, &[note(&whole)]).await?;
    assert_eq!((codes(&report), report.beyond), (vec!["audit-truncated"], SIZE - 400));
    Ok(())
}

#[tokio::test]
async fn a_log_that_its_own_key_wrote_anew_is_found_by_an_older_checkpoint() -> TestResult {
    let whole = content(SIZE).await?;
    for position in [0, 255, 256, 599] {
        let mut other = whole.clone();
        other.entries[position] = entry(9999);
        // Of the same size, and grown since.
        for more in [0, 1, 300] {
            let mut other = other.clone();
            other.entries.extend((0..more).map(|more| entry(SIZE + more)));
            let other = signed_anew(other, 10_000).await?;
            assert_eq!(check(other.clone(), &[]).await?.faults, [], "nothing inside it tells");
            let report = check(other, &[note(&whole)]).await?;
            assert_eq!(codes(&report), ["audit-fork"], "{position}, {more} more: {report}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_log_that_only_grew_is_told_so() -> TestResult {
    let store: Arc<dyn Store> = Arc::new(Memory::default());
    let mut notes = Vec::new();
    for size in [1, 100, 256, 300, 5000] {
        grow(&store, size).await?;
        notes.push(store.checkpoint().await?.ok_or("none")?.note);
    }
    let notes: Vec<&str> = notes.iter().map(String::as_str).collect();
    let source = Source::Store(store);
    let report = check_source(&source, &notes).await?;
    assert_eq!(
        (report.faults.len(), report.grew_from.as_slice()),
        (0, &[1, 100, 256, 300, 5000][..]),
        "{report}"
    );

    // Two that contradict each other, though neither is of the log's present.
    let mut other = content(9000).await?;
    let of_9000 = note(&other).to_owned();
    other.entries[8999] = entry(1);
    let other = signed_anew(other, 9000).await?;
    let report = check_source(&source, &[&of_9000, note(&other)]).await?;
    assert_eq!(codes(&report), ["audit-fork", "audit-truncated"], "{report}");
    Ok(())
}

#[tokio::test]
async fn an_older_checkpoint_of_another_key_proves_nothing() -> TestResult {
    let memory =
        Arc::new(Memory::new(Content { entries: (0..9).map(entry).collect(), ..Content::default() }));
    Log::new(Arc::clone(&memory) as _, LogKey::from_seed(NAME, &[8; 32])?).publish().await?;
    let strangers = memory.lock().clone();
    let report = check(content(SIZE).await?, &[note(&strangers), "not a checkpoint"]).await?;
    assert_eq!(codes(&report), ["audit-checkpoint", "audit-signature"], "{report}");
    assert!(report.grew_from.is_empty());

    let report = check(strangers, &[]).await?;
    assert_eq!((codes(&report), report.signer), (vec!["audit-signature"], None));
    Ok(())
}

#[tokio::test]
async fn a_checkpoint_that_is_altered_anywhere_is_found() -> TestResult {
    let whole = content(20).await?;
    for place in 0..note(&whole).len() {
        let mut bytes = note(&whole).as_bytes().to_vec();
        bytes[place] ^= 4;
        let altered = String::from_utf8_lossy(&bytes).into_owned();
        let mut content = whole.clone();
        content.checkpoint = Some(Checkpoint { size: 20, note: altered });
        let report = check(content, &[]).await?;
        assert!(!report.faults.is_empty(), "byte {place}");
    }
    // A size that no log has: neither for ever nor a panic.
    for size in ["18446744073709551615", "1000000000000"] {
        let altered = note(&whole).replace("\n20\n", &format!("\n{size}\n"));
        let mut content = whole.clone();
        content.checkpoint = Some(Checkpoint { size: 20, note: altered });
        assert_eq!(codes(&check(content, &[]).await?), ["audit-signature", "audit-truncated"]);
    }
    Ok(())
}

#[tokio::test]
async fn a_tile_that_is_altered_cut_or_gone_is_found() -> TestResult {
    for (size, chosen) in [(SIZE, 1), (66_000, 100)] {
        let whole = content(size).await?;
        let is_chosen = |index: usize| index.is_multiple_of(chosen) || index + 4 > whole.tiles.len();
        for index in (0..whole.tiles.len()).filter(|index| is_chosen(*index)) {
            let id = whole.tiles[index].id;
            // Each way where a check is short, one of them where it is long.
            for tamper in (0..3).filter(|tamper| chosen == 1 || index % 3 == *tamper) {
                let mut content = whole.clone();
                match tamper {
                    0 => content.tiles[index].hashes[17] ^= 32,
                    1 => content.tiles[index].hashes.truncate(31),
                    _ => content.tiles.retain(|tile| tile.id != id),
                }
                let report = check(content, &[]).await?;
                assert_eq!(report.faults, [Fault::Tile { id }], "{tamper}: {report}");
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn entries_and_tiles_that_were_altered_together_are_found() -> TestResult {
    let whole = content(SIZE).await?;
    let mut other = whole.clone();
    other.entries[300] = entry(9999);
    let mut other = signed_anew(other, 10_000).await?;
    // All that a database holds fits together, but the signature is of what was there.
    other.checkpoint.clone_from(&whole.checkpoint);
    let report = check(other, &[]).await?;
    assert_eq!(codes(&report), ["audit-root"], "{report}");
    Ok(())
}

#[tokio::test]
async fn a_store_that_is_down_is_no_fault() -> TestResult {
    let mut content = content(SIZE).await?;
    content.is_down = true;
    let source = Source::Store(Arc::new(Memory::new(content)));
    let key = LogKey::from_seed(NAME, &SEED)?;
    let outcome = tillseal_server::audit::verify(&source, key.vkey(), &[]).await;
    assert_eq!(outcome.map(|_| ()).map_err(|error| error.code()), Err("store-unavailable"));
    Ok(())
}
