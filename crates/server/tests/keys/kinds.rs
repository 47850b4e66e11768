//! Three kinds of keys in one directory, each for its own use.

use crate::support::{ALL, Keys, NOW, TestResult, code};
use serde_json::json;
use std::{collections::BTreeSet, fs, thread};
use tillseal_protocol::{Jwks, KeyError, Recipient};
use tillseal_server::{
    Custody, KeyAlg, KeyState, Keyring, OpenError, Place, ensure_signing_keys, list_keys, set_state,
};

#[test]
fn each_kind_has_the_members_of_its_standard() -> TestResult {
    let keys = Keys::new()?;
    for (alg, kty, crv, usage) in [
        (KeyAlg::EcdhEs, "EC", "P-256", "enc"),
        (KeyAlg::Hpke7, "EC", "P-256", "enc"),
        (KeyAlg::Es256, "EC", "P-256", "sig"),
        (KeyAlg::Ed25519, "OKP", "Ed25519", "sig"),
    ] {
        let kid = keys.make(alg)?;
        let jwk = keys.json(&kid)?;
        assert_eq!(
            [&jwk["kty"], &jwk["crv"], &jwk["use"], &jwk["alg"], &jwk["kid"]],
            [&json!(kty), &json!(crv), &json!(usage), &json!(alg.name()), &json!(kid.as_str())]
        );
        assert_eq!(jwk.get("y").is_some(), kty == "EC");
        assert_eq!(jwk["d"].as_str().map(str::len), Some(43));
    }
    assert_eq!(keys.load()?.keys().count(), 4);
    Ok(())
}

#[test]
fn an_ed25519_kid_is_the_thumbprint_of_rfc_8037() {
    // RFC 8037, appendix A.2 and A.3.
    let x = [
        0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07, 0x3a,
        0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a,
    ];
    let kid = tillseal_protocol::Thumbprint::of_ed25519(&x);
    assert_eq!(kid.as_str(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

#[test]
fn what_is_published_begins_with_the_keys_to_seal_to() -> TestResult {
    let keys = Keys::new()?;
    let (enc, sig, log) =
        (keys.make(KeyAlg::EcdhEs)?, keys.make(KeyAlg::Es256)?, keys.make(KeyAlg::Ed25519)?);
    let jwks = serde_json::to_value(keys.load()?.jwks(NOW))?;
    let members = |key: &serde_json::Value| -> TestResult<Vec<String>> {
        Ok(key.as_object().ok_or("no key")?.keys().cloned().collect())
    };
    assert_eq!(jwks["keys"].as_array().map(Vec::len), Some(2));
    assert_eq!(jwks["keys"][0]["kid"], enc.as_str());
    assert_eq!(members(&jwks["keys"][0])?, ["alg", "crv", "kid", "kty", "x", "y"]);
    assert_eq!(jwks["keys"][1]["kid"], sig.as_str());
    assert_eq!(members(&jwks["keys"][1])?, ["alg", "crv", "kid", "kty", "use", "x", "y"]);
    assert_eq!([&jwks["keys"][1]["use"], &jwks["keys"][1]["alg"]], [&json!("sig"), &json!("ES256")]);
    assert!(!jwks.to_string().contains(log.as_str()), "the log's key is none of a page's business");

    // A page that reads this takes the first key, and none where there is none to seal to.
    let jwks: Jwks = serde_json::from_value(jwks)?;
    assert_eq!(Recipient::choose(jwks.keys, None)?.kid(), &enc);
    set_state(keys.path(), enc.as_str(), KeyState::DecryptOnly)?;
    let published = keys.load()?.jwks(NOW);
    assert_eq!(Recipient::choose(published.to_seal(), None).err(), Some(KeyError::None));
    assert_eq!(published.keys.len(), 1);
    Ok(())
}

#[test]
fn signatures_are_verified_by_the_key_that_made_them_alone() -> TestResult {
    let keys = Keys::new()?;
    let (kid, other) = (keys.make(KeyAlg::Es256)?, keys.make(KeyAlg::Es256)?);
    let keyring = keys.load()?;
    let signer = keyring.signer(NOW).ok_or("no signer")?;
    let (own, foreign) = if *signer.kid() == kid { (&kid, &other) } else { (&other, &kid) };
    let signature = signer.sign(b"message")?;
    let verifies = |kid: &str, message: &[u8], signature: &[u8]| {
        keyring.verifier(kid, NOW).is_some_and(|key| key.verify(message, signature))
    };
    assert!(verifies(own.as_str(), b"message", &signature));
    assert!(!verifies(foreign.as_str(), b"message", &signature));
    assert!(!verifies("nobody", b"message", &signature));
    assert!(!verifies(own.as_str(), b"massage", &signature));
    assert!(!verifies(own.as_str(), b"message", &signature[..63]));
    for index in 0..64 {
        let mut altered = signature;
        altered[index] ^= 1;
        assert!(!verifies(own.as_str(), b"message", &altered), "byte {index}");
    }
    assert!(!verifies(own.as_str(), b"message", &[0; 64]), "CVE-2022-21449");
    Ok(())
}

#[test]
fn a_retired_signing_key_still_verifies_and_a_revoked_one_does_not() -> TestResult {
    let keys = Keys::new()?;
    let kid = keys.make(KeyAlg::Es256)?;
    let signature = keys.load()?.signer(NOW).ok_or("no signer")?.sign(b"message")?;
    let verifies = |keyring: &Keyring| {
        keyring.verifier(kid.as_str(), NOW).map(|key| key.verify(b"message", &signature))
    };
    set_state(keys.path(), kid.as_str(), KeyState::DecryptOnly)?;
    let keyring = keys.load()?;
    assert!(keyring.signer(NOW).is_none());
    assert_eq!(verifies(&keyring), Some(true));
    assert_eq!(keyring.jwks(NOW).keys.len(), 1, "still published, for pages that hold what it signed");
    set_state(keys.path(), kid.as_str(), KeyState::Revoked)?;
    let keyring = keys.load()?;
    assert_eq!(verifies(&keyring), None);
    assert!(keyring.jwks(NOW).keys.is_empty());
    Ok(())
}

#[test]
fn a_key_that_seals_neither_verifies_nor_is_sealed_to_one_that_signs() -> TestResult {
    let keys = Keys::new()?;
    let (enc, sig) = (keys.make(KeyAlg::EcdhEs)?, keys.make(KeyAlg::Es256)?);
    let keyring = keys.load()?;
    assert!(keyring.verifier(enc.as_str(), NOW).is_none());
    assert!(keyring.log_seed().is_none());
    // A payload that names the signing key.
    keys.change(&sig, |jwk| drop(jwk.insert("alg".into(), "ECDH-ES".into())))?;
    assert_eq!(keys.opens(&keyring, &sig, NOW)?, Err(OpenError::KidUnknown));
    assert_eq!(code(keys.load()), Some("keyring-malformed"), "use and alg contradict each other");
    Ok(())
}

#[test]
fn missing_signing_keys_are_made_once_and_no_more() -> TestResult {
    let keys = Keys::new()?;
    let custody = Custody::default();
    assert_eq!(ensure_signing_keys(keys.path(), &custody, NOW)?.len(), 2);
    assert!(ensure_signing_keys(keys.path(), &custody, NOW)?.is_empty());
    let keyring = keys.load()?;
    let seed = keyring.log_seed().ok_or("no seed")?;
    assert!(keyring.signer(NOW).is_some());
    let pair =
        aws_lc_rs::signature::Ed25519KeyPair::from_seed_and_public_key(seed.seed(), seed.public_key());
    assert!(pair.is_ok(), "seed and public key belong together");

    let signer = keyring.signer(NOW).ok_or("no signer")?.kid().as_str();
    set_state(keys.path(), signer, KeyState::Revoked)?;
    assert_eq!(ensure_signing_keys(keys.path(), &custody, NOW)?.len(), 1);
    Ok(())
}

#[test]
fn of_many_that_start_at_once_one_makes_the_signing_keys() -> TestResult {
    for _ in 0..8 {
        let keys = Keys::new()?;
        let outcomes: Vec<_> = thread::scope(|scope| {
            let start = || {
                ensure_signing_keys(keys.path(), &Custody::default(), NOW)
                    .map(|made| (made.len(), keys.load().map(|keyring| signs_with(&keyring))))
            };
            let threads: Vec<_> = (0..6).map(|_| scope.spawn(start)).collect();
            threads.into_iter().map(thread::ScopedJoinHandle::join).collect()
        });
        let (mut made, mut seen) = (0, BTreeSet::new());
        for outcome in outcomes {
            let (count, signers) = outcome.map_err(|_| "panicked")??;
            made += count;
            seen.insert(signers?.ok_or("no signer or no seed")?);
        }
        assert_eq!((made, seen.len()), (2, 1), "all go on with the same keys");
    }
    Ok(())
}

fn signs_with(keyring: &Keyring) -> Option<(String, String)> {
    let signer = keyring.signer(NOW)?.kid().as_str().to_owned();
    Some((signer, keyring.log_seed()?.kid().as_str().to_owned()))
}

#[test]
fn the_private_part_of_a_revoked_key_leaves_the_directory() -> TestResult {
    for alg in ALL {
        let keys = Keys::new()?;
        let kid = keys.make(alg)?;
        let d = keys.json(&kid)?["d"].as_str().ok_or("no d")?.to_owned();
        let held = fs::File::open(keys.file(&kid))?;
        set_state(keys.path(), kid.as_str(), KeyState::Revoked)?;
        assert!(!fs::read_to_string(keys.file(&kid))?.contains(&d));
        assert_eq!(std::io::read_to_string(held)?.trim_matches('\0'), "", "the file before is overwritten");
        let jwk = keys.json(&kid)?;
        assert!(jwk.get("d").is_none() && jwk["tillseal_state"] == "revoked");
        assert_eq!(list_keys(keys.path())?[0].place, Place::Nowhere);
        assert_eq!(
            keys.load()?.find(kid.as_str()).map(tillseal_server::Key::state),
            Some(KeyState::Revoked)
        );
    }
    Ok(())
}

#[test]
fn a_key_that_was_revoked_before_files_were_wiped_still_loads() -> TestResult {
    let keys = Keys::new()?;
    let kid = keys.make(KeyAlg::EcdhEs)?;
    keys.change(&kid, |jwk| drop(jwk.insert("tillseal_state".into(), "revoked".into())))?;
    assert_eq!(keys.opens(&keys.load()?, &kid, NOW)?, Err(OpenError::KidRevoked));
    Ok(())
}

#[test]
fn a_file_that_is_cut_anywhere_is_refused() -> TestResult {
    for alg in ALL {
        let keys = Keys::new()?;
        let kid = keys.make(alg)?;
        let whole = fs::read(keys.file(&kid))?;
        // Behind the last brace there is a line break alone.
        for length in 0..whole.len() - 1 {
            fs::write(keys.file(&kid), &whole[..length])?;
            assert_eq!(code(keys.load()), Some("keyring-malformed"), "{length} bytes");
            assert_eq!(code(list_keys(keys.path())), Some("keyring-malformed"), "{length} bytes");
        }
    }
    Ok(())
}

#[test]
fn another_key_under_a_kid_is_refused_for_every_kind() -> TestResult {
    for alg in ALL {
        let (keys, others) = (Keys::new()?, Keys::new()?);
        let (kid, other) = (keys.make(alg)?, others.make(alg)?);
        let d = others.json(&other)?["d"].clone();
        keys.change(&kid, |jwk| drop(jwk.insert("d".into(), d)))?;
        assert_eq!(code(keys.load()), Some("keyring-malformed"), "{}", alg.name());
    }
    Ok(())
}
