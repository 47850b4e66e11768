//! What operators, auditors and their tools may ask a running server: which keys there are, and the audit log. Nothing here changes
//! anything.

use crate::{
    KeyInfo, Refusal,
    audit::{ProofError, Resource, SourceError},
    http::{Service, json_answer},
    problem::Problem,
};
use axum::{
    Router,
    extract::{Path, State, rejection::PathRejection},
    http::header,
    response::{IntoResponse as _, Response},
    routing::get,
};
use serde::Serialize;
use std::sync::Arc;

#[derive(Serialize)]
struct Keys<'a> {
    keys: Vec<Key<'a>>,
}

/// What the file says of a key, and what follows from it now.
#[derive(Serialize)]
struct Key<'a> {
    kid: &'a str,
    alg: &'static str,
    r#use: &'static str,
    state: &'static str,
    published: bool,
    iat: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    nbf: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<u64>,
}

/// What the path names; what is no UTF-8 names nothing.
type NamedPath = Result<Path<String>, PathRejection>;

pub(crate) fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route("/v1/keys", get(keys))
        .route("/v1/audit/proof/{position}", get(proof))
        .route("/v1/audit/{*resource}", get(resource))
}

/// `GET /v1/keys`: every key, the newest first.
async fn keys(State(service): State<Arc<Service>>) -> Response {
    let (keyring, now) = (Arc::clone(&service.keys.borrow()), (service.rules.clock)());
    let published = keyring.jwks(now);
    let keys = keyring.states(now).map(|(key, state)| {
        let KeyInfo { kid, alg, iat, nbf, exp, .. } = key.info();
        Key {
            kid: kid.as_str(),
            alg: alg.name(),
            r#use: alg.usage(),
            state,
            published: published.names(kid.as_str()),
            iat: *iat,
            nbf: *nbf,
            exp: *exp,
        }
    });
    json_answer(&Keys { keys: keys.collect() })
}

/// `GET /v1/audit/…`: the log as C2SP tlog-tiles serves it, for auditors' own tools.
async fn resource(State(service): State<Arc<Service>>, path: NamedPath) -> Response {
    let Some(resource) = path.ok().and_then(|Path(path)| Resource::parse(&path)) else {
        return Problem::Path.into_response();
    };
    match service.office.log.resource(resource).await {
        Ok(Some(bytes)) => {
            let cache =
                if resource.is_immutable() { "private, max-age=31536000, immutable" } else { "no-store" };
            let headers = [(header::CONTENT_TYPE, resource.content_type()), (header::CACHE_CONTROL, cache)];
            (headers, bytes).into_response()
        }
        Ok(None) => Problem::Uncovered.into_response(),
        Err(error) => failed(error.into()),
    }
}

/// `GET /v1/audit/proof/{position}`: that the log holds the entry (C2SP tlog-proof).
async fn proof(State(service): State<Arc<Service>>, path: NamedPath) -> Response {
    let Some(position) = path.ok().and_then(|Path(position)| position.parse().ok()) else {
        return Problem::Path.into_response();
    };
    match service.office.log.proof(position).await {
        Ok(proof) => {
            let headers =
                [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
            (headers, proof.to_string()).into_response()
        }
        Err(ProofError::Uncovered { .. }) => Problem::Uncovered.into_response(),
        Err(ProofError::Source(SourceError::Store(error))) => failed(error.into()),
        Err(error) => {
            tracing::error!(code = error.code(), %error, "no proof");
            Problem::Internal.into_response()
        }
    }
}

fn failed(refusal: Refusal) -> Response {
    if let Refusal::Store(error) = &refusal {
        tracing::error!(code = error.code(), %error, "the audit log was not read");
    }
    Problem::Refused(refusal).into_response()
}
