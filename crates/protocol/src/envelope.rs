//! The compact JWE (RFC 7516 §7.1) as text and as parts. Nothing here decrypts.

use crate::{Algorithm, PublicKey, base64url, json, jwk};
use alloc::{string::String, vec::Vec};
use serde::Deserialize;

/// The longest envelope that is looked at, in bytes. A payload of [`MAX_PLAINTEXT`](crate::MAX_PLAINTEXT)
/// bytes takes 88,000; anything longer is refused before any decoding.
pub const MAX_SEALED: usize = 92 * 1024;

/// A sealed payload whose form holds: five canonical segments and a protected header with exactly the
/// members of its algorithm. Whether it can be opened is another question.
pub struct Envelope<'a> {
    /// The header as it travelled: the additional authenticated data.
    pub(crate) protected: &'a str,
    pub(crate) algorithm: Algorithm,
    pub(crate) kid: String,
    /// `epk` of ECDH-ES, `enc` of HPKE; it may still be off the curve.
    pub(crate) ephemeral: PublicKey,
    /// The nonce of ECDH-ES; zeros for HPKE, which derives its own.
    pub(crate) iv: [u8; 12],
    pub(crate) ciphertext: Vec<u8>,
    pub(crate) tag: [u8; 16],
}

/// Why a text is not an envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// Longer than [`MAX_SEALED`].
    #[error("the sealed payload is too long")]
    TooLong,
    /// Not five segments, a segment that is not canonical base64url, or a part of the wrong length.
    #[error("the sealed payload is not a compact JWE")]
    Malformed,
    /// A header that is not JSON, or holds more or less than its algorithm needs (`zip` and `crit` too).
    #[error("the header of the sealed payload holds something else than alg, enc, kid and epk")]
    Header,
    /// An `alg` or `enc` that is not ours.
    #[error("the sealed payload uses an algorithm that is not supported")]
    Algorithm,
}

impl EnvelopeError {
    /// The stable code of this error.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::TooLong => "sealed-too-long",
            Self::Malformed => "sealed-malformed",
            Self::Header => "sealed-header",
            Self::Algorithm => "sealed-algorithm",
        }
    }
}

/// What may stand in a protected header. Anything else, and anything twice, is refused.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header<'a> {
    alg: &'a str,
    #[serde(default, deserialize_with = "json::some_text")]
    enc: Option<&'a str>,
    kid: &'a str,
    #[serde(borrow, default, deserialize_with = "json::some_object")]
    epk: Option<Epk<'a>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Epk<'a> {
    kty: &'a str,
    crv: &'a str,
    x: &'a str,
    y: &'a str,
}

impl<'a> Envelope<'a> {
    /// Takes a sealed payload apart.
    ///
    /// # Errors
    /// [`EnvelopeError`]: too long, not a compact JWE, a header with other members, another algorithm.
    pub fn parse(sealed: &'a str) -> Result<Self, EnvelopeError> {
        if sealed.len() > MAX_SEALED {
            return Err(EnvelopeError::TooLong);
        }
        let mut segments = sealed.split('.');
        let mut next = || segments.next().ok_or(EnvelopeError::Malformed);
        let (protected, encrypted_key, iv, ciphertext, tag) = (next()?, next()?, next()?, next()?, next()?);
        if segments.next().is_some() {
            return Err(EnvelopeError::Malformed);
        }

        let header = decode(protected)?;
        let header: Header = json::from_slice(&header).map_err(|_| EnvelopeError::Header)?;
        let encrypted_key = decode(encrypted_key)?;
        let iv = decode(iv)?;
        let mut ciphertext = decode(ciphertext)?;
        let mut tag = decode(tag)?;

        let algorithm = Algorithm::from_name(header.alg).ok_or(EnvelopeError::Algorithm)?;
        let (ephemeral, iv) = match (algorithm, header.enc, header.epk) {
            (Algorithm::EcdhEs, Some("A256GCM"), Some(epk)) if encrypted_key.is_empty() => {
                (epk.public_key().ok_or(EnvelopeError::Header)?, iv)
            }
            (Algorithm::EcdhEs, Some("A256GCM"), Some(_)) => return Err(EnvelopeError::Malformed),
            (Algorithm::EcdhEs, Some(enc), _) if enc != "A256GCM" => return Err(EnvelopeError::Algorithm),
            (Algorithm::Hpke7, None, None) if iv.is_empty() && tag.is_empty() => {
                // JOSE-HPKE: HPKE's ciphertext carries the tag at its end.
                let split = ciphertext.len().checked_sub(16).ok_or(EnvelopeError::Malformed)?;
                tag = ciphertext.split_off(split);
                let enc = PublicKey::from_sec1(&encrypted_key).map_err(|_| EnvelopeError::Malformed)?;
                (enc, [0; 12].to_vec())
            }
            (Algorithm::Hpke7, None, None) => return Err(EnvelopeError::Malformed),
            _ => return Err(EnvelopeError::Header),
        };
        Ok(Self {
            protected,
            algorithm,
            kid: String::from(header.kid),
            ephemeral,
            iv: iv.try_into().map_err(|_| EnvelopeError::Malformed)?,
            ciphertext,
            tag: tag.try_into().map_err(|_| EnvelopeError::Malformed)?,
        })
    }

    /// The `kid` that the sender named. It is text from a stranger: look it up, do not print it.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }
}

impl Epk<'_> {
    fn public_key(&self) -> Option<PublicKey> {
        if self.kty != "EC" || self.crv != "P-256" {
            return None;
        }
        Some(PublicKey::from_coordinates(&jwk::coordinate(self.x)?, &jwk::coordinate(self.y)?))
    }
}

fn decode(segment: &str) -> Result<Vec<u8>, EnvelopeError> {
    base64url::decode(segment).ok_or(EnvelopeError::Malformed)
}
