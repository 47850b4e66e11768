//! A private key on disk: one RFC 7517 JWK a file, which any JOSE library can load.
//!
//! Beside the registered members there are `iat`, the time at which the key was made, `nbf` and `exp` (registered for
//! JWKs by `OpenID` Federation 1.0), and three of ours: `tillseal_state`, and in place of `d` either `tillseal_sealed`
//! or `tillseal_pkcs11`. RFC 7517 §4 has other readers pass over them.

use crate::{KeyAlg, KeyInfo, KeyState, KeyringError, Place, custody::file, key_info::PublicPart};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, io, path::Path};
use tillseal_protocol::PublicKey;
use zeroize::Zeroizing;

/// The members of a private key's file. They borrow from the file's text, which is wiped with its buffer.
///
/// Neither `Clone` nor `Debug`: `d` is the private key.
#[derive(Deserialize, Serialize)]
pub(crate) struct PrivateJwk<'a> {
    kty: Cow<'a, str>,
    crv: Cow<'a, str>,
    x: Cow<'a, str>,
    /// An Ed25519 key has none (RFC 8037 §2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    y: Option<Cow<'a, str>>,
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    d: Option<&'a str>,
    alg: Cow<'a, str>,
    #[serde(rename = "use")]
    usage: Cow<'a, str>,
    kid: Cow<'a, str>,
    /// Seconds since 1970-01-01 UTC; a key that another program made may lack it.
    #[serde(default)]
    iat: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nbf: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    exp: Option<u64>,
    #[serde(rename = "tillseal_state")]
    state: KeyState,
    #[serde(default, borrow, rename = "tillseal_sealed", skip_serializing_if = "Option::is_none")]
    sealed: Option<&'a str>,
    #[serde(default, borrow, rename = "tillseal_pkcs11", skip_serializing_if = "Option::is_none")]
    token: Option<TokenObject<'a>>,
}

/// Where in its token a key is.
#[derive(Deserialize, Serialize)]
struct TokenObject<'a> {
    /// `CKA_ID`, in hexadecimal.
    id: &'a str,
}

/// The private part of a file, as it stands there.
///
/// It borrows from the file's text, and is not `Debug`: `Clear` is the private key.
#[derive(Clone, Copy)]
pub(crate) enum PrivatePart<'a> {
    /// `d`, base64url.
    Clear(&'a str),
    /// A compact JWE.
    Sealed(&'a str),
    /// `CKA_ID`, in hexadecimal.
    Token(&'a str),
    /// A revoked key has none.
    None,
}

/// Reads the text of a key's file; the private part stays closed.
pub(crate) fn parse<'a>(path: &Path, text: &'a [u8]) -> Result<(KeyInfo, PrivatePart<'a>), KeyringError> {
    // serde_json's own message may quote the file, and the file holds `d`.
    let jwk: PrivateJwk = serde_json::from_slice(text).map_err(|error| KeyringError::Malformed {
        path: path.into(),
        why: format!(
            "line {}, column {} is not what a private key's file holds (kty, crv, x, y, d, alg, use, kid, \
             iat, tillseal_state)",
            error.line(),
            error.column()
        ),
    })?;
    let malformed = |why| KeyringError::malformed(path, why);
    let alg = KeyAlg::from_name(&jwk.alg)
        .ok_or_else(|| malformed("alg must be ECDH-ES, HPKE-7, ES256 or Ed25519"))?;
    if (&*jwk.kty, &*jwk.crv, &*jwk.usage) != (alg.kty(), alg.crv(), alg.usage()) {
        return Err(malformed("kty, crv and use must be those of its alg"));
    }
    let public = match (alg, bytes(&jwk.x), jwk.y.as_deref().map(bytes)) {
        (KeyAlg::Ed25519, Some(x), None) => Some(PublicPart::Ed25519(x)),
        (KeyAlg::EcdhEs | KeyAlg::Hpke7 | KeyAlg::Es256, Some(x), Some(Some(y))) => {
            Some(PublicPart::P256(PublicKey::from_coordinates(&x, &y)))
        }
        _ => None,
    };
    let public = public.ok_or_else(|| malformed("x and y must be the 32 bytes each that its alg has"))?;
    let kid = public.thumbprint();
    if jwk.kid != kid.as_str() {
        return Err(malformed("kid is not the key's RFC 7638 thumbprint"));
    }
    // The state is changed by writing this name again; under another name a revoked key would live on.
    if !file::is_named(path, &file::name(kid.as_str())) {
        return Err(malformed("the file must be named after its kid: <kid>.jwk.json"));
    }
    let (place, private) = match (jwk.d, jwk.sealed, jwk.token) {
        _ if jwk.state == KeyState::Revoked => (Place::Nowhere, PrivatePart::None),
        (Some(d), None, None) => (Place::File, PrivatePart::Clear(d)),
        (None, Some(sealed), None) => (Place::Sealed, PrivatePart::Sealed(sealed)),
        (None, None, Some(token)) => (Place::Token, PrivatePart::Token(token.id)),
        _ => return Err(malformed("it must hold one of d, tillseal_sealed and tillseal_pkcs11")),
    };
    let PrivateJwk { iat, nbf, exp, state, .. } = jwk;
    Ok((KeyInfo { kid, alg, state, iat, nbf, exp, place, public }, private))
}

/// The text of a key's file.
pub(crate) fn to_text(key: &KeyInfo, private: PrivatePart) -> Result<Zeroizing<Vec<u8>>, io::Error> {
    let (x, y) = key.public.coordinates();
    let (d, sealed, token) = match private {
        PrivatePart::Clear(d) => (Some(d), None, None),
        PrivatePart::Sealed(sealed) => (None, Some(sealed), None),
        PrivatePart::Token(id) => (None, None, Some(TokenObject { id })),
        PrivatePart::None => (None, None, None),
    };
    let jwk = PrivateJwk {
        kty: key.alg.kty().into(),
        crv: key.alg.crv().into(),
        x: x.into(),
        y: y.map(Cow::from),
        d,
        alg: key.alg.name().into(),
        usage: key.alg.usage().into(),
        kid: key.kid.as_str().into(),
        iat: key.iat,
        nbf: key.nbf,
        exp: key.exp,
        state: key.state,
        sealed,
        token,
    };
    // One allocation of the full size: a growing buffer would leave unwiped copies of `d` behind.
    let mut text = Zeroizing::new(Vec::with_capacity(4096));
    serde_json::to_writer_pretty(&mut *text, &jwk)?;
    text.push(b'\n');
    Ok(text)
}

/// The private JWK that is sealed into a file.
pub(crate) fn plaintext(key: &KeyInfo, scalar: &[u8; 32]) -> Zeroizing<Vec<u8>> {
    let (x, y) = key.public.coordinates();
    let d = encode(scalar);
    let members = [
        ("kty", Some(key.alg.kty())),
        ("crv", Some(key.alg.crv())),
        ("x", Some(&*x)),
        ("y", y.as_deref()),
        ("d", Some(d.as_str())),
        ("alg", Some(key.alg.name())),
        ("use", Some(key.alg.usage())),
        ("kid", Some(key.kid.as_str())),
    ];
    // One allocation of the full size, as below. Not one of these texts has anything to escape.
    let mut text = Zeroizing::new(Vec::with_capacity(512));
    for (name, value) in members {
        let Some(value) = value else { continue };
        let start: &[u8] = if text.is_empty() { b"{\"" } else { b",\"" };
        for part in [start, name.as_bytes(), b"\":\"", value.as_bytes(), b"\""] {
            text.extend_from_slice(part);
        }
    }
    text.push(b'}');
    text
}

/// A private key in base64url, as `d` holds it.
pub(crate) fn encode(scalar: &[u8; 32]) -> Zeroizing<String> {
    Zeroizing::new(Base64UrlUnpadded::encode_string(scalar))
}

/// The private key of a `d`: 32 bytes of canonical base64url.
pub(crate) fn decode(d: &str) -> Option<Zeroizing<[u8; 32]>> {
    bytes(d).map(Zeroizing::new)
}

fn bytes(text: &str) -> Option<[u8; 32]> {
    let mut bytes = Zeroizing::new([0; 32]);
    let length = Base64UrlUnpadded::decode(text, bytes.as_mut_slice()).ok()?.len();
    (length == 32).then_some(*bytes)
}

#[cfg(test)]
mod tests {
    use super::{PrivateJwk, PrivatePart};
    use crate::agreement::EcdhKey;
    use static_assertions::assert_not_impl_any;
    use std::fmt::Debug;

    assert_not_impl_any!(PrivateJwk: Clone, Debug);
    assert_not_impl_any!(PrivatePart: Debug);
    assert_not_impl_any!(EcdhKey: Clone, Debug, serde::Serialize);
}
