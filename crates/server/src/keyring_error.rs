//! Why the keys cannot be used.

use std::{
    io,
    path::{Path, PathBuf},
};
use tillseal_protocol::RandomError;

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
    /// The private part is sealed, or in a token, and the means to reach it were not given.
    #[error("{} needs {needs}", path.display())]
    Locked {
        /// The file.
        path: PathBuf,
        /// What is missing, and where it is given.
        needs: &'static str,
    },
    /// The passphrase or key file is not the one under which the file was sealed, or the file was altered.
    #[error("{} was sealed under another passphrase or key file, or altered since", path.display())]
    Passphrase {
        /// The file.
        path: PathBuf,
    },
    /// A passphrase or key file under which nothing can be sealed.
    #[error("{why}")]
    WeakSecret {
        /// What is wrong with it.
        why: String,
    },
    /// The PKCS#11 token does not answer as it should.
    #[error("the PKCS#11 token cannot be used: {why}")]
    Token {
        /// What failed; never the PIN.
        why: String,
    },
    /// The PKCS#11 token refuses the PIN.
    #[error(
        "the PKCS#11 token refuses the PIN; check TILLSEAL_PKCS11_PIN before you try again, for a token locks \
         itself after a few wrong ones"
    )]
    TokenPin,
    /// No randomness for a new key.
    #[error("the system gave no randomness; no key was made")]
    Random(#[from] RandomError),
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
            Self::Locked { .. } => "keyring-locked",
            Self::Passphrase { .. } => "keyring-passphrase",
            Self::WeakSecret { .. } => "keyring-secret",
            Self::Token { .. } => "hsm-unavailable",
            Self::TokenPin => "hsm-pin",
            Self::Random(_) => "random",
        }
    }

    pub(crate) fn io(path: &Path, source: io::Error) -> Self {
        Self::Io { path: path.into(), source }
    }

    pub(crate) fn malformed(path: &Path, why: &str) -> Self {
        Self::Malformed { path: path.into(), why: why.into() }
    }
}
