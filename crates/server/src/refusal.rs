//! What is refused before a handler sees it: for want of a token, of room or of time.

use crate::{problem::respond, tokens::Scope};
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

/// Why a request does not reach its handler, or its handler's answer not the client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("send one of this server's tokens as Authorization: Bearer")]
    Unauthorized,
    #[error("the token lacks the scope {0}")]
    Forbidden(Scope),
    #[error("the body is longer than this server takes")]
    TooLarge,
    #[error("the body did not arrive in time")]
    SlowBody,
    #[error("the answer was not ready in time; the request may have been carried out")]
    SlowAnswer,
    #[error("more requests than this token's rate allows; the Retry-After header says when to come back")]
    RateLimited { seconds: u64 },
    #[error("more requests are under way than this server works on at once; try again")]
    Overloaded,
    #[error("this server should get no requests now: {}", .0.join(", "))]
    NotReady(Vec<&'static str>),
}

impl Refusal {
    fn code(&self) -> &'static str {
        match self {
            Self::Unauthorized => "unauthorized",
            Self::Forbidden(_) => "forbidden",
            Self::TooLarge => "request-too-large",
            Self::SlowBody | Self::SlowAnswer => "request-timeout",
            Self::RateLimited { .. } => "rate-limited",
            Self::Overloaded => "overloaded",
            Self::NotReady(_) => "not-ready",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::SlowBody => StatusCode::REQUEST_TIMEOUT,
            Self::RateLimited { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::SlowAnswer | Self::Overloaded | Self::NotReady(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = respond(self.status(), self.code(), self.to_string());
        let headers = response.headers_mut();
        match self {
            // RFC 6750 §3: without a token there is nothing to say about it.
            Self::Unauthorized => {
                headers.insert(
                    header::WWW_AUTHENTICATE,
                    HeaderValue::from_static("Bearer realm=\"tillseal\""),
                );
            }
            Self::Forbidden(scope) => {
                let challenge =
                    format!("Bearer realm=\"tillseal\", error=\"insufficient_scope\", scope=\"{scope}\"");
                headers.extend(
                    HeaderValue::try_from(challenge).map(|value| (header::WWW_AUTHENTICATE, value)),
                );
            }
            // What is left of the body is not waited for.
            Self::TooLarge | Self::SlowBody => {
                headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            Self::RateLimited { seconds } => {
                headers.insert(header::RETRY_AFTER, seconds.into());
            }
            // A payment that was carried out is not to be offered again.
            Self::SlowAnswer => {}
            Self::Overloaded | Self::NotReady(_) => {
                headers.insert(header::RETRY_AFTER, 1.into());
            }
        }
        response
    }
}
