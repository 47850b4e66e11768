//! EMV 3-D Secure browser data, from what a page says to what a 3DS Server takes: valid whatever the page says.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod facts;
mod refusals;
mod request;
mod schema;

use crate::schema::Schema;
use serde_json::Value;
use std::net::{IpAddr, Ipv4Addr};
use tillseal_protocol::browser::BrowserFacts;
use tillseal_server::BrowserData;

const ACCEPT: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
const IP: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7));

fn typical() -> BrowserFacts<'static> {
    BrowserFacts {
        java_enabled: false,
        language: "en-GB",
        color_depth: 24,
        screen_height: 1080,
        screen_width: 1920,
        time_zone: -330,
        user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    }
}

fn json(facts: &BrowserFacts) -> String {
    let mut json = Vec::new();
    facts.push_json(&mut json);
    String::from_utf8(json).expect("UTF-8")
}

/// The page's half by its members, after the whole way: written, read by the server, completed, and found valid by the schema.
fn through(schema: &Schema, facts: &BrowserFacts) -> Value {
    let json = json(facts);
    let written: Value = serde_json::from_str(&json).expect("JSON");
    let data: BrowserData = serde_json::from_str(&json).unwrap_or_else(|error| panic!("{error}: {json}"));
    let mut complete = serde_json::to_value(data.complete(ACCEPT, IP)).expect("JSON");
    assert_eq!(schema.faults(&complete), [""; 0], "{json}");
    let members = complete.as_object_mut().expect("an object");
    assert_eq!(members.remove("browserAcceptHeader"), Some(ACCEPT.into()));
    assert_eq!(members.remove("browserIP"), Some("203.0.113.7".into()));
    assert_eq!(complete, written, "the server changes nothing of the page's half");
    complete
}

/// The facts of a text with NUL between them, as JavaScript prints them: the module gets numbers as numbers.
fn page_says(text: &str) -> BrowserFacts<'_> {
    let mut facts = text.split('\0');
    let mut next = || facts.next().unwrap_or_default();
    #[expect(clippy::cast_possible_truncation, reason = "saturates, and NaN is 0")]
    let number = |text: &str| text.parse::<f64>().unwrap_or_default() as i32;
    BrowserFacts {
        java_enabled: next() == "true",
        language: next(),
        color_depth: number(next()),
        screen_height: number(next()),
        screen_width: number(next()),
        time_zone: number(next()),
        user_agent: next(),
    }
}
