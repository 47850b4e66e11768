//! The embedded files: the shop's own pages, the module as `cargo xtask pkg` built it, and the openers of
//! `docs/integrate`, which the playground shows.

use crate::{headers, manifest, refusal::Refusal, views};
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

/// `GET /`
pub(crate) async fn checkout() -> Response {
    respond("checkout.html", Pages::get("checkout.html"))
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

/// `GET /signals.json`
pub(crate) async fn manifest() -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-cache")];
    (headers, manifest::JSON).into_response()
}

/// `GET /pages/{file}`
pub(crate) async fn page(Path(file): Path<String>) -> Response {
    match file.as_str() {
        "playground.html" => playground().await,
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
    let Some(file) = file else { return views::refused(&Refusal::Path) };
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
