//! Whether the process lives, and whether it should get requests.

use crate::{problem::Problem, refusal::Refusal};
use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::get,
};
use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::Mutex,
    time::{self, Instant},
};

/// Where a process says that it lives.
pub const HEALTH_PATH: &str = "/healthz";

/// Where a process says whether it should get requests.
pub const READY_PATH: &str = "/readyz";

/// How long an answer stands: whoever asks all the time does not wear the store out.
const STANDS: Duration = Duration::from_secs(1);

/// A check that has not answered by then has failed.
const PATIENCE: Duration = Duration::from_secs(3);

/// One thing that must hold for a process to get requests.
pub struct Check {
    name: &'static str,
    holds: Box<dyn Fn() -> Holds + Send + Sync>,
}

type Holds = Pin<Box<dyn Future<Output = bool> + Send>>;

/// All checks of a process.
#[derive(Clone)]
pub struct Ready(Arc<Inner>);

struct Inner {
    checks: Vec<Check>,
    is_stopping: AtomicBool,
    /// What failed, and when it was looked at. Those who ask meanwhile wait for the one who looks.
    last: Mutex<Option<(Instant, Vec<&'static str>)>>,
}

impl Check {
    /// A check that `/readyz` names so where it fails, such as `store` or `active-key`.
    pub fn new<F: Future<Output = bool> + Send + 'static>(
        name: &'static str,
        holds: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self {
        Self { name, holds: Box::new(move || Box::pin(holds())) }
    }
}

impl Ready {
    /// Ready as long as all of these hold, and [`stop`](Self::stop) was not called.
    #[must_use]
    pub fn new(checks: Vec<Check>) -> Self {
        Self(Arc::new(Inner { checks, is_stopping: AtomicBool::new(false), last: Mutex::new(None) }))
    }

    /// From now on, and for good, `/readyz` says no.
    pub fn stop(&self) {
        self.0.is_stopping.store(true, Ordering::Relaxed);
    }

    /// The names of the checks that fail.
    pub async fn failed(&self) -> Vec<&'static str> {
        if self.0.is_stopping.load(Ordering::Relaxed) {
            return vec!["stopping"];
        }
        let mut last = self.0.last.lock().await;
        if let Some((at, failed)) = &*last
            && at.elapsed() < STANDS
        {
            return failed.clone();
        }
        let mut failed = Vec::new();
        for check in &self.0.checks {
            if !time::timeout(PATIENCE, (check.holds)()).await.unwrap_or(false) {
                failed.push(check.name);
            }
        }
        *last = Some((Instant::now(), failed.clone()));
        failed
    }

    /// `GET /healthz` and `GET /readyz`, for everybody.
    pub fn routes(&self) -> Router {
        Router::new()
            .route(HEALTH_PATH, get(async || said(StatusCode::OK)))
            .route(READY_PATH, get(readiness))
            .method_not_allowed_fallback(async || Problem::Method)
            .with_state(self.clone())
    }
}

async fn readiness(State(ready): State<Ready>) -> Response {
    match ready.failed().await {
        failed if failed.is_empty() => said(StatusCode::OK),
        failed => Refusal::NotReady(failed).into_response(),
    }
}

fn said(status: StatusCode) -> Response {
    let headers = [(header::CONTENT_TYPE, "text/plain"), (header::CACHE_CONTROL, "no-store")];
    (status, headers, "ok\n").into_response()
}
