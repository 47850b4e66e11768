//! `HPKE-7`: RFC 9180 base mode with DHKEM(P-256, HKDF-SHA256), HKDF-SHA256 and AES-256-GCM.
//!
//! One message a context, so only the key and the nonce of sequence number 0 are derived.

use crate::{PublicKey, SharedSecret};
use hkdf::{Hkdf, HkdfExtract};
use sha2::Sha256;
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
    let eae_prk = labeled_extract(KEM_SUITE, "eae_prk", dh.as_slice());
    let mut shared_secret = Zeroizing::new([0; 32]);
    labeled_expand(
        &eae_prk,
        KEM_SUITE,
        "shared_secret",
        &[enc.as_sec1(), recipient.as_sec1()],
        shared_secret.as_mut_slice(),
    );
    shared_secret
}

/// RFC 9180 §5.1 `KeySchedule(mode_base, shared_secret, info, "", "")`.
#[must_use]
pub fn key_schedule(shared_secret: &SharedSecret, info: &[u8]) -> Schedule {
    let psk_id_hash = extract(HPKE_SUITE, &[], "psk_id_hash", &[]).0;
    let info_hash = extract(HPKE_SUITE, &[], "info_hash", info).0;
    let context: [&[u8]; 3] = [&[0], &psk_id_hash, &info_hash];
    let secret = extract(HPKE_SUITE, shared_secret.as_slice(), "secret", &[]).1;

    let mut schedule = Schedule { key: Zeroizing::new([0; 32]), base_nonce: [0; 12] };
    labeled_expand(&secret, HPKE_SUITE, "key", &context, schedule.key.as_mut_slice());
    labeled_expand(&secret, HPKE_SUITE, "base_nonce", &context, &mut schedule.base_nonce);
    schedule
}

/// RFC 9180 §4 `LabeledExtract` with an empty salt.
fn labeled_extract(suite: &[u8], label: &str, input: &[u8]) -> Hkdf<Sha256> {
    extract(suite, &[], label, input).1
}

fn extract(suite: &[u8], salt: &[u8], label: &str, input: &[u8]) -> ([u8; 32], Hkdf<Sha256>) {
    let mut extract = HkdfExtract::<Sha256>::new(Some(salt));
    for part in [b"HPKE-v1", suite, label.as_bytes(), input] {
        extract.input_ikm(part);
    }
    let (key, expand) = extract.finalize();
    (key.into(), expand)
}

/// RFC 9180 §4 `LabeledExpand`, for outputs of at most 32 bytes.
fn labeled_expand(key: &Hkdf<Sha256>, suite: &[u8], label: &str, info: &[&[u8]], output: &mut [u8]) {
    let length = [0, u8::try_from(output.len()).unwrap_or(0)];
    let mut parts: [&[u8]; 7] = [&length, b"HPKE-v1", suite, label.as_bytes(), &[], &[], &[]];
    parts[4..4 + info.len()].copy_from_slice(info);
    // HKDF fails only past 255 blocks; an output here is one block.
    let expanded = key.expand_multi_info(&parts, output);
    debug_assert!(expanded.is_ok());
}
