//! Sealing: the slow half ahead of time and in small steps, the fast half once and at once.

use crate::{
    Algorithm, MAX_PLAINTEXT, PrivateKey, PublicKey, RandomError, Recipient,
    base64url::encode,
    content,
    curve::Point,
    ecdh::{self, Ladder},
    ecdh_es, hpke,
};
use alloc::{string::String, vec::Vec};
use rand_core::TryCryptoRng;
use zeroize::Zeroizing;

/// Windows of one ladder that a step works off: well below a millisecond in warm code.
const WINDOWS_A_STEP: usize = 2;

/// A [`Sealer`] in the making: an ephemeral key whose two multiplications are not finished yet.
pub struct Preparation {
    recipient: Recipient,
    iv: [u8; 12],
    public: Ladder,
    shared: Ladder,
}

impl Preparation {
    /// Draws the ephemeral key.
    ///
    /// # Errors
    /// [`RandomError`]: no randomness; nothing can be sealed.
    pub fn new(recipient: &Recipient, rng: &mut impl TryCryptoRng) -> Result<Self, RandomError> {
        let ephemeral = PrivateKey::random(rng)?;
        let mut iv = [0; 12];
        rng.try_fill_bytes(&mut iv).map_err(|_| RandomError)?;
        Ok(Self {
            public: ephemeral.ladder(Point::GENERATOR),
            shared: ephemeral.ladder(recipient.point),
            recipient: recipient.clone(),
            iv,
        })
    }

    /// Takes one small step; `true` when none is left and [`finish`](Self::finish) is quick.
    pub fn step(&mut self) -> bool {
        self.public.advance(WINDOWS_A_STEP) && self.shared.advance(WINDOWS_A_STEP)
    }

    /// Takes all the steps that are left.
    #[must_use]
    pub fn finish(self) -> Sealer {
        let ephemeral = PublicKey::from_point(self.public.finish());
        let shared_secret = ecdh::shared_secret(self.shared.finish());
        let Recipient { algorithm, key: recipient, kid, .. } = self.recipient;
        let (header, encrypted_key, key, nonce) = match algorithm {
            Algorithm::EcdhEs => {
                let (x, y) = (encode(ephemeral.x()), encode(ephemeral.y()));
                let header = [
                    r#"{"alg":"ECDH-ES","enc":"A256GCM","kid":""#,
                    kid.as_str(),
                    r#"","epk":{"kty":"EC","crv":"P-256","x":""#,
                    &x,
                    r#"","y":""#,
                    &y,
                    r#""}}"#,
                ];
                (header.into_iter().collect(), String::new(), ecdh_es::content_key(&shared_secret), self.iv)
            }
            Algorithm::Hpke7 => {
                let header: String =
                    [r#"{"alg":"HPKE-7","kid":""#, kid.as_str(), r#""}"#].into_iter().collect();
                let secret = hpke::kem_shared_secret(&shared_secret, &ephemeral, &recipient);
                let hpke::Schedule { key, base_nonce } = hpke::key_schedule(&secret, b"");
                (header, encode(ephemeral.as_sec1()), key, base_nonce)
            }
        };
        Sealer { protected: encode(header.as_bytes()), encrypted_key, key, nonce, algorithm }
    }
}

/// More than [`MAX_PLAINTEXT`] bytes were to be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the payload is too long to be sealed")]
pub struct PlaintextTooLong;

/// A key that seals one payload. Everything slow is done; what is left is one pass of AES-256-GCM.
///
/// Neither `Clone` nor `Debug`: a content key is used once.
pub struct Sealer {
    /// Base64url of the protected header.
    protected: String,
    /// Base64url of HPKE's `enc`; empty for ECDH-ES.
    encrypted_key: String,
    key: Zeroizing<[u8; 32]>,
    nonce: [u8; 12],
    algorithm: Algorithm,
}

impl Sealer {
    /// Encrypts a plaintext and gives the compact JWE.
    ///
    /// # Errors
    /// [`PlaintextTooLong`]: more than [`MAX_PLAINTEXT`] bytes.
    pub fn seal(self, mut plaintext: Zeroizing<Vec<u8>>) -> Result<String, PlaintextTooLong> {
        if plaintext.len() > MAX_PLAINTEXT {
            return Err(PlaintextTooLong);
        }
        let aad = self.protected.as_bytes();
        let tag = content::encrypt(&self.key, &self.nonce, aad, &mut plaintext);
        let (iv, tag) = match self.algorithm {
            Algorithm::EcdhEs => (&self.nonce[..], &tag[..]),
            // JOSE-HPKE: the tag is part of HPKE's ciphertext, and the nonce is derived.
            Algorithm::Hpke7 => {
                plaintext.extend_from_slice(&tag);
                (&[][..], &[][..])
            }
        };
        let mut sealed = self.protected;
        for segment in [&self.encrypted_key, &encode(iv), &encode(&plaintext), &encode(tag)] {
            sealed.push('.');
            sealed.push_str(segment);
        }
        Ok(sealed)
    }
}
