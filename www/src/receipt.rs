//! The receipt: what the shopper gets for a payment, and a page that shows how it came about.

use crate::{anatomy::Anatomy, filling::Filling, opened, order::PRICE, page, request::RawRequest, wire};
use maud::{Markup, html};
use serde_json::{Value, json};
use tillseal_server::{Verdict, audit::Decision};

/// What is known about one payment.
pub(crate) struct Receipt {
    pub(crate) request: RawRequest,
    pub(crate) anatomy: Anatomy,
    pub(crate) verdict: Verdict,
    pub(crate) filling: Filling,
    /// When the payload was opened: seconds since 1970-01-01 UTC.
    pub(crate) opened_at: u64,
}

impl Receipt {
    /// The shop's name for what was paid.
    pub(crate) fn order(&self) -> &str {
        self.verdict.order().map_or("", |order| &order.id)
    }

    /// The answer to a script that paid; the receipt is at `place`.
    pub(crate) fn to_json(&self, place: &str) -> Value {
        json!({
            "receipt": place,
            "order": self.order(),
            "decision": self.verdict.decision.name(),
            "audit": self.verdict.place,
            "automation": self.filling.score(),
        })
    }

    /// The page at `place`, its address.
    pub(crate) fn page(&self, place: &str) -> Markup {
        let main = html! {
            main.receipt {
                section.thanks {
                    span.tick { (page::tick()) }
                    h1 { "Thank you. Your order is in." }
                    p.lead {
                        "Order " (self.order()) " for " strong { (PRICE) } ". This shop is a demonstration: nothing was charged. "
                        "Below is your receipt, then what your payment looked like on its way, and what our server made of it. "
                        a href="/" { "Back to the checkout" }
                    }
                }
                (self.proof(place))
                (wire::network(&self.request, &self.anatomy))
                (opened::opened(place, &self.anatomy, self.verdict.claims(), self.opened_at))
                (self.filling.panel())
                (wire::payload(&self.anatomy))
            }
        };
        page::layout("Thank you", Some("/pages/receipt.js"), &main)
    }

    /// What the shopper may keep.
    fn proof(&self, place: &str) -> Markup {
        let audit = &self.verdict.place;
        html! {
            section.panel.proof #proof aria-labelledby="proof-title" {
                header {
                    h2 #proof-title { "Your receipt" }
                    p {
                        "Signed by our server, so that it proves what we said even if we should forget it. It names the order and "
                        "the last four digits of the card, and nothing else of what you typed."
                    }
                }
                dl.facts {
                    div { dt { "Order" } dd { (self.order()) } }
                    div { dt { "Amount" } dd { (PRICE) } }
                    div { dt { "Verdict" } dd { (words(self.verdict.decision)) } }
                    div {
                        dt { "In our audit log" }
                        dd { "Entry " (audit.position) " of " code dir="ltr" { (audit.log) } }
                    }
                    div.wide { dt { "Fingerprint of that entry" } dd { code dir="ltr" { (audit.leaf) } } }
                }
                div.actions {
                    a.primary #download href={ (place) "/receipt.jwt" } download=(file_name(self.order())) { "Download receipt" }
                    // A fragment: it is not sent to any server.
                    a.quiet #check href={ "/verify#" (self.verdict.receipt) } { "Check a receipt" }
                }
                p.soft { "This page is gone in ten minutes. The receipt is yours to keep." }
            }
        }
    }
}

/// What a downloaded receipt is called.
pub(crate) fn file_name(order: &str) -> String {
    format!("receipt-{order}.jwt")
}

/// A decision in words; `pages/verify.js` says the same.
fn words(decision: Decision) -> &'static str {
    match decision {
        Decision::Accept => "Accepted",
        Decision::Review => "Taken; a person looks at it first",
    }
}
