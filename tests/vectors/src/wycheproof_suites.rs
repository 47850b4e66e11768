//! Wycheproof: the arithmetic's edge cases, points that are none, altered tags.

use crate::Suite;
use hkdf::Hkdf;
use sha2::Sha256;
use tillseal_protocol::{Agreement, PrivateKey, PublicKey, SharedSecret, content, hash, hpke};
use wycheproof::{TestResult, aead, ecdh, hkdf as kdf, mac};
use zeroize::Zeroizing;

/// `ecdh_secp256r1_ecpoint`: points as HPKE's `enc` carries them, for any implementation of the agreement.
///
/// `key` takes a scalar, 32 bytes big-endian.
pub fn ecdh_ecpoint<A: Agreement>(key: fn(&[u8; 32]) -> Option<A>) -> Suite {
    let suite = Suite::accepting_and_rejecting("Wycheproof ecdh_secp256r1_ecpoint");
    run_ecdh(suite, ecdh::TestName::EcdhSecp256r1Ecpoint, key, |point| Some(point))
}

/// The vectors of [`ecdh_ecpoint`] whose point is uncompressed: `{"scalar", "point", "shared", "valid"}`, base64url.
#[cfg(target_arch = "wasm32")]
pub(crate) fn ecdh_points() -> String {
    use tillseal_protocol::base64url::encode;

    let Ok(set) = ecdh::TestSet::load(ecdh::TestName::EcdhSecp256r1Ecpoint) else {
        return String::from("[]");
    };
    let tests = set.test_groups.iter().flat_map(|group| &group.tests);
    let points = tests.filter(|test| test.public_key.len() == 65 && test.public_key[0] == 4);
    points
        .filter_map(|test| {
            let scalar = scalar(&test.private_key)?;
            Some(serde_json::json!({
                "scalar": encode(&scalar),
                "point": encode(&test.public_key),
                "shared": encode(&test.shared_secret),
                "valid": test.result == TestResult::Valid,
            }))
        })
        .collect::<serde_json::Value>()
        .to_string()
}

/// `ecdh_secp256r1`: the same and more as X.509 public keys.
///
/// Our code reads no DER, so a key with any other prefix than the one of a named, uncompressed P-256 point
/// would test the test alone; it is skipped, but never where it must be accepted.
pub(crate) fn ecdh_spki() -> Suite {
    const SPKI: &[u8] = &[
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
        0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
    ];
    let suite = Suite::accepting_and_rejecting("Wycheproof ecdh_secp256r1");
    run_ecdh(suite, ecdh::TestName::EcdhSecp256r1, PrivateKey::from_scalar, |key| key.strip_prefix(SPKI))
}

/// `aes_gcm` with the one key, nonce and tag size that is ours.
pub(crate) fn aes_gcm() -> Suite {
    let mut suite = Suite::accepting_and_rejecting("Wycheproof aes_gcm 256/96/128");
    let Ok(set) = aead::TestSet::load(aead::TestName::AesGcm) else {
        suite.failures.push("the vectors do not load".into());
        return suite;
    };
    for group in set.test_groups {
        for test in &group.tests {
            if (group.key_size, group.nonce_size, group.tag_size) == (256, 96, 128) {
                run_aes_gcm(&mut suite, test);
            } else {
                suite.skip("another key, nonce or tag size");
            }
        }
    }
    suite
}

/// `hmac_sha256` with keys of one block at most and whole tags, which is all that is ours.
pub(crate) fn hmac() -> Suite {
    let mut suite = Suite::accepting_and_rejecting("Wycheproof hmac_sha256");
    let Ok(set) = mac::TestSet::load(mac::TestName::HmacSha256) else {
        suite.failures.push("the vectors do not load".into());
        return suite;
    };
    for group in &set.test_groups {
        for test in &group.tests {
            let vector = format!("tcId {}", test.tc_id);
            let tag = hash::hmac(&test.key, &test.msg);
            match (group.tag_size, group.key_size, test.result) {
                (256, ..=512, TestResult::Invalid) => {
                    suite.expect_rejected(&vector, (tag[..] == test.tag[..]).then_some(()));
                }
                (256, ..=512, _) => suite.expect_accepted(&vector, Some(&tag[..]), &test.tag[..]),
                _ => suite.skip("a shortened tag, or a key of more than one block"),
            }
        }
    }
    suite
}

/// `hkdf_sha256` as far as it goes in one block: HKDF-Extract is an HMAC of the salt and the input.
pub(crate) fn hkdf() -> Suite {
    let mut suite = Suite::accepting("Wycheproof hkdf_sha256");
    for test in hkdf_tests(&mut suite) {
        if test.size > 32 || test.salt.len() > 64 {
            suite.skip("an output of more than one block, or a salt of more than one block");
            continue;
        }
        let okm = hash::expand(&hash::hmac(&test.salt, &test.ikm), &test.info);
        suite.expect_accepted(&format!("tcId {}", test.tc_id), Some(&okm[..test.size]), &test.okm[..]);
    }
    suite
}

/// The HPKE key schedule, for the secrets and infos of `hkdf_sha256`, against RFC 9180's pseudocode written
/// out over the `hkdf` crate.
pub(crate) fn hpke_schedule() -> Suite {
    let mut suite = Suite::accepting("HPKE key schedule over the inputs of Wycheproof hkdf_sha256");
    for test in hkdf_tests(&mut suite) {
        let Ok(secret) = <[u8; 32]>::try_from(&test.ikm[..]) else {
            suite.skip("an HPKE shared secret has 32 bytes");
            continue;
        };
        let secret: SharedSecret = Zeroizing::new(secret);
        let schedule = hpke::key_schedule(&secret, &test.info);
        let expected = written_out_schedule(&secret[..], &test.info);
        let actual = Some((schedule.key.to_vec(), schedule.base_nonce.to_vec()));
        suite.expect_accepted(&format!("tcId {}", test.tc_id), actual, expected);
    }
    suite
}

fn run_ecdh<A: Agreement>(
    mut suite: Suite,
    name: ecdh::TestName,
    key: fn(&[u8; 32]) -> Option<A>,
    point: fn(&[u8]) -> Option<&[u8]>,
) -> Suite {
    let Ok(set) = ecdh::TestSet::load(name) else {
        suite.failures.push("the vectors do not load".into());
        return suite;
    };
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let vector = format!("tcId {}, {}", test.tc_id, test.comment);
        let Some(key) = scalar(&test.private_key).and_then(|scalar| key(&scalar)) else {
            suite.failures.push(format!("{vector}: the private key is refused"));
            continue;
        };
        let Some(point) = point(&test.public_key) else {
            match test.result {
                TestResult::Valid => suite.failures.push(format!("{vector}: not the expected SPKI prefix")),
                _ => suite.skip("not the SPKI of a named, uncompressed P-256 point"),
            }
            continue;
        };
        let agreed = PublicKey::from_sec1(point).and_then(|peer| key.agree(&peer)).ok();
        let agreed = agreed.as_ref().map(|secret| &secret[..]);
        match test.result {
            TestResult::Valid => suite.expect_accepted(&vector, agreed, &test.shared_secret[..]),
            TestResult::Invalid => suite.expect_rejected(&vector, agreed),
            TestResult::Acceptable => suite.expect_either(&vector, agreed, &test.shared_secret[..]),
        }
    }
    suite
}

/// The vectors write a scalar as an ASN.1 INTEGER: without leading zeros, or with one more than 32 bytes.
fn scalar(bytes: &[u8]) -> Option<[u8; 32]> {
    let significant = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
    let mut scalar = [0; 32];
    let start = scalar.len().checked_sub(bytes.len() - significant)?;
    scalar[start..].copy_from_slice(&bytes[significant..]);
    Some(scalar)
}

fn run_aes_gcm(suite: &mut Suite, test: &aead::Test) {
    let vector = format!("tcId {}", test.tc_id);
    let parts = (test.key[..].try_into(), test.nonce[..].try_into(), test.tag[..].try_into());
    let (Ok(key), Ok(nonce), Ok(tag)) = parts else {
        suite.failures.push(format!("{vector}: another size than its group's"));
        return;
    };
    let mut content = test.ct.to_vec();
    let opened = content::decrypt(&key, &nonce, &test.aad, &mut content, &tag).ok().map(|()| content);
    if test.result == TestResult::Invalid {
        suite.expect_rejected(&vector, opened);
        return;
    }
    let mut content = test.pt.to_vec();
    let sealed_tag = content::encrypt(&key, &nonce, &test.aad, &mut content);
    let both = opened.map(|opened| (opened, content, sealed_tag));
    suite.expect_accepted(&vector, both, (test.pt.to_vec(), test.ct.to_vec(), tag));
}

fn hkdf_tests(suite: &mut Suite) -> Vec<kdf::Test> {
    let Ok(set) = kdf::TestSet::load(kdf::TestName::HkdfSha256) else {
        suite.failures.push("the vectors do not load".into());
        return Vec::new();
    };
    set.test_groups.into_iter().flat_map(|group| group.tests).collect()
}

/// RFC 9180 §5.1 `KeySchedule` for base mode, line by line: the key and the base nonce.
fn written_out_schedule(shared_secret: &[u8], info: &[u8]) -> (Vec<u8>, Vec<u8>) {
    // suite_id = concat("HPKE", I2OSP(kem_id, 2), I2OSP(kdf_id, 2), I2OSP(aead_id, 2))
    let suite_id = [b"HPKE".as_slice(), &[0, 0x10], &[0, 1], &[0, 2]].concat();
    // labeled_ikm = concat("HPKE-v1", suite_id, label, ikm)
    let labeled_extract = |salt: &[u8], label: &str, ikm: &[u8]| {
        let labeled_ikm = [b"HPKE-v1", &suite_id[..], label.as_bytes(), ikm].concat();
        Hkdf::<Sha256>::extract(Some(salt), &labeled_ikm).0.to_vec()
    };
    // labeled_info = concat(I2OSP(L, 2), "HPKE-v1", suite_id, label, info)
    let labeled_expand = |prk: &[u8], label: &str, info: &[u8], length: u8| {
        let labeled_info = [&[0, length], &b"HPKE-v1"[..], &suite_id, label.as_bytes(), info].concat();
        let mut output = vec![0; usize::from(length)];
        let expanded = Hkdf::<Sha256>::from_prk(prk).map(|prk| prk.expand(&labeled_info, &mut output));
        assert!(matches!(expanded, Ok(Ok(()))), "HKDF took neither the key nor the length");
        output
    };
    let psk_id_hash = labeled_extract(b"", "psk_id_hash", b"");
    let info_hash = labeled_extract(b"", "info_hash", info);
    // key_schedule_context = concat(mode, psk_id_hash, info_hash)
    let context = [&[0], &psk_id_hash[..], &info_hash].concat();
    let secret = labeled_extract(shared_secret, "secret", b"");
    (labeled_expand(&secret, "key", &context, 32), labeled_expand(&secret, "base_nonce", &context, 12))
}
