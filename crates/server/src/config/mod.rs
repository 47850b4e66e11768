//! What `tillseal serve` is told: one TOML file, flags that win over it, and secrets from the environment.
//!
//! `docs/tillseal.toml` documents every option. A [`Config`] has been checked as a whole; each fault names its place and what to do.

mod check;
mod error;
mod file;
mod secrets;
mod url;

pub use error::{ConfigError, ConfigErrors, Place};
pub use url::parse_origin;

use crate::{http::MAX_REQUEST, tokens::Token};
use secrets::Environment;
use std::{
    ffi::OsString,
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};
use tracing::level_filters::LevelFilter;
use zeroize::Zeroizing;

/// `docs/tillseal.toml`: every option with its default and what it is for. It is a usable file.
pub const EXAMPLE: &str = include_str!("../../../../docs/tillseal.toml");

/// All that `tillseal serve` must know.
///
/// Not `Debug`: some members are secrets.
pub struct Config {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The certificate, where this process ends TLS itself.
    pub tls: Option<TlsFiles>,
    /// Where the private keys are.
    pub keys: KeysConfig,
    /// The store: `sqlite:PATH` or `postgres://…`, the latter perhaps with a password.
    pub store: Zeroizing<String>,
    /// The origins that payments may come from, each as a browser writes it; where there are none, any.
    pub origins: Vec<String>,
    /// The `iss` of sessions and receipts: what the file says, else the first origin.
    pub issuer: Option<String>,
    /// How old a payload may be, in seconds.
    pub max_age: u64,
    /// How far ahead of the clock its `iat` may be, in seconds.
    pub leeway: u64,
    /// Checkout sessions.
    pub sessions: SessionsConfig,
    /// The origin line of the audit log's checkpoints: what the file says, else the first origin's host and `/tillseal`.
    pub audit_origin: String,
    /// What one client, and all together, may ask for.
    pub limits: Limits,
    /// Who may call; empty only where nobody but this machine can.
    pub tokens: Vec<Token>,
    /// What is written to standard error.
    pub log: LogConfig,
}

/// PEM files, read again when they change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The chain, the server's own certificate first.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// Where the private keys are, and what opens them.
pub struct KeysConfig {
    /// The keyring's directory.
    pub directory: PathBuf,
    /// A file whose content unseals the keys, where they are sealed under one.
    pub key_file: Option<PathBuf>,
    /// `TILLSEAL_KEYS_PASSPHRASE`, where it is given.
    pub passphrase: Option<Zeroizing<String>>,
    /// The token that holds keys, where there is one.
    pub pkcs11: Option<Pkcs11Config>,
}

/// An HSM, reached by PKCS#11.
pub struct Pkcs11Config {
    /// The vendor's library.
    pub module: PathBuf,
    /// The label of the token.
    pub token: String,
    /// `TILLSEAL_PKCS11_PIN`, where it is given.
    pub pin: Option<Zeroizing<String>>,
}

/// Checkout sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionsConfig {
    /// How long one lasts, in seconds.
    pub lifetime: u64,
    /// Whether a payload without one is refused.
    pub required: bool,
}

/// What one client, and all together, may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The longest body, in bytes; no more than [`MAX_REQUEST`].
    pub body: usize,
    /// From the head of a request to its answer.
    pub request: Duration,
    /// From the head of a request to the end of its body.
    pub body_time: Duration,
    /// From the connection, or the answer before, to the end of the head. So long may a connection be idle.
    pub header: Duration,
    /// How many connections may be open; more wait.
    pub connections: usize,
    /// Requests a second of one token; 0 for any number.
    pub requests_per_second: u32,
    /// How many of them may come at once.
    pub burst: u32,
    /// How many requests are worked on; more are refused.
    pub in_flight: usize,
}

/// What is written to standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogConfig {
    /// How a line looks.
    pub format: LogFormat,
    /// From which level on.
    pub level: LevelFilter,
}

/// How a line of the log looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Text at a terminal, JSON for everything else.
    Auto,
    /// One JSON object.
    Json,
    /// For people.
    Text,
}

/// What the command line says; each wins over the file.
#[derive(Debug, Default, Clone)]
pub struct Flags {
    /// `--keys`.
    pub keys: Option<PathBuf>,
    /// `--listen`.
    pub listen: Option<SocketAddr>,
    /// `--origin`, each as [`parse_origin`] took it. One of them replaces all of the file.
    pub origins: Vec<String>,
    /// `--max-age`, in seconds.
    pub max_age: Option<u64>,
    /// `--leeway`, in seconds.
    pub leeway: Option<u64>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: MAX_REQUEST,
            request: Duration::from_secs(20),
            body_time: Duration::from_secs(10),
            header: Duration::from_secs(15),
            connections: 16_384,
            requests_per_second: 5_000,
            burst: 5_000,
            in_flight: 1_024,
        }
    }
}

impl Config {
    /// Reads the file, where there is one, and checks it together with the flags and the environment.
    ///
    /// `variable` gives an environment variable: `|name| std::env::var_os(name)`.
    ///
    /// # Errors
    /// [`ConfigErrors`]: everything that is wrong, or the first place where the text is no TOML of ours.
    pub fn load(
        file: Option<&Path>,
        flags: Flags,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, ConfigErrors> {
        let Some(path) = file else { return Self::parse(None, "", flags, variable) };
        let text = fs::read_to_string(path).map_err(|error| {
            let why = match error.kind() {
                io::ErrorKind::InvalidData => String::from("it is not UTF-8 text; save it as such"),
                _ => format!("{error}; name another file, or let this user read it"),
            };
            ConfigErrors(vec![ConfigError::Unreadable { path: path.to_owned(), why }])
        })?;
        Self::parse(Some(path), &text, flags, variable)
    }

    /// As [`load`](Self::load), of a file whose text is there already. Without a name, the text must be empty.
    ///
    /// # Errors
    /// As those of [`load`](Self::load).
    pub fn parse(
        name: Option<&Path>,
        text: &str,
        flags: Flags,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, ConfigErrors> {
        let place = |offset| match name {
            Some(name) => Place::file(name, text, offset),
            None => Place::CommandLine,
        };
        let file = toml::from_str(text).map_err(|error| {
            let why = error.message().trim_end().replace('\n', "; ");
            let place = place(error.span().map_or(0, |span| span.start));
            ConfigErrors(vec![ConfigError::Syntax { place, why }])
        })?;
        check::check(&file, flags, &Environment(&variable), &place)
    }
}
