//! What travelled, for people to look at: the request as it arrived, and how its payload is built.

use crate::{
    anatomy::{Anatomy, hex},
    request::RawRequest,
};
use maud::{Markup, html};

/// The request, in which one can look for what one typed.
pub(crate) fn network(request: &RawRequest, anatomy: &Anatomy) -> Markup {
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

/// The payload, segment by segment.
pub(crate) fn payload(anatomy: &Anatomy) -> Markup {
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
