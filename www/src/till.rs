//! The till: the whole route of a payment by the server library, with keys and a store that live as long as the shop.
//!
//! All that the shop asks of the library's audit is here: the office in whose name verdicts are recorded.

use axum::Router;
use std::{error::Error, future::pending, sync::Arc};
use tempfile::TempDir;
use tillseal_protocol::{Algorithm, Order, Policy};
use tillseal_server::{
    Custody, DEFAULT_LIFETIME, Expect, IssueError, Keyring, OpenError, Opened, Refusal, SessionRequest,
    Verdict,
    audit::{Log, LogKey, Tokens},
    create_key, ensure_signing_keys,
    http::key_set,
    issue, open,
    pipeline::Office,
    store::{self, Store},
    unix_now,
};
use tokio::sync::watch;

/// How long a checkout page holds its order, in minutes.
pub(crate) const MINUTES: u64 = DEFAULT_LIFETIME / 60;

/// What opens, judges and records.
pub(crate) struct Till {
    keyring: Arc<Keyring>,
    store: Arc<dyn Store>,
    office: Office,
    /// Where the store is; gone with the till.
    _directory: TempDir,
}

impl Till {
    /// A till with new keys and an empty store. `issuer` is the shop's first origin.
    pub(crate) async fn new(algorithm: Algorithm, issuer: &str) -> Result<Self, Box<dyn Error>> {
        let keyring = fresh_keyring(algorithm)?;
        let directory = tempfile::tempdir()?;
        let store =
            store::connect(&format!("sqlite:{}", directory.path().join("store.db").display())).await?;
        let seed = keyring.log_seed().ok_or("the keyring has no key for the audit log")?;
        let host = issuer.split_once("://").map_or(issuer, |(_, host)| host);
        let key = LogKey::from_seed(&format!("{host}/tillseal"), seed.seed())?;
        let log = Arc::new(Log::new(Arc::clone(&store), key));
        let office =
            Office { issuer: issuer.into(), log: Arc::clone(&log), tokens: Tokens::new(seed.seed()) };
        // Signs checkpoints for as long as the shop is open.
        tokio::spawn(async move { log.follow(pending()).await });
        Ok(Self { keyring: Arc::new(keyring), store, office, _directory: directory })
    }

    /// The session of one view of the checkout: what is paid for, on the page of which origin.
    pub(crate) fn session(&self, origin: &str, order: Order) -> Result<String, IssueError> {
        let request = SessionRequest {
            origin: origin.to_owned(),
            order,
            recipients: Vec::new(),
            // The tier stays the page's: there it can be chosen, and watched.
            policy: Policy { signals: None, three_ds: Some(true) },
            lifetime: Some(DEFAULT_LIFETIME),
        };
        issue(&self.keyring, &self.office.issuer, request, unix_now()).map(|issued| issued.token)
    }

    /// Opens a payment for that order, which must come under a session.
    pub(crate) fn open(&self, origin: &str, order: &Order, sealed: &str) -> Result<Opened, OpenError> {
        let expect =
            Expect { order: Some(order), requires_session: true, ..Expect::new(origin, unix_now()) };
        open(&self.keyring, sealed, &expect)
    }

    /// Opens what is only to be looked at, with or without a session.
    pub(crate) fn look(&self, origin: &str, sealed: &str) -> Result<Opened, OpenError> {
        open(&self.keyring, sealed, &Expect::new(origin, unix_now()))
    }

    /// Takes a payment: once, judged, and recorded for good.
    pub(crate) async fn take(&self, opened: Opened) -> Result<Verdict, Refusal> {
        let fresh = opened.claim(&*self.store).await?;
        fresh.assess().record(&self.keyring, &self.office).await
    }

    /// `GET /.well-known/tillseal.jwks`
    pub(crate) fn key_set(&self) -> Router {
        let (_, keys) = watch::channel(Arc::clone(&self.keyring));
        key_set(keys)
    }

    /// Finishes what is under way; to be called last.
    pub(crate) async fn close(&self) -> Result<(), Box<dyn Error>> {
        Ok(self.store.close().await?)
    }
}

/// A keyring that lives as long as the shop: its directory is gone as soon as it is read.
fn fresh_keyring(algorithm: Algorithm) -> Result<Keyring, Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    create_key(directory.path(), algorithm, unix_now())?;
    ensure_signing_keys(directory.path(), &Custody::default(), unix_now())?;
    Ok(Keyring::load(directory.path())?)
}
