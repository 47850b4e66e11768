//! What operators ask a running server.

use crate::support::{CSC, EMAIL, Keys, NOW, ORIGIN, PAN, Server, TestResult, refused};
use serde_json::json;
use tillseal_protocol::Algorithm;
use tillseal_server::{
    KeyState,
    audit::{Proof, VerifierKey},
    create_key, set_state,
};
use tracing::Dispatch;

#[test]
fn the_keys_are_listed_with_what_they_may_do() -> TestResult {
    let keys = Keys::with_signing(Algorithm::EcdhEs)?;
    let newest = create_key(keys.path(), Algorithm::Hpke7, NOW + 1)?;
    set_state(keys.path(), keys.kid.as_str(), KeyState::DecryptOnly)?;
    let server = Server::start(keys.load()?, &[ORIGIN], Dispatch::none())?;
    let answer = server.get("/v1/keys", &[])?;
    assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")));
    let listed = answer.json()?;
    let listed = listed["keys"].as_array().ok_or("no keys")?;
    assert_eq!(listed.len(), 4, "two to seal to, one to sign with, one for the log");
    let of = |kid: &str| listed.iter().find(|key| key["kid"] == kid).ok_or("not listed");
    let retired = of(keys.kid.as_str())?;
    assert_eq!(
        (&retired["state"], &retired["published"], &retired["use"]),
        (&json!("decrypt-only"), &json!(false), &json!("enc"))
    );
    assert_eq!(
        (&of(newest.as_str())?["alg"], &of(newest.as_str())?["published"]),
        (&json!("HPKE-7"), &json!(true))
    );
    let log = listed.iter().find(|key| key["alg"] == "Ed25519").ok_or("no key of the log")?;
    assert_eq!((&log["use"], &log["published"]), (&json!("sig"), &json!(false)));
    assert!(!answer.body.contains("\"d\"") && !answer.body.contains(&keys.d()?));
    Ok(())
}

#[test]
fn the_log_is_served_and_an_entry_can_be_proved() -> TestResult {
    let keys = Keys::with_signing(Algorithm::EcdhEs)?;
    let server = Server::start(keys.load()?, &[ORIGIN], Dispatch::none())?;
    refused(&server.get("/v1/audit/checkpoint", &[])?, 404, "audit-position")?;
    let order = json!({"id": "ORDER-4711", "amount": 1999, "currency": "EUR"});
    let judged = server.open_for(&keys.seal(NOW, ORIGIN)?, &order)?.json()?;
    refused(&server.get("/v1/audit/proof/0", &[])?, 404, "audit-position")?;
    let key: VerifierKey = server.publish()?.parse()?;

    let bundle = server.get("/v1/audit/tile/entries/000.p/1", &[])?;
    assert_eq!((bundle.status, bundle.header("content-type")), (200, Some("application/octet-stream")));
    // Two bytes of length, and the line.
    let entry = &bundle.body[bundle.body.find('{').ok_or("no entry")?..];
    let line: serde_json::Value = serde_json::from_str(entry)?;
    assert_eq!(
        (&line["type"], &line["payload"], &line["at"]),
        (&json!("verdict"), &judged["jti"], &json!(NOW))
    );
    assert_eq!(line["kid"], keys.kid.as_str());
    for secret in [PAN, CSC, EMAIL, "ORDER-4711"] {
        assert!(!entry.contains(secret), "{secret}");
    }

    let proof = server.get("/v1/audit/proof/0", &[])?;
    let proof = Proof::parse(&proof.body)?;
    assert_eq!(proof.check(entry.as_bytes(), &key)?.size, 1);
    let other = entry.replace("accept", "review");
    assert!(proof.check(other.as_bytes(), &key).is_err());
    for path in
        ["/v1/audit/", "/v1/audit/x", "/v1/audit/tile/0/0", "/v1/audit/proof/x", "/v1/audit/proof/-1"]
    {
        refused(&server.get(path, &[])?, 404, "request-path")?;
    }
    refused(&server.get("/v1/audit/tile/0/000", &[])?, 404, "audit-position")
}
