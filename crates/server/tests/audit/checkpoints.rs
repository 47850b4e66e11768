//! Checkpoints and verifier keys: which are believed, and which are not.

use crate::support::{NAME, SEED, TestResult, content, key, note};
use tillseal_server::audit::{HeadError, LogKey, TreeHead, VerifierKey};

/// Made with Python's `cryptography` from the seed of the tests.
const VKEY: &str = "shop.example/tillseal+84771a70+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs";

/// The key in the documentation of golang.org/x/mod/sumdb/note, which C2SP signed-note was made of.
const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const PETER_SEED: [u8; 32] = [
    0x81, 0x0a, 0x14, 0x02, 0xd5, 0x14, 0x6c, 0x8d, 0x84, 0xf2, 0x44, 0x33, 0x30, 0xf5, 0x40, 0x80, 0xeb,
    0xf9, 0x8e, 0xe1, 0x7d, 0x9c, 0x74, 0xf6, 0x25, 0x2f, 0xc5, 0xd5, 0xc7, 0x28, 0x31, 0x73,
];

#[test]
fn a_key_has_the_vkey_of_other_implementations() -> TestResult {
    assert_eq!(key()?.vkey().to_string(), VKEY);
    assert_eq!(LogKey::from_seed("PeterNeumann", &PETER_SEED)?.vkey().to_string(), PETER);
    for vkey in [VKEY, PETER] {
        assert_eq!(vkey.parse::<VerifierKey>()?.to_string(), vkey);
    }
    Ok(())
}

#[test]
fn a_vkey_that_is_altered_anywhere_is_none() {
    for place in 0..VKEY.len() {
        for bit in 0..8 {
            let mut altered = VKEY.as_bytes().to_vec();
            altered[place] ^= 1 << bit;
            let Ok(altered) = String::from_utf8(altered) else { continue };
            assert!(altered.parse::<VerifierKey>().is_err(), "{altered}");
        }
        assert!(VKEY[..place].parse::<VerifierKey>().is_err(), "cut at {place}");
    }
    for bad in [
        "",
        "+",
        "++",
        "+84771a70+AepK",
        &format!("{VKEY}\n"),
        &format!(" {VKEY}"),
        &VKEY.replace("1a7", "1A7"),
    ] {
        assert!(bad.parse::<VerifierKey>().is_err(), "{bad}");
    }
}

#[test]
fn a_log_has_a_name_without_spaces_and_plus() {
    for name in ["", " ", "shop example", "shop+", "shop\u{a0}", "shop\u{2003}example", "shop\n", "shop\0"]
    {
        assert!(LogKey::from_seed(name, &SEED).is_err(), "{name:?}");
    }
    for name in ["tillseal", "shop.example/tillseal", "[::1]:8080/tillseal", "läden.example"] {
        assert!(LogKey::from_seed(name, &SEED).is_ok(), "{name:?}");
    }
}

#[tokio::test]
async fn a_checkpoint_is_as_c2sp_has_it() -> TestResult {
    let content = content(5).await?;
    let note = note(&content);
    let head = TreeHead::open(note, key()?.vkey())?;
    let (text, signature) = note.split_once("\n\n").ok_or("no blank line")?;
    assert_eq!(text, format!("{NAME}\n5\n{}", head.root));
    assert!(signature.starts_with(&format!("\u{2014} {NAME} ")), "{signature}");
    Ok(())
}

#[tokio::test]
async fn a_checkpoint_that_is_altered_anywhere_is_not_believed() -> TestResult {
    let key = key()?;
    let content = content(5).await?;
    let note = note(&content);
    for place in 0..note.len() {
        for bit in 0..8 {
            let mut altered = note.as_bytes().to_vec();
            altered[place] ^= 1 << bit;
            // As a file would be read.
            let altered = String::from_utf8_lossy(&altered);
            assert!(TreeHead::open(&altered, key.vkey()).is_err(), "bit {bit} of byte {place}: {altered}");
        }
        for byte in ["\n", "\r", "\0", " ", "0"] {
            let Some((before, after)) = note.split_at_checked(place) else { continue };
            let altered = format!("{before}{byte}{after}");
            assert!(TreeHead::open(&altered, key.vkey()).is_err(), "{byte:?} before byte {place}");
        }
        let Some(cut) = note.get(..place) else { continue };
        assert_eq!(TreeHead::open(cut, key.vkey()), Err(HeadError::Malformed), "cut at {place}");
    }
    Ok(())
}

#[tokio::test]
async fn other_signatures_count_for_nothing_and_do_no_harm() -> TestResult {
    let key = key()?;
    let content = content(5).await?;
    let note = note(&content);
    let (_, ours) = note.rsplit_once('\u{2014}').ok_or("unsigned")?;
    let witness = ours.replace(NAME, "witness.example");
    let cosigned = format!("{note}\u{2014}{witness}");
    assert_eq!(TreeHead::open(&cosigned, key.vkey())?.size, 5);
    let by_witness = note.replace(ours, &witness);
    assert_eq!(TreeHead::open(&by_witness, key.vkey()), Err(HeadError::OtherKey));

    // The right name and id over another text.
    let larger = note.replace("\n5\n", "\n6\n");
    assert_eq!(TreeHead::open(&larger, key.vkey()), Err(HeadError::Signature));
    // One that fits does not make up for one that does not.
    let (before, base64) = ours.rsplit_once(' ').ok_or("no signature")?;
    let wrong = format!("{before} {}", base64.replacen(&base64[8..12], "AAAA", 1));
    assert_eq!(TreeHead::open(&format!("{note}\u{2014}{wrong}"), key.vkey()), Err(HeadError::Signature));

    let other_name = LogKey::from_seed("other.example/tillseal", &SEED)?;
    assert_eq!(TreeHead::open(note, other_name.vkey()), Err(HeadError::OtherKey));
    let other_seed = LogKey::from_seed(NAME, &[8; 32])?;
    assert_eq!(TreeHead::open(note, other_seed.vkey()), Err(HeadError::OtherKey));
    Ok(())
}
