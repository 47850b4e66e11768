//! The hashes of RFC 6962 §2.1, with SHA-256.

use aws_lc_rs::digest::{Context, SHA256, digest};
use base64ct::{Base64, Base64UrlUnpadded, Encoding as _};
use std::fmt;

/// The hash of an entry, of a part of the tree, or of the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hash([u8; Self::LENGTH]);

impl Hash {
    /// In bytes.
    pub const LENGTH: usize = 32;

    /// `MTH({}) = SHA-256()`.
    #[must_use]
    pub fn of_nothing() -> Self {
        Self::from_digest(digest(&SHA256, &[]).as_ref())
    }

    /// `MTH({d(0)}) = SHA-256(0x00 || d(0))`.
    #[must_use]
    pub fn leaf(entry: &[u8]) -> Self {
        let mut context = Context::new(&SHA256);
        context.update(&[0]);
        context.update(entry);
        Self::from_digest(context.finish().as_ref())
    }

    /// `SHA-256(0x01 || left || right)`.
    #[must_use]
    pub fn node(left: &Self, right: &Self) -> Self {
        let mut input = [1; 1 + 2 * Self::LENGTH];
        input[1..=Self::LENGTH].copy_from_slice(&left.0);
        input[1 + Self::LENGTH..].copy_from_slice(&right.0);
        Self::from_digest(digest(&SHA256, &input).as_ref())
    }

    /// The 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }

    /// As a receipt has it: base64url without padding. [`Display`](fmt::Display) gives the base64 of checkpoints and proofs.
    #[must_use]
    pub fn base64url(&self) -> String {
        Base64UrlUnpadded::encode_string(&self.0)
    }

    /// Reads the one base64 of 32 bytes.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; Self::LENGTH];
        let length = Base64::decode(text, &mut bytes).ok()?.len();
        (length == Self::LENGTH).then_some(Self(bytes))
    }

    /// The hashes of a tile; bytes at its end that make no hash are none.
    pub(crate) fn all_in(tile: &[u8]) -> impl ExactSizeIterator<Item = Self> {
        tile.chunks_exact(Self::LENGTH).map(Self::from_digest)
    }

    /// The root above 2^n hashes.
    pub(crate) fn above(hashes: &[Self]) -> Self {
        match hashes {
            [] => Self::of_nothing(),
            [hash] => *hash,
            _ => {
                let (left, right) = hashes.split_at(hashes.len() / 2);
                Self::node(&Self::above(left), &Self::above(right))
            }
        }
    }

    fn from_digest(bytes: &[u8]) -> Self {
        let mut hash = [0; Self::LENGTH];
        // SHA-256 gives 32 bytes, and so do the chunks above.
        hash.copy_from_slice(bytes);
        Self(hash)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(&Base64::encode_string(&self.0))
    }
}
