//! Opens what a checkout sealed, takes it once, judges it and records that for good: the library behind the `tillseal` program,
//! for Rust servers to embed.
//!
//! A payment travels as `sealed` text → [`open`] with a [`Keyring`] and what the server [`Expect`]s → [`Opened`] →
//! [`claim`](Opened::claim) → [`assess`](pipeline::Fresh::assess) → [`record`](pipeline::Assessed::record) → [`Verdict`].
//!
//! ```no_run
//! use std::{future::pending, path::Path, sync::Arc};
//! use tillseal_server::{
//!     Custody, Expect, Keyring,
//!     audit::{Log, LogKey, Tokens},
//!     ensure_signing_keys, forget_expired, open,
//!     pipeline::Office,
//!     store, unix_now,
//! };
//!
//! # async fn pay(sealed: &str) -> Result<(), Box<dyn std::error::Error>> {
//! // At the start: keys, a store, and the audit log on it.
//! let keys = Path::new("/var/lib/shop/keys");
//! ensure_signing_keys(keys, &Custody::default(), unix_now())?;
//! let keyring = Keyring::load(keys)?;
//! let store = store::connect("sqlite:/var/lib/shop/tillseal.db").await?;
//! let seed = keyring.log_seed().ok_or("no key for the audit log")?;
//! let key = LogKey::from_seed("shop.example/tillseal", seed.seed())?;
//! let log = Arc::new(Log::new(Arc::clone(&store), key));
//! let office = Office {
//!     issuer: String::from("https://shop.example"),
//!     log: Arc::clone(&log),
//!     tokens: Tokens::new(seed.seed()),
//! };
//! tokio::spawn(async move { log.follow(pending()).await });
//! tokio::spawn(forget_expired(Arc::clone(&store), unix_now));
//!
//! // For each payment. Whatever fails ends it: there is no verdict that was not recorded.
//! let opened = open(&keyring, sealed, &Expect::new("https://shop.example", unix_now()))?;
//! let fresh = opened.claim(&*store).await?;
//! let verdict = fresh.assess().record(&keyring, &office).await?;
//! let pan = verdict.claims().fields.get("cc-number");
//! # Ok(())
//! # }
//! ```
//!
//! [`issue`] makes a session for the page before; [`http::router`] offers all of it over HTTP, and [`http::key_set`] the keys alone.

mod admin;
mod agreement;
pub mod audit;
mod browser_data;
mod clock;
pub mod config;
mod custody;
mod forgetting;
pub mod http;
mod jws;
mod key_changes;
mod key_info;
mod key_log;
mod keyring;
mod keyring_error;
pub mod limits;
pub mod listener;
pub mod metrics;
mod open;
pub mod pipeline;
mod polite;
mod private_jwk;
mod problem;
pub mod ready;
mod refusal;
mod reload;
pub mod risk;
mod seal;
mod session;
mod signing;
pub mod store;
pub mod tls;
pub mod tokens;

pub use browser_data::{BrowserData, CompleteBrowserData};
pub use clock::unix_now;
pub use custody::Custody;
pub use forgetting::forget_expired;
pub use key_changes::{
    DEFAULT_GRACE, Rotation, create_key, create_key_with, ensure_signing_keys, rotate_key, seal_keys,
    set_state, unseal_keys,
};
pub use key_info::{KeyAlg, KeyInfo, KeyState, Place, Standing};
pub use key_log::record_keys;
pub use keyring::{Key, Keyring, PublishedKey, PublishedKeys, list_keys, published};
pub use keyring_error::KeyringError;
pub use open::{DEFAULT_LEEWAY, DEFAULT_MAX_AGE, Expect, OpenError, Opened, decrypt, open};
pub use pipeline::{Refusal, Verdict};
pub use reload::follow;
pub use seal::{SealError, seal, seal_in_session};
pub use session::{
    DEFAULT_LIFETIME, IssueError, Issued, MAX_LIFETIME, SessionError, SessionRequest, issue,
};
pub use signing::{LogSeed, SigningKey, VerifyingKey};
