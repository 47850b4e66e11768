//! Compact JWS (RFC 7515) with ES256, for the two things that the server signs: sessions and receipts.

use crate::{Keyring, SigningKey};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tillseal_protocol::RandomError;

/// The one algorithm; what a token says of its own is compared with it, never followed.
const ALGORITHM: &str = "ES256";

/// All that a header may hold. A token with `crit`, or a key of its own, is none of ours.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header<'a> {
    alg: &'a str,
    typ: &'a str,
    kid: &'a str,
}

/// Why a token is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JwsError {
    /// Not a compact JWS with such a header and such claims.
    Malformed,
    /// Not signed by a key of ours.
    Signature,
}

/// Signs claims as a token of that `typ`.
pub(crate) fn sign(key: &SigningKey, typ: &str, claims: &impl Serialize) -> Result<String, RandomError> {
    let header = Header { alg: ALGORITHM, typ, kid: key.kid().as_str() };
    let header = serde_json::to_vec(&header).map_err(|_| RandomError)?;
    let claims = serde_json::to_vec(claims).map_err(|_| RandomError)?;
    let mut token = Base64UrlUnpadded::encode_string(&header);
    token.push('.');
    token.push_str(&Base64UrlUnpadded::encode_string(&claims));
    let signature = key.sign(token.as_bytes())?;
    token.push('.');
    token.push_str(&Base64UrlUnpadded::encode_string(&signature));
    Ok(token)
}

/// The claims of a token of that `typ` that a key of the keyring signed.
pub(crate) fn verify<T: DeserializeOwned>(
    keyring: &Keyring,
    now: u64,
    typ: &str,
    token: &str,
) -> Result<T, JwsError> {
    let (signed, signature) = token.rsplit_once('.').ok_or(JwsError::Malformed)?;
    let (header, claims) = signed.split_once('.').ok_or(JwsError::Malformed)?;
    // base64ct refuses what is not canonical, and a third dot.
    let [header, claims, signature] =
        [header, claims, signature].map(|part| Base64UrlUnpadded::decode_vec(part).ok());
    let header = header.ok_or(JwsError::Malformed)?;
    let header: Header = serde_json::from_slice(&header).map_err(|_| JwsError::Malformed)?;
    let (claims, signature) = claims.zip(signature).ok_or(JwsError::Malformed)?;
    if header.typ != typ {
        return Err(JwsError::Malformed);
    }
    let key = keyring.verifier(header.kid, now).filter(|_| header.alg == ALGORITHM);
    if !key.is_some_and(|key| key.verify(signed.as_bytes(), &signature)) {
        return Err(JwsError::Signature);
    }
    serde_json::from_slice(&claims).map_err(|_| JwsError::Malformed)
}
