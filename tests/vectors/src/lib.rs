//! The standards' test vectors against `tillseal-protocol`, what must be accepted and what must be refused.
//!
//! The crate builds for wasm32 too and then exports `run`, so that the very same vectors run inside wasm
//! built with the profile that ships: `cargo build -p tillseal-vectors --profile wasm --target
//! wasm32-unknown-unknown`, and wasm-bindgen's glue around it.

mod jose;
mod report;
mod rfc9180;
mod wycheproof_suites;

pub use report::{Report, Skipped, Suite};
pub use wycheproof_suites::ecdh_ecpoint;

use tillseal_protocol::PrivateKey;

/// Runs every suite.
#[must_use]
pub fn run() -> Report {
    Report {
        suites: vec![
            rfc9180::base_mode(),
            jose::concat_kdf(),
            jose::hpke_7(),
            ecdh_ecpoint(PrivateKey::from_scalar),
            wycheproof_suites::ecdh_spki(),
            wycheproof_suites::aes_gcm(),
            wycheproof_suites::hmac(),
            wycheproof_suites::hkdf(),
            wycheproof_suites::hpke_schedule(),
        ],
    }
}

/// What JavaScript can call.
#[cfg(target_arch = "wasm32")]
pub mod wasm {
    use wasm_bindgen::prelude::wasm_bindgen;

    /// The `ecdh_secp256r1_ecpoint` vectors themselves as JSON, for a test of the module that ships.
    #[wasm_bindgen(js_name = ecdhPoints)]
    #[must_use]
    pub fn ecdh_points() -> String {
        crate::wycheproof_suites::ecdh_points()
    }

    /// [`run`](crate::run) for JavaScript: the report as JSON.
    #[wasm_bindgen(js_name = run)]
    #[must_use]
    pub fn run() -> String {
        crate::run().to_json()
    }
}
