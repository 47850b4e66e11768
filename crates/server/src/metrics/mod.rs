//! What Prometheus reads: counts, times and sizes.
//!
//! Labels are closed sets: templates of routes, statuses, codes, names of operations. Nothing that a client sends becomes one.

mod observe;
mod store;

pub use store::metered;

use crate::{
    problem::Problem,
    tokens::{Gate, Scope},
};
use axum::{Router, extract::State, http::header, response::IntoResponse, routing::get};
use prometheus_client::{
    encoding::text,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram, info::Info},
    registry::Registry,
};
use std::{sync::Arc, time::Duration};

/// Where Prometheus reads.
pub const METRICS_PATH: &str = "/metrics";

/// Up to the time limit of a request. The goals, 5 and 15 ms, are bounds.
const SECONDS: [f64; 13] =
    [0.000_5, 0.001, 0.002, 0.003, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.5, 2.5, 10.0];

type One = [(&'static str, &'static str); 1];
type Times<Labels> = Family<Labels, Histogram, fn() -> Histogram>;

/// All metrics of a process. Clones share them.
#[derive(Clone)]
pub struct Metrics(Arc<Meters>);

struct Meters {
    registry: Registry,
    requests: Family<[(&'static str, String); 2], Counter>,
    request_seconds: Times<[(&'static str, String); 1]>,
    refusals: Family<One, Counter>,
    decisions: Family<One, Counter>,
    store_seconds: Times<One>,
    store_failures: Family<One, Counter>,
    connections: Gauge,
    handshake_failures: Counter,
    keys: Family<One, Gauge>,
    audit_size: Gauge,
}

/// An open connection; it is closed when this is dropped.
pub(crate) struct OpenConnection(Metrics);

impl Metrics {
    /// All at zero.
    #[must_use]
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("tillseal");
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "Which tillseal this is", build);
        let times = || Histogram::new(SECONDS);
        let mut meters = Meters {
            registry: Registry::default(),
            requests: Family::default(),
            request_seconds: Family::new_with_constructor(times),
            refusals: Family::default(),
            decisions: Family::default(),
            store_seconds: Family::new_with_constructor(times),
            store_failures: Family::default(),
            connections: Gauge::default(),
            handshake_failures: Counter::default(),
            keys: Family::default(),
            audit_size: Gauge::default(),
        };
        registry.register("requests", "Requests by route and status", meters.requests.clone());
        registry.register(
            "request_seconds",
            "From head to answer, by route",
            meters.request_seconds.clone(),
        );
        registry.register("refusals", "Refusals by code", meters.refusals.clone());
        registry.register("decisions", "Payments by decision", meters.decisions.clone());
        registry.register("store_seconds", "Time of the store, by operation", meters.store_seconds.clone());
        registry.register(
            "store_failures",
            "What the store did not do, by operation",
            meters.store_failures.clone(),
        );
        registry.register("connections", "Connections that are open", meters.connections.clone());
        registry.register(
            "tls_handshake_failures",
            "Handshakes that failed",
            meters.handshake_failures.clone(),
        );
        registry.register("keys", "Keys by state", meters.keys.clone());
        registry.register("audit_entries", "Entries of the audit log", meters.audit_size.clone());
        meters.registry = registry;
        Self(Arc::new(meters))
    }

    /// A payment was decided so.
    pub fn decision(&self, decision: &'static str) {
        self.0.decisions.get_or_create(&[("decision", decision)]).inc();
    }

    /// Something was refused with this code. Problem documents that this crate answers with are counted by themselves.
    pub fn refused(&self, code: &'static str) {
        self.0.refusals.get_or_create(&[("code", code)]).inc();
    }

    /// The store took so long for this operation, and did it or failed. [`metered`] calls this.
    pub fn store(&self, operation: &'static str, took: Duration, is_done: bool) {
        let label = [("operation", operation)];
        self.0.store_seconds.get_or_create(&label).observe(took.as_secs_f64());
        if !is_done {
            self.0.store_failures.get_or_create(&label).inc();
        }
    }

    /// So many keys are in this state now.
    pub fn keys(&self, state: &'static str, count: usize) {
        self.0.keys.get_or_create(&[("state", state)]).set(gauged(count as u64));
    }

    /// The audit log has so many entries now.
    pub fn audit_size(&self, entries: u64) {
        self.0.audit_size.set(gauged(entries));
    }

    /// Everything in the text format of `OpenMetrics`.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        // A text takes all that is written to it.
        let _ = text::encode(&mut text, &self.0.registry);
        text
    }

    /// `GET /metrics`, for tokens with the scope `admin`.
    pub fn routes(&self, gate: &Gate) -> Router {
        gate.guard(
            Scope::Admin,
            Router::new().route(METRICS_PATH, get(exposition)).with_state(self.clone()),
        )
        .method_not_allowed_fallback(async || Problem::Method)
    }

    /// How many connections are open.
    #[must_use]
    pub fn connections(&self) -> i64 {
        self.0.connections.get()
    }

    pub(crate) fn connection_opened(&self) -> OpenConnection {
        self.0.connections.inc();
        OpenConnection(self.clone())
    }

    pub(crate) fn handshake_failed(&self) {
        self.0.handshake_failures.inc();
    }

    fn answered(&self, route: &str, status: u16, took: Duration) {
        let labels = [("route", route.to_owned()), ("status", status.to_string())];
        self.0.requests.get_or_create(&labels).inc();
        let [route, _] = labels;
        self.0.request_seconds.get_or_create(&[route]).observe(took.as_secs_f64());
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.0.connections.dec();
    }
}

async fn exposition(State(metrics): State<Metrics>) -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, metrics.text())
}

/// Prometheus' numbers are signed; no count here comes near the end of them.
fn gauged(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
