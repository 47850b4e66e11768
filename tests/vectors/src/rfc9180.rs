//! RFC 9180's own vector for the suite of `HPKE-7`, step by step through the key schedule.
//!
//! Source: `HPKE/test-vectors.json` in the Python package `cryptography_vectors` 50.0.2 (the RFC's vectors, from
//! <https://github.com/cfrg/draft-irtf-cfrg-hpke>), the one entry with `mode` 0 (base), `kem_id` 0x0010,
//! `kdf_id` 0x0001 and `aead_id` 0x0002; of its encryptions the first, because a payload is one message.

use crate::Suite;
use std::array;
use tillseal_protocol::{Agreement as _, PrivateKey, PublicKey, content, hpke};

const INFO: &str = "4f6465206f6e2061204772656369616e2055726e";
const SK_RM: &str = "317f915db7bc629c48fe765587897e01e282d3e8445f79f27f65d031a88082b2";
const SK_EM: &str = "90345e3a1d116c1dd39ae76d95ab858c142223a63e44f8f85318cfa91a84858e";
const PK_RM: &str = "04abc7e49a4c6b3566d77d0304addc6ed0e98512ffccf505e6a8e3eb25c685136f853148544876de76c0f2ef99cdc3a05ccf5ded7860c7c021238f9e2073d2356c";
const ENC: &str = "04c06b4f6bebc7bb495cb797ab753f911aff80aefb86fd8b6fcc35525f3ab5f03e0b21bd31a86c6048af3cb2d98e0d3bf01da5cc4c39ff5370d331a4f1f7d5a4e0";
const SHARED_SECRET: &str = "48893fecd82f7c3456af6a42d8f56325d21e08c10fa81299986aaff54cde7b49";
const KEY: &str = "ee16802a936d5f544771131900ee6973d0551de9e852ece2ef34bf0d5f9e1d1d";
const BASE_NONCE: &str = "9bc50980832a7b4b58c40161";
const AAD: &str = "436f756e742d30";
const PT: &str = "4265617574792069732074727574682c20747275746820626561757479";
const CT: &str =
    "58c61a45059d0c5704560e9d88b564a8b63f1364b8d1fcb3c4c6ddc1d291742465e902cd216f8908da49f8f96f";

/// Both sides of the one vector, every published intermediate value.
pub(crate) fn base_mode() -> Suite {
    let mut suite = Suite::accepting_and_rejecting("RFC 9180 base mode, P-256, HKDF-SHA256, AES-256-GCM");
    let (sender, recipient) =
        (PrivateKey::from_scalar(&bytes(SK_EM)), PrivateKey::from_scalar(&bytes(SK_RM)));
    let (Some(sender), Some(recipient)) = (sender, recipient) else {
        suite.failures.push("skEm or skRm: refused".into());
        return suite;
    };
    let (enc, recipient_key) = (sender.public_key(), recipient.public_key());
    suite.expect_accepted(
        "enc",
        Some(enc),
        PublicKey::from_sec1(&bytes::<65>(ENC)).unwrap_or(recipient_key),
    );
    suite.expect_accepted("pkRm", Some(*recipient_key.as_sec1()), bytes(PK_RM));

    let sides = [("sender", sender.agree(&recipient_key)), ("recipient", recipient.agree(&enc))];
    for (side, dh) in sides {
        let Ok(dh) = dh else {
            suite.failures.push(format!("{side}: no agreement"));
            continue;
        };
        let shared_secret = hpke::kem_shared_secret(&dh, &enc, &recipient_key);
        let shared_secret_is = Some(*shared_secret);
        suite.expect_accepted(&format!("{side}: shared_secret"), shared_secret_is, bytes(SHARED_SECRET));
        let schedule = hpke::key_schedule(&shared_secret, &hex(INFO));
        suite.expect_accepted(&format!("{side}: key"), Some(*schedule.key), bytes(KEY));
        suite.expect_accepted(&format!("{side}: base_nonce"), Some(schedule.base_nonce), bytes(BASE_NONCE));

        let aad = hex(AAD);
        let mut sealed = hex(PT);
        let tag = content::encrypt(&schedule.key, &schedule.base_nonce, &aad, &mut sealed);
        sealed.extend_from_slice(&tag);
        suite.expect_accepted(&format!("{side}: ct"), Some(&sealed), &hex(CT));

        let opened = |aad: &[u8]| {
            let mut text = hex(CT);
            let tag = text.split_off(text.len() - 16).try_into().ok()?;
            content::decrypt(&schedule.key, &schedule.base_nonce, aad, &mut text, &tag).ok()?;
            Some(text)
        };
        suite.expect_accepted(&format!("{side}: pt"), opened(&aad), hex(PT));
        suite.expect_rejected(&format!("{side}: another aad"), opened(b"Count-1"));
    }
    suite
}

fn bytes<const N: usize>(digits: &str) -> [u8; N] {
    let decoded = hex(digits);
    array::from_fn(|index| decoded[index])
}

fn hex(digits: &str) -> Vec<u8> {
    let nibble = |digit: u8| char::from(digit).to_digit(16).unwrap_or_default();
    let byte = |pair: &[u8]| u8::try_from(nibble(pair[0]) * 16 + nibble(pair[1])).unwrap_or_default();
    digits.as_bytes().chunks_exact(2).map(byte).collect()
}
