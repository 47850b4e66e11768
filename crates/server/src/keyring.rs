//! The keys of a server: `kid` → private key and state, kept in a directory of private JWK files.

use crate::{
    KeyAlg, KeyInfo, KeyState, KeyringError, LogSeed, Place, SigningKey, Standing, VerifyingKey,
    custody::{Custody, Private, file},
    key_info::PublicPart,
    private_jwk,
};
use serde::Serialize;
use std::{borrow::Borrow, path::Path, sync::Arc};
use tillseal_protocol::{Algorithm, Jwk, Thumbprint};

/// The keys of a server, the newest first.
pub struct Keyring(Vec<Key>);

/// One key of a keyring.
///
/// Neither `Clone` nor `Debug`; the private key stays inside.
pub struct Key {
    info: KeyInfo,
    pub(crate) private: Arc<Private>,
    /// Of an ES256 key that is not revoked.
    verifier: Option<VerifyingKey>,
}

/// What is published: an RFC 7517 §5 JWK Set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PublishedKeys {
    /// Keys to seal to, the preferred one first; then keys to verify with.
    pub keys: Vec<PublishedKey>,
}

/// A public key as it is published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PublishedKey {
    /// The public key.
    #[serde(flatten)]
    pub jwk: Jwk,
    /// RFC 7517 §4.2: `sig` for a key to verify with, absent for one to seal to.
    #[serde(rename = "use", skip_serializing_if = "Option::is_none")]
    pub usage: Option<&'static str>,
}

impl PublishedKeys {
    /// The keys to seal to, without those to verify with.
    pub fn to_seal(&self) -> impl Iterator<Item = &Jwk> {
        self.keys.iter().filter(|key| key.usage.is_none()).map(|key| &key.jwk)
    }

    /// Whether the key of that `kid` is among them.
    pub(crate) fn names(&self, kid: &str) -> bool {
        self.keys.iter().any(|key| key.jwk.kid == kid)
    }
}

impl Borrow<Jwk> for PublishedKey {
    fn borrow(&self) -> &Jwk {
        &self.jwk
    }
}

impl Keyring {
    /// Loads every `*.jwk.json` of a directory whose private parts are in clear. One bad file refuses them all: a key
    /// that silently disappears loses payments.
    ///
    /// # Errors
    /// [`KeyringError`]: unreadable, readable by others, or not one of our private keys.
    pub fn load(directory: &Path) -> Result<Self, KeyringError> {
        Self::load_with(directory, &Custody::default())
    }

    /// Loads a directory whose private parts may be sealed, or in a token, with what opens them.
    ///
    /// The token is not asked: while it is away, only what is sealed to its keys is refused.
    ///
    /// # Errors
    /// [`KeyringError`], as [`Keyring::load`]; [`KeyringError::Locked`] and [`KeyringError::Passphrase`].
    pub fn load_with(directory: &Path, custody: &Custody) -> Result<Self, KeyringError> {
        let mut keys = Vec::new();
        for path in file::all(directory)? {
            let text = file::read(&path)?;
            let (info, private) = private_jwk::parse(&path, &text)?;
            info.check_point(&path)?;
            let private = custody.open(&path, &info, private)?;
            keys.push(Key::new(info, private));
        }
        keys.sort_by_cached_key(|key| key.info.order());
        let sealed = keys.iter().filter(|key| key.info.place == Place::Sealed);
        custody.forget_all_but(sealed.map(|key| key.kid().as_str()));
        Ok(Self(keys))
    }

    /// This keyring without the keys that the directory has as revoked, although as a whole it could not be loaded: a bad
    /// file beside it must not hold a revocation up. Nothing where none is revoked that was not before.
    pub(crate) fn revoked_in(&self, directory: &Path) -> Option<Self> {
        let revoked: Vec<KeyInfo> = file::all(directory)
            .unwrap_or_default()
            .iter()
            .filter_map(|path| private_jwk::parse(path, &file::read(path).ok()?).ok().map(|(info, _)| info))
            .filter(|info| info.state == KeyState::Revoked)
            .filter(|info| self.find(info.kid.as_str()).is_some_and(|key| key.state() != KeyState::Revoked))
            .collect();
        let keys = self.0.iter().map(|key| match revoked.iter().find(|info| info.kid == key.info.kid) {
            Some(info) => Key::new(info.clone(), Arc::new(Private::None)),
            None => Key::new(key.info.clone(), Arc::clone(&key.private)),
        });
        (!revoked.is_empty()).then(|| Self(keys.collect()))
    }

    /// What is published at `now`, in seconds since 1970-01-01 UTC.
    #[must_use]
    pub fn jwks(&self, now: u64) -> PublishedKeys {
        let infos: Vec<&KeyInfo> = self.infos().collect();
        published(&infos, now)
    }

    /// All keys, whatever their use and state, the newest first.
    pub fn keys(&self) -> impl Iterator<Item = &Key> {
        self.0.iter()
    }

    /// All keys, each with what it may do at `now` in one word: see [`KeyInfo::state_at`].
    pub fn states(&self, now: u64) -> impl Iterator<Item = (&Key, &'static str)> {
        self.keys().map(move |key| (key, key.info.state_at(now, self.infos())))
    }

    /// The key of that `kid`, whatever its use and state.
    #[must_use]
    pub fn find(&self, kid: &str) -> Option<&Key> {
        self.keys().find(|key| key.kid().as_str() == kid)
    }

    /// The ES256 key to sign sessions and receipts with at `now`, in seconds since 1970-01-01 UTC: the newest one
    /// whose `nbf` has come.
    #[must_use]
    pub fn signer(&self, now: u64) -> Option<&SigningKey> {
        self.current(KeyAlg::Es256, now).find_map(|key| match &*key.private {
            Private::Signing(signing) => Some(signing),
            _ => None,
        })
    }

    /// The ES256 key of that `kid` to verify with at `now`, in seconds since 1970-01-01 UTC: active or retired by hand,
    /// not past its `exp`, not revoked.
    #[must_use]
    pub fn verifier(&self, kid: &str, now: u64) -> Option<&VerifyingKey> {
        let key = self.find(kid).filter(|key| key.standing(now) == Standing::Open)?;
        key.verifier.as_ref()
    }

    /// Whether opening may have to wait for a PKCS#11 token.
    pub(crate) fn asks_a_token(&self) -> bool {
        self.keys().any(|key| matches!(&*key.private, Private::Token(_)))
    }

    /// The key of the audit log.
    #[must_use]
    pub fn log_seed(&self) -> Option<&LogSeed> {
        let active = self.keys().filter(|key| key.state() == KeyState::Active);
        active.into_iter().find_map(|key| match &*key.private {
            Private::Log(seed) => Some(seed),
            _ => None,
        })
    }

    fn infos(&self) -> impl Iterator<Item = &KeyInfo> + Clone {
        self.0.iter().map(|key| &key.info)
    }

    fn current(&self, alg: KeyAlg, now: u64) -> impl Iterator<Item = &Key> {
        self.keys().filter(move |key| key.alg() == alg && key.info.is_current(now, self.infos()))
    }
}

impl Key {
    fn new(info: KeyInfo, private: Arc<Private>) -> Self {
        let verifier = match (info.alg, info.state, &info.public) {
            (KeyAlg::Es256, KeyState::Active | KeyState::DecryptOnly, PublicPart::P256(public)) => {
                VerifyingKey::new(public)
            }
            _ => None,
        };
        Self { info, private, verifier }
    }

    /// What the key's file says in clear.
    #[must_use]
    pub fn info(&self) -> &KeyInfo {
        &self.info
    }

    /// The RFC 7638 thumbprint.
    #[must_use]
    pub fn kid(&self) -> &Thumbprint {
        &self.info.kid
    }

    /// What the key is for.
    #[must_use]
    pub fn alg(&self) -> KeyAlg {
        self.info.alg
    }

    /// What the operator said about the key.
    #[must_use]
    pub fn state(&self) -> KeyState {
        self.info.state
    }

    /// Whether the key may open or verify at `now`, in seconds since 1970-01-01 UTC.
    #[must_use]
    pub fn standing(&self, now: u64) -> Standing {
        self.info.standing(now)
    }

    /// When the key was made: seconds since 1970-01-01 UTC, 0 where its file does not say.
    #[must_use]
    pub fn iat(&self) -> u64 {
        self.info.iat
    }
}

/// The keys of a directory without their private parts, the newest first. What is sealed stays so: this needs neither
/// passphrase nor token.
///
/// # Errors
/// [`KeyringError`]: unreadable, readable by others, or not one of our private keys.
pub fn list_keys(directory: &Path) -> Result<Vec<KeyInfo>, KeyringError> {
    let mut keys = Vec::new();
    for path in file::all(directory)? {
        let text = file::read(&path)?;
        let (info, private) = private_jwk::parse(&path, &text)?;
        info.check_point(&path)?;
        if let private_jwk::PrivatePart::Clear(_) = private {
            Custody::default().open(&path, &info, private)?;
        }
        keys.push(info);
    }
    keys.sort_by_cached_key(KeyInfo::order);
    Ok(keys)
}

/// What is published of these keys at `now`, in seconds since 1970-01-01 UTC.
#[must_use]
pub fn published<I: Borrow<KeyInfo>>(keys: &[I], now: u64) -> PublishedKeys {
    let all = || keys.iter().map(Borrow::borrow);
    let to_seal = all().filter_map(|key: &KeyInfo| {
        key.alg.sealing().filter(|_| key.is_current(now, all())).and_then(|algorithm| key.to_jwk(algorithm))
    });
    // A key is published before it signs and after it has signed, so that whatever it signed can be verified.
    let to_verify = all().filter(|key| key.alg == KeyAlg::Es256 && key.standing(now) == Standing::Open);
    let to_verify = to_verify.filter_map(|key| {
        let jwk = key.to_jwk(Algorithm::EcdhEs)?;
        Some(PublishedKey { jwk: Jwk { alg: key.alg.name().into(), ..jwk }, usage: Some(key.alg.usage()) })
    });
    let to_seal = to_seal.map(|jwk| PublishedKey { jwk, usage: None });
    PublishedKeys { keys: to_seal.chain(to_verify).collect() }
}

impl KeyInfo {
    fn to_jwk(&self, algorithm: Algorithm) -> Option<Jwk> {
        match &self.public {
            PublicPart::P256(public) => Some(Jwk::new(public, algorithm)),
            PublicPart::Ed25519(_) => None,
        }
    }
}
