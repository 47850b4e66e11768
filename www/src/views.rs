//! The pages that the server writes. Whatever came from outside is escaped by `maud`.

use crate::{
    anatomy::{Anatomy, hex},
    pay::RawRequest,
    receipts::Receipt,
    refusal::Refusal,
};
use axum::response::{Html, IntoResponse as _, Response};
use maud::{DOCTYPE, Markup, html};

/// The amount of the one order that this shop takes; the checkout page says the same.
pub(crate) const AMOUNT: &str = "€144.50";

/// Labels for the fields of the checkout page; a field of another name is shown by its name alone.
const LABELS: [(&str, &str); 13] = [
    ("email", "Email"),
    ("tel", "Phone"),
    ("shipping name", "Full name"),
    ("shipping address-line1", "Street and number"),
    ("shipping postal-code", "Postcode"),
    ("shipping address-level2", "City"),
    ("shipping country", "Country"),
    ("courier-note", "Note for the courier"),
    ("cc-number", "Card number"),
    ("cc-type", "Card brand"),
    ("cc-exp", "Expiry date"),
    ("cc-csc", "Security code"),
    ("cc-name", "Name on card"),
];

/// A page as an answer.
pub(crate) fn html(page: Markup) -> Html<String> {
    Html(page.into_string())
}

/// What a field of the checkout page is called.
pub(crate) fn label(name: &str) -> Option<&'static str> {
    LABELS.get(place(name)).map(|(_, label)| *label)
}

/// Where a field stands among those of the checkout page, which come before any other.
pub(crate) fn place(name: &str) -> usize {
    LABELS.iter().position(|(field, _)| *field == name).unwrap_or(LABELS.len())
}

/// What stands in a masked field's place: its length says nothing.
fn mask(name: &str) -> Option<&'static str> {
    match name.rsplit(' ').next() {
        Some("cc-number") => Some("•••• •••• •••• ••••"),
        Some("cc-csc") => Some("•••"),
        _ => None,
    }
}

/// `GET /receipt/{id}`
pub(crate) fn receipt(id: &str, receipt: &Receipt) -> Markup {
    let order = id.get(..6).unwrap_or(id).to_ascii_uppercase();
    let main = html! {
        main.receipt {
            section.thanks {
                span.tick { (tick()) }
                h1 { "Thank you. Your order is in." }
                p.lead {
                    "Order SM-" (order) " for " strong { (AMOUNT) } ". This shop is a demonstration: nothing was charged. "
                    "Below is what your payment looked like on its way, and what our server made of it. "
                    a href="/" { "Back to the checkout" }
                }
            }
            (network(&receipt.request, &receipt.anatomy))
            (opened(id, receipt))
            (receipt.verdict.panel())
            (anatomy(&receipt.anatomy))
        }
    };
    layout("Thank you", Some("/pages/receipt.js"), &main)
}

/// Any refusal, as an answer to a person.
pub(crate) fn refused(refusal: &Refusal) -> Response {
    let main = html! {
        main.refusal {
            section.panel {
                h1 { (refusal.title()) }
                p { (refusal.detail()) @if refusal.is_payment() { " " strong { "Nothing was charged." } } }
                p { (refusal.advice()) }
                a.primary href="/" { "Back to the checkout" }
                p.code { (refusal.status().as_u16()) " · " (refusal.code()) }
            }
        }
    };
    (refusal.status(), html(layout(refusal.title(), None, &main))).into_response()
}

fn layout(title: &str, script: Option<&str>, main: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" dir="ltr" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover";
                meta name="color-scheme" content="light dark";
                title { (title) " · Saltmarsh Pottery" }
                link rel="icon" href="/pages/icon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/pages/shop.css";
                link rel="stylesheet" href="/pages/verdict.css";
                @if let Some(script) = script { script type="module" src=(script) {} }
            }
            body {
                header.masthead {
                    a.brand href="/" {
                        svg.mark viewBox="0 0 32 32" aria-hidden="true" {
                            circle cx="16" cy="16" r="16" {}
                            path d="M6 14q5-5 10 0t10 0M6 20q5-5 10 0t10 0" {}
                        }
                        "Saltmarsh Pottery"
                    }
                    nav { a href="/playground" { "Playground" } a href="/lab" { "Attack lab" } }
                }
                (main)
                footer.colophon {
                    p { "Saltmarsh Pottery does not exist. It shows how a shop seals its checkout with Tillseal." }
                }
            }
        }
    }
}

fn network(request: &RawRequest, anatomy: &Anatomy) -> Markup {
    html! {
        section.panel #network aria-labelledby="network-title" {
            header {
                h2 #network-title { "What the network saw" }
                p {
                    "The whole request as our server received it, header names in lower case, with a body of "
                    (request.body_bytes) " bytes."
                }
            }
            form.find #find role="search" {
                label for="needle" { "Look for anything you typed" }
                input #needle type="search" autocomplete="off" spellcheck="false" autocapitalize="off"
                    placeholder="A card number, a name, an email …";
                output #found for="needle" { "Also looks for it percent-encoded, in base64 and reversed." }
            }
            pre.raw #raw tabindex="0" aria-label="The request" {
                b { (request.line) } "\n"
                @for (name, value) in &request.headers { i { (name) ":" } " " (value) "\n" }
                "\n"
                (body(&request.body, anatomy))
            }
        }
    }
}

/// The body as it arrived; the sealed payload in it wears the colours of its segments.
fn body(body: &str, anatomy: &Anatomy) -> Markup {
    html! {
        @match body.split_once(&anatomy.segments.join(".")) {
            Some((before, after)) => { b { (before) } (segments(&anatomy.segments)) (after) },
            None => (body),
        }
    }
}

fn segments(segments: &[String; 5]) -> Markup {
    let classes = ["s1", "s2", "s3", "s4", "s5"];
    html! {
        @for (place, (class, segment)) in classes.iter().zip(segments).enumerate() {
            @if place > 0 { "." }
            span class=(class) { (segment) }
        }
    }
}

fn opened(id: &str, receipt: &Receipt) -> Markup {
    let Receipt { anatomy, claims, opened_at, .. } = receipt;
    let age = opened_at.saturating_sub(claims.iat);
    html! {
        section.panel #opened data-opened={ "/receipt/" (id) "/opened" } aria-labelledby="opened-title" {
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
                li { (tick()) span { "Under an id of its own: " code { (claims.jti.as_str()) } } }
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
                    (icon("M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.5 15.5L20 20"))
                }
            }
        }
    }
}

fn anatomy(anatomy: &Anatomy) -> Markup {
    let is_hpke = anatomy.tag.is_empty();
    let openers = if is_hpke {
        "Any library for JOSE-HPKE opens it with the right key."
    } else {
        "Any JOSE library opens it with the right key."
    };
    let header = serde_json::to_string_pretty(&anatomy.header).unwrap_or_default();
    html! {
        section.panel #anatomy aria-labelledby="anatomy-title" {
            header {
                h2 #anatomy-title { "How the payload is built" }
                p { "A compact JWE (RFC 7516): five segments with dots between them. " (openers) }
            }
            p.sealed { (segments(&shortened(anatomy))) }
            ol.segments {
                li.s1 {
                    h3 { "Protected header" }
                    p { "Readable by anyone, changeable by no one: the encryption covers it." }
                    pre { (header) }
                }
                li.s2 {
                    h3 { "Ephemeral key" }
                    @if is_hpke {
                        p { "HPKE’s " code { "enc" } ": a public key made for this one payment, "
                            (anatomy.encrypted_key.len()) " bytes." }
                        pre { (hex(&anatomy.encrypted_key)) }
                    } @else {
                        p { "This segment is empty. The public key made for this one payment is " code { "epk" }
                            " in the header; the content key follows from it and is never sent." }
                        pre { "x " (anatomy.epk("x")) "\ny " (anatomy.epk("y")) }
                    }
                }
                li.s3 {
                    h3 { "Initialisation vector" }
                    @if is_hpke {
                        p { "Empty: HPKE derives its nonce." }
                    } @else {
                        p { (anatomy.iv.len()) " random bytes." }
                        pre { (hex(&anatomy.iv)) }
                    }
                }
                li.s4 {
                    h3 { "Ciphertext" }
                    p { (anatomy.ciphertext()) " bytes of AES-256-GCM. Padding hides how long the fields are: "
                        "a 15-digit card and a 16-digit one look alike." }
                    (bar(anatomy))
                }
                li.s5 {
                    h3 { "Authentication tag" }
                    @if is_hpke {
                        p { "Empty: HPKE leaves the tag at the end of the ciphertext. " (UNALTERED) }
                    } @else {
                        p { (anatomy.tag.len()) " bytes. " (UNALTERED) }
                        pre { (hex(&anatomy.tag)) }
                    }
                }
            }
        }
    }
}

/// The segments without the long middle of the ciphertext, which the request above shows in full.
fn shortened(anatomy: &Anatomy) -> [String; 5] {
    const SHOWN: usize = 64;
    let mut segments = anatomy.segments.clone();
    let ciphertext = &segments[3];
    if let (Some(start), Some(end)) = (
        ciphertext.get(..SHOWN),
        ciphertext.len().checked_sub(SHOWN).and_then(|from| ciphertext.get(from..)),
    ) {
        segments[3] = format!("{start} … {end}");
    }
    segments
}

const UNALTERED: &str = "Change one bit anywhere and the payload no longer opens.";

/// The ciphertext by length. SVG, because the policy allows no inline style.
fn bar(anatomy: &Anatomy) -> Markup {
    let (content, padding, tag) = (anatomy.content, anatomy.padding, anatomy.tag_inside);
    let view_box = format!("0 0 {} 10", anatomy.ciphertext());
    html! {
        svg.bar viewBox=(view_box) preserveAspectRatio="none" aria-hidden="true" {
            rect.content width=(content) height="10" {}
            rect.padding x=(content) width=(padding) height="10" {}
            rect.tag x=(content + padding) width=(tag) height="10" {}
        }
        p.key {
            span { (content) " bytes of JSON" }
            span.padding { (padding) " bytes of padding" }
            @if tag > 0 { span.tag { (tag) " bytes of tag" } }
        }
    }
}

fn seconds(seconds: u64) -> String {
    match seconds {
        0 => String::from("less than a second"),
        1 => String::from("1 second"),
        _ => format!("{seconds} seconds"),
    }
}

fn tick() -> Markup {
    icon("M5 12.5l4.5 4.5L19 7.5")
}

fn icon(path: &'static str) -> Markup {
    html! { svg.icon viewBox="0 0 24 24" aria-hidden="true" { path d=(path) {} } }
}
