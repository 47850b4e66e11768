//! The shop as browsers and scripts meet it.
#![expect(clippy::unwrap_used, reason = "a test whose setting fails has failed")]

use crate::{headers::CONTENT_SECURITY_POLICY, order::PRICE, shop::router, till::Till};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use std::sync::Arc;
use tillseal_protocol::{Algorithm, Fields, Receipt, Recipient, Session};
use tillseal_server::{seal_in_session, unix_now};
use tower::ServiceExt as _;

const ORIGIN: &str = "http://shop.example";
const PAN: &str = "4111111111111111";
const FIELDS: &str = r#"{"cc-number":"4111111111111111","cc-csc":"9876","cc-name":"<b>Ada & \"Co\"</b>"}"#;

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

/// One view of the checkout.
struct Checkout {
    action: String,
    token: String,
    session: Session,
}

async fn open_shop(algorithm: Algorithm) -> Router {
    let till = Till::new(algorithm, ORIGIN).await.unwrap();
    router(Arc::new(till), vec![ORIGIN.into(), "http://localhost".into()])
}

async fn shop() -> Router {
    open_shop(Algorithm::EcdhEs).await
}

async fn answer(shop: &Router, request: Request<Body>) -> Answer {
    let response = shop.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    Answer { status: parts.status, headers: parts.headers, body: String::from_utf8_lossy(&body).into() }
}

async fn get(shop: &Router, path: &str) -> Answer {
    answer(shop, Request::get(path).body(Body::empty()).unwrap()).await
}

async fn post(shop: &Router, host: &str, path: &str, accept: &str, body: String) -> Answer {
    let request = Request::post(path)
        .header(header::HOST, host)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ACCEPT, accept);
    answer(shop, request.body(Body::from(body)).unwrap()).await
}

/// As a browser posts it.
async fn pay(shop: &Router, action: &str, sealed: &str) -> Answer {
    post(shop, "shop.example", action, "text/html", format!("sealed={sealed}")).await
}

async fn judge(shop: &Router, host: &str, sealed: &str) -> Answer {
    post(shop, host, "/lab", "application/json", format!("sealed={sealed}")).await
}

/// The claims of a token.
fn claims<T: serde::de::DeserializeOwned>(token: &str) -> T {
    let claims = Base64UrlUnpadded::decode_vec(token.split('.').nth(1).unwrap()).unwrap();
    serde_json::from_slice(&claims).unwrap()
}

fn location(answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    answer.headers[header::LOCATION].to_str().unwrap().to_owned()
}

impl Checkout {
    async fn visit(shop: &Router) -> Self {
        let page = get(shop, "/").await.body;
        let quoted = |start: &str| page.split(start).nth(1).unwrap().split('"').next().unwrap().to_owned();
        let token = quoted("data-session=\"");
        Self { action: quoted("action=\""), session: claims(&token), token }
    }

    fn seal(&self, fields: &str) -> String {
        self.sealed(fields, 0, &self.token)
    }

    fn seal_without_session(&self, fields: &str, age: u64) -> String {
        self.sealed(fields, age, "")
    }

    fn sealed(&self, fields: &str, age: u64, token: &str) -> String {
        let recipient = Recipient::from_jwk(&self.session.recipients[0].key).unwrap();
        let fields: Fields = serde_json::from_str(fields).unwrap();
        seal_in_session(&recipient, &fields, unix_now() - age, ORIGIN, token).unwrap()
    }

    /// Pays, and gives the address of the receipt.
    async fn pay(&self, shop: &Router) -> String {
        location(&pay(shop, &self.action, &self.seal(FIELDS)).await)
    }
}

#[tokio::test]
async fn each_view_of_the_checkout_has_its_own_order_and_session() {
    let shop = shop().await;
    let page = get(&shop, "/").await;
    assert_eq!(page.headers[header::CACHE_CONTROL], "no-store");
    let [one, other] = [Checkout::visit(&shop).await, Checkout::visit(&shop).await];
    assert_ne!(one.session.jti, other.session.jti);
    assert_ne!(one.session.order.id, other.session.order.id);
    assert_eq!(one.action, format!("/pay?order={}", one.session.order.id));
    assert_eq!((one.session.aud.as_str(), one.session.exp - one.session.iat), (ORIGIN, 1800));
    assert_eq!((one.session.order.amount, one.session.order.currency.as_str()), (14_450, "EUR"));
    assert_eq!(get(&shop, "/pages/checkout.html").await.status, StatusCode::NOT_FOUND);

    let elsewhere = Request::get("/").header(header::HOST, "localhost").body(Body::empty()).unwrap();
    let page = answer(&shop, elsewhere).await.body;
    let token = page.split("data-session=\"").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(claims::<Session>(token).aud, "http://localhost");
}

#[tokio::test]
async fn shows_a_payment_masked_and_opens_it_on_request() {
    for algorithm in [Algorithm::EcdhEs, Algorithm::Hpke7] {
        let shop = open_shop(algorithm).await;
        let path = Checkout::visit(&shop).await.pay(&shop).await;
        let receipt = get(&shop, &path).await;
        assert_eq!(receipt.status, StatusCode::OK);
        assert_eq!(receipt.headers[header::CACHE_CONTROL], "no-store");
        assert!(receipt.body.contains(algorithm.name()));
        assert!(receipt.body.contains("POST /pay?order=T-"));
        assert!(!receipt.body.contains(PAN));
        assert!(!receipt.body.contains("4111 "));
        assert!(!receipt.body.contains(">9876<"));

        let opened = get(&shop, &format!("{path}/opened")).await;
        assert_eq!(opened.headers[header::CONTENT_TYPE], "application/json");
        assert_eq!(opened.headers[header::CACHE_CONTROL], "no-store");
        assert!(opened.body.contains(PAN));
    }
}

#[tokio::test]
async fn the_receipt_is_a_file_that_says_what_was_paid() {
    let shop = shop().await;
    for position in 0..2 {
        let checkout = Checkout::visit(&shop).await;
        let order = &checkout.session.order;
        let path = checkout.pay(&shop).await;
        let file = get(&shop, &format!("{path}/receipt.jwt")).await;
        assert_eq!(file.headers[header::CONTENT_TYPE], "application/jwt");
        let name = format!("attachment; filename=\"receipt-{}.jwt\"", order.id);
        assert_eq!(file.headers[header::CONTENT_DISPOSITION], name);
        let receipt: Receipt = claims(&file.body);
        assert_eq!(receipt.order.as_ref(), Some(order));
        assert_eq!((receipt.aud.as_str(), receipt.last4.as_deref()), (ORIGIN, Some("1111")));
        assert_eq!(
            (receipt.audit.position, receipt.audit.log.as_str()),
            (position, "shop.example/tillseal")
        );

        let page = get(&shop, &path).await.body;
        for part in [
            &order.id,
            &format!("Entry {position} of"),
            &receipt.audit.leaf,
            &format!("/verify#{}", file.body),
        ] {
            assert!(page.contains(part.as_str()), "{part}");
        }
    }
    assert_eq!(get(&shop, "/receipt/0/receipt.jwt").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_checkout_pays_once() {
    let shop = shop().await;
    let checkout = Checkout::visit(&shop).await;
    let sealed = checkout.seal(FIELDS);
    location(&pay(&shop, &checkout.action, &sealed).await);

    let replayed = pay(&shop, &checkout.action, &sealed).await;
    assert_eq!(replayed.status, StatusCode::CONFLICT);
    let paid = format!("order {} is in", checkout.session.order.id);
    for part in ["replayed", "You pay once", "Open a fresh checkout"] {
        assert!(replayed.body.contains(part), "{part} in {}", replayed.body);
    }
    assert!(replayed.body.to_lowercase().contains(&paid.to_lowercase()));
    assert!(!replayed.body.contains("/receipt/"), "who replays what he overheard is shown no receipt");

    let used = pay(&shop, &checkout.action, &checkout.seal(FIELDS)).await;
    assert_eq!(used.status, StatusCode::CONFLICT);
    assert!(used.body.contains("session-used") && used.body.contains(&paid));
    let told =
        post(&shop, "shop.example", &checkout.action, "application/json", format!("sealed={sealed}")).await;
    assert!(told.body.contains(r#""code":"replayed""#));

    Checkout::visit(&shop).await.pay(&shop).await;
}

#[tokio::test]
async fn a_payment_is_for_its_order() {
    let shop = shop().await;
    let [one, other] = [Checkout::visit(&shop).await, Checkout::visit(&shop).await];
    for action in [other.action.as_str(), "/pay", "/pay?order="] {
        let refused = pay(&shop, action, &one.seal(FIELDS)).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{action}");
        assert!(refused.body.contains("order-mismatch") && refused.body.contains("Nothing was charged."));
    }
    let bare = pay(&shop, &one.action, &one.seal_without_session(FIELDS, 0)).await;
    assert!(bare.body.contains("session-missing"));
    // None of it has used the session up.
    one.pay(&shop).await;
}

#[tokio::test]
async fn escapes_what_came_from_outside() {
    let shop = shop().await;
    let checkout = Checkout::visit(&shop).await;
    let request = Request::post(&checkout.action)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header("x-note", "<script>")
        .body(Body::from(format!("<u>=1&sealed={}", checkout.seal(FIELDS))))
        .unwrap();
    let path = location(&answer(&shop, request).await);
    let receipt = get(&shop, &path).await.body;
    assert!(receipt.contains("&lt;b&gt;Ada &amp; &quot;Co&quot;&lt;/b&gt;"));
    assert!(receipt.contains("&lt;script&gt;"));
    assert!(receipt.contains("&lt;u&gt;"));
    assert!(!receipt.contains("<b>Ada") && !receipt.contains("<script>") && !receipt.contains("<u>"));
}

#[tokio::test]
async fn refuses_with_a_code() {
    let shop = shop().await;
    let checkout = Checkout::visit(&shop).await;
    let missing = post(&shop, "shop.example", &checkout.action, "text/html", "email=ada".into()).await;
    assert_eq!(missing.status, StatusCode::BAD_REQUEST);
    assert!(missing.body.contains("sealed-missing"));

    let sealed = checkout.seal(FIELDS);
    let (rest, tag) = sealed.rsplit_once('.').unwrap();
    let other = if tag.starts_with('A') { "B" } else { "A" };
    let altered = pay(&shop, &checkout.action, &format!("{rest}.{other}{}", &tag[1..])).await;
    assert_eq!(altered.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(altered.body.contains("sealed-undecryptable"));

    let huge = pay(&shop, &checkout.action, &"A".repeat(1 << 20)).await;
    assert_eq!(huge.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(huge.body.contains("request-too-large"));

    let cardless = pay(&shop, &checkout.action, &checkout.seal(r#"{"email":"ada@shop.example"}"#)).await;
    assert!(cardless.body.contains("card-missing"));

    let elsewhere = post(&shop, "localhost", &checkout.action, "*/*", format!("sealed={sealed}")).await;
    assert!(elsewhere.body.contains("origin-mismatch"));

    assert!(get(&shop, "/receipt/0").await.body.contains("receipt-unknown"));
    assert!(get(&shop, "/nowhere").await.body.contains("request-path"));
    assert_eq!(get(&shop, "/pay").await.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn answers_a_script_in_json() {
    let shop = shop().await;
    let checkout = Checkout::visit(&shop).await;
    let body = format!("sealed={}", checkout.seal(FIELDS));
    let taken = post(&shop, "shop.example", &checkout.action, "application/json", body).await;
    assert_eq!(taken.status, StatusCode::CREATED);
    let told: serde_json::Value = serde_json::from_str(&taken.body).unwrap();
    assert_eq!(told["receipt"], taken.headers[header::LOCATION].to_str().unwrap());
    assert_eq!(told["order"], checkout.session.order.id);
    assert_eq!((&told["decision"], &told["audit"]["position"]), (&"accept".into(), &0.into()));
    assert!(told["automation"]["probability"].is_f64());

    let refused = post(&shop, "shop.example", &checkout.action, "application/json", String::new()).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(refused.headers[header::CONTENT_TYPE], "application/problem+json");
    assert!(refused.body.contains(r#""code":"sealed-missing""#));
}

#[tokio::test]
async fn judges_what_the_lab_sends_as_often_as_it_comes() {
    let shop = shop().await;
    let checkout = Checkout::visit(&shop).await;
    let sealed = checkout.seal_without_session(FIELDS, 0);
    for _ in 0..2 {
        let judged = judge(&shop, "shop.example", &sealed).await;
        assert_eq!(judged.status, StatusCode::OK);
        assert_eq!(judged.headers[header::CACHE_CONTROL], "no-store");
        assert!(judged.body.contains("signals-absent") && judged.body.contains(r#""signals":null"#));
        assert!(!judged.body.contains(PAN));
    }

    let elsewhere = judge(&shop, "localhost", &sealed).await;
    assert_eq!(elsewhere.headers[header::CONTENT_TYPE], "application/problem+json");
    assert!(elsewhere.body.contains("origin-mismatch"));
    assert!(judge(&shop, "shop.example", "a.b.c").await.status.is_client_error());
    let stale = checkout.seal_without_session(FIELDS, 3600);
    assert!(judge(&shop, "shop.example", &stale).await.body.contains("stale"));
    let cardless = checkout.seal_without_session(r#"{"email":"ada@shop.example"}"#, 0);
    assert!(judge(&shop, "shop.example", &cardless).await.body.contains("card-missing"));
}

#[tokio::test]
async fn the_manifest_is_served_as_it_is() {
    let shop = shop().await;
    let manifest = get(&shop, "/signals.json").await;
    assert_eq!(manifest.headers[header::CONTENT_TYPE], "application/json");
    assert_eq!(manifest.body, crate::manifest::JSON);
}

#[tokio::test]
async fn every_answer_is_hardened() {
    let shop = shop().await;
    let receipt = Checkout::visit(&shop).await.pay(&shop).await;
    let [opened, file] = ["opened", "receipt.jwt"].map(|part| format!("{receipt}/{part}"));
    let requests = [
        (Method::GET, "/"),
        (Method::GET, "/lab"),
        (Method::POST, "/lab"),
        (Method::GET, "/signals.json"),
        (Method::GET, "/pages/shop.css"),
        (Method::GET, "/pages/../Cargo.toml"),
        (Method::GET, "/tillseal/none.js"),
        (Method::GET, "/integrate/go/open.go"),
        (Method::GET, "/.well-known/tillseal.jwks"),
        (Method::GET, &receipt),
        (Method::GET, &opened),
        (Method::GET, &file),
        (Method::GET, "/verify"),
        (Method::GET, "/receipt/0"),
        (Method::GET, "/nowhere"),
        (Method::GET, "/pay"),
        (Method::POST, "/pay"),
        (Method::DELETE, "/"),
    ];
    for (method, path) in requests {
        let request = Request::builder().method(&method).uri(path).body(Body::empty()).unwrap();
        let headers = answer(&shop, request).await.headers;
        assert_eq!(headers[header::CONTENT_SECURITY_POLICY], CONTENT_SECURITY_POLICY, "{method} {path}");
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff", "{method} {path}");
        assert_eq!(headers[header::REFERRER_POLICY], "no-referrer", "{method} {path}");
        assert!(headers.contains_key(header::CACHE_CONTROL), "{method} {path}");
    }
}

#[tokio::test]
async fn the_playground_alone_may_make_its_one_policy() {
    let shop = shop().await;
    for path in ["/playground", "/pages/playground.html"] {
        let page = get(&shop, path).await;
        assert_eq!(page.status, StatusCode::OK);
        let policy = page.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        let strict = policy.replace("trusted-types playground", "trusted-types 'none'");
        assert_eq!(strict, CONTENT_SECURITY_POLICY);
        assert_ne!(policy, strict);
        assert!(!page.body.contains("style=") && !page.body.contains("<script>"));
    }
    assert!(get(&shop, "/integrate/node.mjs").await.body.contains("compactDecrypt"));
}

#[tokio::test]
async fn the_checkout_leaks_nothing_without_the_module() {
    let shop = shop().await;
    let checkout = get(&shop, "/").await;
    assert_eq!(checkout.headers[header::CONTENT_TYPE], "text/html; charset=utf-8");
    let head = checkout.body.find("</head>").unwrap();
    assert!(!checkout.body[head..].contains(" name="), "a field has a name");
    let lab = get(&shop, "/lab").await.body;
    assert!(lab.split("</head>").nth(1).is_some_and(|body| !body.contains(" name=")), "a field has a name");
    assert!(!checkout.body.contains("style="), "the policy allows no inline style");
    assert!(!checkout.body.contains("<script>"), "the policy allows no inline script");
    assert!(checkout.body.contains(&format!("Pay {PRICE}<")));
    assert!(checkout.body.contains("data-tillseal=\"/.well-known/tillseal.jwks\""));
}
