//! Tokens as an attacker makes them: any header, any claims, any key.

use crate::support::TestResult;
use aws_lc_rs::{
    hmac,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde_json::Value;

/// What stands before the signature.
pub(crate) fn unsigned(header: &Value, claims: &Value) -> String {
    let encode = |value: &Value| Base64UrlUnpadded::encode_string(value.to_string().as_bytes());
    format!("{}.{}", encode(header), encode(claims))
}

/// Signed by a key that nobody knows.
pub(crate) fn signed_by_a_stranger(header: &Value, claims: &Value) -> TestResult<String> {
    let unsigned = unsigned(header, claims);
    let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?;
    let signature = key.sign(&SystemRandom::new(), unsigned.as_bytes())?;
    Ok(format!("{unsigned}.{}", Base64UrlUnpadded::encode_string(signature.as_ref())))
}

/// With a MAC in the place of the signature, by a "secret" that everybody can read.
pub(crate) fn with_mac(header: &Value, claims: &Value, secret: &[u8]) -> String {
    let unsigned = unsigned(header, claims);
    let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), unsigned.as_bytes());
    format!("{unsigned}.{}", Base64UrlUnpadded::encode_string(mac.as_ref()))
}

/// Header and claims of a token, unverified.
pub(crate) fn read(token: &str) -> TestResult<(Value, Value)> {
    let mut parts = token.split('.');
    let mut next = || -> TestResult<Value> {
        let part = Base64UrlUnpadded::decode_vec(parts.next().ok_or("a part is missing")?)?;
        Ok(serde_json::from_slice(&part)?)
    };
    Ok((next()?, next()?))
}
