//! Keyed tokens: what stands in the log for a text that must not be there, such as a shop's order id.
//!
//! The same text has the same token as long as the log has its key; who has no key learns nothing by trying texts out.

use aws_lc_rs::{hkdf, hmac};
use base64ct::{Base64UrlUnpadded, Encoding as _};

const INFO: &[u8] = b"tillseal audit tokens";

/// How much of the HMAC a token keeps, in bytes.
const LENGTH: usize = 16;

/// Makes the tokens of a log.
pub struct Tokens(hmac::Key);

/// A keyed token: 22 characters of base64url.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token(String);

impl Tokens {
    /// The tokens of the log whose key has this seed: HMAC-SHA-256 under HKDF-SHA-256(seed, no salt, "tillseal audit tokens").
    #[must_use]
    pub fn new(seed: &[u8; 32]) -> Self {
        let key = hkdf::Salt::new(hkdf::HKDF_SHA256, &[]).extract(seed);
        // HMAC-SHA-256 is a length that HKDF-SHA-256 can give, so that this never takes the other arm.
        let key = key.expand(&[INFO], hmac::HMAC_SHA256).map(hmac::Key::from);
        Self(key.unwrap_or_else(|_| unreachable!("32 bytes are less than HKDF's limit")))
    }

    /// The token of a text.
    #[must_use]
    pub fn token(&self, text: &str) -> Token {
        let tag = hmac::sign(&self.0, text.as_bytes());
        Token(Base64UrlUnpadded::encode_string(&tag.as_ref()[..LENGTH]))
    }
}

impl Token {
    /// The 22 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
