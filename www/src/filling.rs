//! What the server makes of how the form was filled: the likelihood that a program did it, the reasons, and what was told.

use crate::told;
use maud::{Markup, html};
use serde::Serialize;
use serde_json::{Value, value::RawValue};
use std::net::IpAddr;
use tillseal_protocol::Claims;
use tillseal_server::{
    CompleteBrowserData,
    risk::{FLAGGED, Reason, Score, Signals, SignalsError, judge},
};

/// The judgement on one payload.
pub(crate) struct Filling {
    score: Score,
    /// The claim `signals`, where it is one that pages send; else null.
    told: Value,
    /// The browser data of 3-D Secure, where the page was asked for it and the shopper's address is known.
    three_ds: Option<CompleteBrowserData>,
}

/// The answer to the attack lab.
#[derive(Serialize)]
pub(crate) struct Judged<'a> {
    automation: &'a Score,
    flagged: bool,
    /// As the page told them.
    signals: Option<&'a RawValue>,
}

impl Filling {
    /// Judges a payload. `accept` is the request's header of that name, `ip` where the request came from.
    pub(crate) fn judge(claims: &Claims, accept: &str, ip: Option<IpAddr>) -> Self {
        let signals = Signals::of(claims);
        let score = judge(&signals);
        Self::new(claims, score, signals.as_ref().map(Option::as_ref).map_err(|error| *error), accept, ip)
    }

    /// Of a payload that was judged: the same `accept` and `ip`.
    pub(crate) fn new(
        claims: &Claims,
        score: Score,
        signals: Result<Option<&Signals>, SignalsError>,
        accept: &str,
        ip: Option<IpAddr>,
    ) -> Self {
        let Ok(signals) = signals else { return Self { score, told: Value::Null, three_ds: None } };
        let raw = claims.signals.as_deref().map(RawValue::get);
        let page = signals.and_then(|signals| signals.browser.clone());
        Self {
            score,
            told: raw.and_then(|raw| serde_json::from_str(raw).ok()).unwrap_or_default(),
            three_ds: page.zip(ip).map(|(page, ip)| page.complete(accept, ip)),
        }
    }

    /// How likely it is that a program filled in the form, and why.
    pub(crate) fn score(&self) -> &Score {
        &self.score
    }

    /// The receipt's part on it.
    pub(crate) fn panel(&self) -> Markup {
        html! {
            section.panel.verdict #verdict aria-labelledby="verdict-title" {
                header {
                    h2 #verdict-title { "How the form was filled" }
                    p {
                        "Our server’s guess, from coarse numbers that travelled sealed beside the fields. "
                        "They hold nothing that was typed."
                    }
                }
                div.judgement {
                    div.likelihood data-leaning=(self.leaning()) {
                        (self.likelihood())
                        @if self.told.is_object() { (self.choice()) }
                    }
                    (reasons(&self.score.reasons))
                }
                @if self.told.is_object() {
                    details.fold {
                        summary { "What the page told" }
                        (told::table(&self.told))
                    }
                }
                @if let Some(data) = &self.three_ds {
                    details.fold #three-ds {
                        summary { "Browser data for 3-D Secure" }
                        p.soft {
                            "What EMV 3-D Secure asks of a browser, as an authentication request takes it: from the page, "
                            "and from this request its " code { "Accept" } " header and address."
                        }
                        pre.raw { (serde_json::to_string_pretty(data).unwrap_or_default()) }
                    }
                }
            }
        }
    }

    fn leaning(&self) -> &'static str {
        match self.score.probability {
            _ if self.score.is_flagged() => "program",
            probability if probability < 0.5 => "person",
            _ => "open",
        }
    }

    fn likelihood(&self) -> Markup {
        let probability = self.score.probability;
        let percent = (probability * 100.0).round();
        html! {
            p.likely { strong { (rounded(probability)) } " likely a program" }
            div.gauge role="meter" aria-label="Likely a program" aria-valuemin="0" aria-valuemax="100"
                aria-valuenow=(percent) aria-valuetext=(rounded(probability)) {
                svg viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true" {
                    rect.track width="100" height="1" {}
                    rect.level width=(percent.max(1.0)) height="1" {}
                    rect.limit x=(FLAGGED * 100.0 - 0.25) width="0.5" height="1" {}
                }
            }
            p.soft {
                @if self.score.is_flagged() { "Flagged: at " (rounded(FLAGGED)) " or more." }
                @else { "Not flagged: that begins at " (rounded(FLAGGED)) "." }
            }
        }
    }

    fn choice(&self) -> Markup {
        let says = |member: &str| self.told[member].as_str().unwrap_or_default();
        html! {
            dl.choice {
                div {
                    dt { "Collected" }
                    dd { (says("tier")) ", " @if says("choice") == "merchant" { "as the shop chose" } @else { "by default" } }
                }
                div {
                    dt { "Global Privacy Control" }
                    dd { @if self.told["gpc"] == 1 { "sent" } @else { "not sent" } }
                }
            }
        }
    }
}

impl<'a> Judged<'a> {
    pub(crate) fn new(claims: &'a Claims, filling: &'a Filling) -> Self {
        Self {
            automation: &filling.score,
            flagged: filling.score.is_flagged(),
            signals: claims.signals.as_deref(),
        }
    }
}

fn reasons(reasons: &[Reason]) -> Markup {
    html! {
        @if reasons.is_empty() {
            p.soft { "Nothing stands out, for a program or for a person." }
        } @else {
            ul.reasons {
                @for Reason { code, weight, words } in reasons {
                    @let side = if *weight > 0.0 { "program" } else { "person" };
                    li data-side=(side) {
                        span.words { (words) }
                        span.leans { "for a " (side) " " code { (code) } }
                    }
                }
            }
        }
    }
}

/// A likelihood as people say it: never quite none, and never certain.
fn rounded(probability: f64) -> String {
    match (probability * 100.0).round() {
        percent if percent < 1.0 => "under 1\u{a0}%".into(),
        percent if percent > 99.0 => "over 99\u{a0}%".into(),
        percent => format!("{percent}\u{a0}%"),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test whose setting fails has failed")]
mod tests {
    use super::{Filling, Judged, rounded};
    use serde_json::{Value, json, to_value};
    use std::net::{IpAddr, Ipv4Addr};
    use tillseal_protocol::Claims;

    const IP: Option<IpAddr> = Some(IpAddr::V4(Ipv4Addr::LOCALHOST));

    fn claims(signals: &Value) -> Claims {
        let claims = json!({
            "v": 1, "jti": "AAAAAAAAAAAAAAAAAAAAAA", "iat": 1, "origin": "o", "fields": {}, "signals": signals,
        });
        Claims::from_plaintext(claims.to_string().as_bytes()).unwrap()
    }

    fn signals() -> Value {
        json!({
            "v": 1, "tier": "behaviour", "choice": "merchant", "gpc": 1, "integrity": {"noAction": 1, "silentChange": 3},
            "browser": {
                "browserJavaEnabled": false, "browserJavascriptEnabled": true, "browserLanguage": "en-IE",
                "browserColorDepth": "24", "browserScreenHeight": "900", "browserScreenWidth": "1280",
                "browserTZ": "-60", "browserUserAgent": "<b>Browser</b>",
            },
            "fields": {"email": {"entry": "script", "time": 3}}, "keys": {"count": 10, "dwellMedian": 80},
            "pointer": {"tool": "mouse"}, "session": {},
        })
    }

    #[test]
    fn the_receipt_tells_what_was_told_and_what_it_means() {
        let filling = Filling::judge(&claims(&signals()), "text/html", IP);
        let page = filling.panel().into_string();
        for part in [
            "nobody pressed a key or a pointer",
            "no-action",
            "for a program",
            "data-leaning=\"program\"",
            "80–120\u{a0}ms",
            "how long a key was down: the middle of all",
            "time 3–10\u{a0}s",
            ">sent<",
            "the shop",
            "browserAcceptHeader",
            "127.0.0.1",
            "&lt;b&gt;Browser",
        ] {
            assert!(page.contains(part), "{part} in {page}");
        }
        assert!(!page.contains("style=") && !page.contains("<b>Browser"));
    }

    #[test]
    fn what_is_no_claim_of_a_page_is_judged_and_not_shown() {
        let filling = Filling::judge(&claims(&json!({"v": 1, "tier": "<b>"})), "", IP);
        let page = filling.panel().into_string();
        assert!(page.contains("signals-malformed") && page.contains("data-leaning=\"program\""));
        assert!(!page.contains("<table") && !page.contains("three-ds"));

        let absent = Filling::judge(&claims(&Value::Null), "", IP).panel().into_string();
        assert!(absent.contains("signals-absent") && absent.contains("data-leaning=\"person\""));
    }

    #[test]
    fn without_an_address_there_is_no_3ds_data() {
        assert!(Filling::judge(&claims(&signals()), "", None).three_ds.is_none());
    }

    #[test]
    fn scripts_are_told_the_score() {
        let claims = claims(&signals());
        let filling = Filling::judge(&claims, "", IP);
        let judged = to_value(Judged::new(&claims, &filling)).unwrap();
        assert_eq!((&judged["flagged"], &judged["signals"]["keys"]["count"]), (&json!(true), &json!(10)));
        assert_eq!(judged["automation"]["reasons"][0]["code"], "no-action");
    }

    #[test]
    fn nobody_is_certain() {
        assert_eq!(rounded(0.0), "under 1\u{a0}%");
        assert_eq!(rounded(0.034), "3\u{a0}%");
        assert_eq!(rounded(0.999), "over 99\u{a0}%");
    }
}
