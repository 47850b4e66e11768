//! `POST /pay` and `POST /lab`: the request as it arrived, and the one sealed payload in it.

use crate::refusal::Refusal;
use axum::{
    RequestExt as _,
    body::{Body, Bytes, to_bytes},
    extract::{Form, Multipart, Request},
    http::{HeaderMap, HeaderValue, header, request::Parts},
};

/// The longest sealed payload, and room for a shop's plain entries.
const MOST_BODY: usize = 128 * 1024;

/// What anybody on the way could read, as text; bytes that are not UTF-8 stand as `\xNN`.
#[derive(Default)]
pub(crate) struct RawRequest {
    /// Method, path and version.
    pub(crate) line: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    /// Length of the body as it arrived, in bytes.
    pub(crate) body_bytes: usize,
}

/// Reads a payment: what travelled, and its sealed payload, still closed.
pub(crate) async fn read(request: Request) -> Result<(RawRequest, String), Refusal> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, MOST_BODY).await.map_err(|_| Refusal::TooLarge)?;
    let raw = RawRequest::new(&parts, &body);
    let mut sealed = entries(parts, body).await?.into_iter().filter(|(name, _)| name == "sealed");
    match (sealed.next(), sealed.next()) {
        (Some((_, sealed)), None) => Ok((raw, sealed)),
        (None, _) => Err(Refusal::SealedMissing),
        (Some(_), Some(_)) => Err(Refusal::SealedRepeated),
    }
}

/// Whether the answer goes to a script rather than to a person.
pub(crate) fn wants_json(headers: &HeaderMap) -> bool {
    let accept = accept(headers);
    accept.contains("application/json") && !accept.contains("text/html")
}

/// The media types that the answer may have; empty where the request does not say.
pub(crate) fn accept(headers: &HeaderMap) -> &str {
    text(headers.get(header::ACCEPT))
}

impl RawRequest {
    fn new(parts: &Parts, body: &Bytes) -> Self {
        Self {
            line: format!("{} {} {:?}", parts.method, parts.uri, parts.version),
            headers: parts
                .headers
                .iter()
                .map(|(name, value)| (name.to_string(), readable(value.as_bytes())))
                .collect(),
            body: readable(body),
            body_bytes: body.len(),
        }
    }
}

/// The form's entries, from either encoding that a browser posts a form in.
async fn entries(parts: Parts, body: Bytes) -> Result<Vec<(String, String)>, Refusal> {
    let media_type = text(parts.headers.get(header::CONTENT_TYPE)).to_ascii_lowercase();
    let request = Request::from_parts(parts, Body::from(body));
    if media_type.starts_with("multipart/form-data") {
        return multipart(request).await.map_err(|_| Refusal::Malformed);
    }
    if media_type.starts_with("application/x-www-form-urlencoded") {
        let form: Result<Form<Vec<(String, String)>>, _> = request.extract().await;
        return form.map(|Form(entries)| entries).map_err(|_| Refusal::Malformed);
    }
    Err(Refusal::MediaType)
}

async fn multipart(request: Request) -> Result<Vec<(String, String)>, Box<dyn std::error::Error>> {
    let mut multipart: Multipart = request.extract().await?;
    let mut entries = Vec::new();
    while let Some(field) = multipart.next_field().await? {
        let name = field.name().unwrap_or_default().to_owned();
        // A file's bytes need not be text, and a file is never the sealed payload.
        if field.file_name().is_none() {
            entries.push((name, field.text().await?));
        }
    }
    Ok(entries)
}

fn text(value: Option<&HeaderValue>) -> &str {
    value.and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn readable(bytes: &[u8]) -> String {
    let chunks = bytes.utf8_chunks();
    chunks
        .flat_map(|chunk| [chunk.valid().to_owned(), chunk.invalid().escape_ascii().to_string()])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Refusal, read, readable};
    use axum::{body::Body, extract::Request, http::header};

    async fn sealed(media_type: &str, body: &'static str) -> Result<String, &'static str> {
        let request = Request::post("/pay").header(header::CONTENT_TYPE, media_type).body(Body::from(body));
        let Ok(request) = request else { unreachable!("a valid request") };
        read(request).await.map(|(_, sealed)| sealed).map_err(|refusal: Refusal| refusal.code())
    }

    const URLENCODED: &str = "application/x-www-form-urlencoded";

    #[tokio::test]
    async fn finds_the_one_sealed_entry() {
        assert_eq!(sealed(URLENCODED, "gift=yes&sealed=a.b.c").await, Ok("a.b.c".into()));
        assert_eq!(sealed(URLENCODED, "gift=yes").await, Err("sealed-missing"));
        assert_eq!(sealed(URLENCODED, "").await, Err("sealed-missing"));
        assert_eq!(sealed(URLENCODED, "sealed=a&sealed=b").await, Err("sealed-repeated"));
        assert_eq!(sealed("text/plain", "sealed=a").await, Err("request-media-type"));
    }

    #[tokio::test]
    async fn reads_multipart() {
        const MULTIPART: &str = "multipart/form-data; boundary=edge";
        let whole =
            "--edge\r\nContent-Disposition: form-data; name=\"sealed\"\r\n\r\na.b.c\r\n--edge--\r\n";
        assert_eq!(sealed(MULTIPART, whole).await, Ok("a.b.c".into()));
        assert_eq!(sealed(MULTIPART, &whole[..60]).await, Err("request-malformed"));
        assert_eq!(sealed("multipart/form-data", whole).await, Err("request-malformed"));
    }

    #[test]
    fn other_bytes_stay_visible() {
        assert_eq!(readable(b"caf\xc3\xa9 \xff!"), "caf\u{e9} \\xff!");
    }
}
