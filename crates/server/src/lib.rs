//! Opens what a checkout sealed: the library behind the `tillseal` program, for Rust servers to embed.
//!
//! A payment travels as `sealed` text → [`open`] with a [`Keyring`] and what the server [`Expect`]s →
//! [`Claims`](tillseal_protocol::Claims).
//!
//! ```no_run
//! use std::path::Path;
//! use tillseal_server::{Expect, Keyring, open, unix_now};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let sealed = "";
//! let keyring = Keyring::load(Path::new("/etc/shop/keys"))?;
//! let claims = open(&keyring, sealed, &Expect::new("https://shop.example", unix_now()))?;
//! let pan = claims.fields.get("cc-number");
//! # Ok(())
//! # }
//! ```

mod agreement;
mod browser_data;
mod clock;
pub mod http;
mod keyring;
mod open;
mod private_jwk;
mod problem;
mod reload;
pub mod risk;
mod seal;

pub use browser_data::{BrowserData, CompleteBrowserData};
pub use clock::unix_now;
pub use keyring::{Key, KeyState, Keyring, KeyringError, create_key, set_state};
pub use open::{DEFAULT_LEEWAY, DEFAULT_MAX_AGE, Expect, OpenError, decrypt, open};
pub use reload::follow;
pub use seal::{SealError, seal};
