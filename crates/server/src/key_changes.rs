//! Whatever changes a keyring: new keys, rotation, states. One process at a time, each file whole or not at all.

use crate::{
    Custody, KeyAlg, KeyInfo, KeyState, KeyringError, Place, Standing,
    custody::file::{self, Lock},
    list_keys,
    private_jwk::{self, PrivatePart},
};
use std::path::Path;
use tillseal_protocol::Thumbprint;

/// How long the old key still opens, in seconds, unless the operator says otherwise: 7 days.
pub const DEFAULT_GRACE: u64 = 7 * 24 * 60 * 60;

/// When a rotation takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotation {
    /// How long the new key waits, in seconds, before it is used for anything new; it opens at once.
    pub ahead: u64,
    /// How long, in seconds, the old key opens or verifies from then on.
    pub grace: u64,
}

/// Makes a fresh active key and its file in clear, and the directory if there is none.
///
/// `iat` is the present time, in seconds since 1970-01-01 UTC.
///
/// # Errors
/// [`KeyringError`]: no randomness, or the directory cannot be written.
pub fn create_key(directory: &Path, alg: impl Into<KeyAlg>, iat: u64) -> Result<Thumbprint, KeyringError> {
    create_key_with(directory, &Custody::default(), alg.into(), iat)
}

/// Makes a fresh active key where the custody keeps its kind, and the directory if there is none.
///
/// `iat` is the present time, in seconds since 1970-01-01 UTC.
///
/// # Errors
/// [`KeyringError`]: no randomness, the directory cannot be written, the token does not answer.
pub fn create_key_with(
    directory: &Path,
    custody: &Custody,
    alg: KeyAlg,
    iat: u64,
) -> Result<Thumbprint, KeyringError> {
    file::create_directory(directory)?;
    let _lock = Lock::take(directory)?;
    create(directory, custody, alg, iat, None)
}

/// Makes the ES256 key and the audit log's Ed25519 key that a server needs, unless they are there; the kids of those
/// that were made. Of several processes that call this at once, one makes them.
///
/// `now` is in seconds since 1970-01-01 UTC.
///
/// # Errors
/// [`KeyringError`]: no such directory, it cannot be read or written, no randomness.
pub fn ensure_signing_keys(
    directory: &Path,
    custody: &Custody,
    now: u64,
) -> Result<Vec<Thumbprint>, KeyringError> {
    let missing = || -> Result<Vec<KeyAlg>, KeyringError> {
        let keys = list_keys(directory)?;
        let is_there = |alg| keys.iter().any(|key| key.alg == alg && key.is_current(now, &keys));
        Ok([KeyAlg::Es256, KeyAlg::Ed25519].into_iter().filter(|alg| !is_there(*alg)).collect())
    };
    // A complete keyring may be one that this process cannot write.
    if missing()?.is_empty() {
        return Ok(Vec::new());
    }
    let _lock = Lock::take(directory)?;
    missing()?.into_iter().map(|alg| create(directory, custody, alg, now, None)).collect()
}

/// Makes a successor for the active keys of an algorithm, which retire by themselves a while after it is in use.
///
/// `now` is in seconds since 1970-01-01 UTC.
///
/// # Errors
/// [`KeyringError`]: as [`create_key_with`]; [`KeyringError::Locked`] where the old key is sealed or in a token and the
/// new one would be in clear.
pub fn rotate_key(
    directory: &Path,
    custody: &Custody,
    alg: KeyAlg,
    rotation: Rotation,
    now: u64,
) -> Result<Thumbprint, KeyringError> {
    let _lock = Lock::take(directory)?;
    let mut old = list_keys(directory)?;
    old.retain(|key| {
        key.alg == alg && key.state == KeyState::Active && key.standing(now) == Standing::Open
    });
    for key in &old {
        custody.check_no_weaker(&directory.join(file::name(key.kid.as_str())), key)?;
    }
    let nbf = now.saturating_add(rotation.ahead);
    let exp = nbf.saturating_add(rotation.grace);
    // The new one first: whatever happens in between, there is a key.
    let kid = create(directory, custody, alg, now, Some(nbf))?;
    for key in old {
        change(directory, &key.kid, |key| key.exp = Some(key.exp.unwrap_or(exp).min(exp)))?;
    }
    Ok(kid)
}

/// Writes a key's state into its file. A revoked key stays revoked, and its private part leaves the file.
///
/// # Errors
/// [`KeyringError`]: no such key, a revoked one, or the file cannot be written.
pub fn set_state(directory: &Path, kid: &str, state: KeyState) -> Result<(), KeyringError> {
    let _lock = Lock::take(directory)?;
    // The kid is what somebody typed: it is compared with the names that are there. The other files are left alone,
    // because a bad one must not hold a revocation up.
    let name = file::name(kid);
    let path = file::all(directory)?.into_iter().find(|path| file::is_named(path, &name));
    let path = path.ok_or_else(|| KeyringError::KidUnknown { path: directory.into() })?;
    let text = file::read(&path)?;
    let (key, _) = private_jwk::parse(&path, &text)?;
    if key.state == KeyState::Revoked && state != KeyState::Revoked {
        return Err(KeyringError::Revoked);
    }
    change(directory, &key.kid, |key| key.state = state)
}

/// Seals the private keys of all files that hold them in clear; the kids of those.
///
/// # Errors
/// [`KeyringError::Locked`]: the custody has nothing to seal under. Else as [`set_state`].
pub fn seal_keys(directory: &Path, custody: &Custody) -> Result<Vec<Thumbprint>, KeyringError> {
    move_keys(directory, custody, Place::File)
}

/// Writes the private keys of all sealed files in clear, for example to seal them under another passphrase; the kids of
/// those.
///
/// # Errors
/// [`KeyringError::Locked`] and [`KeyringError::Passphrase`]. Else as [`set_state`].
pub fn unseal_keys(directory: &Path, custody: &Custody) -> Result<Vec<Thumbprint>, KeyringError> {
    move_keys(directory, custody, Place::Sealed)
}

fn move_keys(directory: &Path, custody: &Custody, from: Place) -> Result<Vec<Thumbprint>, KeyringError> {
    let _lock = Lock::take(directory)?;
    let mut moved = Vec::new();
    for key in list_keys(directory)?.into_iter().filter(|key| key.place == from) {
        let name = file::name(key.kid.as_str());
        let path = directory.join(&name);
        let text = file::read(&path)?;
        let (key, private) = private_jwk::parse(&path, &text)?;
        // Whoever seals a key that is none would lose it.
        custody.open(&path, &key, private)?;
        let Some(scalar) = custody.scalar(&path, &key, private)? else { continue };
        if from == Place::File {
            let sealed = custody.seal(&path, &key, &scalar)?;
            write(directory, &key, PrivatePart::Sealed(&sealed), file::write_over_secret)?;
        } else {
            let d = private_jwk::encode(&scalar);
            write(directory, &key, PrivatePart::Clear(&d), file::write)?;
        }
        moved.push(key.kid);
    }
    Ok(moved)
}

fn create(
    directory: &Path,
    custody: &Custody,
    alg: KeyAlg,
    iat: u64,
    nbf: Option<u64>,
) -> Result<Thumbprint, KeyringError> {
    let fresh = custody.make(alg, iat, nbf)?;
    let written = write(directory, &fresh.key, fresh.private(), file::write);
    written.inspect_err(|_| custody.unmake(&fresh))?;
    Ok(fresh.key.kid)
}

/// Writes a key's file again, with what was changed of its public members.
fn change(
    directory: &Path,
    kid: &Thumbprint,
    change: impl FnOnce(&mut KeyInfo),
) -> Result<(), KeyringError> {
    let path = directory.join(file::name(kid.as_str()));
    let text = file::read(&path)?;
    let (mut key, private) = private_jwk::parse(&path, &text)?;
    change(&mut key);
    if key.state == KeyState::Revoked {
        write(directory, &key, PrivatePart::None, file::write_over_secret)
    } else {
        write(directory, &key, private, file::write)
    }
}

fn write(
    directory: &Path,
    key: &KeyInfo,
    private: PrivatePart,
    write: impl FnOnce(&Path, &str, &[u8]) -> Result<(), KeyringError>,
) -> Result<(), KeyringError> {
    let text = private_jwk::to_text(key, private).map_err(|error| KeyringError::io(directory, error))?;
    write(directory, &file::name(key.kid.as_str()), &text)
}
