//! Every refusal over HTTP as an RFC 9457 problem document.

use crate::{Refusal, session::IssueError};
use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

/// Why a request is refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    /// The payload is refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// No session is issued.
    #[error(transparent)]
    Issue(#[from] IssueError),
    #[error(
        "the body must be the JSON object that docs/openapi.json describes for this path, and nothing else"
    )]
    Malformed,
    #[error("the body must be sent as application/json")]
    MediaType,
    #[error("the body is longer than a request with a sealed payload can be")]
    TooLarge,
    #[error("this server does not open payloads for that origin; start it with --origin to allow one more")]
    Origin,
    #[error("the audit log's last checkpoint does not cover that; the next is signed within a second")]
    Uncovered,
    #[error("nothing is here; docs/openapi.json lists what there is")]
    Path,
    #[error("this path takes another method; the Allow header names it")]
    Method,
    #[error("the server failed; its log says why")]
    Internal,
}

/// RFC 9457 §3.1, with our stable `code` as an extension member.
#[derive(Serialize)]
struct Document<'a> {
    /// §4.2.1: the status says what kind of problem it is, and `code` which one.
    r#type: &'static str,
    title: &'a str,
    status: u16,
    detail: String,
    code: &'static str,
}

impl Problem {
    /// The stable code of this problem.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Refused(error) => error.code(),
            Self::Issue(error) => error.code(),
            Self::Malformed => "request-malformed",
            Self::MediaType => "request-media-type",
            Self::TooLarge => "request-too-large",
            Self::Origin => "request-origin",
            Self::Uncovered => "audit-position",
            Self::Path => "request-path",
            Self::Method => "request-method",
            Self::Internal => "internal",
        }
    }

    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Refused(error) => {
                StatusCode::from_u16(error.status()).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY)
            }
            Self::Issue(IssueError::Invalid(_)) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Issue(IssueError::NoKey | IssueError::Random) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Malformed => StatusCode::BAD_REQUEST,
            Self::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Origin => StatusCode::FORBIDDEN,
            Self::Uncovered | Self::Path => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        respond(self.status(), self.code(), self.to_string())
    }
}

/// The code of a refusal, as an extension of the response: for the metrics.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Code(pub(crate) &'static str);

/// The problem document.
pub(crate) fn respond(status: StatusCode, code: &'static str, detail: String) -> Response {
    let document = Document {
        r#type: "about:blank",
        title: status.canonical_reason().unwrap_or_default(),
        status: status.as_u16(),
        detail,
        code,
    };
    // Five plain members always serialize.
    let body = serde_json::to_vec(&document).unwrap_or_default();
    let mut response = (status, Body::from(body)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.extensions_mut().insert(Code(code));
    response
}
