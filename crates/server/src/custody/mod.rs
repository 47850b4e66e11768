//! Where private keys live: in clear in their files, sealed in them, or in a PKCS#11 token.

pub(crate) mod file;
mod pkcs11;
mod sealed;

pub(crate) use pkcs11::{AgreementFailure, TokenKey};

use crate::{
    KeyAlg, KeyInfo, KeyState, KeyringError, LogSeed, Place, SigningKey,
    agreement::EcdhKey,
    key_info::PublicPart,
    private_jwk::{self, PrivatePart},
};
use aws_lc_rs::digest::{SHA256, digest};
use getrandom::SysRng;
use pkcs11::Token;
use sealed::{Closed, SealingSecret};
use std::{
    collections::{HashMap, HashSet},
    fmt::Write as _,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tillseal_protocol::{Agreement as _, PrivateKey, RandomError};
use zeroize::Zeroizing;

const NEEDS_PASSPHRASE: &str = "the passphrase that it is sealed under, in TILLSEAL_KEYS_PASSPHRASE";
const NEEDS_KEY_FILE: &str = "the key file that it is sealed under: --key-file";
const NEEDS_TOKEN: &str =
    "the PKCS#11 token that holds it: --pkcs11-module, --pkcs11-token and TILLSEAL_PKCS11_PIN";
const NEEDS_SECRET: &str = "a passphrase in TILLSEAL_KEYS_PASSPHRASE, or --key-file, to seal under";

/// What opens the private parts of a keyring: nothing for files in clear, which is the default, a passphrase or a key
/// file for sealed ones, a PKCS#11 token. New keys go where it leads: into the token if they open payloads, else into
/// sealed files, else into files in clear.
///
/// It remembers what it opened, so that a keyring that is loaded again costs no second stretching of the passphrase.
///
/// Neither `Clone`, `Debug` nor `Serialize`.
#[derive(Default)]
pub struct Custody {
    sealing: Option<SealingSecret>,
    token: Option<Arc<Token>>,
    opened: Mutex<HashMap<String, Opened>>,
}

/// A private key that was sealed.
struct Opened {
    /// SHA-256 of what was opened, and the `alg` that it was opened for.
    of: ([u8; 32], KeyAlg),
    private: Arc<Private>,
}

/// The private part of a key, ready for use.
pub(crate) enum Private {
    /// Opens payloads.
    Agreement(EcdhKey),
    /// Opens payloads with the help of a token.
    Token(TokenKey),
    /// Signs sessions and receipts.
    Signing(SigningKey),
    /// Signs the audit log.
    Log(LogSeed),
    /// Nothing: the key is revoked.
    None,
}

/// A fresh key on its way into its file.
pub(crate) struct Fresh {
    pub(crate) key: KeyInfo,
    /// As the file holds it: `d`, a compact JWE or the id in the token.
    private: Zeroizing<String>,
}

impl Custody {
    /// With the passphrase that private keys are sealed under.
    ///
    /// # Errors
    /// [`KeyringError::WeakSecret`]: shorter than 12 bytes.
    pub fn with_passphrase(mut self, passphrase: &str) -> Result<Self, KeyringError> {
        self.sealing = Some(SealingSecret::passphrase(passphrase)?);
        Ok(self)
    }

    /// With the file whose 32 random bytes, raw or in base64url, private keys are sealed under.
    ///
    /// # Errors
    /// [`KeyringError::WeakSecret`]: something else is in it. [`KeyringError::Io`] and [`KeyringError::OpenFile`], as for
    /// a private key.
    pub fn with_key_file(mut self, path: &Path) -> Result<Self, KeyringError> {
        self.sealing = Some(SealingSecret::key_file(path, &file::read(path)?)?);
        Ok(self)
    }

    /// With what the operator gives to seal under: the key file where there is one, else the passphrase, else nothing.
    ///
    /// # Errors
    /// As [`Self::with_key_file`] and [`Self::with_passphrase`].
    pub fn with_sealing(
        self,
        key_file: Option<&Path>,
        passphrase: Option<&str>,
    ) -> Result<Self, KeyringError> {
        match (key_file, passphrase) {
            (Some(path), _) => self.with_key_file(path),
            (None, Some(passphrase)) => self.with_passphrase(passphrase),
            (None, None) => Ok(self),
        }
    }

    /// With the PKCS#11 token of that label, which is logged in to at once; `module` is the vendor's shared library.
    ///
    /// # Errors
    /// [`KeyringError::TokenPin`]: it refuses the PIN. [`KeyringError::Token`]: anything else.
    pub fn with_pkcs11(mut self, module: &Path, token: &str, pin: &str) -> Result<Self, KeyringError> {
        self.token = Some(Arc::new(Token::connect(module, token, pin)?));
        Ok(self)
    }

    /// Whether it can seal private keys in their files.
    #[must_use]
    pub fn can_seal(&self) -> bool {
        self.sealing.is_some()
    }

    /// Opens what a key's file holds, and makes sure that it belongs to the public key beside it.
    pub(crate) fn open(
        &self,
        path: &Path,
        key: &KeyInfo,
        private: PrivatePart,
    ) -> Result<Arc<Private>, KeyringError> {
        match private {
            PrivatePart::None => Ok(Arc::new(Private::None)),
            PrivatePart::Clear(d) => Ok(Arc::new(Private::of(path, key, scalar_of(path, d)?)?)),
            PrivatePart::Sealed(sealed) => self.open_sealed(path, key, sealed),
            PrivatePart::Token(id) => {
                let malformed = |why| KeyringError::malformed(path, why);
                let id =
                    from_hex(id).ok_or_else(|| malformed("the id in the token must be hexadecimal"))?;
                let token = self.token.as_ref().ok_or_else(|| locked(path, NEEDS_TOKEN))?;
                match (key.alg.sealing(), key.public) {
                    (Some(_), PublicPart::P256(public)) => {
                        Ok(Arc::new(Private::Token(TokenKey::new(Arc::clone(token), id, public))))
                    }
                    _ => Err(malformed("only a key that opens payloads can be in a token")),
                }
            }
        }
    }

    /// The private key of a file, in clear; none for a key that is revoked or in a token.
    pub(crate) fn scalar(
        &self,
        path: &Path,
        key: &KeyInfo,
        private: PrivatePart,
    ) -> Result<Option<Zeroizing<[u8; 32]>>, KeyringError> {
        match private {
            PrivatePart::Clear(d) => scalar_of(path, d).map(Some),
            PrivatePart::Sealed(sealed) => self.unseal(path, key, sealed).map(Some),
            PrivatePart::Token(_) | PrivatePart::None => Ok(None),
        }
    }

    /// Seals a private key as its file holds it.
    pub(crate) fn seal(
        &self,
        path: &Path,
        key: &KeyInfo,
        scalar: &[u8; 32],
    ) -> Result<Zeroizing<String>, KeyringError> {
        let sealing = self.sealing.as_ref().ok_or_else(|| locked(path, NEEDS_SECRET))?;
        sealing.seal(key, scalar)
    }

    /// Makes an active key, where this custody keeps keys of that kind.
    pub(crate) fn make(&self, alg: KeyAlg, iat: u64, nbf: Option<u64>) -> Result<Fresh, KeyringError> {
        let key = |public: PublicPart, place| {
            let kid = public.thumbprint();
            KeyInfo { kid, alg, state: KeyState::Active, iat, nbf, exp: None, place, public }
        };
        if let (Some(token), Some(_)) = (&self.token, alg.sealing()) {
            let mut id = [0; 16];
            getrandom::fill(&mut id).map_err(|_| RandomError)?;
            let public = token.make(&id)?;
            return Ok(Fresh {
                key: key(PublicPart::P256(public), Place::Token),
                private: Zeroizing::new(to_hex(&id)),
            });
        }
        let scalar = PrivateKey::random(&mut SysRng)?;
        let public = match alg {
            KeyAlg::EcdhEs | KeyAlg::Hpke7 | KeyAlg::Es256 => PublicPart::P256(scalar.public_key()),
            KeyAlg::Ed25519 => {
                let seed = Zeroizing::new(*scalar.as_scalar());
                PublicPart::Ed25519(*LogSeed::new(seed).ok_or(RandomError)?.public_key())
            }
        };
        match &self.sealing {
            Some(sealing) => {
                let key = key(public, Place::Sealed);
                let private = sealing.seal(&key, scalar.as_scalar())?;
                Ok(Fresh { key, private })
            }
            None => Ok(Fresh {
                key: key(public, Place::File),
                private: private_jwk::encode(scalar.as_scalar()),
            }),
        }
    }

    /// Takes a key back whose file could not be written.
    pub(crate) fn unmake(&self, fresh: &Fresh) {
        if let (PrivatePart::Token(id), Some(token)) = (fresh.private(), &self.token)
            && let Some(id) = from_hex(id)
        {
            // What remains there is a key that nobody seals to.
            let _ = token.unmake(&id);
        }
    }

    /// Refuses to make a key in clear in place of one that is not.
    pub(crate) fn check_no_weaker(&self, path: &Path, old: &KeyInfo) -> Result<(), KeyringError> {
        match old.place {
            Place::Sealed
                if self.sealing.is_none() && (self.token.is_none() || old.alg.sealing().is_none()) =>
            {
                Err(locked(path, NEEDS_SECRET))
            }
            Place::Token if self.token.is_none() => Err(locked(path, NEEDS_TOKEN)),
            Place::Sealed | Place::Token | Place::File | Place::Nowhere => Ok(()),
        }
    }

    /// Forgets what was opened of all other keys, such as those that are revoked meanwhile.
    pub(crate) fn forget_all_but<'a>(&self, kids: impl Iterator<Item = &'a str>) {
        let kids: HashSet<&str> = kids.collect();
        self.opened().retain(|kid, _| kids.contains(kid.as_str()));
    }

    fn open_sealed(&self, path: &Path, key: &KeyInfo, sealed: &str) -> Result<Arc<Private>, KeyringError> {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, sealed.as_bytes()).as_ref());
        let of = (hash, key.alg);
        if let Some(opened) = self.opened().get(key.kid.as_str()).filter(|opened| opened.of == of) {
            return Ok(Arc::clone(&opened.private));
        }
        let private = Arc::new(Private::of(path, key, self.unseal(path, key, sealed)?)?);
        let opened = Opened { of, private: Arc::clone(&private) };
        self.opened().insert(key.kid.as_str().to_owned(), opened);
        Ok(private)
    }

    fn unseal(
        &self,
        path: &Path,
        key: &KeyInfo,
        sealed: &str,
    ) -> Result<Zeroizing<[u8; 32]>, KeyringError> {
        let Some(sealing) = &self.sealing else {
            let wants_passphrase = sealed::wants_passphrase(sealed);
            return Err(locked(path, if wants_passphrase { NEEDS_PASSPHRASE } else { NEEDS_KEY_FILE }));
        };
        sealing.open(key.alg.name(), sealed).map_err(|closed| match closed {
            Closed::Secret => KeyringError::Passphrase { path: path.into() },
            Closed::NeedsPassphrase => locked(path, NEEDS_PASSPHRASE),
            Closed::NeedsKeyFile => locked(path, NEEDS_KEY_FILE),
            Closed::Malformed => KeyringError::malformed(
                path,
                "tillseal_sealed must be a compact JWE (PBES2-HS512+A256KW or A256KW, A256GCM) of the private JWK",
            ),
        })
    }

    fn opened(&self) -> MutexGuard<'_, HashMap<String, Opened>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Private {
    /// Takes a private key that was found in a file.
    fn of(path: &Path, key: &KeyInfo, scalar: Zeroizing<[u8; 32]>) -> Result<Self, KeyringError> {
        let private = match (key.alg, &key.public) {
            (KeyAlg::EcdhEs | KeyAlg::Hpke7, PublicPart::P256(public)) => EcdhKey::from_scalar(&scalar)
                .filter(|agreement| agreement.public_key() == *public)
                .map(Self::Agreement),
            (KeyAlg::Es256, PublicPart::P256(public)) => {
                SigningKey::from_scalar(&scalar, public).map(Self::Signing)
            }
            (KeyAlg::Ed25519, PublicPart::Ed25519(public)) => {
                LogSeed::new(scalar).filter(|seed| seed.public_key() == public).map(Self::Log)
            }
            _ => None,
        };
        private.ok_or_else(|| KeyringError::malformed(path, "x and y are not the public key of d"))
    }
}

impl Fresh {
    /// As it is written into the file.
    pub(crate) fn private(&self) -> PrivatePart<'_> {
        match self.key.place {
            Place::File => PrivatePart::Clear(&self.private),
            Place::Sealed => PrivatePart::Sealed(&self.private),
            Place::Token => PrivatePart::Token(&self.private),
            Place::Nowhere => PrivatePart::None,
        }
    }
}

fn locked(path: &Path, needs: &'static str) -> KeyringError {
    KeyringError::Locked { path: path.into(), needs }
}

fn scalar_of(path: &Path, d: &str) -> Result<Zeroizing<[u8; 32]>, KeyringError> {
    private_jwk::decode(d)
        .ok_or_else(|| KeyringError::malformed(path, "d must be a private key, 32 bytes of base64url"))
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing into a text does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let is_hex = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    let byte = |pair: &[u8; 2]| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
    is_hex.then(|| pairs.iter().map(byte).collect())?
}

#[cfg(test)]
mod tests {
    use super::{Custody, Fresh, Private, from_hex, pkcs11::Token, sealed::SealingSecret, to_hex};
    use crate::{KeyAlg, KeyState, Keyring, create_key_with, set_state};
    use static_assertions::assert_not_impl_any;
    use std::fmt::Debug;

    assert_not_impl_any!(Private: Clone, Debug, serde::Serialize);
    assert_not_impl_any!(Fresh: Clone, Debug, serde::Serialize);
    assert_not_impl_any!(SealingSecret: Clone, Debug, serde::Serialize);
    assert_not_impl_any!(Token: Clone, Debug, serde::Serialize);

    #[test]
    fn a_key_that_is_revoked_is_forgotten() -> Result<(), Box<dyn std::error::Error>> {
        let directory = tempfile::tempdir()?;
        let sealing = SealingSecret::key_file(directory.path(), &[7; 32])?;
        let custody = Custody { sealing: Some(sealing), ..Custody::default() };
        let make = || create_key_with(directory.path(), &custody, KeyAlg::EcdhEs, 0);
        let (revoked, _other) = (make()?, make()?);
        Keyring::load_with(directory.path(), &custody)?;
        assert_eq!(custody.opened().len(), 2);
        set_state(directory.path(), revoked.as_str(), KeyState::Revoked)?;
        Keyring::load_with(directory.path(), &custody)?;
        assert_eq!(custody.opened().len(), 1);
        Ok(())
    }

    #[test]
    fn an_id_is_hexadecimal_and_nothing_else() {
        assert_eq!(from_hex("00ff7A"), Some(vec![0, 255, 0x7a]));
        assert_eq!(to_hex(&[0, 255, 0x7a]), "00ff7a");
        for wrong in ["", "0", "000", "+1", " 1", "0x", "gg", "\u{e9}"] {
            assert_eq!(from_hex(wrong), None, "{wrong}");
        }
    }
}
