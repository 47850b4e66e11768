//! The content encryption of both algorithms: AES-256-GCM with a 96-bit nonce and a 128-bit tag.

use aes_gcm::{Aes256Gcm, KeyInit as _, aead::AeadInOut as _};

/// The tag does not match: another key, or altered bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TagMismatch;

/// Encrypts in place and gives the tag.
#[must_use]
pub fn encrypt(key: &[u8; 32], nonce: &[u8; 12], aad: &[u8], content: &mut [u8]) -> Option<[u8; 16]> {
    let cipher = Aes256Gcm::new(key.into());
    let tag = cipher.encrypt_inout_detached(nonce.into(), aad, content.into());
    tag.ok().map(Into::into)
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
    tag: &[u8; 16],
) -> Result<(), TagMismatch> {
    Aes256Gcm::new(key.into())
        .decrypt_inout_detached(nonce.into(), aad, content.into(), tag.into())
        .map_err(|_| TagMismatch)
}
