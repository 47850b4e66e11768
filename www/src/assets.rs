//! The embedded files: the shop's own pages, the module as `cargo xtask pkg` built it, and the openers of
//! `docs/integrate`, which the playground shows.

use crate::{headers, manifest, refusal::Refusal};
use axum::{
    extract::Path,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "pages"]
struct Pages;

/// Empty until the module is built, so that the shop compiles without it.
#[derive(RustEmbed)]
#[folder = "../pkg/dist"]
#[allow_missing = true]
struct Module;

#[derive(RustEmbed)]
#[folder = "../docs/integrate"]
struct Openers;

/// `GET /`: a page that is good for one payment, of this order under this session, and so for no cache.
pub(crate) fn checkout(order: &str, session: &str) -> Response {
    let Some(file) = Pages::get("checkout.html") else { return Refusal::Path.into_response() };
    // Neither holds a character that HTML knows.
    let page = String::from_utf8_lossy(&file.data).replace("{order}", order).replace("{session}", session);
    let headers =
        [(header::CONTENT_TYPE, media_type("checkout.html")), (header::CACHE_CONTROL, "no-store")];
    (headers, page).into_response()
}

/// `GET /playground`
pub(crate) async fn playground() -> Response {
    let mut page = respond("playground.html", Pages::get("playground.html"));
    let policy = HeaderValue::from_static(headers::PLAYGROUND_POLICY);
    page.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    page
}

/// `GET /lab`
pub(crate) async fn lab() -> Response {
    respond("lab.html", Pages::get("lab.html"))
}

/// `GET /verify`
pub(crate) async fn verify() -> Response {
    respond("verify.html", Pages::get("verify.html"))
}

/// `GET /signals.json`
pub(crate) async fn manifest() -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-cache")];
    (headers, manifest::JSON).into_response()
}

/// `GET /pages/{file}`
pub(crate) async fn page(Path(file): Path<String>) -> Response {
    match file.as_str() {
        "playground.html" => playground().await,
        // Nothing without its order and session.
        "checkout.html" => Refusal::Path.into_response(),
        _ => respond(&file, Pages::get(&file)),
    }
}

/// `GET /tillseal/{*file}`
pub(crate) async fn module(Path(file): Path<String>) -> Response {
    respond(&file, Module::get(&file))
}

/// `GET /integrate/{*file}`
pub(crate) async fn opener(Path(file): Path<String>) -> Response {
    respond(&file, Openers::get(&file))
}

fn respond(name: &str, file: Option<EmbeddedFile>) -> Response {
    let Some(file) = file else { return Refusal::Path.into_response() };
    let headers = [(header::CONTENT_TYPE, media_type(name)), (header::CACHE_CONTROL, "no-cache")];
    (headers, file.data.into_owned()).into_response()
}

/// A guess would be wrong for `.d.ts`, which tables take for video.
fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("json") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("wasm") => "application/wasm",
        Some("ts" | "mjs" | "py" | "go" | "java" | "php" | "md") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::{Openers, Pages, media_type};

    #[test]
    fn every_file_has_a_media_type() {
        for name in Pages::iter().chain(Openers::iter()) {
            assert_ne!(media_type(&name), "application/octet-stream", "{name}");
        }
        assert_eq!(media_type("tillseal.wasm"), "application/wasm");
        assert_eq!(media_type("tillseal.d.ts"), "text/plain; charset=utf-8");
    }
}
