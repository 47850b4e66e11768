//! The two things that a server offers over HTTP: its public keys, and opening.

use crate::{
    DEFAULT_LEEWAY, DEFAULT_MAX_AGE, Expect, Keyring, open, problem::Problem, risk, risk::Signals, unix_now,
};
use aws_lc_rs::digest::{SHA256, digest};
use axum::{
    Router,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, State, rejection::BytesRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde::Deserialize;
use std::{borrow::Cow, net::IpAddr, sync::Arc};
use tillseal_protocol::{Claims, MAX_SEALED};
use tokio::sync::watch;
use zeroize::Zeroizing;

/// Where the public keys are: a well-known URI (RFC 8615).
pub const KEY_SET_PATH: &str = "/.well-known/tillseal.jwks";

/// Where payloads are opened.
pub const OPEN_PATH: &str = "/v1/open";

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
    /// The present time: seconds since 1970-01-01 UTC.
    pub clock: fn() -> u64,
}

impl Rules {
    /// The default `max_age` and `leeway` by the system's clock.
    #[must_use]
    pub fn new(origins: Vec<String>) -> Self {
        Self { origins, max_age: DEFAULT_MAX_AGE, leeway: DEFAULT_LEEWAY, clock: unix_now }
    }
}

/// `GET /.well-known/tillseal.jwks` alone: for a shop that opens payloads in its own code.
pub fn key_set(keys: Keys) -> Router {
    Router::new().route(KEY_SET_PATH, get(published)).with_state(keys)
}

/// The public keys and `POST /v1/open`.
///
/// Opening answers with clear text to whoever asks: let the shop's own servers reach it, and nobody else.
pub fn router(keys: Keys, rules: Rules) -> Router {
    let service = Service { keys: keys.clone(), rules: Arc::new(rules) };
    Router::new()
        .route(OPEN_PATH, post(open_sealed))
        .layer(DefaultBodyLimit::max(MAX_REQUEST))
        .with_state(service)
        .merge(key_set(keys))
        .fallback(async || Problem::Path)
        .method_not_allowed_fallback(async || Problem::Method)
}

/// The longest request: the longest sealed payload, an origin and the JSON around them.
const MAX_REQUEST: usize = MAX_SEALED + 4096;

/// How long browsers may keep the key set: a revoked key is out of use after that.
const KEY_SET_CACHE: &str = "public, max-age=300";

#[derive(Clone)]
struct Service {
    keys: Keys,
    rules: Arc<Rules>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OpenRequest<'a> {
    #[serde(borrow)]
    sealed: Cow<'a, str>,
    #[serde(borrow)]
    origin: Cow<'a, str>,
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

/// What is opened, and what is made of it.
struct Answer {
    claims: Claims,
    shopper: Option<Shopper>,
}

async fn published(State(keys): State<Keys>, request: HeaderMap) -> Response {
    let jwks = keys.borrow().jwks();
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

/// Logs one line a request: never a path, a header, an origin or a `kid` of the request, which are a stranger's
/// text and may hold anything.
async fn open_sealed(
    State(service): State<Service>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    match service.open(&headers, body) {
        Ok(answer) => {
            tracing::info!(jti = answer.claims.jti.as_str(), "payload opened");
            let headers = [
                (header::CONTENT_TYPE, "application/json"),
                (header::CACHE_CONTROL, "no-store"),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            ];
            // The bytes keep their owner, which wipes them once they are sent.
            (headers, Body::from(Bytes::from_owner(answer.to_json()))).into_response()
        }
        Err(problem) => {
            tracing::warn!(code = problem.code(), status = problem.status().as_u16(), "payload refused");
            problem.into_response()
        }
    }
}

impl Answer {
    /// The claims, and beside them what the server makes of the signals.
    fn to_json(&self) -> Zeroizing<Vec<u8>> {
        let signals = Signals::of(&self.claims);
        let score = serde_json::to_string(&risk::judge(&signals)).unwrap_or_default();
        let mut more = format!(r#","automation":{score}"#);
        if let (Ok(Some(signals)), Some(Shopper { accept, ip })) = (signals, &self.shopper)
            && let Some(page) = signals.browser
        {
            let browser = serde_json::to_string(&page.complete(accept, *ip)).unwrap_or_default();
            more = format!(r#"{more},"browser":{browser}"#);
        }
        let claims = self.claims.to_json();
        // One allocation of the full size: a growing buffer would leave unwiped copies behind.
        let mut json = Zeroizing::new(Vec::with_capacity(claims.len() + more.len()));
        json.extend_from_slice(claims.strip_suffix(b"}").unwrap_or(&claims));
        json.extend_from_slice(more.as_bytes());
        json.push(b'}');
        json
    }
}

impl Service {
    fn open(&self, headers: &HeaderMap, body: Result<Bytes, BytesRejection>) -> Result<Answer, Problem> {
        // A browser cannot send this type across origins without a preflight, which is not answered.
        if !is_json(headers) {
            return Err(Problem::MediaType);
        }
        let body = body.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Problem::TooLarge,
            _ => Problem::Malformed,
        })?;
        let request: OpenRequest = serde_json::from_slice(&body).map_err(|_| Problem::Malformed)?;
        let Rules { origins, max_age, leeway, clock } = &*self.rules;
        if !origins.is_empty() && !origins.iter().any(|origin| *origin == request.origin) {
            return Err(Problem::Origin);
        }
        let expect = Expect { origin: &request.origin, now: clock(), max_age: *max_age, leeway: *leeway };
        let keyring = Arc::clone(&self.keys.borrow());
        Ok(Answer { claims: open(&keyring, &request.sealed, &expect)?, shopper: request.shopper })
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = content_type.and_then(|value| value.split(';').next()).unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}
