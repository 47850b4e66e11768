//! What the tests share: a keyring in a temporary directory, its files as JSON, payloads for its keys.

use serde_json::{Map, Value};
use std::{
    error::Error,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};
use tempfile::TempDir;
use tillseal_protocol::{Fields, Recipient, Thumbprint};
use tillseal_server::{
    Custody, Expect, KeyAlg, Keyring, KeyringError, OpenError, create_key_with, list_keys, open, published,
    seal,
};

pub(crate) type TestResult<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_tillseal");
pub(crate) const ORIGIN: &str = "https://shop.example";
/// 2026-11-24T00:00:00Z.
pub(crate) const NOW: u64 = 1_795_478_400;
pub(crate) const PASSPHRASE: &str = "correct horse battery staple";
pub(crate) const ALL: [KeyAlg; 4] = [KeyAlg::EcdhEs, KeyAlg::Hpke7, KeyAlg::Es256, KeyAlg::Ed25519];

/// A keyring directory.
pub(crate) struct Keys(pub(crate) TempDir);

impl Keys {
    pub(crate) fn new() -> TestResult<Self> {
        Ok(Self(tempfile::tempdir()?))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn make(&self, alg: KeyAlg) -> TestResult<Thumbprint> {
        self.make_with(&Custody::default(), alg)
    }

    pub(crate) fn make_with(&self, custody: &Custody, alg: KeyAlg) -> TestResult<Thumbprint> {
        Ok(create_key_with(self.path(), custody, alg, NOW)?)
    }

    pub(crate) fn load(&self) -> Result<Keyring, KeyringError> {
        Keyring::load(self.path())
    }

    pub(crate) fn file(&self, kid: &Thumbprint) -> PathBuf {
        self.path().join(format!("{}.jwk.json", kid.as_str()))
    }

    pub(crate) fn json(&self, kid: &Thumbprint) -> TestResult<Value> {
        Ok(serde_json::from_slice(&fs::read(self.file(kid))?)?)
    }

    pub(crate) fn change(
        &self,
        kid: &Thumbprint,
        change: impl FnOnce(&mut Map<String, Value>),
    ) -> TestResult {
        let mut jwk = self.json(kid)?;
        change(jwk.as_object_mut().ok_or("no object")?);
        // Written into the file that is there, which keeps its mode.
        Ok(fs::write(self.file(kid), jwk.to_string())?)
    }

    /// The kids that pages may seal to at `now`, the preferred one first.
    pub(crate) fn to_seal(&self, now: u64) -> TestResult<Vec<String>> {
        let published = published(&list_keys(self.path())?, now);
        Ok(published.to_seal().map(|jwk| jwk.kid.clone()).collect())
    }

    /// A payload for that key, whatever its state.
    pub(crate) fn seal_to(&self, kid: &Thumbprint, iat: u64) -> TestResult<String> {
        let jwk = serde_json::from_value(self.json(kid)?)?;
        let fields: Fields = serde_json::from_str(r#"{"cc-number":"4111111111111111"}"#)?;
        Ok(seal(&Recipient::from_jwk(&jwk)?, &fields, iat, ORIGIN)?)
    }

    /// What opening says at `now` to a payload that was sealed then.
    pub(crate) fn opens(
        &self,
        keyring: &Keyring,
        kid: &Thumbprint,
        now: u64,
    ) -> TestResult<Result<(), OpenError>> {
        let sealed = self.seal_to(kid, now)?;
        Ok(open(keyring, &sealed, &Expect::new(ORIGIN, now)).map(drop))
    }
}

/// With the passphrase of the tests.
pub(crate) fn passphrase() -> TestResult<Custody> {
    Ok(Custody::default().with_passphrase(PASSPHRASE)?)
}

pub(crate) fn code<T>(result: Result<T, KeyringError>) -> Option<&'static str> {
    result.err().map(|error| error.code())
}

/// One run of the program, without what the environment of the tests says of keys: exit code, output, messages.
pub(crate) fn tillseal(
    arguments: &[&str],
    environment: &[(&str, &str)],
    stdin: &str,
) -> TestResult<(Option<i32>, String, String)> {
    let mut child = Command::new(PROGRAM)
        .args(arguments)
        .env_remove("TILLSEAL_KEYS_PASSPHRASE")
        .env_remove("TILLSEAL_PKCS11_PIN")
        .envs(environment.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    // A program that needs no input may be gone already.
    let _ = child.stdin.take().ok_or("no stdin")?.write_all(stdin.as_bytes());
    let output = child.wait_with_output()?;
    Ok((output.status.code(), String::from_utf8(output.stdout)?, String::from_utf8(output.stderr)?))
}
