//! What the server opened, the card masked until somebody asks for it.

use crate::{
    anatomy::Anatomy,
    fields::label,
    page::{lens, tick},
};
use maud::{Markup, html};
use tillseal_protocol::Claims;

/// The fields, and what was checked. `place` is the address of the receipt, `at` when it was opened: seconds since 1970-01-01 UTC.
pub(crate) fn opened(place: &str, anatomy: &Anatomy, claims: &Claims, at: u64) -> Markup {
    let age = at.saturating_sub(claims.iat);
    html! {
        section.panel #opened data-opened={ (place) "/opened" } aria-labelledby="opened-title" {
            header {
                h2 #opened-title { "What the server opened" }
                p { "With the shop’s own private key. The card stays on the server until you ask for it." }
            }
            button.quiet.reveal #reveal type="button" aria-pressed="false" { "Show card number and code" }
            p.error #opened-error role="alert" {}
            dl.opened {
                @for (name, value) in claims.fields.iter() { (field(name, value)) }
            }
            ul.checks aria-label="What the server checked" {
                li { (tick()) span { "Sealed for this shop: " code { (claims.origin) } } }
                li { (tick()) span { "Fresh: sealed " (seconds(age)) " before it was opened" } }
                li { (tick()) span { "To a key of ours: " code { (anatomy.header_text("kid")) } } }
                li { (tick()) span { "With that key’s algorithm: " code { (anatomy.header_text("alg")) } } }
                li { (tick()) span { "Under the session of this one checkout, for this order and its price" } }
                li { (tick()) span { "Never seen before, by its id: " code { (claims.jti.as_str()) } } }
            }
        }
    }
}

fn field(name: &str, value: &str) -> Markup {
    let label = label(name);
    html! {
        div {
            dt {
                @match label {
                    Some(label) => { (label) code { (name) } },
                    None => code { (name) },
                }
            }
            dd {
                @match mask(name) {
                    Some(mask) => span data-secret=(name) { (mask) },
                    None => span { (value) },
                }
                button.seek type="button" hidden[mask(name).is_some()]
                    aria-label={ "Look for the " (label.unwrap_or(name).to_lowercase()) " in the request" } {
                    (lens())
                }
            }
        }
    }
}

/// What stands in a masked field's place: its length says nothing.
fn mask(name: &str) -> Option<&'static str> {
    match name.rsplit(' ').next() {
        Some("cc-number") => Some("•••• •••• •••• ••••"),
        Some("cc-csc") => Some("•••"),
        _ => None,
    }
}

fn seconds(seconds: u64) -> String {
    match seconds {
        0 => String::from("less than a second"),
        1 => String::from("1 second"),
        _ => format!("{seconds} seconds"),
    }
}
