//! Keys that sign: `ES256` (RFC 7518 §3.4) for sessions and receipts, and the Ed25519 seed of the audit log.

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
        KeyPair as _, ParsedPublicKey,
    },
};
use tillseal_protocol::{PublicKey, RandomError, Thumbprint};
use zeroize::Zeroizing;

/// An ES256 key pair as AWS-LC holds it: wiped by AWS-LC when dropped.
///
/// Neither `Clone`, `Debug` nor `Serialize`.
pub struct SigningKey {
    pair: EcdsaKeyPair,
    kid: Thumbprint,
}

/// The public half of an ES256 key.
pub struct VerifyingKey(ParsedPublicKey);

/// The seed of the audit log's Ed25519 key (RFC 8032 §5.1.5), wiped when dropped.
///
/// Neither `Clone`, `Debug` nor `Serialize`.
pub struct LogSeed {
    seed: Zeroizing<[u8; 32]>,
    public: [u8; 32],
    kid: Thumbprint,
}

impl SigningKey {
    /// Takes the JWK's `d`, or `None` where it is not the private key of that public one.
    pub(crate) fn from_scalar(scalar: &[u8; 32], public: &PublicKey) -> Option<Self> {
        let pair = EcdsaKeyPair::from_private_key_and_public_key(
            &ECDSA_P256_SHA256_FIXED_SIGNING,
            scalar,
            public.as_sec1(),
        );
        Some(Self { pair: pair.ok()?, kid: Thumbprint::of(public) })
    }

    /// The RFC 7638 thumbprint: the `kid` of what it signs.
    #[must_use]
    pub fn kid(&self) -> &Thumbprint {
        &self.kid
    }

    /// Signs the SHA-256 of a message: R ‖ S, 32 bytes each, as RFC 7518 §3.4 has it.
    ///
    /// # Errors
    /// [`RandomError`]: the system gave no randomness for the nonce.
    pub fn sign(&self, message: &[u8]) -> Result<[u8; 64], RandomError> {
        let signature = self.pair.sign(&SystemRandom::new(), message).map_err(|_| RandomError)?;
        signature.as_ref().try_into().map_err(|_| RandomError)
    }
}

impl VerifyingKey {
    /// Takes a public key, or `None` where it is no point of the curve.
    pub(crate) fn new(public: &PublicKey) -> Option<Self> {
        ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, public.as_sec1()).ok().map(Self)
    }

    /// Whether that is this key's signature of the message: R ‖ S, 64 bytes.
    #[must_use]
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.verify_sig(message, signature).is_ok()
    }
}

impl LogSeed {
    /// Takes the JWK's `d`.
    pub(crate) fn new(seed: Zeroizing<[u8; 32]>) -> Option<Self> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed.as_slice()).ok()?;
        let public = pair.public_key().as_ref().try_into().ok()?;
        Some(Self { seed, public, kid: Thumbprint::of_ed25519(&public) })
    }

    /// The RFC 7638 thumbprint.
    #[must_use]
    pub fn kid(&self) -> &Thumbprint {
        &self.kid
    }

    /// The seed, 32 bytes: an Ed25519 private key as RFC 8032 has it.
    #[must_use]
    pub fn seed(&self) -> &[u8; 32] {
        &self.seed
    }

    /// The public key, 32 bytes.
    #[must_use]
    pub fn public_key(&self) -> &[u8; 32] {
        &self.public
    }
}
