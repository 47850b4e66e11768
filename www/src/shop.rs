//! The shop's routes.

use crate::{
    anatomy::Anatomy,
    assets, headers,
    pay::{self, RawRequest},
    receipts::{Receipt, ReceiptId, Receipts},
    refusal::Refusal,
    verdict::{Judged, Taken, Verdict},
    views,
};
use axum::{
    Json, Router,
    extract::{ConnectInfo, Path, Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::map_response,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use std::{net::SocketAddr, sync::Arc, time::Instant};
use tillseal_protocol::Claims;
use tillseal_server::{Expect, Keyring, http::key_set, open, unix_now};
use tokio::sync::watch;

struct Shop {
    keyring: Arc<Keyring>,
    origins: Vec<String>,
    receipts: Receipts,
}

/// A request whose payload opened, and may be accepted.
struct Opened {
    request: RawRequest,
    sealed: String,
    claims: Claims,
    verdict: Verdict,
    /// Seconds since 1970-01-01 UTC.
    at: u64,
}

/// The whole shop. `origins` are those under which browsers reach it, one at least.
pub(crate) fn router(keyring: Keyring, origins: Vec<String>) -> Router {
    let keyring = Arc::new(keyring);
    let (_, keys) = watch::channel(Arc::clone(&keyring));
    let shop = Arc::new(Shop { keyring, origins, receipts: Receipts::default() });
    Router::new()
        .route("/", get(assets::checkout))
        .route("/pages/{file}", get(assets::page))
        .route("/playground", get(assets::playground))
        .route("/lab", get(assets::lab).post(judge))
        .route("/signals.json", get(assets::manifest))
        .route("/tillseal/{*file}", get(assets::module))
        .route("/integrate/{*file}", get(assets::opener))
        .route("/pay", post(take))
        .route("/receipt/{id}", get(receipt))
        .route("/receipt/{id}/opened", get(opened))
        .with_state(shop)
        .merge(key_set(keys).layer(map_response(headers::revalidate)))
        .fallback(async || views::refused(&Refusal::Path))
        .method_not_allowed_fallback(async || views::refused(&Refusal::Method))
        .layer(map_response(headers::harden))
}

/// `POST /pay`: a person is sent on to the receipt, a script is told where it is.
async fn take(State(shop): State<Arc<Shop>>, request: Request) -> Response {
    let wants_json = pay::wants_json(request.headers());
    match (shop.take(request).await, wants_json) {
        (Ok((id, _)), false) => Redirect::to(&place(&id)).into_response(),
        (Ok((id, verdict)), true) => {
            let place = place(&id);
            let taken = Json(Taken::new(&place, &verdict)).into_response();
            (StatusCode::CREATED, [(header::LOCATION, place)], taken).into_response()
        }
        (Err(refusal), false) => views::refused(&refusal),
        (Err(refusal), true) => refusal.into_problem(),
    }
}

/// `POST /lab`: what the server makes of how the form was filled. Nothing is kept.
async fn judge(State(shop): State<Arc<Shop>>, request: Request) -> Response {
    match shop.open(request).await {
        Ok(Opened { claims, verdict, .. }) => Json(Judged::new(&claims, &verdict)).into_response(),
        Err(refusal) => refusal.into_problem(),
    }
}

/// `GET /receipt/{id}`: what travelled and what was opened, the card masked.
async fn receipt(State(shop): State<Arc<Shop>>, Path(id): Path<String>) -> Response {
    match shop.receipts.find(&id, Instant::now()) {
        Some(receipt) => views::html(views::receipt(&id, &receipt)).into_response(),
        None => views::refused(&Refusal::Receipt),
    }
}

/// `GET /receipt/{id}/opened`: the claims in full. The page asks for them when a person does.
async fn opened(State(shop): State<Arc<Shop>>, Path(id): Path<String>) -> Response {
    match shop.receipts.find(&id, Instant::now()) {
        Some(receipt) => {
            let claims = receipt.claims.to_json().to_vec();
            ([(header::CONTENT_TYPE, "application/json")], claims).into_response()
        }
        None => Refusal::Receipt.into_problem(),
    }
}

impl Shop {
    async fn take(&self, request: Request) -> Result<(ReceiptId, Verdict), Refusal> {
        let Opened { request, sealed, claims, verdict, at: opened_at } = self.open(request).await?;
        let anatomy = Anatomy::new(&sealed, &claims);
        let id = ReceiptId::random().map_err(|_| Refusal::Random)?;
        let receipt = Receipt { request, anatomy, claims, verdict: verdict.clone(), opened_at };
        self.receipts.insert(id.clone(), receipt, Instant::now());
        Ok((id, verdict))
    }

    async fn open(&self, request: Request) -> Result<Opened, Refusal> {
        let origin = self.origin(request.headers());
        let accept = pay::accept(request.headers()).to_owned();
        let ip =
            request.extensions().get().map(|ConnectInfo(address): &ConnectInfo<SocketAddr>| address.ip());
        let (request, sealed) = pay::read(request).await?;
        let at = unix_now();
        let claims = open(&self.keyring, &sealed, &Expect::new(origin, at)).map_err(Refusal::Open)?;
        if claims.fields.get("cc-number").is_none() {
            return Err(Refusal::CardMissing);
        }
        let verdict = Verdict::new(&claims, &accept, ip);
        Ok(Opened { request, sealed, claims, verdict, at })
    }

    /// Which of the shop's own origins the request came in by. `Host` only chooses among them, and `Origin`
    /// cannot tell: under `no-referrer` a browser sends `null` with a form.
    fn origin(&self, headers: &HeaderMap) -> &str {
        let host = headers.get(header::HOST).map_or(&b""[..], |host| host.as_bytes());
        let is_reached = |origin: &&String| origin.split("://").nth(1).map(str::as_bytes) == Some(host);
        self.origins.iter().find(is_reached).or(self.origins.first()).map_or("", String::as_str)
    }
}

fn place(id: &ReceiptId) -> String {
    format!("/receipt/{}", id.as_str())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test whose setting fails has failed")]
mod tests {
    use super::router;
    use crate::{headers::CONTENT_SECURITY_POLICY, views::AMOUNT};
    use axum::{
        Router,
        body::{Body, to_bytes},
        http::{HeaderMap, Method, Request, StatusCode, header},
    };
    use tillseal_protocol::{Algorithm, Fields, Recipient};
    use tillseal_server::{Keyring, create_key, seal, unix_now};
    use tower::ServiceExt as _;

    const ORIGIN: &str = "http://shop.example";
    const PAN: &str = "4111111111111111";
    const FIELDS: &str =
        r#"{"cc-number":"4111111111111111","cc-csc":"9876","cc-name":"<b>Ada & \"Co\"</b>"}"#;

    struct Answer {
        status: StatusCode,
        headers: HeaderMap,
        body: String,
    }

    /// A shop, and a payload for it that was sealed `age` seconds ago.
    fn shop(algorithm: Algorithm, fields: &str, age: u64) -> (Router, String) {
        let directory = tempfile::tempdir().unwrap();
        create_key(directory.path(), algorithm, unix_now()).unwrap();
        let keyring = Keyring::load(directory.path()).unwrap();
        let recipient = Recipient::choose(keyring.jwks().keys, None).unwrap();
        let fields: Fields = serde_json::from_str(fields).unwrap();
        let sealed = seal(&recipient, &fields, unix_now() - age, ORIGIN).unwrap();
        (router(keyring, vec![ORIGIN.into(), "http://localhost".into()]), sealed)
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

    async fn pay(shop: &Router, accept: &str, body: String) -> Answer {
        let request = Request::post("/pay")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ACCEPT, accept);
        answer(shop, request.body(Body::from(body)).unwrap()).await
    }

    async fn judge(shop: &Router, host: &str, sealed: &str) -> Answer {
        let request = Request::post("/lab")
            .header(header::HOST, host)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(format!("sealed={sealed}")));
        answer(shop, request.unwrap()).await
    }

    async fn receipt_path(shop: &Router, sealed: &str) -> String {
        let answer = pay(shop, "text/html", format!("sealed={sealed}")).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        answer.headers[header::LOCATION].to_str().unwrap().to_owned()
    }

    #[tokio::test]
    async fn shows_a_payment_masked_and_opens_it_on_request() {
        for algorithm in [Algorithm::EcdhEs, Algorithm::Hpke7] {
            let (shop, sealed) = shop(algorithm, FIELDS, 0);
            let path = receipt_path(&shop, &sealed).await;
            let receipt = get(&shop, &path).await;
            assert_eq!(receipt.status, StatusCode::OK);
            assert_eq!(receipt.headers[header::CACHE_CONTROL], "no-store");
            assert!(receipt.body.contains(algorithm.name()));
            assert!(receipt.body.contains("POST /pay HTTP/1.1"));
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
    async fn escapes_what_came_from_outside() {
        let (shop, sealed) = shop(Algorithm::EcdhEs, FIELDS, 0);
        let request = Request::post("/pay")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("x-note", "<script>")
            .body(Body::from(format!("<u>=1&sealed={sealed}")))
            .unwrap();
        let path = answer(&shop, request).await.headers[header::LOCATION].to_str().unwrap().to_owned();
        let receipt = get(&shop, &path).await.body;
        assert!(receipt.contains("&lt;b&gt;Ada &amp; &quot;Co&quot;&lt;/b&gt;"));
        assert!(receipt.contains("&lt;script&gt;"));
        assert!(receipt.contains("&lt;u&gt;"));
        assert!(!receipt.contains("<b>Ada") && !receipt.contains("<script>") && !receipt.contains("<u>"));
    }

    #[tokio::test]
    async fn refuses_with_a_code() {
        let (shop, sealed) = shop(Algorithm::EcdhEs, FIELDS, 0);
        let missing = pay(&shop, "text/html", "email=ada".into()).await;
        assert_eq!(missing.status, StatusCode::BAD_REQUEST);
        assert!(missing.body.contains("sealed-missing"));

        let (rest, tag) = sealed.rsplit_once('.').unwrap();
        let other = if tag.starts_with('A') { "B" } else { "A" };
        let altered = pay(&shop, "text/html", format!("sealed={rest}.{other}{}", &tag[1..])).await;
        assert_eq!(altered.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(altered.body.contains("sealed-undecryptable"));

        let huge = pay(&shop, "text/html", format!("sealed={}", "A".repeat(1 << 20))).await;
        assert_eq!(huge.status, StatusCode::PAYLOAD_TOO_LARGE);
        assert!(huge.body.contains("request-too-large"));

        assert!(get(&shop, "/receipt/0").await.body.contains("receipt-unknown"));
        assert!(get(&shop, "/nowhere").await.body.contains("request-path"));
        assert_eq!(get(&shop, "/pay").await.status, StatusCode::METHOD_NOT_ALLOWED);
    }

    #[tokio::test]
    async fn refuses_what_a_shop_must_not_take() {
        let (stale, sealed) = shop(Algorithm::EcdhEs, FIELDS, 3600);
        assert!(pay(&stale, "*/*", format!("sealed={sealed}")).await.body.contains("stale"));
        let (cardless, sealed) = shop(Algorithm::EcdhEs, r#"{"email":"ada@shop.example"}"#, 0);
        assert!(pay(&cardless, "*/*", format!("sealed={sealed}")).await.body.contains("card-missing"));
        let (shop, sealed) = shop(Algorithm::EcdhEs, FIELDS, 0);
        let elsewhere = Request::post("/pay")
            .header(header::HOST, "localhost")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(format!("sealed={sealed}")));
        assert!(answer(&shop, elsewhere.unwrap()).await.body.contains("origin-mismatch"));
    }

    #[tokio::test]
    async fn answers_a_script_in_json() {
        let (shop, sealed) = shop(Algorithm::EcdhEs, FIELDS, 0);
        let taken = pay(&shop, "application/json", format!("sealed={sealed}")).await;
        assert_eq!(taken.status, StatusCode::CREATED);
        assert!(taken.body.starts_with(r#"{"receipt":"/receipt/"#));
        assert!(taken.body.contains(r#""automation":{"probability":0."#));

        let refused = pay(&shop, "application/json", String::new()).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        assert_eq!(refused.headers[header::CONTENT_TYPE], "application/problem+json");
        assert!(refused.body.contains(r#""code":"sealed-missing""#));
    }

    #[tokio::test]
    async fn judges_what_the_lab_sends_and_refuses_what_the_shop_would() {
        let (shop_now, sealed) = shop(Algorithm::EcdhEs, FIELDS, 0);
        let judged = judge(&shop_now, "shop.example", &sealed).await;
        assert_eq!(judged.status, StatusCode::OK);
        assert_eq!(judged.headers[header::CACHE_CONTROL], "no-store");
        assert!(judged.body.contains("signals-absent") && judged.body.contains(r#""signals":null"#));
        assert!(!judged.body.contains(PAN));

        let elsewhere = judge(&shop_now, "localhost", &sealed).await;
        assert_eq!(elsewhere.headers[header::CONTENT_TYPE], "application/problem+json");
        assert!(elsewhere.body.contains("origin-mismatch"));
        assert!(judge(&shop_now, "shop.example", "a.b.c").await.status.is_client_error());
        let (stale, sealed) = shop(Algorithm::EcdhEs, FIELDS, 3600);
        assert!(judge(&stale, "shop.example", &sealed).await.body.contains("stale"));
        let (cardless, sealed) = shop(Algorithm::EcdhEs, r#"{"email":"ada@shop.example"}"#, 0);
        assert!(judge(&cardless, "shop.example", &sealed).await.body.contains("card-missing"));
    }

    #[tokio::test]
    async fn the_manifest_is_served_as_it_is() {
        let (shop, _) = shop(Algorithm::EcdhEs, FIELDS, 0);
        let manifest = get(&shop, "/signals.json").await;
        assert_eq!(manifest.headers[header::CONTENT_TYPE], "application/json");
        assert_eq!(manifest.body, crate::manifest::JSON);
    }

    #[tokio::test]
    async fn every_answer_is_hardened() {
        let (shop, sealed) = shop(Algorithm::EcdhEs, FIELDS, 0);
        let receipt = receipt_path(&shop, &sealed).await;
        let opened = format!("{receipt}/opened");
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
            (Method::GET, "/receipt/0"),
            (Method::GET, "/nowhere"),
            (Method::GET, "/pay"),
            (Method::POST, "/pay"),
            (Method::DELETE, "/"),
        ];
        for (method, path) in requests {
            let request = Request::builder().method(&method).uri(path).body(Body::empty()).unwrap();
            let headers = answer(&shop, request).await.headers;
            assert_eq!(
                headers[header::CONTENT_SECURITY_POLICY],
                CONTENT_SECURITY_POLICY,
                "{method} {path}"
            );
            assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff", "{method} {path}");
            assert_eq!(headers[header::REFERRER_POLICY], "no-referrer", "{method} {path}");
            assert!(headers.contains_key(header::CACHE_CONTROL), "{method} {path}");
        }
    }

    #[tokio::test]
    async fn the_playground_alone_may_make_its_one_policy() {
        let (shop, _) = shop(Algorithm::EcdhEs, FIELDS, 0);
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
        let (shop, _) = shop(Algorithm::EcdhEs, FIELDS, 0);
        let checkout = get(&shop, "/").await;
        assert_eq!(checkout.headers[header::CONTENT_TYPE], "text/html; charset=utf-8");
        let head = checkout.body.find("</head>").unwrap();
        assert!(!checkout.body[head..].contains(" name="), "a field has a name");
        let lab = get(&shop, "/lab").await.body;
        assert!(
            lab.split("</head>").nth(1).is_some_and(|body| !body.contains(" name=")),
            "a field has a name"
        );
        assert!(!checkout.body.contains("style="), "the policy allows no inline style");
        assert!(!checkout.body.contains("<script>"), "the policy allows no inline script");
        assert!(checkout.body.contains(&format!("Pay {AMOUNT}<")));
        assert!(checkout.body.contains("data-tillseal=\"/.well-known/tillseal.jwks\""));
    }
}
