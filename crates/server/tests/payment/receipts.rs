//! The receipt: what a shopper may keep, and anybody can verify with the published key.

use crate::{
    support::{CSC, EMAIL, Keys, NOW, ORIGIN, PAN, Server, TestResult},
    token::read,
};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde_json::{Value, json};
use tillseal_protocol::{Algorithm, Receipt};
use tillseal_server::http::KEY_SET_PATH;
use tracing::Dispatch;

#[test]
fn it_says_what_was_paid_and_no_more() -> TestResult {
    let (keys, server) = started()?;
    let order = json!({"id": "A-1", "amount": 1999, "currency": "EUR"});
    let judged = server.open_for(&keys.seal(NOW, ORIGIN)?, &order)?.json()?;
    let token = judged["receipt"].as_str().ok_or("no receipt")?;
    let (header, claims) = read(token)?;
    assert_eq!(header["typ"], "tillseal-receipt+jwt");
    let receipt: Receipt = serde_json::from_value(claims.clone())?;
    assert_eq!((receipt.iss.as_str(), receipt.aud.as_str(), receipt.iat), (ORIGIN, ORIGIN, NOW));
    assert_eq!(serde_json::to_value(&receipt.order)?, order);
    assert_eq!(receipt.last4.as_deref(), Some("1111"));
    assert_eq!(json!(receipt.jti), judged["jti"]);
    assert_eq!(json!(receipt.audit), judged["verdict"]["audit"]);
    assert_eq!(json!(receipt.decision), judged["verdict"]["decision"]);
    for secret in [PAN, CSC, EMAIL, "Ada"] {
        assert!(!claims.to_string().contains(secret), "{secret}");
    }
    Ok(())
}

#[test]
fn the_published_key_verifies_it_and_nothing_else() -> TestResult {
    let (keys, server) = started()?;
    let judged = server.open(&keys.seal(NOW, ORIGIN)?, ORIGIN)?.json()?;
    let token = judged["receipt"].as_str().ok_or("no receipt")?;
    let (header, _) = read(token)?;
    let jwks: Value = server.get(KEY_SET_PATH, &[])?.json()?;
    let published = jwks["keys"].as_array().ok_or("no keys")?;
    let key = published.iter().find(|key| key["kid"] == header["kid"]).ok_or("not published")?;
    assert_eq!((&key["alg"], &key["use"]), (&json!("ES256"), &json!("sig")));
    let mut point = vec![4];
    for coordinate in ["x", "y"] {
        point.extend(Base64UrlUnpadded::decode_vec(key[coordinate].as_str().ok_or("no coordinate")?)?);
    }
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
    let (signed, signature) = token.rsplit_once('.').ok_or("no signature")?;
    let signature = Base64UrlUnpadded::decode_vec(signature)?;
    key.verify(signed.as_bytes(), &signature)?;
    assert!(key.verify(format!("{signed}x").as_bytes(), &signature).is_err());
    Ok(())
}

#[test]
fn positions_follow_one_another() -> TestResult {
    let (keys, server) = started()?;
    let position = || -> TestResult<u64> {
        let judged = server.open(&keys.seal(NOW, ORIGIN)?, ORIGIN)?.json()?;
        Ok(judged["verdict"]["audit"]["position"].as_u64().ok_or("no position")?)
    };
    let first = position()?;
    assert_eq!([position()?, position()?], [first + 1, first + 2]);
    Ok(())
}

fn started() -> TestResult<(Keys, Server)> {
    let keys = Keys::with_signing(Algorithm::EcdhEs)?;
    let server = Server::start(keys.load()?, &[ORIGIN], Dispatch::none())?;
    Ok((keys, server))
}
