//! `ECDH-ES` with `A256GCM`: RFC 7518 §4.6 in direct key agreement mode.

use crate::{SharedSecret, hash};
use zeroize::Zeroizing;

/// The content encryption key of a message: `AlgorithmID` "A256GCM", no `apu`, no `apv`, 256 bits.
#[must_use]
pub fn content_key(shared_secret: &SharedSecret) -> Zeroizing<[u8; 32]> {
    concat_kdf(shared_secret, "A256GCM", b"", b"", 256)
}

/// The Concat KDF of RFC 7518 §4.6.2 (NIST SP 800-56A §5.8.1) over SHA-256, one round.
///
/// A key shorter than 256 bits is the first `key_bits` of the result.
#[must_use]
pub fn concat_kdf(
    shared_secret: &SharedSecret,
    algorithm_id: &str,
    party_u: &[u8],
    party_v: &[u8],
    key_bits: u32,
) -> Zeroizing<[u8; 32]> {
    let length = |part: &[u8]| u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes();
    let algorithm_id = algorithm_id.as_bytes();
    // round number ‖ Z ‖ OtherInfo; OtherInfo = AlgorithmID ‖ PartyUInfo ‖ PartyVInfo ‖ SuppPubInfo, where the first
    // three carry their length.
    let input = [
        &1_u32.to_be_bytes()[..],
        &**shared_secret,
        &length(algorithm_id),
        algorithm_id,
        &length(party_u),
        party_u,
        &length(party_v),
        party_v,
        &key_bits.to_be_bytes(),
    ];
    hash::sha256(&Zeroizing::new(input.concat()))
}
