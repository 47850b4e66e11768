//! From the file as it is written to a [`Config`] that holds, or to everything that is wrong with it.

use super::{
    Config, ConfigError, ConfigErrors, Flags, KeysConfig, Limits, LogConfig, LogFormat, Pkcs11Config,
    Place, SessionsConfig, TlsFiles,
    file::{self, File},
    secrets::{Environment, KEYS_PASSPHRASE, PKCS11_PIN, STORE_URL},
    url::{has_password, host, is_store, parse_origin},
};
use crate::{
    DEFAULT_LEEWAY, DEFAULT_LIFETIME, DEFAULT_MAX_AGE,
    http::MAX_REQUEST,
    tls,
    tokens::{Scope, Token},
};
use std::{
    fs, io,
    net::{Ipv4Addr, SocketAddr},
    ops::{Range, RangeInclusive},
    path::PathBuf,
    time::Duration,
};
use toml::Spanned;
use tracing::level_filters::LevelFilter;
use zeroize::Zeroizing;

const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8787);
const DEFAULT_STORE: &str = "sqlite:tillseal.db";
/// A day: what is longer than that is a slip.
const SECONDS: RangeInclusive<u64> = 1..=86_400;

pub(super) fn check(
    file: &File,
    flags: Flags,
    environment: &Environment<'_>,
    place: &dyn Fn(usize) -> Place,
) -> Result<Config, ConfigErrors> {
    let mut check = Check { place, errors: Vec::new() };
    let listen = check.listen(file.listen.as_ref(), flags.listen, file.tokens.is_empty());
    let tls = file.tls.as_ref().and_then(|tls| check.tls(tls));
    let keys = check.keys(&file.keys, flags.keys, environment);
    let store = check.store(file.store.url.as_ref(), environment);
    let in_file: Vec<String> =
        file.origins.iter().filter_map(|origin| check.origin(origin, "an origin")).collect();
    let origins = if flags.origins.is_empty() { in_file } else { flags.origins };
    let issuer = file.issuer.as_ref().and_then(|issuer| check.origin(issuer, "the issuer"));
    let audit_origin = file.audit.origin.as_ref().and_then(|line| check.audit_origin(line));
    let first_host = origins.first().and_then(|origin| host(origin));
    let config = Config {
        listen,
        tls,
        keys,
        store,
        issuer: issuer.or_else(|| origins.first().cloned()),
        max_age: flags
            .max_age
            .unwrap_or_else(|| check.number(file.max_age.as_ref(), DEFAULT_MAX_AGE, SECONDS)),
        leeway: flags
            .leeway
            .unwrap_or_else(|| check.number(file.leeway.as_ref(), DEFAULT_LEEWAY, 0..=86_400)),
        sessions: SessionsConfig {
            lifetime: check.number(file.sessions.lifetime.as_ref(), DEFAULT_LIFETIME, SECONDS),
            required: file.sessions.required,
        },
        audit_origin: audit_origin.unwrap_or_else(|| {
            first_host.map_or_else(|| String::from("tillseal"), |host| format!("{host}/tillseal"))
        }),
        limits: check.limits(&file.limits),
        tokens: check.tokens(&file.tokens),
        log: check.log(&file.log),
        origins,
    };
    if check.errors.is_empty() { Ok(config) } else { Err(check.in_order()) }
}

/// Collects what is wrong; what stands in place of a wrong value is never used.
struct Check<'a> {
    place: &'a dyn Fn(usize) -> Place,
    /// With the byte at which each is.
    errors: Vec<(usize, ConfigError)>,
}

impl Check<'_> {
    fn wrong(&mut self, span: &Range<usize>, why: impl Into<String>) {
        let error = ConfigError::Value { place: (self.place)(span.start), why: why.into() };
        self.errors.push((span.start, error));
    }

    fn wrong_flag(&mut self, why: &str) {
        let error = ConfigError::Value { place: Place::CommandLine, why: why.to_owned() };
        self.errors.push((0, error));
    }

    fn in_order(mut self) -> ConfigErrors {
        self.errors.sort_by_key(|(offset, _)| *offset);
        ConfigErrors(self.errors.into_iter().map(|(_, error)| error).collect())
    }

    fn number(&mut self, value: Option<&Spanned<u64>>, default: u64, range: RangeInclusive<u64>) -> u64 {
        let Some(value) = value else { return default };
        let number = *value.get_ref();
        if !range.contains(&number) {
            let (least, most) = (range.start(), range.end());
            self.wrong(&value.span(), format!("{number} is not between {least} and {most}"));
        }
        number
    }

    fn listen(
        &mut self,
        in_file: Option<&Spanned<String>>,
        flag: Option<SocketAddr>,
        is_open: bool,
    ) -> SocketAddr {
        const OPEN: &str = "whoever reaches this address could open payloads: add [[tokens]] \
            (`tillseal tokens new` makes one), or listen on 127.0.0.1";
        let parsed = in_file.map(|text| (text, text.get_ref().parse::<SocketAddr>()));
        if let Some((text, Err(_))) = &parsed {
            let why = "an address is written 127.0.0.1:8787 or [::1]:8787, with a port and without a name";
            self.wrong(&text.span(), why);
        }
        let from_file = parsed.and_then(|(text, address)| Some((text, address.ok()?)));
        let is_closed = |address: SocketAddr| !is_open || address.ip().is_loopback();
        match (flag, from_file) {
            (Some(address), _) => {
                if !is_closed(address) {
                    self.wrong_flag(&format!("--listen {address}: {OPEN}"));
                }
                address
            }
            (None, Some((text, address))) => {
                if !is_closed(address) {
                    self.wrong(&text.span(), OPEN);
                }
                address
            }
            (None, None) => DEFAULT_LISTEN,
        }
    }

    fn tls(&mut self, tls: &Spanned<file::Tls>) -> Option<TlsFiles> {
        let (Some(certificate), Some(key)) = (&tls.get_ref().certificate, &tls.get_ref().key) else {
            self.wrong(&tls.span(), "[tls] needs both certificate and key, or neither and no [tls]");
            return None;
        };
        let files = TlsFiles { certificate: certificate.get_ref().clone(), key: key.get_ref().clone() };
        if let Err(error) = tls::load(&files) {
            let span = if error.is_of_key() { key.span() } else { certificate.span() };
            self.wrong(&span, error.to_string());
        }
        Some(files)
    }

    fn keys(
        &mut self,
        keys: &file::Keys,
        flag: Option<PathBuf>,
        environment: &Environment<'_>,
    ) -> KeysConfig {
        let directory = flag.or_else(|| {
            let directory = keys.directory.as_ref()?;
            self.readable(directory, |path| fs::read_dir(path).map(drop));
            Some(directory.get_ref().clone())
        });
        if directory.is_none() {
            self.wrong_flag("no keyring: start with --keys DIR, or with a file that has [keys] directory");
        }
        if let Some(key_file) = &keys.key_file {
            self.readable(key_file, |path| fs::File::open(path).map(drop));
        }
        let passphrase = self.secret(environment, KEYS_PASSPHRASE);
        if let (Some(key_file), Some(_)) = (&keys.key_file, &passphrase) {
            self.wrong(&key_file.span(), format!("{KEYS_PASSPHRASE} is set as well; give one of the two"));
        }
        KeysConfig {
            directory: directory.unwrap_or_default(),
            key_file: keys.key_file.as_ref().map(|path| path.get_ref().clone()),
            passphrase,
            pkcs11: keys.pkcs11.as_ref().and_then(|pkcs11| self.pkcs11(pkcs11, environment)),
        }
    }

    fn pkcs11(
        &mut self,
        pkcs11: &Spanned<file::Pkcs11>,
        environment: &Environment<'_>,
    ) -> Option<Pkcs11Config> {
        let (Some(module), Some(token)) = (&pkcs11.get_ref().module, &pkcs11.get_ref().token) else {
            self.wrong(
                &pkcs11.span(),
                "[keys.pkcs11] needs both module and token, or neither and no [keys.pkcs11]",
            );
            return None;
        };
        self.readable(module, |path| fs::File::open(path).map(drop));
        let pin = self.secret(environment, PKCS11_PIN);
        Some(Pkcs11Config { module: module.get_ref().clone(), token: token.get_ref().clone(), pin })
    }

    fn readable(&mut self, path: &Spanned<PathBuf>, read: impl Fn(&PathBuf) -> io::Result<()>) {
        if let Err(error) = read(path.get_ref()) {
            let why = format!(
                "{}: {error}; correct the path, or let this user read it",
                path.get_ref().display()
            );
            self.wrong(&path.span(), why);
        }
    }

    fn secret(&mut self, environment: &Environment<'_>, name: &str) -> Option<Zeroizing<String>> {
        environment.secret(name).unwrap_or_else(|error| {
            self.errors.push((0, error));
            None
        })
    }

    fn store(
        &mut self,
        in_file: Option<&Spanned<String>>,
        environment: &Environment<'_>,
    ) -> Zeroizing<String> {
        if let Some(url) = in_file {
            if !is_store(url.get_ref()) {
                self.wrong(&url.span(), "a store is sqlite:PATH or postgres://USER@HOST/DATABASE");
            } else if has_password(url.get_ref()) {
                let why =
                    format!("a password does not belong in this file: give the whole url by {STORE_URL}");
                self.wrong(&url.span(), why);
            }
        }
        if let Some(url) = self.secret(environment, STORE_URL) {
            if !is_store(&url) {
                let why = String::from("a store is sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE");
                self.errors.push((0, ConfigError::Secret { variable: STORE_URL.to_owned(), why }));
            }
            return url;
        }
        Zeroizing::new(in_file.map_or(DEFAULT_STORE, |url| url.get_ref()).to_owned())
    }

    fn origin(&mut self, origin: &Spanned<String>, what: &str) -> Option<String> {
        match parse_origin(origin.get_ref()) {
            Ok(origin) => Some(origin),
            Err(why) => {
                self.wrong(&origin.span(), format!("{what}: {why}"));
                None
            }
        }
    }

    /// C2SP tlog-checkpoint: the first line of the note, a schema-less URL, and as `signed_note` demands of a key name.
    fn audit_origin(&mut self, line: &Spanned<String>) -> Option<String> {
        let text = line.get_ref();
        if text.is_empty()
            || text.contains(|each: char| each == '+' || each.is_whitespace() || each.is_control())
        {
            self.wrong(
                &line.span(),
                "a log's origin is like shop.example/tillseal: no blank and no plus sign",
            );
            return None;
        }
        Some(text.clone())
    }

    fn limits(&mut self, limits: &file::Limits) -> Limits {
        let default = Limits::default();
        let mut seconds = |value: &Option<Spanned<u64>>, default: Duration| {
            Duration::from_secs(self.number(value.as_ref(), default.as_secs(), 1..=3600))
        };
        let request = seconds(&limits.request_seconds, default.request);
        let body_time = seconds(&limits.body_seconds, default.body_time);
        let header = seconds(&limits.header_seconds, default.header);
        let mut count =
            |value: &Option<Spanned<u64>>, default: u64, range| self.number(value.as_ref(), default, range);
        // Out of range is reported already, and then the value is of no account.
        let size = |value| usize::try_from(value).unwrap_or(usize::MAX);
        let rate = |value| u32::try_from(value).unwrap_or(u32::MAX);
        let default_rate = u64::from(default.requests_per_second);
        let requests_per_second = count(&limits.requests_per_second, default_rate, 0..=1_000_000);
        Limits {
            body: size(count(&limits.body, default.body as u64, 4096..=MAX_REQUEST as u64)),
            request,
            body_time,
            header,
            connections: size(count(&limits.connections, default.connections as u64, 1..=1_000_000)),
            requests_per_second: rate(requests_per_second),
            // One second's worth, unless the file says so.
            burst: rate(count(&limits.burst, requests_per_second.max(1), 1..=1_000_000)),
            in_flight: size(count(&limits.in_flight, default.in_flight as u64, 1..=1_000_000)),
        }
    }

    fn tokens(&mut self, in_file: &[Spanned<file::Token>]) -> Vec<Token> {
        let mut tokens: Vec<Token> = Vec::new();
        for token in in_file.iter().map(Spanned::get_ref) {
            let mut scopes = Vec::new();
            for scope in token.scopes.get_ref() {
                match Scope::named(scope.get_ref()) {
                    Some(known) => scopes.push(known),
                    None => self.wrong(&scope.span(), "no such scope: there are open, sessions and admin"),
                }
            }
            if token.scopes.get_ref().is_empty() {
                self.wrong(
                    &token.scopes.span(),
                    "a token without a scope may do nothing: name open, sessions or admin",
                );
            }
            let parsed = match Token::new(token.name.get_ref(), scopes, token.sha256.get_ref()) {
                Ok(parsed) => parsed,
                Err(error) => {
                    let span = if error.is_of_name() { token.name.span() } else { token.sha256.span() };
                    self.wrong(&span, error.to_string());
                    continue;
                }
            };
            if tokens.iter().any(|before| before.name() == parsed.name()) {
                self.wrong(
                    &token.name.span(),
                    "another token has this name already; the log could not tell them apart",
                );
            }
            if tokens.iter().any(|before| before.is_same_secret(&parsed)) {
                self.wrong(
                    &token.sha256.span(),
                    "another token has this sha256 already; make one for each caller",
                );
            }
            tokens.push(parsed);
        }
        tokens
    }

    fn log(&mut self, log: &file::Log) -> LogConfig {
        let format = match log.format.as_ref().map(|text| (text, text.get_ref().as_str())) {
            None | Some((_, "auto")) => LogFormat::Auto,
            Some((_, "json")) => LogFormat::Json,
            Some((_, "text")) => LogFormat::Text,
            Some((text, _)) => {
                self.wrong(&text.span(), "the log's format is auto, json or text");
                LogFormat::Auto
            }
        };
        let level = match log.level.as_ref().map(|text| (text, text.get_ref().as_str())) {
            Some((_, "error")) => LevelFilter::ERROR,
            Some((_, "warn")) => LevelFilter::WARN,
            None | Some((_, "info")) => LevelFilter::INFO,
            Some((_, "debug")) => LevelFilter::DEBUG,
            Some((text, _)) => {
                self.wrong(&text.span(), "the log's level is error, warn, info or debug");
                LevelFilter::INFO
            }
        };
        LogConfig { format, level }
    }
}
