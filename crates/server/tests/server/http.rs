//! Both routes over real HTTP on the loopback interface.

use crate::support::{CSC, EMAIL, Keys, NOW, ORIGIN, PAN, Server, TestResult, refused};
use tillseal_protocol::{Algorithm, Jwks, Recipient};
use tillseal_server::{
    DEFAULT_LEEWAY, DEFAULT_MAX_AGE, KeyState,
    http::{KEY_SET_PATH, OPEN_PATH},
    set_state,
};
use tracing::Dispatch;

const JSON: (&str, &str) = ("Content-Type", "application/json");

#[test]
fn the_key_set_is_served_with_cache_headers() -> TestResult {
    let (keys, server) = started(&[])?;
    let answer = server.get(KEY_SET_PATH, &[])?;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/jwk-set+json"));
    assert_eq!(answer.header("cache-control"), Some("public, max-age=300"));
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    let jwks: Jwks = serde_json::from_str(&answer.body)?;
    let recipient = Recipient::choose(&jwks.keys, None)?;
    assert_eq!(recipient.kid(), &keys.kid);
    assert!(!answer.body.contains(&keys.d()?));
    Ok(())
}

#[test]
fn a_key_set_that_is_known_is_not_sent_again() -> TestResult {
    let (_keys, server) = started(&[])?;
    let etag = server.get(KEY_SET_PATH, &[])?.header("etag").ok_or("no ETag")?.to_owned();
    assert!(etag.starts_with('"') && etag.ends_with('"'));
    for known in [etag.clone(), format!("W/{etag}"), format!("\"old\", {etag}"), String::from("*")] {
        let answer = server.get(KEY_SET_PATH, &[("If-None-Match", &known)])?;
        assert_eq!((answer.status, answer.body.as_str()), (304, ""), "{known}");
        assert_eq!(answer.header("etag"), Some(etag.as_str()));
        assert_eq!(answer.header("cache-control"), Some("public, max-age=300"));
    }
    let answer = server.get(KEY_SET_PATH, &[("If-None-Match", "\"old\"")])?;
    assert_eq!(answer.status, 200);

    let (_keys, server) = started(&[])?;
    assert_eq!(
        server.get(KEY_SET_PATH, &[("If-None-Match", &etag)])?.status,
        200,
        "other keys, another tag"
    );
    Ok(())
}

#[test]
fn opens_what_was_sealed() -> TestResult {
    for algorithm in [Algorithm::EcdhEs, Algorithm::Hpke7] {
        let keys = Keys::with_signing(algorithm)?;
        let server = Server::start(keys.load()?, &[ORIGIN], Dispatch::none())?;
        let answer = server.open(&keys.seal(NOW, ORIGIN)?, ORIGIN)?;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("access-control-allow-origin"), None);
        let claims = answer.json()?;
        assert_eq!(claims["fields"]["cc-number"], PAN);
        assert_eq!(claims["fields"]["cc-exp"], "12/2029");
        assert_eq!(claims["fields"]["cc-csc"], CSC);
        assert_eq!(claims["fields"]["email"], EMAIL);
        assert_eq!(claims["iat"], NOW);
        assert_eq!(claims["origin"], ORIGIN);
    }
    Ok(())
}

#[test]
fn each_refusal_of_a_payload_is_a_problem_document() -> TestResult {
    let (keys, server) = started(&[])?;
    let now = keys.seal(NOW, ORIGIN)?;
    refused(&server.open(&now, "https://evil.example")?, 422, "origin-mismatch")?;
    refused(&server.open(&keys.seal(NOW - DEFAULT_MAX_AGE - 1, ORIGIN)?, ORIGIN)?, 422, "stale")?;
    refused(&server.open(&keys.seal(NOW + DEFAULT_LEEWAY + 1, ORIGIN)?, ORIGIN)?, 422, "future")?;
    let unknown = Keys::new(Algorithm::EcdhEs)?.seal(NOW, ORIGIN)?;
    refused(&server.open(&unknown, ORIGIN)?, 422, "kid-unknown")?;
    let (head, tail) = now.split_at(now.len() - 40);
    let altered = format!("{head}{}{}", if tail.starts_with('A') { 'B' } else { 'A' }, &tail[1..]);
    refused(&server.open(&altered, ORIGIN)?, 422, "sealed-undecryptable")?;
    refused(&server.open("a.b.c.d", ORIGIN)?, 400, "sealed-malformed")?;
    refused(&server.open("e30....", ORIGIN)?, 400, "sealed-header")?;
    refused(&server.open(&"A".repeat(tillseal_protocol::MAX_SEALED + 1), ORIGIN)?, 413, "sealed-too-long")?;
    Ok(())
}

#[test]
fn a_revoked_key_is_a_problem_and_a_retired_one_is_not() -> TestResult {
    let keys = Keys::with_signing(Algorithm::EcdhEs)?;
    let sealed = keys.seal(NOW, ORIGIN)?;
    set_state(keys.path(), keys.kid.as_str(), KeyState::DecryptOnly)?;
    let server = Server::start(keys.load()?, &[], Dispatch::none())?;
    assert_eq!(server.open(&sealed, ORIGIN)?.status, 200);
    assert!(!server.get(KEY_SET_PATH, &[])?.body.contains(keys.kid.as_str()));

    set_state(keys.path(), keys.kid.as_str(), KeyState::Revoked)?;
    let server = Server::start(keys.load()?, &[], Dispatch::none())?;
    refused(&server.open(&sealed, ORIGIN)?, 422, "kid-revoked")
}

#[test]
fn an_origin_that_is_not_served_is_refused() -> TestResult {
    let (keys, server) = started(&[ORIGIN, "https://second.example"])?;
    assert_eq!(server.open(&keys.seal(NOW, ORIGIN)?, ORIGIN)?.status, 200);
    let third = "https://third.example";
    refused(&server.open(&keys.seal(NOW, third)?, third)?, 403, "request-origin")
}

#[test]
fn a_request_that_is_not_the_object_is_refused() -> TestResult {
    let (_keys, server) = started(&[])?;
    for body in [
        "",
        "{",
        "[]",
        "null",
        "{}",
        r#"{"sealed":"a"}"#,
        r#"{"origin":"https://shop.example"}"#,
        r#"{"sealed":1,"origin":"https://shop.example"}"#,
        r#"{"sealed":"a","sealed":"b","origin":"https://shop.example"}"#,
        r#"{"sealed":"a","origin":"https://shop.example","more":1}"#,
        r#"{"sealed":"a","origin":"https://shop.example"} x"#,
    ] {
        refused(&server.send("POST", OPEN_PATH, &[JSON], body.as_bytes())?, 400, "request-malformed")?;
    }
    refused(&server.send("POST", OPEN_PATH, &[JSON], &[0xff, 0xfe])?, 400, "request-malformed")
}

#[test]
fn only_json_is_taken() -> TestResult {
    let (keys, server) = started(&[])?;
    let body = || -> TestResult<String> {
        Ok(serde_json::json!({"sealed": keys.seal(NOW, ORIGIN)?, "origin": ORIGIN}).to_string())
    };
    for refused_type in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""] {
        let headers = [("Content-Type", refused_type)];
        let answer = server.send("POST", OPEN_PATH, &headers, body()?.as_bytes())?;
        refused(&answer, 415, "request-media-type")?;
    }
    refused(&server.send("POST", OPEN_PATH, &[], body()?.as_bytes())?, 415, "request-media-type")?;
    for taken in ["application/json", "application/json; charset=utf-8", "Application/JSON ;x=y"] {
        let headers = [("Content-Type", taken)];
        assert_eq!(server.send("POST", OPEN_PATH, &headers, body()?.as_bytes())?.status, 200, "{taken}");
    }
    Ok(())
}

#[test]
fn a_body_of_a_mebibyte_is_refused() -> TestResult {
    let (_keys, server) = started(&[])?;
    let body = serde_json::json!({"sealed": "A".repeat(1024 * 1024), "origin": ORIGIN}).to_string();
    refused(&server.send("POST", OPEN_PATH, &[JSON], body.as_bytes())?, 413, "request-too-large")
}

#[test]
fn another_method_is_refused_with_the_right_one() -> TestResult {
    let (_keys, server) = started(&[])?;
    for method in ["GET", "PUT", "DELETE", "OPTIONS"] {
        let answer = server.send(method, OPEN_PATH, &[], b"")?;
        refused(&answer, 405, "request-method")?;
        assert_eq!(answer.header("allow"), Some("POST"), "{method}");
    }
    let answer = server.send("POST", KEY_SET_PATH, &[JSON], b"{}")?;
    refused(&answer, 405, "request-method")?;
    assert_eq!(answer.header("allow"), Some("GET,HEAD"));
    Ok(())
}

#[test]
fn another_path_is_refused() -> TestResult {
    let (_keys, server) = started(&[])?;
    for path in ["/", "/v1", "/v1/open/", "/.well-known/jwks.json", "/../keys"] {
        refused(&server.get(path, &[])?, 404, "request-path")?;
    }
    Ok(())
}

#[test]
fn a_head_request_gets_the_head() -> TestResult {
    let (_keys, server) = started(&[])?;
    let answer = server.send("HEAD", KEY_SET_PATH, &[], b"")?;
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));
    assert!(answer.header("etag").is_some());
    Ok(())
}

fn started(origins: &[&str]) -> TestResult<(Keys, Server)> {
    let keys = Keys::with_signing(Algorithm::EcdhEs)?;
    let server = Server::start(keys.load()?, origins, Dispatch::none())?;
    Ok((keys, server))
}
