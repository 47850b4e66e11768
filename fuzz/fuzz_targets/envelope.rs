//! Any text as a sealed payload: an envelope or a coded error.
//!
//! The bytes are tried as they are and, so that the header's JSON is reached without guessing base64url, as
//! the header of an envelope.

#![no_main]

use base64ct::{Base64UrlUnpadded, Encoding as _};
use libfuzzer_sys::fuzz_target;
use tillseal_protocol::{Envelope, EnvelopeError, MAX_SEALED};

/// The other four segments of each algorithm, of the right lengths.
const ECDH_ES: &str = "..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA";

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = core::str::from_utf8(bytes) {
        check(text);
    }
    let header = Base64UrlUnpadded::encode_string(bytes);
    check(&format!("{header}{ECDH_ES}"));
    let mut point = [0; 65];
    point[0] = 4;
    check(&format!("{header}.{}..AAAAAAAAAAAAAAAAAAAAAA.", Base64UrlUnpadded::encode_string(&point)));
});

fn check(text: &str) {
    match Envelope::parse(text) {
        Ok(_) => assert!(text.len() <= MAX_SEALED && text.split('.').count() == 5),
        Err(EnvelopeError::TooLong) => assert!(text.len() > MAX_SEALED),
        Err(error) => assert!(error.code().starts_with("sealed-")),
    }
}
