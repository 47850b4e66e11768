//! Opening, given a key agreement: the private key itself may live elsewhere.

use crate::{
    Agreement, Algorithm, Claims, ClaimsError, Envelope, PublicKey, SharedSecret, content, ecdh_es, hpke,
};
use zeroize::Zeroizing;

/// Why an envelope cannot be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The envelope's `alg` is not the key's. The key decides, never the message.
    #[error("the sealed payload uses another algorithm than its key")]
    Algorithm,
    /// The ephemeral key is off the curve, the key is another one, or bytes were altered: one error for all.
    #[error("the sealed payload cannot be decrypted")]
    Decrypt,
    /// What was decrypted is not a payload.
    #[error(transparent)]
    Claims(#[from] ClaimsError),
}

impl OpenError {
    /// The stable code of this error.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Algorithm => "sealed-algorithm",
            Self::Decrypt => "sealed-undecryptable",
            Self::Claims(_) => "sealed-claims",
        }
    }
}

/// Opens an envelope with the key that its `kid` names and the algorithm of that key.
///
/// # Errors
/// [`OpenError`]: another algorithm, undecryptable, or not a payload.
pub fn open(envelope: Envelope, key: &impl Agreement, algorithm: Algorithm) -> Result<Claims, OpenError> {
    if envelope.algorithm != algorithm {
        return Err(OpenError::Algorithm);
    }
    let dh = key.agree(&envelope.ephemeral).map_err(|_| OpenError::Decrypt)?;
    decrypt(envelope, algorithm, &dh, || key.public_key())
}

/// Opens an envelope with a key whose agreement can fail for a reason of its own, as in an HSM: `agree` gives the shared
/// secret of that key, whose public half is `key`, and the peer that it is given. It must refuse a peer off the curve.
///
/// # Errors
/// What `agree` says, and [`OpenError`] as for [`open`].
pub fn open_with<E: From<OpenError>>(
    envelope: Envelope,
    key: &PublicKey,
    algorithm: Algorithm,
    agree: impl FnOnce(&PublicKey) -> Result<SharedSecret, E>,
) -> Result<Claims, E> {
    if envelope.algorithm != algorithm {
        return Err(OpenError::Algorithm.into());
    }
    let dh = agree(&envelope.ephemeral)?;
    Ok(decrypt(envelope, algorithm, &dh, || *key)?)
}

fn decrypt(
    envelope: Envelope,
    algorithm: Algorithm,
    dh: &SharedSecret,
    key: impl FnOnce() -> PublicKey,
) -> Result<Claims, OpenError> {
    let (content_key, nonce) = match algorithm {
        Algorithm::EcdhEs => (ecdh_es::content_key(dh), envelope.iv),
        Algorithm::Hpke7 => {
            let secret = hpke::kem_shared_secret(dh, &envelope.ephemeral, &key());
            let hpke::Schedule { key, base_nonce } = hpke::key_schedule(&secret, b"");
            (key, base_nonce)
        }
    };
    let mut plaintext = Zeroizing::new(envelope.ciphertext);
    let aad = envelope.protected.as_bytes();
    content::decrypt(&content_key, &nonce, aad, &mut plaintext, &envelope.tag)
        .map_err(|_| OpenError::Decrypt)?;
    Ok(Claims::from_plaintext(&plaintext)?)
}
