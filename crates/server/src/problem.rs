//! Every refusal over HTTP as an RFC 9457 problem document.

use crate::OpenError;
use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Problem {
    /// The payload is refused.
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error("the body must be one JSON object with two texts: sealed and origin")]
    Malformed,
    #[error("the body must be sent as application/json")]
    MediaType,
    #[error("the body is longer than a request with a sealed payload can be")]
    TooLarge,
    #[error("this server does not open payloads for that origin; start it with --origin to allow one more")]
    Origin,
    #[error("nothing is here; there are GET /.well-known/tillseal.jwks and POST /v1/open")]
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
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Open(error) => error.code(),
            Self::Malformed => "request-malformed",
            Self::MediaType => "request-media-type",
            Self::TooLarge => "request-too-large",
            Self::Origin => "request-origin",
            Self::Path => "request-path",
            Self::Method => "request-method",
            Self::Internal => "internal",
        }
    }

    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::Open(error) => {
                StatusCode::from_u16(error.status()).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY)
            }
            Self::Malformed => StatusCode::BAD_REQUEST,
            Self::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Origin => StatusCode::FORBIDDEN,
            Self::Path => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status();
        let document = Document {
            r#type: "about:blank",
            title: status.canonical_reason().unwrap_or_default(),
            status: status.as_u16(),
            detail: self.to_string(),
            code: self.code(),
        };
        // Five plain members always serialize.
        let body = serde_json::to_vec(&document).unwrap_or_default();
        let mut response = (status, Body::from(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}
