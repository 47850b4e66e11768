//! What a key's file says in clear: who the key is, what it is for, from when to when, and where its private part lives.

use crate::KeyringError;
use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde::{Deserialize, Serialize};
use std::{cmp::Reverse, fmt, path::Path};
use tillseal_protocol::{Algorithm, PublicKey, Thumbprint};

/// What a key is for, by the `alg` of its JWK. One key, one algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyAlg {
    /// `ECDH-ES`: opens payloads.
    EcdhEs,
    /// `HPKE-7`: opens payloads.
    Hpke7,
    /// `ES256`: signs sessions and receipts.
    Es256,
    /// `Ed25519` (RFC 9864): signs the audit log.
    Ed25519,
}

/// What the operator said about a key. Time says more: [`KeyInfo::standing`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyState {
    /// Published: browsers seal to it, or the server signs with it.
    Active,
    /// No longer used for anything new; what was sealed to it is still opened, what it signed still verified.
    DecryptOnly,
    /// Opens and verifies nothing any more. The file stays, so that a refusal can say why.
    Revoked,
}

/// Whether a key may still open or verify at some time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It may.
    Open,
    /// Its `exp` is past: it has retired by itself.
    Retired,
    /// It was revoked.
    Revoked,
}

/// Where the private part of a key lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In clear in its file.
    File,
    /// In its file, sealed under a passphrase or a key file.
    Sealed,
    /// In a PKCS#11 token.
    Token,
    /// Nowhere any more: the key is revoked.
    Nowhere,
}

/// One key, without its private part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyInfo {
    /// The RFC 7638 thumbprint.
    pub kid: Thumbprint,
    /// What it is for.
    pub alg: KeyAlg,
    /// What the operator said about it.
    pub state: KeyState,
    /// When it was made: seconds since 1970-01-01 UTC, 0 where its file does not say.
    pub iat: u64,
    /// It is used for nothing new before this time, in seconds since 1970-01-01 UTC.
    pub nbf: Option<u64>,
    /// It opens and verifies nothing from this time on, likewise.
    pub exp: Option<u64>,
    /// Where its private part lives.
    pub place: Place,
    pub(crate) public: PublicPart,
}

/// The public half of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PublicPart {
    P256(PublicKey),
    Ed25519([u8; 32]),
}

impl KeyAlg {
    /// The JWK's `alg`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::EcdhEs => Algorithm::EcdhEs.name(),
            Self::Hpke7 => Algorithm::Hpke7.name(),
            Self::Es256 => "ES256",
            Self::Ed25519 => "Ed25519",
        }
    }

    /// The algorithm of that `alg`, if it is one of ours.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::EcdhEs, Self::Hpke7, Self::Es256, Self::Ed25519].into_iter().find(|alg| alg.name() == name)
    }

    /// The JWK's `use`: `enc` or `sig`.
    #[must_use]
    pub fn usage(self) -> &'static str {
        if self.sealing().is_some() { "enc" } else { "sig" }
    }

    /// How payloads for such a key are sealed; none for a key that signs.
    #[must_use]
    pub fn sealing(self) -> Option<Algorithm> {
        match self {
            Self::EcdhEs => Some(Algorithm::EcdhEs),
            Self::Hpke7 => Some(Algorithm::Hpke7),
            Self::Es256 | Self::Ed25519 => None,
        }
    }

    pub(crate) fn kty(self) -> &'static str {
        if self == Self::Ed25519 { "OKP" } else { "EC" }
    }

    pub(crate) fn crv(self) -> &'static str {
        if self == Self::Ed25519 { "Ed25519" } else { "P-256" }
    }
}

impl From<Algorithm> for KeyAlg {
    fn from(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::EcdhEs => Self::EcdhEs,
            Algorithm::Hpke7 => Self::Hpke7,
        }
    }
}

impl KeyState {
    /// The state as it stands in the file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::DecryptOnly => "decrypt-only",
            Self::Revoked => "revoked",
        }
    }
}

impl fmt::Display for KeyState {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl Place {
    /// One word for people: `file`, `sealed`, `pkcs11`, or `-`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Sealed => "sealed",
            Self::Token => "pkcs11",
            Self::Nowhere => "-",
        }
    }
}

impl KeyInfo {
    /// The public half of the audit log's key, 32 bytes (RFC 8032 §5.1.2).
    #[must_use]
    pub fn ed25519(&self) -> Option<[u8; 32]> {
        match self.public {
            PublicPart::Ed25519(key) => Some(key),
            PublicPart::P256(_) => None,
        }
    }

    /// Whether the key may open or verify at `now`, in seconds since 1970-01-01 UTC.
    #[must_use]
    pub fn standing(&self, now: u64) -> Standing {
        match self.state {
            KeyState::Revoked => Standing::Revoked,
            _ if self.exp.is_some_and(|exp| exp <= now) => Standing::Retired,
            KeyState::Active | KeyState::DecryptOnly => Standing::Open,
        }
    }

    /// Whether the key is one for new payloads or signatures at `now`, in seconds since 1970-01-01 UTC, among all
    /// keys of its keyring.
    ///
    /// A key that is to retire makes room as soon as its successor may be used, and stays where there is none.
    #[must_use]
    pub fn is_current<'a>(&self, now: u64, all: impl IntoIterator<Item = &'a Self>) -> bool {
        self.may_be_current(now)
            && !all.into_iter().any(|other| {
                self.exp.is_some()
                    && other.alg == self.alg
                    && other.may_be_current(now)
                    && other.exp.unwrap_or(u64::MAX) > self.exp.unwrap_or(u64::MAX)
            })
    }

    /// One word for people: `active`, `waiting` for its `nbf`, `retiring` until its `exp`, `retired`, `decrypt-only`,
    /// `revoked`. `now` and `all` are those of [`Self::is_current`].
    #[must_use]
    pub fn state_at<'a>(&self, now: u64, all: impl IntoIterator<Item = &'a Self>) -> &'static str {
        match (self.standing(now), self.state) {
            (Standing::Retired, _) => "retired",
            (Standing::Open, KeyState::Active) if self.is_current(now, all) => KeyState::Active.name(),
            (Standing::Open, KeyState::Active) if self.nbf.unwrap_or(0) > now => "waiting",
            (Standing::Open, KeyState::Active) => "retiring",
            (Standing::Open | Standing::Revoked, state) => state.name(),
        }
    }

    fn may_be_current(&self, now: u64) -> bool {
        self.state == KeyState::Active
            && self.standing(now) == Standing::Open
            && self.nbf.unwrap_or(0) <= now
    }

    /// The newest first; the same order everywhere, also among keys of one second.
    pub(crate) fn order(&self) -> impl Ord + use<> {
        (Reverse(self.iat), self.kid.clone())
    }

    /// What `private_jwk::parse` cannot see: that coordinates are a point of the curve.
    pub(crate) fn check_point(&self, path: &Path) -> Result<(), KeyringError> {
        match self.public {
            PublicPart::P256(key) if !crate::agreement::is_on_curve(&key) => {
                Err(KeyringError::malformed(path, "x and y are no point of P-256"))
            }
            _ => Ok(()),
        }
    }
}

impl PublicPart {
    pub(crate) fn thumbprint(&self) -> Thumbprint {
        match self {
            Self::P256(key) => Thumbprint::of(key),
            Self::Ed25519(key) => Thumbprint::of_ed25519(key),
        }
    }

    /// `x` and, on P-256, `y`, base64url.
    pub(crate) fn coordinates(&self) -> (String, Option<String>) {
        let encode = Base64UrlUnpadded::encode_string;
        match self {
            Self::P256(key) => {
                let (x, y) = key.as_sec1()[1..].split_at(32);
                (encode(x), Some(encode(y)))
            }
            Self::Ed25519(key) => (encode(key), None),
        }
    }
}
