//! Everything that the shop refuses, as an RFC 9457 problem for scripts; `views` has the page for people.

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;
use tillseal_server::OpenError;

/// Why a request is refused.
pub(crate) enum Refusal {
    /// The body holds no `sealed` entry: the page could not seal, or JavaScript is off.
    SealedMissing,
    /// The body holds more than one `sealed` entry.
    SealedRepeated,
    /// The payload does not open, or should not be accepted.
    Open(OpenError),
    /// The payload holds no card number.
    CardMissing,
    /// The body is not what its media type says.
    Malformed,
    /// The body is longer than any payment.
    TooLarge,
    /// The body is not a form.
    MediaType,
    /// No randomness for a receipt's id.
    Random,
    /// The receipt never was, or is gone.
    Receipt,
    /// There is nothing at this address.
    Path,
    /// The address does not take this method.
    Method,
}

impl Refusal {
    /// The stable code.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::SealedMissing => "sealed-missing",
            Self::SealedRepeated => "sealed-repeated",
            Self::Open(error) => error.code(),
            Self::CardMissing => "card-missing",
            Self::Malformed => "request-malformed",
            Self::TooLarge => "request-too-large",
            Self::MediaType => "request-media-type",
            Self::Random => "random",
            Self::Receipt => "receipt-unknown",
            Self::Path => "request-path",
            Self::Method => "request-method",
        }
    }

    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::SealedMissing | Self::SealedRepeated | Self::Malformed => StatusCode::BAD_REQUEST,
            Self::Open(error) => {
                StatusCode::from_u16(error.status()).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY)
            }
            Self::CardMissing => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Random => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Receipt | Self::Path => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
        }
    }

    /// The headline for a person.
    pub(crate) fn title(&self) -> &'static str {
        match self {
            Self::Receipt => "This receipt is gone",
            Self::Path | Self::Method => "There is nothing here",
            _ => "Your payment was not taken",
        }
    }

    /// One line on what is wrong.
    pub(crate) fn detail(&self) -> String {
        match self {
            Self::SealedMissing => {
                "The order arrived without a sealed payload, so it held no card at all.".into()
            }
            Self::SealedRepeated => "The order arrived with more than one sealed payload.".into(),
            Self::Open(error) => sentence(&error.to_string()),
            Self::CardMissing => "The sealed payload holds no card number.".into(),
            Self::Malformed => "The request's body does not follow its media type.".into(),
            Self::TooLarge => "The request is longer than any payment.".into(),
            Self::MediaType => "The request is not a form.".into(),
            Self::Random => "The server has no randomness.".into(),
            Self::Receipt => "The shop keeps a receipt for ten minutes, in memory only.".into(),
            Self::Path => "The shop has no page at this address.".into(),
            Self::Method => "The address exists, but not for this kind of request.".into(),
        }
    }

    /// What the shopper can do.
    pub(crate) fn advice(&self) -> &'static str {
        match self.code() {
            "sealed-missing" => "Switch JavaScript on, reload the checkout and pay again.",
            "stale" => "The checkout was open for too long. Reload it and pay again.",
            "future" => "Set the clock of your device, reload the checkout and pay again.",
            "kid-unknown" | "kid-revoked" => {
                "The shop has changed its key. Reload the checkout and pay again."
            }
            "card-missing" => "Go back to the checkout and enter your card.",
            "receipt-unknown" | "request-path" | "request-method" => "Start again at the checkout.",
            _ => "Go back to the checkout, reload it and pay again.",
        }
    }

    /// Whether a payment was being made.
    pub(crate) fn is_payment(&self) -> bool {
        !matches!(self, Self::Receipt | Self::Path | Self::Method)
    }

    /// The answer to a script.
    pub(crate) fn into_problem(self) -> Response {
        let status = self.status();
        let problem = json!({
            "title": self.title(),
            "status": status.as_u16(),
            "detail": self.detail(),
            "code": self.code(),
        });
        (status, [(header::CONTENT_TYPE, "application/problem+json")], Json(problem)).into_response()
    }
}

fn sentence(line: &str) -> String {
    let mut characters = line.chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let end = if line.ends_with('.') { "" } else { "." };
    format!("{first}{}{end}", characters.as_str())
}
