//! The content encryption of both algorithms: AES-256-GCM (NIST SP 800-38D) with a 96-bit nonce and a 128-bit tag.
//!
//! AES and GHASH are the `aes` and `ghash` crates'. The composition is ours: one batch of block encryptions gives the hash
//! key, the mask of the tag and the key stream, so the browser module carries one form of AES where `aes-gcm` needs two.

use aes::{
    Aes256, Block,
    cipher::{
        Array, BlockCipherEncBackend, BlockCipherEncClosure, BlockCipherEncrypt as _, BlockSizeUser,
        KeyInit as _, ParBlocks, consts::U16, typenum::Unsigned as _,
    },
};
use alloc::{vec, vec::Vec};
use ghash::{GHash, universal_hash::UniversalHash as _};
use subtle::ConstantTimeEq as _;
use zeroize::{Zeroize as _, Zeroizing};

/// The tag does not match: another key, or altered bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TagMismatch;

/// Encrypts in place and gives the tag. Content is at most 2³² - 2 blocks long; ours ends at 64 KiB.
#[must_use]
pub fn encrypt(key: &[u8; 32], nonce: &[u8; 12], aad: &[u8], content: &mut [u8]) -> [u8; 16] {
    let stream = key_stream(key, nonce, content.len());
    combine(content, &stream[32..]);
    tag(&stream, aad, content)
}

/// Decrypts in place; on an error the content is left encrypted.
///
/// # Errors
/// [`TagMismatch`], whatever is wrong.
pub fn decrypt(
    key: &[u8; 32],
    nonce: &[u8; 12],
    aad: &[u8],
    content: &mut [u8],
    expected: &[u8; 16],
) -> Result<(), TagMismatch> {
    let stream = key_stream(key, nonce, content.len());
    if !bool::from(tag(&stream, aad, content).ct_eq(expected)) {
        return Err(TagMismatch);
    }
    combine(content, &stream[32..]);
    Ok(())
}

/// SP 800-38D §7.1: the hash subkey H = E(0¹²⁸), then E(J₀), E(inc(J₀)), … with J₀ = nonce ‖ 0³¹1, 16 bytes each.
fn key_stream(key: &[u8; 32], nonce: &[u8; 12], length: usize) -> Zeroizing<Vec<u8>> {
    let mut stream = Zeroizing::new(vec![0; 16 * (2 + length.div_ceil(16))]);
    for (counter, block) in (0_u32..).zip(stream.chunks_exact_mut(16)).skip(1) {
        block[..12].copy_from_slice(nonce);
        block[12..].copy_from_slice(&counter.to_be_bytes());
    }
    Aes256::new(key.into())
        .encrypt_with_backend(Batches(Block::cast_slice_from_core_mut(stream.as_chunks_mut().0)));
    stream
}

fn combine(content: &mut [u8], stream: &[u8]) {
    for (byte, key) in content.iter_mut().zip(stream) {
        *byte ^= key;
    }
}

/// SP 800-38D §7.1 steps 5 and 6: GHASH of the two inputs and their lengths in bits, masked with E(J₀).
fn tag(stream: &[u8], aad: &[u8], ciphertext: &[u8]) -> [u8; 16] {
    let mut input = Vec::with_capacity(aad.len() + ciphertext.len() + 48);
    for part in [aad, ciphertext] {
        input.extend_from_slice(part);
        input.resize(input.len().next_multiple_of(16), 0);
    }
    for part in [aad, ciphertext] {
        input.extend_from_slice(&(part.len() as u64 * 8).to_be_bytes());
    }
    let mut hash = GHash::new(Block::cast_from_core(&stream.as_chunks().0[0]));
    hash.update(Block::cast_slice_from_core(input.as_chunks().0));
    let mut tag: [u8; 16] = hash.finalize().into();
    combine(&mut tag, &stream[16..32]);
    tag
}

/// Encrypts blocks as many at a time as the backend takes in parallel; the last batch is filled up.
struct Batches<'a>(&'a mut [Block]);

impl BlockSizeUser for Batches<'_> {
    type BlockSize = U16;
}

impl BlockCipherEncClosure for Batches<'_> {
    fn call<B: BlockCipherEncBackend<BlockSize = U16>>(self, backend: &B) {
        for blocks in self.0.chunks_mut(B::ParBlocksSize::USIZE) {
            let mut batch: ParBlocks<B> = Array::default();
            batch[..blocks.len()].copy_from_slice(blocks);
            backend.encrypt_par_blocks((&mut batch).into());
            blocks.copy_from_slice(&batch[..blocks.len()]);
            batch.zeroize();
        }
    }
}
