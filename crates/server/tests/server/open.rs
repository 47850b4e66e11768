//! `open`: what it accepts, and each code of what it refuses.

use crate::support::{CSC, EMAIL, Keys, NOW, ORIGIN, PAN, TestResult};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use getrandom::SysRng;
use tillseal_protocol::{Algorithm, MAX_SEALED, Preparation};
use tillseal_server::{
    DEFAULT_LEEWAY, DEFAULT_MAX_AGE, Expect, KeyState, OpenError, decrypt, open, set_state,
};
use zeroize::Zeroizing;

const BOTH: [Algorithm; 2] = [Algorithm::EcdhEs, Algorithm::Hpke7];

#[test]
fn opens_what_was_sealed() -> TestResult {
    for algorithm in BOTH {
        let keys = Keys::new(algorithm)?;
        let claims =
            open(&keys.load()?, &keys.seal(NOW, ORIGIN)?, &Expect::new(ORIGIN, NOW))?.into_claims();
        assert_eq!(claims.fields.get("cc-number"), Some(PAN));
        assert_eq!(claims.fields.get("cc-exp"), Some("12/2029"));
        assert_eq!(claims.fields.get("cc-csc"), Some(CSC));
        assert_eq!(claims.fields.get("email"), Some(EMAIL));
        assert_eq!((claims.origin.as_str(), claims.iat), (ORIGIN, NOW));
    }
    Ok(())
}

#[test]
fn another_origin_is_refused_however_alike() -> TestResult {
    let keys = Keys::new(Algorithm::EcdhEs)?;
    let sealed = keys.seal(NOW, ORIGIN)?;
    for origin in [
        "http://shop.example",
        "https://shop.example/",
        "https://shop.example:443",
        "https://SHOP.example",
        "https://shop.example.evil.example",
        "null",
        "",
    ] {
        let refused = open(&keys.load()?, &sealed, &Expect::new(origin, NOW));
        assert_eq!(refused.err(), Some(OpenError::OriginMismatch), "{origin}");
    }
    Ok(())
}

#[test]
fn a_payload_is_accepted_to_the_last_second_of_its_age() -> TestResult {
    let keys = Keys::new(Algorithm::EcdhEs)?;
    let sealed = keys.seal(NOW, ORIGIN)?;
    let keyring = keys.load()?;
    let at = |now| open(&keyring, &sealed, &Expect::new(ORIGIN, now)).err().map(OpenError::code);
    assert_eq!(at(NOW + DEFAULT_MAX_AGE), None);
    assert_eq!(at(NOW + DEFAULT_MAX_AGE + 1), Some("stale"));
    assert_eq!(at(u64::MAX), Some("stale"));
    assert_eq!(at(NOW - DEFAULT_LEEWAY), None);
    assert_eq!(at(NOW - DEFAULT_LEEWAY - 1), Some("future"));
    assert_eq!(at(0), Some("future"));
    Ok(())
}

#[test]
fn an_unknown_kid_is_refused() -> TestResult {
    let (keys, others) = (Keys::new(Algorithm::EcdhEs)?, Keys::new(Algorithm::EcdhEs)?);
    assert_eq!(refusal(&others, &keys.seal(NOW, ORIGIN)?)?, Some("kid-unknown"));
    Ok(())
}

#[test]
fn a_retired_key_still_opens() -> TestResult {
    let keys = Keys::new(Algorithm::EcdhEs)?;
    let sealed = keys.seal(NOW, ORIGIN)?;
    set_state(keys.path(), keys.kid.as_str(), KeyState::DecryptOnly)?;
    assert_eq!(refusal(&keys, &sealed)?, None);
    Ok(())
}

#[test]
fn a_revoked_key_opens_nothing() -> TestResult {
    for algorithm in BOTH {
        let keys = Keys::new(algorithm)?;
        let sealed = keys.seal(NOW, ORIGIN)?;
        set_state(keys.path(), keys.kid.as_str(), KeyState::Revoked)?;
        assert_eq!(refusal(&keys, &sealed)?, Some("kid-revoked"));
        assert_eq!(decrypt(&keys.load()?, &sealed, NOW).err(), Some(OpenError::KidRevoked));
    }
    Ok(())
}

#[test]
fn every_altered_byte_is_refused_and_altered_content_in_one_way() -> TestResult {
    for algorithm in BOTH {
        let keys = Keys::new(algorithm)?;
        let (keyring, sealed) = (keys.load()?, keys.seal(NOW, ORIGIN)?);
        let header_ends = sealed.find('.').ok_or("no segment")?;
        for index in 0..sealed.len() {
            let mut bytes = sealed.clone().into_bytes();
            bytes[index] = if bytes[index] == b'A' { b'B' } else { b'A' };
            let refused = decrypt(&keyring, str::from_utf8(&bytes)?, NOW).err().map(OpenError::code);
            if index < header_ends {
                assert!(refused.is_some(), "byte {index}");
            } else {
                // A dot overwritten or trailing bits set is malformed; all else fails as decryption does.
                let expected = [Some("sealed-undecryptable"), Some("sealed-malformed")];
                assert!(expected.contains(&refused), "byte {index}: {refused:?}");
            }
        }
    }
    Ok(())
}

#[test]
fn every_truncation_is_refused() -> TestResult {
    for algorithm in BOTH {
        let keys = Keys::new(algorithm)?;
        let (keyring, sealed) = (keys.load()?, keys.seal(NOW, ORIGIN)?);
        for length in 0..sealed.len() {
            assert!(decrypt(&keyring, &sealed[..length], NOW).is_err(), "{length} bytes");
        }
    }
    Ok(())
}

#[test]
fn too_long_is_refused() -> TestResult {
    let keys = Keys::new(Algorithm::EcdhEs)?;
    assert_eq!(refusal(&keys, &"A".repeat(MAX_SEALED + 1))?, Some("sealed-too-long"));
    assert_eq!(refusal(&keys, &"A".repeat(1024 * 1024))?, Some("sealed-too-long"));
    Ok(())
}

#[test]
fn what_is_no_jwe_is_refused() -> TestResult {
    let keys = Keys::new(Algorithm::EcdhEs)?;
    for text in ["", "....", "hello", "a.b.c.d.e.f", "{}", PAN] {
        let refused = refusal(&keys, text)?;
        assert!(matches!(refused, Some("sealed-malformed" | "sealed-header")), "{text}: {refused:?}");
    }
    Ok(())
}

#[test]
fn a_header_with_something_else_is_refused() -> TestResult {
    let keys = Keys::new(Algorithm::Hpke7)?;
    let kid = keys.kid.as_str();
    let with = |header: String| with_header(&keys.seal(NOW, ORIGIN)?, &header);
    for more in [r#""zip":"DEF""#, r#""crit":["kid"]"#, r#""jku":"https://evil.example""#] {
        let sealed = with(format!(r#"{{"alg":"HPKE-7","kid":"{kid}",{more}}}"#))?;
        assert_eq!(refusal(&keys, &sealed)?, Some("sealed-header"), "{more}");
    }
    Ok(())
}

#[test]
fn another_algorithm_is_refused() -> TestResult {
    let keys = Keys::new(Algorithm::EcdhEs)?;
    let kid = keys.kid.as_str();
    for alg in ["none", "dir", "RSA-OAEP", "ECDH-ES+A256KW"] {
        let header = format!(r#"{{"alg":"{alg}","kid":"{kid}"}}"#);
        let sealed = with_header(&keys.seal(NOW, ORIGIN)?, &header)?;
        assert_eq!(refusal(&keys, &sealed)?, Some("sealed-algorithm"), "{alg}");
    }
    Ok(())
}

#[test]
fn the_key_decides_the_algorithm_not_the_message() -> TestResult {
    let (ecdh_es, hpke) = (Keys::new(Algorithm::EcdhEs)?, Keys::new(Algorithm::Hpke7)?);
    let header = format!(r#"{{"alg":"HPKE-7","kid":"{}"}}"#, ecdh_es.kid.as_str());
    let sealed = with_header(&hpke.seal(NOW, ORIGIN)?, &header)?;
    assert_eq!(refusal(&ecdh_es, &sealed)?, Some("sealed-algorithm"));
    Ok(())
}

#[test]
fn what_is_sealed_but_is_no_payload_is_refused() -> TestResult {
    let keys = Keys::new(Algorithm::EcdhEs)?;
    for plaintext in ["", "null", "{}", r#"{"v":2}"#, "\u{0}"] {
        let prepared = Preparation::new(&keys.recipient()?, &mut SysRng)?.finish();
        let sealed = prepared.seal(Zeroizing::new(plaintext.as_bytes().to_vec()))?;
        assert_eq!(refusal(&keys, &sealed)?, Some("sealed-claims"), "{plaintext}");
    }
    Ok(())
}

#[test]
fn every_code_has_one_status() {
    use tillseal_protocol::{ClaimsError, EnvelopeError, OpenError as DecryptError};
    let all = [
        (OpenError::Envelope(EnvelopeError::TooLong), "sealed-too-long", 413),
        (OpenError::Envelope(EnvelopeError::Malformed), "sealed-malformed", 400),
        (OpenError::Envelope(EnvelopeError::Header), "sealed-header", 400),
        (OpenError::Envelope(EnvelopeError::Algorithm), "sealed-algorithm", 422),
        (OpenError::KidUnknown, "kid-unknown", 422),
        (OpenError::KidRevoked, "kid-revoked", 422),
        (OpenError::Decrypt(DecryptError::Algorithm), "sealed-algorithm", 422),
        (OpenError::Decrypt(DecryptError::Decrypt), "sealed-undecryptable", 422),
        (OpenError::Decrypt(DecryptError::Claims(ClaimsError)), "sealed-claims", 422),
        (OpenError::OriginMismatch, "origin-mismatch", 422),
        (OpenError::Stale, "stale", 422),
        (OpenError::Future, "future", 422),
    ];
    for (error, code, status) in all {
        assert_eq!((error.code(), error.status()), (code, status));
    }
}

/// The code with which the keyring refuses a payload that should be of this page and this minute.
fn refusal(keys: &Keys, sealed: &str) -> TestResult<Option<&'static str>> {
    let opened = open(&keys.load()?, sealed, &Expect::new(ORIGIN, NOW));
    Ok(opened.err().map(OpenError::code))
}

fn with_header(sealed: &str, header: &str) -> TestResult<String> {
    let (_, rest) = sealed.split_once('.').ok_or("no segment")?;
    Ok(format!("{}.{rest}", Base64UrlUnpadded::encode_string(header.as_bytes())))
}
