//! Inclusion proofs, against the definitions of RFC 6962 §2.1 word by word.

use crate::support::{NAME, TestResult, entry, grow, key, stores};
use std::{fmt::Write as _, ops::Range, sync::Arc};
use tillseal_server::{
    audit::{Hash, LogKey, Proof, ProofError, Source, prove},
    store::Store,
};

/// MTH(D[n]).
fn mth(leaves: &[Hash]) -> Hash {
    match leaves.len() {
        0 => Hash::of_nothing(),
        1 => leaves[0],
        n => {
            let (left, right) = leaves.split_at(k(n));
            Hash::node(&mth(left), &mth(right))
        }
    }
}

/// PATH(m, D[n]).
fn path(m: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let k = k(leaves.len());
    let (left, right) = leaves.split_at(k);
    let (mut path, sibling) =
        if m < k { (path(m, left), mth(right)) } else { (path(m - k, right), mth(left)) };
    path.push(sibling);
    path
}

/// The largest power of two smaller than n.
fn k(n: usize) -> usize {
    n.next_power_of_two() / 2
}

fn leaves(size: u64) -> Vec<Hash> {
    (0..size).map(|position| Hash::leaf(&entry(position))).collect()
}

async fn proofs(store: &Arc<dyn Store>, positions: Range<u64>) -> TestResult<Vec<Proof>> {
    let source = Source::Store(Arc::clone(store));
    let mut proofs = Vec::new();
    for position in positions {
        proofs.push(prove(&source, position).await?);
    }
    Ok(proofs)
}

fn text(position: u64, leaves: &[Hash], checkpoint: &str) -> TestResult<String> {
    let mut lines = format!("c2sp.org/tlog-proof@v1\nindex {position}\n");
    for hash in path(usize::try_from(position)?, leaves) {
        writeln!(lines, "{hash}")?;
    }
    Ok(format!("{lines}\n{checkpoint}"))
}

#[tokio::test]
async fn every_entry_of_small_trees_is_proved() -> TestResult {
    let key = key()?;
    for store in stores() {
        for size in 1..=300 {
            let head = grow(&store, size).await?;
            let leaves = leaves(size);
            assert_eq!(head.root, mth(&leaves), "{size} entries");
            let checkpoint = store.checkpoint().await?.ok_or("none")?.note;
            for (position, proof) in (0..size).zip(proofs(&store, 0..size).await?) {
                assert_eq!(proof.check(&entry(position), key.vkey())?, head);
                if size < 70 || size % 64 < 2 {
                    assert_eq!(proof.to_string(), text(position, &leaves, &checkpoint)?);
                }
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn entries_are_proved_where_tiles_begin_and_end() -> TestResult {
    let key = key()?;
    for store in stores() {
        for size in [255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, 65_536 + 300] {
            let head = grow(&store, size).await?;
            let leaves = leaves(size);
            assert_eq!(head.root, mth(&leaves), "{size} entries");
            let checkpoint = store.checkpoint().await?.ok_or("none")?.note;
            let places = [0, 1, 127, 128, 254, 255, 256, 257, 32_767, 65_279, 65_280, 65_535, 65_536];
            for position in places.into_iter().chain([size - 1]).filter(|position| *position < size) {
                let proof = proofs(&store, position..position + 1).await?.swap_remove(0);
                assert_eq!(proof.to_string(), text(position, &leaves, &checkpoint)?);
                assert_eq!(proof.check(&entry(position), key.vkey())?, head);
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_proof_is_of_one_entry_and_one_log() -> TestResult {
    let key = key()?;
    for store in stores() {
        grow(&store, 77).await?;
        for (position, proof) in (0..).zip(proofs(&store, 0..77).await?) {
            for other in (0..77).filter(|other| *other != position) {
                let outcome = proof.check(&entry(other), key.vkey());
                assert!(matches!(outcome, Err(ProofError::Entry)), "{other} by the proof of {position}");
            }
            let stranger = LogKey::from_seed(NAME, &[8; 32])?;
            let outcome = proof.check(&entry(position), stranger.vkey());
            assert_eq!(outcome.map_err(|error| error.code()), Err("audit-signature"));
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_proof_altered_anywhere_proves_nothing() -> TestResult {
    let key = key()?;
    for store in stores() {
        grow(&store, 21).await?;
        let text = proofs(&store, 13..14).await?.swap_remove(0).to_string();
        for place in 0..text.len() {
            for bit in 0..8 {
                let mut altered = text.clone().into_bytes();
                altered[place] ^= 1 << bit;
                let Ok(altered) = String::from_utf8(altered) else { continue };
                let outcome = Proof::parse(&altered).and_then(|proof| proof.check(&entry(13), key.vkey()));
                assert!(outcome.is_err(), "bit {bit} of byte {place}:\n{altered}");
            }
            let Some(cut) = text.get(..place) else { continue };
            let outcome = Proof::parse(cut).and_then(|proof| proof.check(&entry(13), key.vkey()));
            assert!(outcome.is_err(), "cut at {place}:\n{cut}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_proof_has_one_form() -> TestResult {
    let key = key()?;
    for store in stores() {
        grow(&store, 3).await?;
        let text = proofs(&store, 1..2).await?.swap_remove(0).to_string();
        let with_extra = text.replacen("\nindex", "\nextra c3BpY2U=\nindex", 1);
        let proof = Proof::parse(&with_extra)?;
        assert!(proof.check(&entry(1), key.vkey()).is_ok());
        for (from, to) in [
            ("index 1", "index 01"),
            ("index 1", "index +1"),
            ("index 1", "index 1 "),
            ("index 1", "index 18446744073709551616"),
            ("@v1", "@v2"),
            ("index 1\n", "index 1\r\n"),
            ("index 1\n", "index 1\n\n"),
        ] {
            let altered = text.replacen(from, to, 1);
            let outcome = Proof::parse(&altered).and_then(|proof| proof.check(&entry(1), key.vkey()));
            assert!(outcome.is_err(), "{altered}");
        }
        // One hash more, one less.
        let lines: Vec<&str> = text.lines().collect();
        let longer = text.replacen(lines[2], &format!("{0}\n{0}", lines[2]), 1);
        let shorter = text.replacen(&format!("{}\n", lines[2]), "", 1);
        for altered in [longer, shorter] {
            let outcome = Proof::parse(&altered).and_then(|proof| proof.check(&entry(1), key.vkey()));
            assert!(matches!(outcome, Err(ProofError::Entry)), "{altered}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn what_is_not_signed_yet_is_not_proved() -> TestResult {
    for store in stores() {
        let source = Source::Store(Arc::clone(&store));
        for size in [0, 1, 2] {
            let outcome = prove(&source, size).await;
            assert_eq!(outcome.map_err(|error| error.code()), Err("audit-position"));
            grow(&store, size + 1).await?;
        }
        store.record(entry(3)).await?;
        assert!(prove(&source, 2).await.is_ok());
        for position in [3, 4, u64::MAX] {
            let outcome = prove(&source, position).await;
            assert_eq!(outcome.map_err(|error| error.code()), Err("audit-position"));
        }
    }
    Ok(())
}
