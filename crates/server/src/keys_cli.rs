//! `tillseal keys`: what a person does with a keyring.

use crate::{Failure, print};
use clap::{Args, Subcommand, ValueEnum};
use std::{
    env,
    io::{self, IsTerminal as _},
    path::{Path, PathBuf},
};
use tillseal_protocol::Thumbprint;
use tillseal_server::{
    Custody, DEFAULT_GRACE, KeyAlg, KeyInfo, KeyState, KeyringError, Place, Rotation, create_key_with,
    list_keys, published, rotate_key, seal_keys, set_state, unix_now, unseal_keys,
};
use zeroize::Zeroizing;

/// The passphrase that private keys are sealed under.
const PASSPHRASE: &str = "TILLSEAL_KEYS_PASSPHRASE";

/// The PIN of the PKCS#11 token.
const PIN: &str = "TILLSEAL_PKCS11_PIN";

/// How long a new ES256 key waits unless told otherwise, in seconds: twice as long as browsers may keep the key set, so
/// that every page knows it before it signs.
const SIGNING_AHEAD: u64 = 600;

#[derive(Subcommand)]
pub(crate) enum Keys {
    /// Make a fresh key; pages seal to it from now on
    New {
        #[command(flatten)]
        keyring: Directory,
        /// What the key is for: payloads (ECDH-ES, HPKE-7), sessions and receipts (ES256), the audit log (Ed25519)
        #[arg(long, value_enum, ignore_case = true, default_value = "ECDH-ES")]
        alg: Alg,
        #[command(flatten)]
        custody: CustodyArgs,
    },
    /// Show every key with its state, the newest first
    List(Directory),
    /// Print the public keys (JWKS) that pages load
    Public(Directory),
    /// Make a successor; the key before it opens for a grace time and then retires by itself
    Rotate {
        #[command(flatten)]
        keyring: Directory,
        /// The key that opens payloads, or the one that signs sessions and receipts
        #[arg(long = "use", value_enum, default_value = "enc")]
        usage: Use,
        /// Of this algorithm, where the keyring has active keys of both
        #[arg(long, value_enum, ignore_case = true, conflicts_with = "usage")]
        alg: Option<SealingAlg>,
        /// Publish the new key (or sign with it) only after this time, so that it can reach every node first; it opens
        /// at once. Without it 0, and 600 for --use sig
        #[arg(long, value_name = "SECONDS")]
        ahead: Option<u64>,
        /// How long the old key still opens or verifies from then on; without it, 7 days
        #[arg(long, value_name = "SECONDS", default_value_t = DEFAULT_GRACE)]
        grace: u64,
        #[command(flatten)]
        custody: CustodyArgs,
    },
    /// Publish a key no longer, but still open what was sealed to it
    Retire {
        /// The key's kid, as `keys list` shows it
        // A kid is base64url, and one in 64 begins with a hyphen.
        #[arg(allow_hyphen_values = true)]
        kid: String,
        #[command(flatten)]
        keyring: Directory,
    },
    /// Open nothing with a key any more and wipe its private part; this cannot be undone
    Revoke {
        /// The key's kid, as `keys list` shows it
        // A kid is base64url, and one in 64 begins with a hyphen.
        #[arg(allow_hyphen_values = true)]
        kid: String,
        #[command(flatten)]
        keyring: Directory,
    },
    /// Seal every private key that is in clear, under a passphrase or a key file
    Seal {
        #[command(flatten)]
        keyring: Directory,
        #[command(flatten)]
        custody: CustodyArgs,
    },
    /// Write every sealed private key in clear, for example to seal them under another passphrase
    Unseal {
        #[command(flatten)]
        keyring: Directory,
        #[command(flatten)]
        custody: CustodyArgs,
    },
}

/// Where the keyring is.
#[derive(Args)]
pub(crate) struct Directory {
    /// The keyring: a directory of private JWK files
    #[arg(long = "keys", value_name = "DIR")]
    pub(crate) path: PathBuf,
}

/// What opens private keys that are not in clear; the secrets come by the environment.
#[derive(Args)]
pub(crate) struct CustodyArgs {
    /// Private keys are sealed under these 32 random bytes instead of the passphrase in `TILLSEAL_KEYS_PASSPHRASE`
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Private keys are in a PKCS#11 token: its vendor's shared library; the PIN is in `TILLSEAL_PKCS11_PIN`
    #[arg(long, value_name = "FILE", requires = "pkcs11_token")]
    pkcs11_module: Option<PathBuf>,
    /// The token's label
    #[arg(long, value_name = "LABEL", requires = "pkcs11_module")]
    pkcs11_token: Option<String>,
}

/// An `alg`, by the standards' own name.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Alg {
    /// Opens payloads; every JOSE library does
    #[value(name = "ECDH-ES")]
    EcdhEs,
    /// Opens payloads, for teams with an HPKE library
    #[value(name = "HPKE-7")]
    Hpke7,
    /// Signs sessions and receipts; `tillseal serve` makes its first one itself
    #[value(name = "ES256")]
    Es256,
    /// Signs the audit log; `tillseal serve` makes it itself
    #[value(name = "Ed25519")]
    Ed25519,
}

/// An `alg` of a key that opens payloads.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum SealingAlg {
    /// Every JOSE library opens it
    #[value(name = "ECDH-ES")]
    EcdhEs,
    /// For teams with an HPKE library
    #[value(name = "HPKE-7")]
    Hpke7,
}

/// A `use` of RFC 7517 §4.2.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Use {
    /// Opens payloads
    Enc,
    /// Signs sessions and receipts
    Sig,
}

pub(crate) fn keys(command: &Keys) -> Result<(), Failure> {
    match command {
        Keys::New { keyring, alg, custody } => {
            let alg = KeyAlg::from(*alg);
            let kid = create_key_with(&keyring.path, &custody.open(&keyring.path)?, alg, unix_now())?;
            let effect = match alg {
                KeyAlg::EcdhEs | KeyAlg::Hpke7 => "pages seal to it as soon as they load the JWKS",
                KeyAlg::Es256 => "it signs sessions and receipts",
                KeyAlg::Ed25519 => "it signs the audit log",
            };
            eprintln!("Made a key in {}; {effect}.", keyring.path.display());
            print_kid(&kid)
        }
        Keys::List(keyring) => list(&keyring.path),
        Keys::Public(keyring) => {
            let jwks = published(&list_keys(&keyring.path)?, unix_now());
            let mut text =
                serde_json::to_vec_pretty(&jwks).map_err(|error| Failure::Output(error.into()))?;
            text.push(b'\n');
            print(&text)
        }
        Keys::Rotate { keyring, usage, alg, ahead, grace, custody } => {
            let now = unix_now();
            let alg = match (usage, alg) {
                (Use::Enc, Some(alg)) => KeyAlg::from(*alg),
                (Use::Enc, None) => preferred(&list_keys(&keyring.path)?, now),
                (Use::Sig, _) => KeyAlg::Es256,
            };
            let ahead = ahead.unwrap_or(if *usage == Use::Sig { SIGNING_AHEAD } else { 0 });
            let rotation = Rotation { ahead, grace: *grace };
            let kid = rotate_key(&keyring.path, &custody.open(&keyring.path)?, alg, rotation, now)?;
            eprintln!(
                "Made its successor; it is used from {} on, and the key before it retires {}.",
                utc(now.saturating_add(ahead)),
                utc(now.saturating_add(ahead).saturating_add(*grace))
            );
            print_kid(&kid)
        }
        Keys::Retire { kid, keyring } => {
            set_state(&keyring.path, kid, KeyState::DecryptOnly)?;
            eprintln!("Retired: no longer published, still opens what was sealed to it.");
            warn_if_none_is_published(&keyring.path)
        }
        Keys::Revoke { kid, keyring } => {
            let place = list_keys(&keyring.path)?.into_iter().find(|key| key.kid.as_str() == kid);
            set_state(&keyring.path, kid, KeyState::Revoked)?;
            eprintln!("Revoked: opens nothing any more.");
            if place.is_some_and(|key| key.place == Place::Token) {
                eprintln!("Its private key is still in the token; remove it with the token's own tool.");
            }
            warn_if_none_is_published(&keyring.path)
        }
        Keys::Seal { keyring, custody } => {
            let custody = custody.open_or_choose(&keyring.path)?;
            moved(&seal_keys(&keyring.path, &custody)?, "Sealed")
        }
        Keys::Unseal { keyring, custody } => {
            moved(&unseal_keys(&keyring.path, &custody.open(&keyring.path)?)?, "Unsealed")
        }
    }
}

impl CustodyArgs {
    /// What the command line, the environment and, where a key is sealed, the person at the terminal give.
    pub(crate) fn open(&self, directory: &Path) -> Result<Custody, KeyringError> {
        // Commands that make the directory find none.
        let is_sealed =
            || list_keys(directory).is_ok_and(|keys| keys.iter().any(|key| key.place == Place::Sealed));
        let custody = self.given()?;
        if custody.can_seal() || !can_ask() || !is_sealed() {
            return Ok(custody);
        }
        custody.with_passphrase(&ask("Passphrase of the keyring: ")?)
    }

    /// The same, and asks for a new passphrase where nothing is sealed yet.
    fn open_or_choose(&self, directory: &Path) -> Result<Custody, KeyringError> {
        let custody = self.open(directory)?;
        if custody.can_seal() || !can_ask() {
            return Ok(custody);
        }
        let passphrase = ask("New passphrase: ")?;
        if *ask("The same again: ")? != *passphrase {
            return Err(KeyringError::WeakSecret { why: String::from("the two passphrases differ") });
        }
        custody.with_passphrase(&passphrase)
    }

    fn given(&self) -> Result<Custody, KeyringError> {
        let passphrase = secret(PASSPHRASE);
        let passphrase = passphrase.as_ref().map(|passphrase| passphrase.as_str());
        let custody = Custody::default().with_sealing(self.key_file.as_deref(), passphrase)?;
        match (&self.pkcs11_module, &self.pkcs11_token) {
            (Some(module), Some(token)) => {
                custody.with_pkcs11(module, token, &secret(PIN).unwrap_or_default())
            }
            _ => Ok(custody),
        }
    }
}

/// A secret of the environment; one that is not UTF-8 is refused as the empty one is.
fn secret(name: &str) -> Option<Zeroizing<String>> {
    env::var_os(name).map(|value| Zeroizing::new(value.into_string().unwrap_or_default()))
}

fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

fn ask(prompt: &str) -> Result<Zeroizing<String>, KeyringError> {
    rpassword::prompt_password(prompt)
        .map(Zeroizing::new)
        .map_err(|source| KeyringError::Io { path: "the terminal".into(), source })
}

/// The algorithm of the key that pages take.
fn preferred(keys: &[KeyInfo], now: u64) -> KeyAlg {
    let current = |key: &&KeyInfo| key.alg.sealing().is_some() && key.is_current(now, keys);
    keys.iter().find(current).map_or(KeyAlg::EcdhEs, |key| key.alg)
}

fn list(directory: &Path) -> Result<(), Failure> {
    let keys = list_keys(directory)?;
    if keys.is_empty() {
        eprintln!("No key yet; make one with `tillseal keys new --keys {}`.", directory.display());
        return Ok(());
    }
    let now = unix_now();
    let line = |columns: [&str; 8]| {
        let [kid, alg, usage, state, made, from, until, place] = columns;
        format!("{kid:43}  {alg:8}  {usage:3}  {state:12}  {made:12}  {from:17}  {until:17}  {place}\n")
    };
    let mut text = line(["kid", "alg", "use", "state", "made", "published from", "opens until", "where"]);
    for key in &keys {
        let time = |time: Option<u64>| time.map_or_else(|| String::from("-"), utc);
        text += &line([
            key.kid.as_str(),
            key.alg.name(),
            key.alg.usage(),
            key.state_at(now, &keys),
            &made(key.iat, now),
            &time(key.nbf),
            &time(key.exp),
            key.place.name(),
        ]);
    }
    print(text.as_bytes())
}

fn made(iat: u64, now: u64) -> String {
    match (iat, now.saturating_sub(iat) / DAY) {
        (0, _) => String::from("unknown"),
        (_, 0) => String::from("today"),
        (_, 1) => String::from("1 day ago"),
        (_, days) => format!("{days} days ago"),
    }
}

const DAY: u64 = 24 * 60 * 60;

/// A time as RFC 3339 writes it, to the minute: `2026-11-24T00:00Z`.
fn utc(time: u64) -> String {
    let (days, minutes) = (time / DAY, time % DAY / 60);
    // Years are counted from March on, so that leap days come last; 719,468 days are between 0000-03-01 and 1970-01-01.
    // 400 years have 146,097 days (https://howardhinnant.github.io/date_algorithms.html, civil_from_days).
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day_of_month = day - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let year = 400 * era + year + carry;
    format!("{year:04}-{month:02}-{day_of_month:02}T{:02}:{:02}Z", minutes / 60, minutes % 60)
}

fn moved(kids: &[Thumbprint], what: &str) -> Result<(), Failure> {
    eprintln!("{what} {} of the keyring's private keys.", kids.len());
    kids.iter().try_for_each(print_kid)
}

fn print_kid(kid: &Thumbprint) -> Result<(), Failure> {
    print(format!("{}\n", kid.as_str()).as_bytes())
}

fn warn_if_none_is_published(directory: &Path) -> Result<(), Failure> {
    if published(&list_keys(directory)?, unix_now()).to_seal().next().is_none() {
        eprintln!("No active key is left: pages cannot seal until you run `tillseal keys new`.");
    }
    Ok(())
}

impl From<Alg> for KeyAlg {
    fn from(alg: Alg) -> Self {
        match alg {
            Alg::EcdhEs => Self::EcdhEs,
            Alg::Hpke7 => Self::Hpke7,
            Alg::Es256 => Self::Es256,
            Alg::Ed25519 => Self::Ed25519,
        }
    }
}

impl From<SealingAlg> for KeyAlg {
    fn from(alg: SealingAlg) -> Self {
        match alg {
            SealingAlg::EcdhEs => Self::EcdhEs,
            SealingAlg::Hpke7 => Self::Hpke7,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::utc;

    #[test]
    fn times_are_those_of_the_calendar() {
        for (time, text) in [
            (0, "1970-01-01T00:00Z"),
            (951_782_340, "2000-02-28T23:59Z"),
            (951_782_400, "2000-02-29T00:00Z"),
            (951_868_800, "2000-03-01T00:00Z"),
            (1_795_478_400, "2026-11-24T00:00Z"),
            (4_107_542_400, "2100-03-01T00:00Z"),
            (4_102_444_799, "2099-12-31T23:59Z"),
        ] {
            assert_eq!(utc(time), text);
        }
        assert!(utc(u64::MAX).ends_with('Z'));
    }
}
