//! A session binds a payload to page, order and time; every other one is refused, each with its own code.

use crate::{
    support::{Keys, NOW, ORIGIN, Server, TestResult, refused},
    token::{read, signed_by_a_stranger, unsigned, with_mac},
};
use serde_json::{Value, json};
use tillseal_protocol::Algorithm;
use tillseal_server::{DEFAULT_LIFETIME, DEFAULT_MAX_AGE, Keyring, http::SESSIONS_PATH};
use tracing::Dispatch;

const YEAR: u64 = 365 * 24 * 60 * 60;

#[test]
fn what_is_sealed_under_a_session_is_taken() -> TestResult {
    for algorithm in [Algorithm::EcdhEs, Algorithm::Hpke7] {
        let keys = Keys::with_signing(algorithm)?;
        let server = Server::start(keys.load()?, &[ORIGIN], Dispatch::none())?;
        let answer = server.issue(&request())?;
        assert_eq!(answer.status, 201, "{}", answer.body);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let issued = answer.json()?;
        assert_eq!(issued["exp"], NOW + DEFAULT_LIFETIME);
        let token = issued["session"].as_str().ok_or("no session")?;
        let (header, claims) = read(token)?;
        assert_eq!((&header["alg"], &header["typ"]), (&json!("ES256"), &json!("tillseal-session+jwt")));
        assert_eq!((&claims["iss"], &claims["aud"]), (&json!(ORIGIN), &json!(ORIGIN)));
        assert_eq!(claims["order"], request()["order"]);
        assert_eq!(claims["recipients"][0]["key"]["kid"], keys.kid.as_str());
        assert_eq!(claims["recipients"][0]["fields"], json!(["*"]));

        let judged = server.open_for(&keys.seal_under(NOW, token)?, &request()["order"])?;
        assert_eq!(judged.status, 200, "{}", judged.body);
        let judged = judged.json()?;
        assert_eq!(judged["order"], request()["order"]);
        assert_eq!(judged["session"], token);
    }
    Ok(())
}

#[test]
fn a_shoppers_clock_that_is_wrong_by_a_year_does_not_matter() -> TestResult {
    for iat in [NOW - YEAR, NOW + YEAR, 0, u64::MAX] {
        let shop = Shop::open()?;
        let sealed = shop.keys.seal_under(iat, &shop.session()?)?;
        assert_eq!(shop.server.open(&sealed, ORIGIN)?.status, 200, "{iat}");
        let without = shop.keys.seal(iat, ORIGIN)?;
        assert_eq!(shop.server.open(&without, ORIGIN)?.status, 422, "{iat}: without a session it does");
    }
    Ok(())
}

#[test]
fn a_signature_that_was_altered_is_refused() -> TestResult {
    let shop = Shop::open()?;
    let token = shop.session()?;
    let (signed, signature) = token.rsplit_once('.').ok_or("no signature")?;
    for index in [0, 1, 42, 43, 84] {
        let mut altered = signature.as_bytes().to_vec();
        altered[index] = if altered[index] == b'A' { b'B' } else { b'A' };
        let altered = format!("{signed}.{}", String::from_utf8(altered)?);
        shop.refuses(&altered, "session-signature")?;
    }
    shop.refuses(&format!("{signed}."), "session-signature")?;
    shop.refuses(&format!("{signed}.AAAA"), "session-signature")
}

#[test]
fn claims_that_were_altered_are_refused() -> TestResult {
    let shop = Shop::open()?;
    let token = shop.session()?;
    let (header, claims) = read(&token)?;
    let signature = token.rsplit('.').next().ok_or("no signature")?;
    for (member, value) in [
        ("exp", json!(NOW + YEAR)),
        ("aud", json!("https://evil.example")),
        ("order", json!({"amount": 1})),
    ] {
        let mut claims = claims.clone();
        claims[member] = value;
        shop.refuses(&format!("{}.{signature}", unsigned(&header, &claims)), "session-signature")?;
    }
    Ok(())
}

#[test]
fn a_token_without_a_signature_is_refused() -> TestResult {
    let shop = Shop::open()?;
    let token = shop.session()?;
    let (header, claims) = read(&token)?;
    for alg in ["none", "None", "", "HS256", "ES384"] {
        let mut header = header.clone();
        header["alg"] = json!(alg);
        shop.refuses(&format!("{}.", unsigned(&header, &claims)), "session-signature")?;
        let signature = token.rsplit('.').next().ok_or("no signature")?;
        shop.refuses(&format!("{}.{signature}", unsigned(&header, &claims)), "session-signature")?;
    }
    Ok(())
}

#[test]
fn a_mac_by_the_public_key_is_refused() -> TestResult {
    let shop = Shop::open()?;
    let (mut header, claims) = read(&shop.session()?)?;
    header["alg"] = json!("HS256");
    let public = shop.server.get(tillseal_server::http::KEY_SET_PATH, &[])?.body;
    shop.refuses(&with_mac(&header, &claims, public.as_bytes()), "session-signature")
}

#[test]
fn another_key_is_refused_whatever_it_calls_itself() -> TestResult {
    let shop = Shop::open()?;
    let (header, claims) = read(&shop.session()?)?;
    shop.refuses(&signed_by_a_stranger(&header, &claims)?, "session-signature")?;
    let mut unknown = header.clone();
    unknown["kid"] = json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    shop.refuses(&signed_by_a_stranger(&unknown, &claims)?, "session-signature")?;
    // The key that payloads are sealed to signs nothing.
    let mut sealing = header;
    sealing["kid"] = json!(shop.keys.kid.as_str());
    shop.refuses(&signed_by_a_stranger(&sealing, &claims)?, "session-signature")
}

#[test]
fn a_header_with_more_in_it_is_refused() -> TestResult {
    let shop = Shop::open()?;
    let (header, claims) = read(&shop.session()?)?;
    for (member, value) in
        [("crit", json!(["exp"])), ("jwk", json!({})), ("jku", json!("https://evil.example"))]
    {
        let mut header = header.clone();
        header[member] = value;
        shop.refuses(&signed_by_a_stranger(&header, &claims)?, "session-malformed")?;
    }
    Ok(())
}

#[test]
fn what_is_no_token_is_refused() -> TestResult {
    let shop = Shop::open()?;
    let token = shop.session()?;
    let long = "A".repeat(tillseal_protocol::MAX_SESSION + 1);
    for text in [
        "x",
        "..",
        "a.b.c",
        "e30.e30.",
        &token[1..],
        &token.replace('.', ""),
        &format!("{token}="),
        &format!("{token}.x"),
        &long,
    ] {
        shop.refuses(text, "session-malformed")?;
    }
    Ok(())
}

#[test]
fn a_receipt_is_no_session() -> TestResult {
    let shop = Shop::open()?;
    let judged = shop.server.open(&shop.keys.seal(NOW, ORIGIN)?, ORIGIN)?.json()?;
    shop.refuses(judged["receipt"].as_str().ok_or("no receipt")?, "session-malformed")
}

#[test]
fn a_session_ends_by_the_clock_of_the_server() -> TestResult {
    let shop = Shop::open()?;
    let last = shop.issued_at(NOW - 59, 60)?;
    let sealed = shop.keys.seal_under(NOW, &last)?;
    assert_eq!(shop.server.open(&sealed, ORIGIN)?.status, 200, "to its last second");
    let ended = shop.issued_at(NOW - 60, 60)?;
    shop.refuses(&ended, "session-expired")?;
    shop.refuses(&shop.issued_at(NOW - YEAR, 60)?, "session-expired")?;
    // Older than a payload without a session may be.
    let long = shop.issued_at(NOW - 2 * DEFAULT_MAX_AGE, 3 * DEFAULT_MAX_AGE)?;
    let sealed = shop.keys.seal_under(NOW - 2 * DEFAULT_MAX_AGE, &long)?;
    assert_eq!(shop.server.open(&sealed, ORIGIN)?.status, 200);
    Ok(())
}

#[test]
fn a_session_of_the_future_is_refused() -> TestResult {
    let shop = Shop::open()?;
    shop.refuses(&shop.issued_at(NOW + YEAR, 60)?, "session-future")
}

#[test]
fn a_session_of_another_origin_is_refused() -> TestResult {
    let shop = Shop::open()?;
    let mut request = request();
    request["origin"] = json!("https://second.example");
    let token = shop.issue(&request)?;
    shop.refuses(&token, "session-audience")
}

#[test]
fn another_order_is_refused() -> TestResult {
    for (member, value) in [("id", json!("2")), ("amount", json!(1)), ("currency", json!("USD"))] {
        let shop = Shop::open()?;
        let mut order = request()["order"].clone();
        order[member] = value;
        let sealed = shop.keys.seal_under(NOW, &shop.session()?)?;
        refused(&shop.server.open_for(&sealed, &order)?, 422, "order-mismatch")?;
        // Nothing was claimed.
        assert_eq!(shop.server.open_for(&sealed, &request()["order"])?.status, 200);
    }
    Ok(())
}

#[test]
fn a_session_takes_one_payload() -> TestResult {
    let shop = Shop::open()?;
    let token = shop.session()?;
    let (first, second) = (shop.keys.seal_under(NOW, &token)?, shop.keys.seal_under(NOW, &token)?);
    assert_eq!(shop.server.open(&first, ORIGIN)?.status, 200);
    refused(&shop.server.open(&second, ORIGIN)?, 409, "session-used")?;
    refused(&shop.server.open(&first, ORIGIN)?, 409, "replayed")?;
    assert_eq!(shop.server.open(&shop.keys.seal_under(NOW, &shop.session()?)?, ORIGIN)?.status, 200);
    Ok(())
}

#[test]
fn a_server_may_demand_a_session() -> TestResult {
    let keys = Keys::with_signing(Algorithm::EcdhEs)?;
    let server = Server::demanding_sessions(keys.load()?)?;
    refused(&server.open(&keys.seal(NOW, ORIGIN)?, ORIGIN)?, 422, "session-missing")?;
    let issued = server.issue(&request())?.json()?;
    let sealed = keys.seal_under(NOW, issued["session"].as_str().ok_or("no session")?)?;
    assert_eq!(server.open(&sealed, ORIGIN)?.status, 200);
    Ok(())
}

#[test]
fn each_member_of_a_request_must_be_right() -> TestResult {
    let shop = Shop::open()?;
    let key = serde_json::to_value(&shop.keys.load()?.jwks(NOW).keys[0])?;
    let mut off_curve = key.clone();
    off_curve["y"] = key["x"].clone();
    let recipient =
        |name: &str, key: &Value, fields: Value| json!({"name": name, "key": key, "fields": fields});
    for (pointer, value) in [
        ("/lifetime", json!(0)),
        ("/lifetime", json!(86_401)),
        ("/order/id", json!("")),
        ("/order/id", json!("a".repeat(65))),
        ("/order/id", json!("caf\u{e9}")),
        ("/order/id", json!("a\nb")),
        ("/order/amount", json!(1_u64 << 53)),
        ("/order/currency", json!("eur")),
        ("/order/currency", json!("EURO")),
        ("/policy/signals", json!("all")),
        ("/recipients", json!([recipient("Risk", &key, json!(["*"]))])),
        ("/recipients", json!([recipient("", &key, json!([]))])),
        ("/recipients", json!([recipient("", &key, json!([""]))])),
        ("/recipients", json!([recipient("", &key, json!(["a,b"]))])),
        ("/recipients", json!([recipient("", &off_curve, json!(["*"]))])),
        ("/recipients", json!([recipient("a", &key, json!(["*"])), recipient("a", &key, json!(["*"]))])),
        ("/recipients", json!(vec![recipient("", &key, json!(["a".repeat(9000)]))])),
    ] {
        let mut request = request();
        request["policy"] = json!({"signals": "none", "threeDS": true});
        request["lifetime"] = json!(60);
        request["recipients"] = json!([]);
        assert_eq!(shop.server.issue(&request)?.status, 201);
        *request.pointer_mut(pointer).ok_or("no such member")? = value.clone();
        let answer = shop.server.issue(&request)?;
        refused(&answer, 422, "session-request").map_err(|error| format!("{pointer} {value}: {error}"))?;
    }
    for body in ["", "[]", r#"{"origin":"https://shop.example"}"#, r#"{"origin":1,"order":{}}"#] {
        let json = [("Content-Type", "application/json")];
        refused(
            &shop.server.send("POST", SESSIONS_PATH, &json, body.as_bytes())?,
            400,
            "request-malformed",
        )?;
    }
    let mut more = request();
    more["more"] = json!(1);
    refused(&shop.server.issue(&more)?, 400, "request-malformed")?;
    let mut elsewhere = request();
    elsewhere["origin"] = json!("https://third.example");
    refused(&shop.server.issue(&elsewhere)?, 403, "request-origin")
}

#[test]
fn without_keys_no_session_is_issued() -> TestResult {
    let keys = Keys::new(Algorithm::EcdhEs)?;
    let server = Server::start(keys.load()?, &[ORIGIN], Dispatch::none())?;
    refused(&server.issue(&request())?, 503, "key-none")
}

struct Shop {
    keys: Keys,
    server: Server,
}

impl Shop {
    fn open() -> TestResult<Self> {
        let keys = Keys::with_signing(Algorithm::EcdhEs)?;
        let server = Server::start(keys.load()?, &[ORIGIN, "https://second.example"], Dispatch::none())?;
        Ok(Self { keys, server })
    }

    fn session(&self) -> TestResult<String> {
        self.issue(&request())
    }

    fn issue(&self, request: &Value) -> TestResult<String> {
        let issued = self.server.issue(request)?.json()?;
        Ok(issued["session"].as_str().ok_or("no session")?.to_owned())
    }

    /// A session by the server's keys that was issued at another time.
    fn issued_at(&self, now: u64, lifetime: u64) -> TestResult<String> {
        let keyring: Keyring = self.keys.load()?;
        let mut request: tillseal_server::SessionRequest = serde_json::from_value(request())?;
        request.lifetime = Some(lifetime);
        Ok(tillseal_server::issue(&keyring, ORIGIN, request, now)?.token)
    }

    fn refuses(&self, token: &str, code: &str) -> TestResult {
        let sealed = self.keys.seal_under(NOW, token)?;
        refused(&self.server.open(&sealed, ORIGIN)?, 422, code)
    }
}

fn request() -> Value {
    json!({"origin": ORIGIN, "order": {"id": "order 1", "amount": 1999, "currency": "EUR"}})
}
