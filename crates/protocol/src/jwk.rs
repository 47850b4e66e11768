//! Public keys as they are published: RFC 7517 JWK and JWK Set, named by their RFC 7638 thumbprint.

use crate::{PointError, PublicKey, base64url, curve::Point, hash};
use alloc::{string::String, vec::Vec};
use core::borrow::Borrow;
use serde::{Deserialize, Serialize};

/// How a message for a key is sealed. The key decides; nothing is negotiated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// RFC 7518 §4.6 direct key agreement with `A256GCM` content: what every JOSE library opens.
    EcdhEs,
    /// JOSE-HPKE: DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM, integrated encryption.
    Hpke7,
}

impl Algorithm {
    /// The JWK's `alg`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::EcdhEs => "ECDH-ES",
            Self::Hpke7 => "HPKE-7",
        }
    }

    /// The algorithm of that `alg`, if it is one of ours.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::EcdhEs, Self::Hpke7].into_iter().find(|algorithm| algorithm.name() == name)
    }
}

/// A published key as it stands in a JWK Set: nothing about it is checked yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jwk {
    /// Key type; `EC` is the one that can be used.
    pub kty: String,
    /// Curve; `P-256` is the one that can be used.
    #[serde(default)]
    pub crv: String,
    /// X-coordinate, base64url of 32 bytes.
    #[serde(default)]
    pub x: String,
    /// Y-coordinate, base64url of 32 bytes.
    #[serde(default)]
    pub y: String,
    /// The algorithm that messages for this key use.
    #[serde(default)]
    pub alg: String,
    /// The key's name: its RFC 7638 thumbprint.
    #[serde(default)]
    pub kid: String,
}

/// RFC 7517 §5.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jwks {
    /// The keys, the preferred one first.
    pub keys: Vec<Jwk>,
}

/// Why nothing can be sealed to a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The key set holds no key.
    #[error("the key set holds no key")]
    None,
    /// Another `kty`, another `crv`, or coordinates that are no point of P-256.
    #[error("the key is not a public key on the curve P-256")]
    Unusable,
    /// An `alg` that is neither `ECDH-ES` nor `HPKE-7`.
    #[error("the key's alg must be ECDH-ES or HPKE-7")]
    Algorithm,
    /// A `kid` that is not the key's RFC 7638 thumbprint.
    #[error("the key's kid is not its RFC 7638 thumbprint")]
    Kid,
    /// The page pins another key than the set holds.
    #[error("the key set does not hold the pinned key")]
    Pin,
}

impl KeyError {
    /// The stable code of this error.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::None => "key-none",
            Self::Unusable => "key-unusable",
            Self::Algorithm => "key-alg",
            Self::Kid => "key-kid",
            Self::Pin => "key-pin",
        }
    }
}

impl From<PointError> for KeyError {
    fn from(_: PointError) -> Self {
        Self::Unusable
    }
}

/// The RFC 7638 SHA-256 thumbprint of a key, base64url: the `kid`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Thumbprint(String);

impl Thumbprint {
    /// The thumbprint of a P-256 key.
    #[must_use]
    pub fn of(key: &PublicKey) -> Self {
        // RFC 7638 §3: the required members in lexicographic order, no white space.
        let x = base64url::encode(key.x());
        let y = base64url::encode(key.y());
        let members: String =
            [r#"{"crv":"P-256","kty":"EC","x":""#, &x, r#"","y":""#, &y, r#""}"#].into_iter().collect();
        Self(base64url::encode(&*hash::sha256(members.as_bytes())))
    }

    /// The thumbprint of an Ed25519 key, 32 bytes (RFC 8037 §2).
    #[must_use]
    pub fn of_ed25519(key: &[u8; 32]) -> Self {
        let members: String = [r#"{"crv":"Ed25519","kty":"OKP","x":""#, &base64url::encode(key), r#""}"#]
            .into_iter()
            .collect();
        Self(base64url::encode(&*hash::sha256(members.as_bytes())))
    }

    /// The 43 characters of the `kid`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A key that messages can be sealed to: on the curve, of a known algorithm, named by its thumbprint.
#[derive(Clone)]
pub struct Recipient {
    pub(crate) algorithm: Algorithm,
    pub(crate) key: PublicKey,
    pub(crate) point: Point,
    pub(crate) kid: Thumbprint,
}

impl Recipient {
    /// Takes a published key. A missing `kid` is made up for; a wrong one is refused.
    ///
    /// # Errors
    /// [`KeyError`]: another key type or curve, a point off the curve, an unknown `alg`, a wrong `kid`.
    pub fn from_jwk(jwk: &Jwk) -> Result<Self, KeyError> {
        let key = jwk.public_key()?;
        let point = key.to_point()?;
        let algorithm = Algorithm::from_name(&jwk.alg).ok_or(KeyError::Algorithm)?;
        let kid = Thumbprint::of(&key);
        if !jwk.kid.is_empty() && jwk.kid != kid.0 {
            return Err(KeyError::Kid);
        }
        Ok(Self { algorithm, key, point, kid })
    }

    /// The first of these keys that can be used or, where the page pins one, that one alone.
    ///
    /// # Errors
    /// [`KeyError::None`] where there is no key, [`KeyError::Pin`] where the pinned one is missing, and else what is wrong with
    /// the first key.
    pub fn choose<K: Borrow<Jwk>>(
        keys: impl IntoIterator<Item = K>,
        pinned_kid: Option<&str>,
    ) -> Result<Self, KeyError> {
        let mut refusal = KeyError::None;
        for key in keys {
            match Self::from_jwk(key.borrow()) {
                Ok(recipient) if pinned_kid.is_none_or(|kid| kid == recipient.kid.0) => {
                    return Ok(recipient);
                }
                Ok(_) => refusal = KeyError::Pin,
                Err(error) if refusal == KeyError::None => refusal = error,
                Err(_) => {}
            }
        }
        Err(refusal)
    }

    /// The key's thumbprint.
    #[must_use]
    pub fn kid(&self) -> &Thumbprint {
        &self.kid
    }

    /// How messages for this key are sealed.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

impl Jwk {
    /// The JWK of a key, with its thumbprint as `kid`.
    #[must_use]
    pub fn new(key: &PublicKey, algorithm: Algorithm) -> Self {
        Self {
            kty: String::from("EC"),
            crv: String::from("P-256"),
            x: base64url::encode(key.x()),
            y: base64url::encode(key.y()),
            alg: String::from(algorithm.name()),
            kid: Thumbprint::of(key).0,
        }
    }

    /// The coordinates, which may still be off the curve.
    ///
    /// # Errors
    /// [`KeyError::Unusable`]: not `EC`, not `P-256`, or not 32 canonical base64url bytes each.
    pub fn public_key(&self) -> Result<PublicKey, KeyError> {
        if self.kty != "EC" || self.crv != "P-256" {
            return Err(KeyError::Unusable);
        }
        Ok(PublicKey::from_coordinates(
            &coordinate(&self.x).ok_or(KeyError::Unusable)?,
            &coordinate(&self.y).ok_or(KeyError::Unusable)?,
        ))
    }
}

/// 32 bytes in canonical, unpadded base64url.
pub(crate) fn coordinate(text: &str) -> Option<[u8; 32]> {
    base64url::decode(text)?.try_into().ok()
}
