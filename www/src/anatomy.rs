//! A sealed payload taken apart for people to look at. It has been opened before: its form holds.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde_json::Value;
use tillseal_protocol::Claims;

/// AES-GCM's tag, which HPKE-7 leaves at the end of the ciphertext.
const TAG: usize = 16;

/// The five segments of a compact JWE (RFC 7516 §7.1) and what they hold.
#[derive(Default)]
pub(crate) struct Anatomy {
    /// The segments as they travelled.
    pub(crate) segments: [String; 5],
    pub(crate) header: Value,
    /// `enc` of HPKE-7; empty for ECDH-ES, whose ephemeral key is in the header.
    pub(crate) encrypted_key: Vec<u8>,
    /// Empty for HPKE-7, which derives its nonce.
    pub(crate) iv: Vec<u8>,
    /// Bytes of the ciphertext that are JSON.
    pub(crate) content: usize,
    /// Bytes of the ciphertext that are padding.
    pub(crate) padding: usize,
    /// Bytes at the end of the ciphertext that are HPKE-7's tag.
    pub(crate) tag_inside: usize,
    /// Empty for HPKE-7.
    pub(crate) tag: Vec<u8>,
}

impl Anatomy {
    pub(crate) fn new(sealed: &str, claims: &Claims) -> Self {
        let mut segments = sealed.split('.').map(String::from);
        let segments = std::array::from_fn(|_| segments.next().unwrap_or_default());
        let [header, encrypted_key, iv, ciphertext, tag] =
            segments.each_ref().map(|segment| Base64UrlUnpadded::decode_vec(segment).unwrap_or_default());
        let tag_inside = if tag.is_empty() { TAG } else { 0 };
        let plaintext = ciphertext.len().saturating_sub(tag_inside);
        let content = claims.to_json().len().min(plaintext);
        Self {
            segments,
            header: serde_json::from_slice(&header).unwrap_or_default(),
            encrypted_key,
            iv,
            content,
            padding: plaintext - content,
            tag_inside,
            tag,
        }
    }

    /// A text member of the protected header.
    pub(crate) fn header_text(&self, member: &str) -> &str {
        self.header[member].as_str().unwrap_or_default()
    }

    /// A coordinate of ECDH-ES's ephemeral key, base64url.
    pub(crate) fn epk(&self, coordinate: &str) -> &str {
        self.header["epk"][coordinate].as_str().unwrap_or_default()
    }

    /// All bytes of the ciphertext.
    pub(crate) fn ciphertext(&self) -> usize {
        self.content + self.padding + self.tag_inside
    }
}

/// Bytes as pairs of hexadecimal digits, for people to read.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    pairs.join(" ")
}
