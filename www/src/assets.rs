//! The embedded files: the shop's own pages, and the module as `cargo xtask pkg` built it.

use crate::refusal::Refusal;
use axum::{
    extract::Path,
    http::header,
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

/// `GET /`
pub(crate) async fn checkout() -> Response {
    respond("checkout.html", Pages::get("checkout.html"))
}

/// `GET /pages/{file}`
pub(crate) async fn page(Path(file): Path<String>) -> Response {
    respond(&file, Pages::get(&file))
}

/// `GET /tillseal/{file}`
pub(crate) async fn module(Path(file): Path<String>) -> Response {
    respond(&file, Module::get(&file))
}

fn respond(name: &str, file: Option<EmbeddedFile>) -> Response {
    let Some(file) = file else { return Refusal::Path.into_page() };
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
        Some("ts") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::{Pages, media_type};

    #[test]
    fn every_page_has_a_media_type() {
        for name in Pages::iter() {
            assert_ne!(media_type(&name), "application/octet-stream", "{name}");
        }
        assert_eq!(media_type("tillseal.wasm"), "application/wasm");
        assert_eq!(media_type("tillseal.d.ts"), "text/plain; charset=utf-8");
    }
}
