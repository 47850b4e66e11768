//! `HPKE-7`: RFC 9180 base mode with DHKEM(P-256, HKDF-SHA256), HKDF-SHA256 and AES-256-GCM.
//!
//! One message a context, so only the key and the nonce of sequence number 0 are derived.

use crate::{
    PublicKey, SharedSecret,
    hash::{self, Digest},
};
use zeroize::Zeroizing;

/// RFC 9180 §4.1: `"KEM" ‖ I2OSP(0x0010, 2)`.
const KEM_SUITE: &[u8] = b"KEM\x00\x10";
/// RFC 9180 §5.1: `"HPKE" ‖ kem_id ‖ kdf_id ‖ aead_id`.
const HPKE_SUITE: &[u8] = b"HPKE\x00\x10\x00\x01\x00\x02";

/// RFC 9180 §5: what the key schedule hands to the AEAD, for sequence number 0.
pub struct Schedule {
    /// The AES-256-GCM key.
    pub key: Zeroizing<[u8; 32]>,
    /// The nonce of the first message.
    pub base_nonce: [u8; 12],
}

/// RFC 9180 §4.1 `ExtractAndExpand(dh, concat(enc, pkRm))`: the KEM's shared secret.
#[must_use]
pub fn kem_shared_secret(dh: &SharedSecret, enc: &PublicKey, recipient: &PublicKey) -> SharedSecret {
    let eae_prk = labeled_extract(KEM_SUITE, &[], "eae_prk", &**dh);
    let kem_context = [&enc.as_sec1()[..], &recipient.as_sec1()[..]].concat();
    labeled_expand(&eae_prk, KEM_SUITE, "shared_secret", &kem_context, 32)
}

/// RFC 9180 §5.1 `KeySchedule(mode_base, shared_secret, info, "", "")`.
#[must_use]
pub fn key_schedule(shared_secret: &SharedSecret, info: &[u8]) -> Schedule {
    let psk_id_hash = labeled_extract(HPKE_SUITE, &[], "psk_id_hash", &[]);
    let info_hash = labeled_extract(HPKE_SUITE, &[], "info_hash", info);
    let context = [&[0], &psk_id_hash[..], &info_hash[..]].concat();
    let secret = labeled_extract(HPKE_SUITE, &**shared_secret, "secret", &[]);

    let nonce = labeled_expand(&secret, HPKE_SUITE, "base_nonce", &context, 12);
    let mut base_nonce = [0; 12];
    base_nonce.copy_from_slice(&nonce[..12]);
    Schedule { key: labeled_expand(&secret, HPKE_SUITE, "key", &context, 32), base_nonce }
}

/// RFC 9180 §4 `LabeledExtract`.
fn labeled_extract(suite: &[u8], salt: &[u8], label: &str, input: &[u8]) -> Digest {
    hash::hmac(salt, &Zeroizing::new([b"HPKE-v1", suite, label.as_bytes(), input].concat()))
}

/// RFC 9180 §4 `LabeledExpand`: the output is the first `length` bytes, 32 at most.
fn labeled_expand(key: &Digest, suite: &[u8], label: &str, info: &[u8], length: u8) -> Digest {
    hash::expand(key, &[&[0, length], &b"HPKE-v1"[..], suite, label.as_bytes(), info].concat())
}
