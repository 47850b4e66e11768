//! A private key on disk: one RFC 7517 JWK a file, which any JOSE library can load.
//!
//! Two members are there for us: `iat`, the time at which the key was made (registered for JWKs by
//! `OpenID` Federation 1.0), and `tillseal_state`. RFC 7517 §4 has other readers pass over them.

use crate::{KeyState, KeyringError};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde::{Deserialize, Serialize};
use std::{
    fs::{self, File},
    io::{self, Read as _, Write as _},
    path::Path,
};
use tillseal_protocol::{Algorithm, Jwk, PrivateKey};
use zeroize::Zeroizing;

/// How a key's file name ends; it begins with the `kid`.
pub(crate) const EXTENSION: &str = ".jwk.json";

/// The longest file that is read. A private JWK takes about 400 bytes.
const MAX_FILE: u64 = 16 * 1024;

/// The members of a private key's file. They borrow from the file's text, which is wiped with its buffer.
///
/// Neither `Clone` nor `Debug`: `d` is the private key.
#[derive(Deserialize, Serialize)]
pub(crate) struct PrivateJwk<'a> {
    kty: &'a str,
    crv: &'a str,
    pub(crate) x: &'a str,
    pub(crate) y: &'a str,
    d: &'a str,
    pub(crate) alg: &'a str,
    #[serde(rename = "use")]
    usage: &'a str,
    pub(crate) kid: &'a str,
    /// Seconds since 1970-01-01 UTC; a key that another program made may lack it.
    #[serde(default)]
    pub(crate) iat: u64,
    #[serde(rename = "tillseal_state")]
    pub(crate) state: KeyState,
}

impl<'a> PrivateJwk<'a> {
    /// Reads the text of a file.
    pub(crate) fn parse(path: &Path, text: &'a [u8]) -> Result<Self, KeyringError> {
        let malformed = |why: String| KeyringError::Malformed { path: path.into(), why };
        // serde_json's own message may quote the file, and the file holds `d`.
        let jwk: Self = serde_json::from_slice(text).map_err(|error| {
            malformed(format!(
                "line {}, column {} is not what a private key's file holds (kty, crv, x, y, d, alg, use, kid, \
                 iat, tillseal_state)",
                error.line(),
                error.column()
            ))
        })?;
        match (jwk.kty, jwk.crv, jwk.usage) {
            ("EC", "P-256", "enc") => Ok(jwk),
            _ => Err(malformed(String::from("kty must be EC, crv P-256 and use enc"))),
        }
    }

    /// The private key: `d`, 32 bytes big-endian.
    pub(crate) fn scalar(&self) -> Option<Zeroizing<[u8; 32]>> {
        let mut scalar = Zeroizing::new([0; 32]);
        let length = Base64UrlUnpadded::decode(self.d, scalar.as_mut_slice()).ok()?.len();
        (length == 32).then_some(scalar)
    }

    /// The text of a file.
    pub(crate) fn to_text(&self) -> Result<Zeroizing<Vec<u8>>, io::Error> {
        // One allocation of the full size: a growing buffer would leave unwiped copies of `d` behind.
        let mut text = Zeroizing::new(Vec::with_capacity(1024));
        serde_json::to_writer_pretty(&mut *text, self)?;
        text.push(b'\n');
        Ok(text)
    }
}

/// The text of a fresh key's file.
pub(crate) fn new_text(
    key: &PrivateKey,
    public: &Jwk,
    algorithm: Algorithm,
    iat: u64,
) -> Result<Zeroizing<Vec<u8>>, io::Error> {
    let d = Zeroizing::new(Base64UrlUnpadded::encode_string(key.as_scalar()));
    let jwk = PrivateJwk {
        kty: &public.kty,
        crv: &public.crv,
        x: &public.x,
        y: &public.y,
        d: &d,
        alg: algorithm.name(),
        usage: "enc",
        kid: &public.kid,
        iat,
        state: KeyState::Active,
    };
    jwk.to_text()
}

/// Makes the directory of a keyring, for its owner alone, unless it is there.
pub(crate) fn create_directory(directory: &Path) -> Result<(), KeyringError> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(directory).map_err(|error| KeyringError::io(directory, error))
}

/// Refuses a directory in which others may put keys: what they put there would be published.
pub(crate) fn check_directory(directory: &Path) -> Result<(), KeyringError> {
    let metadata = fs::metadata(directory).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => KeyringError::Absent { path: directory.into() },
        _ => KeyringError::io(directory, error),
    })?;
    if !metadata.is_dir() {
        return Err(KeyringError::io(directory, io::ErrorKind::NotADirectory.into()));
    }
    if mode(&metadata) & 0o022 != 0 {
        return Err(KeyringError::OpenDirectory { path: directory.into() });
    }
    Ok(())
}

/// Reads a private key's file, unless others than its owner may read it.
pub(crate) fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, KeyringError> {
    let io = |error| KeyringError::io(path, error);
    let mut file = File::open(path).map_err(io)?;
    // Of the open file, not of its name: the name may be given to another file meanwhile.
    let metadata = file.metadata().map_err(io)?;
    if mode(&metadata) & 0o077 != 0 {
        return Err(KeyringError::OpenFile { path: path.into() });
    }
    if metadata.len() > MAX_FILE {
        return Err(KeyringError::Malformed {
            path: path.into(),
            why: String::from("the file is too long for a private key"),
        });
    }
    // One allocation of the full size, and no more than that is read.
    let mut text = Zeroizing::new(vec![0; usize::try_from(metadata.len()).unwrap_or(0)]);
    file.read_exact(&mut text).map_err(io)?;
    Ok(text)
}

/// Writes a private key's file whole or not at all, readable by its owner alone from its first byte on.
pub(crate) fn write(directory: &Path, name: &str, text: &[u8]) -> Result<(), KeyringError> {
    let path = directory.join(name);
    let replace = || {
        // Such a file is created with mode 0600 and removed again if anything below fails.
        let mut file = tempfile::Builder::new().prefix(".").suffix(".tmp").tempfile_in(directory)?;
        file.write_all(text)?;
        file.as_file().sync_all()?;
        file.persist(&path)?;
        #[cfg(unix)]
        File::open(directory)?.sync_all()?;
        Ok(())
    };
    replace().map_err(|error: io::Error| KeyringError::io(&path, error))
}

#[cfg(unix)]
fn mode(metadata: &fs::Metadata) -> u32 {
    std::os::unix::fs::PermissionsExt::mode(&metadata.permissions())
}

/// Elsewhere a file's readers are not in its mode; who may read it is left to the directory.
#[cfg(not(unix))]
fn mode(_: &fs::Metadata) -> u32 {
    0
}

#[cfg(test)]
mod tests {
    use super::PrivateJwk;
    use crate::agreement::EcdhKey;
    use static_assertions::assert_not_impl_any;
    use std::fmt::Debug;

    assert_not_impl_any!(PrivateJwk: Clone, Debug);
    assert_not_impl_any!(EcdhKey: Clone, Debug, serde::Serialize);
}
