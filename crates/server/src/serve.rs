//! `tillseal serve`: the router on a socket, the log on standard error, an orderly end.

use crate::{Failure, print};
use clap::Args;
use std::{
    env,
    io::{self, IsTerminal as _},
    net::SocketAddr,
    panic,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tillseal_server::{
    Custody, Keyring, KeyringError,
    audit::{Log, LogKey, Tokens},
    config::{Config, Flags, KeysConfig, LogConfig, LogFormat, parse_origin},
    ensure_signing_keys, follow, forget_expired,
    http::{self, Keys, Rules, Service},
    limits::bounded,
    listener::{self, Closer, End},
    metrics::{Metrics, metered},
    pipeline::Office,
    ready::{Check, Ready},
    record_keys,
    store::{self, Store},
    tls,
    tokens::Gate,
    unix_now,
};
use tokio::{
    runtime::Runtime,
    sync::{oneshot, watch},
    task::JoinHandle,
    time,
};

#[derive(Args)]
pub(crate) struct Serve {
    /// The configuration, a TOML file; `tillseal config example` prints one
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The keyring: a directory of private JWK files; changes take effect within a second
    #[arg(long, value_name = "DIR")]
    keys: Option<PathBuf>,
    /// Where to listen; port 0 takes a free one [default: 127.0.0.1:8787]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// An origin that requests may name, once for each; without it, any
    #[arg(long = "origin", value_name = "ORIGIN", value_parser = parse_origin)]
    origins: Vec<String>,
    /// How old a payload may be [default: 600]
    #[arg(long, value_name = "SECONDS")]
    max_age: Option<u64>,
    /// How far ahead of this server's clock the shopper's may be [default: 120]
    #[arg(long, value_name = "SECONDS")]
    leeway: Option<u64>,
}

pub(crate) fn serve(command: &Serve) -> Result<(), Failure> {
    let config = Config::load(command.config.as_deref(), command.flags(), |name| env::var_os(name))?;
    log_to_stderr(config.log);
    let custody = Arc::new(custody(&config.keys)?);
    let keyring = Keyring::load_with(&config.keys.directory, &custody)?;
    if keyring.jwks(unix_now()).to_seal().next().is_none() {
        tracing::warn!("no active key: pages cannot seal until you run `tillseal keys new`");
    }
    Runtime::new().map_err(Failure::Serve)?.block_on(run(config, custody, keyring))?;
    tracing::info!("stopped");
    Ok(())
}

/// What opens the private keys, as far as the configuration and the environment say.
fn custody(keys: &KeysConfig) -> Result<Custody, KeyringError> {
    let passphrase = keys.passphrase.as_ref().map(|passphrase| passphrase.as_str());
    let custody = Custody::default().with_sealing(keys.key_file.as_deref(), passphrase)?;
    match &keys.pkcs11 {
        Some(token) => {
            custody.with_pkcs11(&token.module, &token.token, token.pin.as_ref().map_or("", |pin| pin))
        }
        None => Ok(custody),
    }
}

/// The keyring, with the keys that sign: they are made where they are missing, but for the key of a log that is there already.
async fn with_signing_keys(
    keyring: Keyring,
    directory: &Path,
    custody: &Custody,
    store: &dyn Store,
) -> Result<Keyring, Failure> {
    let now = unix_now();
    if keyring.signer(now).is_some() && keyring.log_seed().is_some() {
        return Ok(keyring);
    }
    if keyring.log_seed().is_none() && store.checkpoint().await?.is_some() {
        return Err(Failure::LogKey);
    }
    tracing::info!(
        "making the keys that sign sessions, receipts and the audit log; all nodes need the same"
    );
    ensure_signing_keys(directory, custody, now)?;
    Ok(Keyring::load_with(directory, custody)?)
}

impl Serve {
    fn flags(&self) -> Flags {
        Flags {
            keys: self.keys.clone(),
            listen: self.listen,
            origins: self.origins.clone(),
            max_age: self.max_age,
            leeway: self.leeway,
        }
    }
}

async fn run(config: Config, custody: Arc<Custody>, keyring: Keyring) -> Result<(), Failure> {
    let unusable = |source| Failure::Listen { address: config.listen, source };
    let listener = listener::bind(config.listen).map_err(unusable)?;
    let address = listener.local_addr().map_err(unusable)?;

    let metrics = Metrics::new();
    let store = metered(store::connect(&config.store).await?, metrics.clone());
    let directory = config.keys.directory.clone();
    let keyring = with_signing_keys(keyring, &directory, &custody, &*store).await?;
    let seed = keyring.log_seed().ok_or(Failure::LogKey)?;
    let key = LogKey::from_seed(&config.audit_origin, seed.seed()).map_err(|_| Failure::LogKey)?;
    let tokens = Tokens::new(seed.seed());
    let log = Arc::new(Log::new(Arc::clone(&store), key));
    // Before anything is recorded: another log's key must not go on with this one.
    log.publish().await?;
    let (sender, keys) = watch::channel(Arc::new(keyring));
    let certificate = match config.tls.clone() {
        Some(files) => {
            let (certificate, following) = tls::follow_certificate(files)?;
            tokio::spawn(following);
            Some(certificate)
        }
        None => None,
    };
    tokio::spawn(async move { follow(&directory, custody, sender).await });
    tokio::spawn(count_keys(keys.clone(), metrics.clone()));
    tokio::spawn(record_keys(keys.clone(), Arc::clone(&store), Arc::clone(&log), unix_now));
    tokio::spawn(forget_expired(Arc::clone(&store), unix_now));
    let (stop_signing, signing) = signed(Arc::clone(&log));

    let gate = Gate::new(&config.tokens, &config.limits);
    let ready =
        Ready::new(vec![answers(Arc::clone(&store)), has_active_key(keys.clone()), can_sign(keys.clone())]);
    let rules = Rules {
        origins: config.origins.clone(),
        max_age: config.max_age,
        leeway: config.leeway,
        requires_session: config.sessions.required,
        lifetime: config.sessions.lifetime,
        clock: unix_now,
    };
    let office = Office { issuer: config.issuer.unwrap_or_default(), log, tokens };
    let service = Service { keys, rules, store: Arc::clone(&store), office, metrics: metrics.clone() };
    let all = http::router(&Arc::new(service), &gate).merge(ready.routes()).merge(metrics.routes(&gate));
    let router = metrics.observe(bounded(all, &config.limits));

    // Before anybody is told that the server runs: a signal that comes sooner would end it without order.
    let stop_signal = listener::stop_signal().map_err(Failure::Serve)?;
    let stop = async {
        stop_signal.await;
        ready.stop();
        tracing::info!("stopping: requests that are being answered are finished");
    };
    let scheme = if certificate.is_some() { "https" } else { "http" };
    print(format!("Tillseal listens on {scheme}://{address}\n{ROUTES}").as_bytes())?;
    match listener::serve(listener, certificate, router, &config.limits, &metrics, stop).await {
        End::Complete => {}
        End::Cut => tracing::warn!("stopped before every request was answered"),
    }
    let last_checkpoint = async move {
        drop(stop_signing);
        signing.await.is_ok()
    };
    let closed_store = async move { store.close().await.is_ok() };
    listener::close(vec![
        Closer::new("requests", gate.finished()),
        Closer::new("the last checkpoint", last_checkpoint),
        Closer::new("the store", closed_store),
    ])
    .await;
    Ok(())
}

/// What there is, for a person at a terminal.
const ROUTES: &str = "  GET  /.well-known/tillseal.jwks   the public keys, for pages
  POST /v1/sessions                 a signed session for a checkout page
  POST /v1/open                     open, judge and record a payload
  GET  /readyz, /healthz, /metrics
";

/// Signs checkpoints in the background until the sender is dropped, and one last then.
fn signed(log: Arc<Log>) -> (oneshot::Sender<()>, JoinHandle<()>) {
    let (stop, stopped) = oneshot::channel();
    let stopped = async move {
        // Nothing is sent.
        let _ = stopped.await;
    };
    (stop, tokio::spawn(async move { log.follow(stopped).await }))
}

fn answers(store: Arc<dyn Store>) -> Check {
    Check::new("store", move || {
        let store = Arc::clone(&store);
        async move { store.ping().await.is_ok() }
    })
}

fn can_sign(keys: Keys) -> Check {
    Check::new("signing-key", move || {
        let is_there = keys.borrow().signer(unix_now()).is_some();
        async move { is_there }
    })
}

fn has_active_key(keys: Keys) -> Check {
    Check::new("active-key", move || {
        let is_there = keys.borrow().jwks(unix_now()).to_seal().next().is_some();
        async move { is_there }
    })
}

/// Tells the metrics how many keys are in each state, now and every few seconds: keys also retire as time goes by.
async fn count_keys(keys: Keys, metrics: Metrics) {
    let mut ticks = time::interval(Duration::from_secs(5));
    while keys.has_changed().is_ok() {
        ticks.tick().await;
        let (keyring, now) = (Arc::clone(&keys.borrow()), unix_now());
        for state in ["active", "waiting", "retiring", "decrypt-only", "retired", "revoked"] {
            metrics.keys(state, keyring.states(now).filter(|(_, other)| *other == state).count());
        }
    }
}

fn log_to_stderr(log: LogConfig) {
    let is_text = match log.format {
        LogFormat::Auto => io::stderr().is_terminal(),
        LogFormat::Text => true,
        LogFormat::Json => false,
    };
    let lines = tracing_subscriber::fmt().with_max_level(log.level).with_writer(io::stderr);
    if is_text {
        lines.with_ansi(io::stderr().is_terminal()).init();
    } else {
        lines.with_ansi(false).json().flatten_event(true).with_span_list(false).init();
    }
    // The usual message quotes what the code was at work on, which may be a card.
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, "a fault in the program: please report the place");
    }));
}
