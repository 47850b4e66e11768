//! What a server offers over HTTP: its public keys, sessions, and verdicts on what was sealed.

use crate::{
    DEFAULT_LEEWAY, DEFAULT_LIFETIME, DEFAULT_MAX_AGE, Expect, Keyring, Opened, Refusal, SessionRequest,
    Verdict, admin,
    metrics::Metrics,
    open,
    pipeline::Office,
    problem::Problem,
    session::{self, is_order},
    store::Store,
    tokens::{Gate, Scope},
    unix_now,
};
use aws_lc_rs::digest::{SHA256, digest};
use axum::{
    Router,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, State, rejection::BytesRejection},
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, net::IpAddr, sync::Arc};
use tillseal_protocol::{MAX_SEALED, Order};
use tokio::{sync::watch, task::spawn_blocking};
use zeroize::Zeroizing;

/// Where the public keys are: a well-known URI (RFC 8615).
pub const KEY_SET_PATH: &str = "/.well-known/tillseal.jwks";

/// Where payloads are opened and judged.
pub const OPEN_PATH: &str = "/v1/open";

/// Where sessions are issued.
pub const SESSIONS_PATH: &str = "/v1/sessions";

/// The keyring as it is now: [`follow`](crate::follow) replaces it whole when its directory changes.
pub type Keys = watch::Receiver<Arc<Keyring>>;

/// What every payload must meet, whoever asks to open it.
#[derive(Debug, Clone)]
pub struct Rules {
    /// The origins that requests may name; where there are none, any.
    pub origins: Vec<String>,
    /// How old a payload may be, in seconds.
    pub max_age: u64,
    /// How far ahead of the clock its `iat` may be, in seconds.
    pub leeway: u64,
    /// Whether a payload without a session is refused.
    pub requires_session: bool,
    /// How long a session lasts unless the request says otherwise, in seconds.
    pub lifetime: u64,
    /// The present time: seconds since 1970-01-01 UTC.
    pub clock: fn() -> u64,
}

impl Rules {
    /// The default `max_age` and `leeway` by the system's clock; sessions are optional.
    #[must_use]
    pub fn new(origins: Vec<String>) -> Self {
        Self {
            origins,
            max_age: DEFAULT_MAX_AGE,
            leeway: DEFAULT_LEEWAY,
            requires_session: false,
            lifetime: DEFAULT_LIFETIME,
            clock: unix_now,
        }
    }

    /// Whether requests may name that origin.
    fn allow(&self, origin: &str) -> bool {
        self.origins.is_empty() || self.origins.iter().any(|allowed| allowed == origin)
    }
}

/// All that a request needs.
pub struct Service {
    /// The keyring.
    pub keys: Keys,
    /// What payloads must meet.
    pub rules: Rules,
    /// What is remembered.
    pub store: Arc<dyn Store>,
    /// In whose name verdicts are recorded and receipts signed.
    pub office: Office,
    /// What is counted.
    pub metrics: Metrics,
}

/// `GET /.well-known/tillseal.jwks` alone: for a shop that opens payloads in its own code.
pub fn key_set(keys: Keys) -> Router {
    key_set_at(keys, unix_now)
}

fn key_set_at(keys: Keys, clock: fn() -> u64) -> Router {
    Router::new().route(KEY_SET_PATH, get(published)).with_state((keys, clock))
}

/// The public keys for everybody, and sessions, verdicts and what operators ask for callers whom the gate lets through.
///
/// Opening answers with clear text to whoever asks: let the shop's own servers reach it, and nobody else.
pub fn router(service: &Arc<Service>, gate: &Gate) -> Router {
    let key_set = key_set_at(service.keys.clone(), service.rules.clock);
    let guarded = |scope, routes: Router<Arc<Service>>| {
        let routes = routes.layer(DefaultBodyLimit::max(MAX_REQUEST));
        gate.guard(scope, routes.with_state(Arc::clone(service)))
    };
    guarded(Scope::Open, Router::new().route(OPEN_PATH, post(judge)))
        .merge(guarded(Scope::Sessions, Router::new().route(SESSIONS_PATH, post(issue))))
        .merge(guarded(Scope::Admin, admin::routes()))
        .merge(key_set)
        .fallback(async || Problem::Path)
        .method_not_allowed_fallback(async || Problem::Method)
}

/// The longest request, in bytes: the longest sealed payload, an origin and the JSON around them.
pub const MAX_REQUEST: usize = MAX_SEALED + 4096;

/// How long browsers may keep the key set: a revoked key is out of use after that.
const KEY_SET_CACHE: &str = "public, max-age=300";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OpenRequest<'a> {
    #[serde(borrow)]
    sealed: Cow<'a, str>,
    #[serde(borrow)]
    origin: Cow<'a, str>,
    /// What the shop is about to charge.
    order: Option<Order>,
    /// The shopper's request, where 3-D Secure data is to be completed.
    shopper: Option<Shopper>,
}

/// What only the request of the shopper's browser tells.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shopper {
    /// Its `Accept` header.
    accept: String,
    /// Where it came from.
    ip: IpAddr,
}

async fn published(State((keys, clock)): State<(Keys, fn() -> u64)>, request: HeaderMap) -> Response {
    let jwks = keys.borrow().jwks(clock());
    let Ok(body) = serde_json::to_vec(&jwks) else { return Problem::Internal.into_response() };
    let etag = format!("\"{}\"", Base64UrlUnpadded::encode_string(digest(&SHA256, &body).as_ref()));
    let is_known = request
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| names_etag(value, &etag));

    let headers = [
        (header::CACHE_CONTROL, KEY_SET_CACHE),
        (header::ETAG, &etag),
        // The keys are public: a page of another origin may read them, as a processor's customers do.
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    if is_known {
        (StatusCode::NOT_MODIFIED, headers).into_response()
    } else {
        let content_type = [(header::CONTENT_TYPE, "application/jwk-set+json")];
        (headers, content_type, Body::from(body)).into_response()
    }
}

/// RFC 9110 §13.1.2: `*` or a list of entity tags, compared weakly.
fn names_etag(if_none_match: &str, etag: &str) -> bool {
    let mut tags = if_none_match.split(',').map(|tag| tag.trim().trim_start_matches("W/"));
    tags.any(|tag| tag == "*" || tag == etag)
}

/// `POST /v1/open`: the whole route of a payment.
///
/// Logs one line a request: never a path, a header, an origin or a `kid` of the request, which are a stranger's
/// text and may hold anything.
async fn judge(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    match service.judge(&headers, body).await {
        Ok((verdict, shopper)) => {
            let (jti, decision) = (verdict.claims().jti.as_str(), verdict.decision.name());
            tracing::info!(jti, decision, position = verdict.place.position, "payment judged");
            service.metrics.decision(decision);
            service.metrics.audit_size(verdict.place.position + 1);
            // The bytes keep their owner, which wipes them once they are sent.
            (JSON, Body::from(Bytes::from_owner(to_json(&verdict, shopper.as_ref())))).into_response()
        }
        Err(problem) => refused(problem, "payment refused"),
    }
}

/// `POST /v1/sessions`: what the page gets before the shopper types.
async fn issue(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    match service.issue(&headers, body) {
        Ok(issued) => {
            let session = &issued.session;
            tracing::info!(session = session.jti, exp = session.exp, "session issued");
            let answer =
                serde_json::json!({"session": issued.token, "jti": session.jti, "exp": session.exp});
            (StatusCode::CREATED, json_answer(&answer)).into_response()
        }
        Err(problem) => refused(problem, "session refused"),
    }
}

/// What every answer in JSON says of itself.
const JSON: [(HeaderName, &str); 3] = [
    (header::CONTENT_TYPE, "application/json"),
    (header::CACHE_CONTROL, "no-store"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
];

/// An answer that is this value.
pub(crate) fn json_answer(value: &impl Serialize) -> Response {
    match serde_json::to_vec(value) {
        Ok(body) => (JSON, body).into_response(),
        Err(_) => Problem::Internal.into_response(),
    }
}

fn refused(problem: Problem, what: &'static str) -> Response {
    if let Problem::Refused(Refusal::Store(error)) = &problem {
        // What the database says is for the operator alone.
        tracing::error!(code = problem.code(), %error, "{what}");
    } else {
        tracing::warn!(code = problem.code(), status = problem.status().as_u16(), "{what}");
    }
    problem.into_response()
}

/// The claims, and beside them what the server makes of them.
fn to_json(verdict: &Verdict, shopper: Option<&Shopper>) -> Zeroizing<Vec<u8>> {
    let text = |value: serde_json::Result<String>| value.unwrap_or_default();
    let place = text(serde_json::to_string(&verdict.place));
    let automation = text(serde_json::to_string(&verdict.automation));
    let decision = verdict.decision.name();
    let mut more = format!(
        r#","verdict":{{"decision":"{decision}","automation":{automation},"audit":{place}}},"receipt":"{}""#,
        verdict.receipt
    );
    if let Some(order) = verdict.order() {
        more = format!(r#"{more},"order":{}"#, text(serde_json::to_string(order)));
    }
    if let (Ok(Some(signals)), Some(Shopper { accept, ip })) = (verdict.signals(), shopper)
        && let Some(page) = &signals.browser
    {
        let browser = text(serde_json::to_string(&page.clone().complete(accept, *ip)));
        more = format!(r#"{more},"browser":{browser}"#);
    }
    let claims = verdict.claims().to_json();
    // One allocation of the full size: a growing buffer would leave unwiped copies behind.
    let mut json = Zeroizing::new(Vec::with_capacity(claims.len() + more.len()));
    json.extend_from_slice(claims.strip_suffix(b"}").unwrap_or(&claims));
    json.extend_from_slice(more.as_bytes());
    json.push(b'}');
    json
}

impl Service {
    async fn judge(
        self: &Arc<Self>,
        headers: &HeaderMap,
        body: Result<Bytes, BytesRejection>,
    ) -> Result<(Verdict, Option<Shopper>), Problem> {
        let body = json(headers, body)?;
        let keyring = Arc::clone(&self.keys.borrow());
        // Before anything is claimed: what cannot be answered must not be used up.
        if keyring.signer((self.rules.clock)()).is_none() {
            return Err(Refusal::Unsigned.into());
        }
        let (opened, shopper) = if keyring.asks_a_token() {
            // A token may take its time, and its vendor's library waits for it.
            let (service, keyring) = (Arc::clone(self), Arc::clone(&keyring));
            let opening = spawn_blocking(move || service.open(&keyring, &body));
            opening.await.map_err(|_| Problem::Internal)??
        } else {
            self.open(&keyring, &body)?
        };
        let fresh = opened.claim(&*self.store).await?;
        Ok((fresh.assess().record(&keyring, &self.office).await?, shopper))
    }

    fn open(&self, keyring: &Keyring, body: &[u8]) -> Result<(Opened, Option<Shopper>), Problem> {
        let request: OpenRequest = serde_json::from_slice(body).map_err(|_| Problem::Malformed)?;
        if request.order.as_ref().is_some_and(|order| !is_order(order)) {
            return Err(Problem::Malformed);
        }
        if !self.rules.allow(&request.origin) {
            return Err(Problem::Origin);
        }
        let expect = Expect {
            origin: &request.origin,
            now: (self.rules.clock)(),
            max_age: self.rules.max_age,
            leeway: self.rules.leeway,
            order: request.order.as_ref(),
            requires_session: self.rules.requires_session,
        };
        let opened = open(keyring, &request.sealed, &expect).map_err(Refusal::Open)?;
        Ok((opened, request.shopper))
    }

    fn issue(
        &self,
        headers: &HeaderMap,
        body: Result<Bytes, BytesRejection>,
    ) -> Result<session::Issued, Problem> {
        let body = json(headers, body)?;
        let mut request: SessionRequest = serde_json::from_slice(&body).map_err(|_| Problem::Malformed)?;
        request.lifetime.get_or_insert(self.rules.lifetime);
        if !self.rules.allow(&request.origin) {
            return Err(Problem::Origin);
        }
        let keyring = Arc::clone(&self.keys.borrow());
        Ok(session::issue(&keyring, &self.office.issuer, request, (self.rules.clock)())?)
    }
}

/// The body of a request that says that it is JSON.
fn json(headers: &HeaderMap, body: Result<Bytes, BytesRejection>) -> Result<Bytes, Problem> {
    // A browser cannot send this type across origins without a preflight, which is not answered.
    if !is_json(headers) {
        return Err(Problem::MediaType);
    }
    body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::TooLarge,
        _ => Problem::Malformed,
    })
}

fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = content_type.and_then(|value| value.split(';').next()).unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}
