//! SHA-256 (FIPS 180-4), HMAC (RFC 2104) and HKDF (RFC 5869) of short, whole messages.
//!
//! The compression function is the `sha2` crate's. Its streaming interface and the `hmac` and `hkdf` crates on top are made
//! for messages of any length in any number of pieces; here that would be 4 KB of the browser module.

use alloc::vec::Vec;
use sha2::block_api::compress256;
use zeroize::Zeroizing;

/// A digest, or a key of that length.
pub type Digest = Zeroizing<[u8; 32]>;

/// FIPS 180-4 §5.3.3.
const INITIAL: [u32; 8] = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
];

/// SHA-256.
#[must_use]
pub fn sha256(message: &[u8]) -> Digest {
    // FIPS 180-4 §5.1.1: a one bit, zeros, and the length in bits in the last eight bytes of a block.
    let padded = (message.len() + 9).next_multiple_of(64);
    let mut blocks = Zeroizing::new(Vec::with_capacity(padded));
    blocks.extend_from_slice(message);
    blocks.push(0x80);
    blocks.resize(padded - 8, 0);
    blocks.extend_from_slice(&(message.len() as u64 * 8).to_be_bytes());

    let mut state = Zeroizing::new(INITIAL);
    compress256(&mut state, blocks.as_chunks().0);
    let mut digest = Zeroizing::new([0; 32]);
    for (bytes, word) in digest.chunks_exact_mut(4).zip(state.iter()) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    digest
}

/// HMAC-SHA-256 with a key of at most 64 bytes, which is also HKDF-Extract of a salt and its input.
#[must_use]
pub fn hmac(key: &[u8], message: &[u8]) -> Digest {
    let inner = keyed(key, 0x36, message);
    keyed(key, 0x5c, &*inner)
}

/// HKDF-Expand to one block or less: the first bytes of the result are the output.
#[must_use]
pub fn expand(key: &Digest, info: &[u8]) -> Digest {
    hmac(&**key, &Zeroizing::new([info, &[1]].concat()))
}

/// The hash of the key, padded with zeros to a block and combined with `pad`, and then the message.
fn keyed(key: &[u8], pad: u8, message: &[u8]) -> Digest {
    let mut block = Zeroizing::new([pad; 64]);
    for (byte, key) in block.iter_mut().zip(key) {
        *byte ^= key;
    }
    sha256(&Zeroizing::new([&block[..], message].concat()))
}
