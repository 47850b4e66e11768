//! One line of the log and one count for each request.

use super::Metrics;
use crate::problem::Code;
use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    http::{HeaderName, HeaderValue},
    middleware::{self, Next},
    response::Response,
};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use std::time::Instant;
use tracing::{Instrument as _, field::Empty};

/// The id under which a request stands in the log.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The route of what has none: whatever path it named, it is a stranger's text.
const NO_ROUTE: &str = "none";

impl Metrics {
    /// Counts every request to the routes that the router has by now, gives each an `X-Request-Id`, and writes its line to the log: the
    /// route's template, the status, the milliseconds, and, as the span around everything that is logged meanwhile, the id and the
    /// token's name. Never a path, a header or a body.
    pub fn observe(&self, router: Router) -> Router {
        router.layer(middleware::from_fn_with_state(self.clone(), observed))
    }
}

async fn observed(State(metrics): State<Metrics>, request: Request, next: Next) -> Response {
    let start = Instant::now();
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let route = matched.as_ref().map_or(NO_ROUTE, MatchedPath::as_str);
    let id = request_id();
    let span = tracing::info_span!("request", id, token = Empty);
    let mut response = next.run(request).instrument(span.clone()).await;

    let (status, took) = (response.status(), start.elapsed());
    metrics.answered(route, status.as_u16(), took);
    let code = response.extensions().get::<Code>().map(|code| code.0);
    if let Some(code) = code {
        metrics.refused(code);
    }
    let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    span.in_scope(|| {
        tracing::info!(route, status = status.as_u16(), milliseconds, code, "answered");
    });
    // Base64url is visible ASCII.
    response.headers_mut().extend(HeaderValue::try_from(id).map(|id| (REQUEST_ID, id)));
    response
}

/// 96 random bits. Without randomness there is no id: a request is not refused for it.
fn request_id() -> String {
    let mut bits = [0; 12];
    match getrandom::fill(&mut bits) {
        Ok(()) => Base64UrlUnpadded::encode_string(&bits),
        Err(_) => String::from("none"),
    }
}
