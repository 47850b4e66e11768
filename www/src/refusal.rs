//! Everything that the shop refuses: a page for people, an RFC 9457 problem for scripts.

use crate::{page, till};
use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use maud::html;
use serde_json::json;
use tillseal_server::{IssueError, Refusal as NotTaken};

/// Why a request is refused.
pub(crate) enum Refusal {
    /// The body holds no `sealed` entry: the page could not seal, or JavaScript is off.
    SealedMissing,
    /// The body holds more than one `sealed` entry.
    SealedRepeated,
    /// The payload does not open, or should not be accepted.
    NotTaken(NotTaken),
    /// The payload, or another one under its session, came before, and this order was paid by it.
    Paid(NotTaken, String),
    /// The payload holds no card number.
    CardMissing,
    /// The body is not what its media type says.
    Malformed,
    /// The body is longer than any payment.
    TooLarge,
    /// The body is not a form.
    MediaType,
    /// No randomness for an id.
    Random,
    /// The checkout gets no session.
    Session(IssueError),
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
            Self::NotTaken(refusal) | Self::Paid(refusal, _) => refusal.code(),
            Self::CardMissing => "card-missing",
            Self::Malformed => "request-malformed",
            Self::TooLarge => "request-too-large",
            Self::MediaType => "request-media-type",
            Self::Random => "random",
            Self::Session(error) => error.code(),
            Self::Receipt => "receipt-unknown",
            Self::Path => "request-path",
            Self::Method => "request-method",
        }
    }

    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::SealedMissing | Self::SealedRepeated | Self::Malformed => StatusCode::BAD_REQUEST,
            Self::NotTaken(refusal) | Self::Paid(refusal, _) => {
                StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY)
            }
            Self::CardMissing => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Random | Self::Session(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Receipt | Self::Path => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
        }
    }

    /// The headline for a person.
    fn title(&self) -> &'static str {
        match (self, self.code()) {
            (Self::Receipt, _) => "This receipt is gone",
            (Self::Path | Self::Method, _) => "There is nothing here",
            (Self::Random | Self::Session(_), _) => "The checkout cannot open",
            (Self::Paid(..), _) => "You have paid this order already",
            (_, "replayed") => "This payment came before",
            (_, "session-used") => "This page has sent a payment before",
            (_, "session-expired") => "This checkout was open for too long",
            _ => "Your payment was not taken",
        }
    }

    /// What happened.
    fn detail(&self) -> String {
        match (self, self.code()) {
            (Self::Paid(_, order), "replayed") => {
                format!(
                    "Your browser sent the same payment twice. Order {order} is in since the first time."
                )
            }
            (Self::Paid(_, order), _) => format!(
                "Each checkout page takes one payment, and this page has sent its own: order {order} is in. The back \
                 button and a second tab bring back a page that is used up."
            ),
            (_, "replayed") => "The very same payment reached us before. We take each only once.".into(),
            (_, "session-used") => {
                "Each checkout page takes one payment, and another one was sent from this page before."
                    .into()
            }
            (_, "session-expired") => {
                format!(
                    "A checkout page holds your order for {} minutes, and that time was over.",
                    till::MINUTES
                )
            }
            (_, "session-missing") => "The payment does not come from a checkout page of ours.".into(),
            (_, "order-mismatch") => {
                "The payment was made for one order and sent for another, so we did not take it.".into()
            }
            (_, "store-unavailable") => {
                "Our till does not answer at the moment, so it takes nothing.".into()
            }
            (Self::SealedMissing, _) => {
                "The order arrived without a sealed payload, so it held no card at all.".into()
            }
            (Self::SealedRepeated, _) => "The order arrived with more than one sealed payload.".into(),
            (Self::NotTaken(refusal), _) => sentence(&refusal.to_string()),
            (Self::CardMissing, _) => "The sealed payload holds no card number.".into(),
            (Self::Malformed, _) => "The request's body does not follow its media type.".into(),
            (Self::TooLarge, _) => "The request is longer than any payment.".into(),
            (Self::MediaType, _) => "The request is not a form.".into(),
            (Self::Random, _) => "The server has no randomness.".into(),
            (Self::Session(error), _) => sentence(&error.to_string()),
            (Self::Receipt, _) => "The shop keeps a receipt for ten minutes, in memory only.".into(),
            (Self::Path, _) => "The shop has no page at this address.".into(),
            (Self::Method, _) => "The address exists, but not for this kind of request.".into(),
        }
    }

    /// Whether the shopper was charged, where a payment was being made.
    fn charged(&self) -> Option<&'static str> {
        match (self, self.code()) {
            (Self::Receipt | Self::Path | Self::Method | Self::Random | Self::Session(_), _) => None,
            (Self::Paid(..), _) => Some("You pay once: this second try charged nothing."),
            // The first may be under way, or have failed after it was claimed.
            (_, "replayed" | "session-used") => Some("This try charged nothing."),
            _ => Some("Nothing was charged."),
        }
    }

    /// What the shopper can do.
    fn advice(&self) -> &'static str {
        match (self, self.code()) {
            (Self::Paid(..), _) => {
                "There is nothing more to do. If you want the same once more, a fresh checkout takes a new order."
            }
            (_, "replayed" | "session-used") => {
                "If you saw our thank-you page the first time, your order is in and you need do nothing. If you did not, \
                 pay again on a fresh checkout."
            }
            (_, "session-expired") => {
                "Open a fresh checkout and enter your details again: we kept none of them."
            }
            (_, "store-unavailable") => "Wait a minute, then open a fresh checkout and pay again.",
            (_, "sealed-missing") => "Switch JavaScript on, reload the checkout and pay again.",
            (_, "stale") => "The checkout was open for too long. Open a fresh one and pay again.",
            (_, "future") => "Set the clock of your device, open a fresh checkout and pay again.",
            (_, "kid-unknown" | "kid-revoked" | "kid-retired") => {
                "The shop has changed its key. Open a fresh checkout and pay again."
            }
            (_, "card-missing") => "Open a fresh checkout and enter your card.",
            (_, "receipt-unknown" | "request-path" | "request-method") => "Start again at the checkout.",
            _ => "Open a fresh checkout and pay again.",
        }
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

/// The answer to a person.
impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let main = html! {
            main.refusal {
                section.panel {
                    h1 { (self.title()) }
                    p { (self.detail()) }
                    @if let Some(charged) = self.charged() { p.charged { strong { (charged) } } }
                    p { (self.advice()) }
                    a.primary href="/" {
                        @if self.charged().is_some() { "Open a fresh checkout" } @else { "Back to the checkout" }
                    }
                    p.code { (self.status().as_u16()) " · " (self.code()) }
                }
            }
        };
        (self.status(), page::html(page::layout(self.title(), None, &main))).into_response()
    }
}

fn sentence(line: &str) -> String {
    let mut characters = line.chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let end = if line.ends_with('.') { "" } else { "." };
    format!("{first}{}{end}", characters.as_str())
}

#[cfg(test)]
mod tests {
    use super::{NotTaken, Refusal};
    use tillseal_server::{OpenError, SessionError};

    fn session(error: SessionError) -> Refusal {
        Refusal::NotTaken(OpenError::Session(error).into())
    }

    #[test]
    fn a_shopper_is_told_what_happened_whether_it_cost_anything_and_what_to_do() {
        for (refusal, title, detail, charged, advice) in [
            (
                session(SessionError::Expired),
                "open for too long",
                "30 minutes",
                "Nothing was",
                "fresh checkout",
            ),
            (
                session(SessionError::Missing),
                "not taken",
                "checkout page of ours",
                "Nothing was",
                "fresh checkout",
            ),
            (session(SessionError::Order), "not taken", "one order", "Nothing was", "fresh checkout"),
            (
                Refusal::NotTaken(NotTaken::Replayed),
                "came before",
                "only once",
                "This try",
                "you need do nothing",
            ),
            (
                Refusal::NotTaken(NotTaken::SessionUsed),
                "before",
                "one payment",
                "This try",
                "you need do nothing",
            ),
            (
                Refusal::Paid(NotTaken::Replayed, "T-1".into()),
                "paid",
                "Order T-1",
                "pay once",
                "nothing more",
            ),
            (
                Refusal::Paid(NotTaken::SessionUsed, "T-1".into()),
                "paid",
                "order T-1",
                "pay once",
                "nothing more",
            ),
        ] {
            let code = refusal.code();
            assert!(refusal.title().contains(title), "{code}: {}", refusal.title());
            assert!(refusal.detail().contains(detail), "{code}: {}", refusal.detail());
            assert!(refusal.charged().is_some_and(|words| words.contains(charged)), "{code}");
            assert!(refusal.advice().contains(advice), "{code}: {}", refusal.advice());
        }
        assert_eq!(Refusal::Path.charged(), None);
    }
}
