//! What every answer of the shop carries.

use axum::{
    http::{HeaderName, HeaderValue, header},
    response::Response,
};

/// `'wasm-unsafe-eval'` lets the module be compiled; nothing else is evaluated, inlined or fetched from elsewhere.
macro_rules! policy {
    ($trusted_types:literal) => {
        concat!(
            "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; ",
            "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; ",
            "require-trusted-types-for 'script'; trusted-types ",
            $trusted_types
        )
    };
}

pub(crate) const CONTENT_SECURITY_POLICY: &str = policy!("'none'");

/// The playground parses what a person writes into its editor: `pages/markup.js` makes its one policy.
pub(crate) const PLAYGROUND_POLICY: &str = policy!("playground");

const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
];

/// Adds the shop's headers, but for a policy that is there; what does not say how long it may be kept is not kept.
pub(crate) async fn harden(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Makes browsers ask again each time: the demo's key lives only as long as the shop, and a key set kept from
/// its last run would seal to a key that is gone.
pub(crate) async fn revalidate(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}
