//! How long a body may be, how long it may take, and how long an answer may.

use crate::{config::Limits, refusal::Refusal};
use axum::{
    Router,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, Request, State},
    http::header,
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
};
use http_body::{Body as _, Frame, SizeHint};
use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    task::{Context, Poll, ready},
};
use tokio::time::{self, Sleep};

/// Keeps the requests to the routes that the router has by now within the limits of body and time.
///
/// A body that is too long by its own account is refused before a byte of it is read. Whatever a handler makes of a body that turns
/// out too long or too slow, the client is told `request-too-large` or `request-timeout`.
pub fn bounded(router: Router, limits: &Limits) -> Router {
    router.layer(DefaultBodyLimit::disable()).layer(middleware::from_fn_with_state(*limits, within))
}

async fn within(State(limits): State<Limits>, request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    // What is no number is hyper's to refuse.
    let length =
        head.headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if length.is_some_and(|length: u64| length > limits.body as u64) {
        return Refusal::TooLarge.into_response();
    }
    let progress = Arc::new(Progress::default());
    // A request without a body needs no watch over it.
    let body =
        if body.is_end_stream() { body } else { Bounded::around(body, &limits, Arc::clone(&progress)) };
    let answer = time::timeout(limits.request, next.run(Request::from_parts(head, body))).await;
    match (progress.get(), answer) {
        (Stage::TooLong, _) => Refusal::TooLarge.into_response(),
        (Stage::Late, _) | (Stage::Arriving, Err(_)) => Refusal::SlowBody.into_response(),
        (Stage::Unasked | Stage::Arrived, Err(_)) => Refusal::SlowAnswer.into_response(),
        (_, Ok(answer)) => answer,
    }
}

/// How far a body has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Nobody has asked for it: who answers without it does not wait for it.
    Unasked,
    Arriving,
    Arrived,
    TooLong,
    Late,
}

/// A [`Stage`] that the body tells, and that is read beside it.
#[derive(Default)]
struct Progress(AtomicU8);

impl Progress {
    fn set(&self, stage: Stage) {
        self.0.store(stage as u8, Ordering::Relaxed);
    }

    fn get(&self) -> Stage {
        let stage = self.0.load(Ordering::Relaxed);
        [Stage::Arriving, Stage::Arrived, Stage::TooLong, Stage::Late]
            .into_iter()
            .find(|each| *each as u8 == stage)
            .unwrap_or(Stage::Unasked)
    }
}

/// A body that ends in an error once it is too long or too late.
struct Bounded {
    body: Body,
    left: usize,
    deadline: Pin<Box<Sleep>>,
    progress: Arc<Progress>,
}

impl Bounded {
    fn around(body: Body, limits: &Limits, progress: Arc<Progress>) -> Body {
        let deadline = Box::pin(time::sleep(limits.body_time));
        Body::new(Self { body, left: limits.body, deadline, progress })
    }

    fn stop(&self, stage: Stage) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.progress.set(stage);
        Poll::Ready(Some(Err(axum::Error::new(io::Error::from(io::ErrorKind::InvalidData)))))
    }
}

impl http_body::Body for Bounded {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.progress.set(Stage::Arriving);
        if self.deadline.as_mut().poll(context).is_ready() {
            return self.stop(Stage::Late);
        }
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if let Some(Ok(frame)) = &frame {
            match self.left.checked_sub(frame.data_ref().map_or(0, Bytes::len)) {
                Some(left) => self.left = left,
                None => return self.stop(Stage::TooLong),
            }
        }
        if frame.is_none() || self.body.is_end_stream() {
            self.progress.set(Stage::Arrived);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// How many open files the process takes beside its connections: the store, keys, logs.
const OTHER_FILES: usize = 256;

/// As many of these connections as the system grants open files for, after it was asked for more.
#[must_use]
pub fn granted_connections(wanted: usize) -> usize {
    let files = u64::try_from(wanted.saturating_add(OTHER_FILES)).unwrap_or(u64::MAX);
    // Where the system does not say, the accept loop bears what comes.
    let Ok(granted) = rlimit::increase_nofile_limit(files) else { return wanted };
    let granted = usize::try_from(granted).unwrap_or(usize::MAX).saturating_sub(OTHER_FILES).max(1);
    if granted < wanted {
        tracing::warn!(wanted, granted, "fewer connections than configured: raise the limit of open files");
    }
    granted.min(wanted)
}
