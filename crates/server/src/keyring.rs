//! The keys of a server: `kid` → private key and state, kept in a directory of private JWK files.

use crate::{
    agreement::EcdhKey,
    private_jwk::{self, EXTENSION, PrivateJwk},
};
use getrandom::SysRng;
use serde::{Deserialize, Serialize};
use std::{
    cmp::Reverse,
    fmt, fs, io,
    path::{Path, PathBuf},
};
use tillseal_protocol::{Agreement as _, Algorithm, Jwk, Jwks, PrivateKey, RandomError, Thumbprint};

/// What a key may still be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyState {
    /// Published; browsers seal to it.
    Active,
    /// No longer published; payloads that were sealed to it are still opened.
    DecryptOnly,
    /// Opens nothing any more. The file stays, so that a refusal can say why.
    Revoked,
}

/// The keys of a server, the newest first.
pub struct Keyring(Vec<Key>);

/// One key of a keyring.
///
/// Neither `Clone` nor `Debug`; the private key stays inside.
pub struct Key {
    pub(crate) agreement: EcdhKey,
    kid: Thumbprint,
    algorithm: Algorithm,
    state: KeyState,
    iat: u64,
}

/// Why the keys cannot be used. It names the file and what to do, never what is in the file.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// No such directory.
    #[error("there is no keyring {}; make its first key with `tillseal keys new --keys {0}`", path.display())]
    Absent {
        /// The directory.
        path: PathBuf,
    },
    /// The operating system refused to read or write.
    #[error("{}: {source}; does it exist, and may this user read and write it?", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A private key that others than its owner may read.
    #[error(
        "{} can be read by others than its owner; run `chmod 600 {0}`, or make a new key and revoke this one if \
         others may have read it",
        path.display()
    )]
    OpenFile {
        /// The file.
        path: PathBuf,
    },
    /// A directory in which others may put keys.
    #[error("{} can be written by others than its owner; run `chmod 700 {0}`", path.display())]
    OpenDirectory {
        /// The directory.
        path: PathBuf,
    },
    /// A file that is not one of our private JWKs.
    #[error("{} is not a usable private key: {why}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong, without a word of the file.
        why: String,
    },
    /// No file for that `kid`.
    #[error("{} holds no key of that kid; `tillseal keys list` shows those that it holds", path.display())]
    KidUnknown {
        /// The directory.
        path: PathBuf,
    },
    /// A revoked key stays revoked.
    #[error("that key is revoked, and stays so; make a new one with `tillseal keys new`")]
    Revoked,
    /// No randomness for a new key.
    #[error("the system gave no randomness; no key was made")]
    Random(#[from] RandomError),
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

impl KeyringError {
    /// The stable code of this error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Absent { .. } => "keyring-absent",
            Self::Io { .. } => "keyring-io",
            Self::OpenFile { .. } | Self::OpenDirectory { .. } => "keyring-mode",
            Self::Malformed { .. } => "keyring-malformed",
            Self::KidUnknown { .. } => "kid-unknown",
            Self::Revoked => "kid-revoked",
            Self::Random(_) => "random",
        }
    }

    pub(crate) fn io(path: &Path, source: io::Error) -> Self {
        Self::Io { path: path.into(), source }
    }
}

impl Keyring {
    /// Loads every `*.jwk.json` of a directory. One bad file refuses them all: a key that silently
    /// disappears loses payments.
    ///
    /// # Errors
    /// [`KeyringError`]: unreadable, readable by others, or not one of our private keys.
    pub fn load(directory: &Path) -> Result<Self, KeyringError> {
        private_jwk::check_directory(directory)?;
        let io = |error| KeyringError::io(directory, error);
        let mut keys = Vec::new();
        for entry in fs::read_dir(directory).map_err(io)? {
            let entry = entry.map_err(io)?;
            if entry.file_name().to_str().is_some_and(|name| name.ends_with(EXTENSION)) {
                keys.push(Key::load(&entry.path())?);
            }
        }
        keys.sort_by_cached_key(|key: &Key| (Reverse(key.iat), key.kid.clone()));
        Ok(Self(keys))
    }

    /// What is published: the active keys, the newest first, which is the one that browsers take.
    #[must_use]
    pub fn jwks(&self) -> Jwks {
        let active = self.keys().filter(|key| key.state == KeyState::Active);
        Jwks { keys: active.map(Key::public_jwk).collect() }
    }

    /// All keys, whatever their state, the newest first.
    pub fn keys(&self) -> impl Iterator<Item = &Key> {
        self.0.iter()
    }

    /// The key of that `kid`, whatever its state.
    #[must_use]
    pub fn find(&self, kid: &str) -> Option<&Key> {
        self.keys().find(|key| key.kid.as_str() == kid)
    }
}

impl Key {
    /// The RFC 7638 thumbprint.
    #[must_use]
    pub fn kid(&self) -> &Thumbprint {
        &self.kid
    }

    /// How payloads for this key are sealed.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// What the key may still be used for.
    #[must_use]
    pub fn state(&self) -> KeyState {
        self.state
    }

    /// When the key was made: seconds since 1970-01-01 UTC, 0 where its file does not say.
    #[must_use]
    pub fn iat(&self) -> u64 {
        self.iat
    }

    /// The public half.
    #[must_use]
    pub fn public_jwk(&self) -> Jwk {
        Jwk::new(&self.agreement.public_key(), self.algorithm)
    }

    fn load(path: &Path) -> Result<Self, KeyringError> {
        let text = private_jwk::read(path)?;
        let jwk = PrivateJwk::parse(path, &text)?;
        let malformed = |why: &str| KeyringError::Malformed { path: path.into(), why: why.into() };

        let algorithm =
            Algorithm::from_name(jwk.alg).ok_or_else(|| malformed("alg must be ECDH-ES or HPKE-7"))?;
        let agreement = jwk
            .scalar()
            .and_then(|scalar| EcdhKey::from_scalar(&scalar))
            .ok_or_else(|| malformed("d must be a P-256 private key, 32 bytes of base64url"))?;
        let public = agreement.public_key();
        let expected = Jwk::new(&public, algorithm);
        if jwk.x != expected.x || jwk.y != expected.y {
            return Err(malformed("x and y are not the public key of d"));
        }
        if jwk.kid != expected.kid {
            return Err(malformed("kid is not the key's RFC 7638 thumbprint"));
        }
        // The state is changed by writing this name again; under another name a revoked key would live on.
        if path.file_name() != Some(file_name(jwk.kid).as_ref()) {
            return Err(malformed("the file must be named after its kid: <kid>.jwk.json"));
        }
        Ok(Self { agreement, kid: Thumbprint::of(&public), algorithm, state: jwk.state, iat: jwk.iat })
    }
}

/// Makes a fresh active key and its file, and the directory if there is none.
///
/// `iat` is the present time, in seconds since 1970-01-01 UTC.
///
/// # Errors
/// [`KeyringError`]: no randomness, or the directory cannot be written.
pub fn create_key(directory: &Path, algorithm: Algorithm, iat: u64) -> Result<Thumbprint, KeyringError> {
    private_jwk::create_directory(directory)?;
    private_jwk::check_directory(directory)?;
    let key = PrivateKey::random(&mut SysRng)?;
    let public = key.public_key();
    let (kid, public) = (Thumbprint::of(&public), Jwk::new(&public, algorithm));
    let text = private_jwk::new_text(&key, &public, algorithm, iat)
        .map_err(|error| KeyringError::io(directory, error))?;
    private_jwk::write(directory, &file_name(kid.as_str()), &text)?;
    Ok(kid)
}

/// Writes a key's state into its file. A revoked key stays revoked.
///
/// # Errors
/// [`KeyringError`]: no such key, a revoked one, or the file cannot be written.
pub fn set_state(directory: &Path, kid: &str, state: KeyState) -> Result<(), KeyringError> {
    // The kid is what somebody typed; the file name is made of the one that the keyring holds.
    let keyring = Keyring::load(directory)?;
    let key = keyring.find(kid).ok_or_else(|| KeyringError::KidUnknown { path: directory.into() })?;
    if key.state == KeyState::Revoked && state != KeyState::Revoked {
        return Err(KeyringError::Revoked);
    }
    let name = file_name(key.kid.as_str());
    let path = directory.join(&name);
    let text = private_jwk::read(&path)?;
    let mut jwk = PrivateJwk::parse(&path, &text)?;
    jwk.state = state;
    let text = jwk.to_text().map_err(|error| KeyringError::io(&path, error))?;
    private_jwk::write(directory, &name, &text)
}

fn file_name(kid: &str) -> String {
    format!("{kid}{EXTENSION}")
}
