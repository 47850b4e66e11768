//! What the server adds from the shopper's request.

use crate::{json, schema::Schema, typical};
use serde_json::Value;
use std::net::IpAddr;
use tillseal_server::BrowserData;

fn complete(accept_header: &str, ip: &str) -> Value {
    let data: BrowserData = serde_json::from_str(&json(&typical())).expect("browser data");
    let ip: IpAddr = ip.parse().expect("an address");
    let complete = serde_json::to_value(data.complete(accept_header, ip)).expect("JSON");
    assert_eq!(Schema::emv().faults(&complete), [""; 0]);
    complete
}

#[test]
fn an_address_is_written_as_emv_writes_it() {
    for (ip, expected) in [
        ("1.12.123.255", "1.12.123.255"),
        ("0.0.0.0", "0.0.0.0"),
        ("255.255.255.255", "255.255.255.255"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2011:db8:85a3:101:101:8a2e:370:7334", "2011:0db8:85a3:0101:0101:8a2e:0370:7334"),
        ("2001:db8::1", "2001:0db8:0000:0000:0000:0000:0000:0001"),
        ("::1", "0000:0000:0000:0000:0000:0000:0000:0001"),
        ("::", "0000:0000:0000:0000:0000:0000:0000:0000"),
        // No address of IPv4 for any browser, though it is written with one.
        ("::203.0.113.7", "0000:0000:0000:0000:0000:0000:cb00:7107"),
        ("64:ff9b::203.0.113.7", "0064:ff9b:0000:0000:0000:0000:cb00:7107"),
        ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ] {
        assert_eq!(complete("*/*", ip)["browserIP"], expected, "{ip}");
    }
}

#[test]
fn an_accept_header_is_cut_and_never_empty() {
    let member = |header: &str| {
        complete(header, "203.0.113.7")["browserAcceptHeader"].as_str().expect("a text").to_owned()
    };
    assert_eq!(member("text/html, */*;q=0.8"), "text/html, */*;q=0.8");
    assert_eq!(member(""), "*/*");
    assert_eq!(member(" \t"), "*/*");
    assert_eq!(member(&"a".repeat(2048)), "a".repeat(2048));
    assert_eq!(member(&"a".repeat(3000)), "a".repeat(2048));
    assert_eq!(member(&format!("{}é", "a".repeat(2047))), "a".repeat(2047));
    assert_eq!(member("\"\\"), "\"\\");
}

#[test]
fn all_members_are_there_under_their_names() {
    let complete = complete("*/*", "203.0.113.7");
    let mut names: Vec<&String> = complete.as_object().expect("an object").keys().collect();
    names.sort();
    assert_eq!(
        names,
        [
            "browserAcceptHeader",
            "browserColorDepth",
            "browserIP",
            "browserJavaEnabled",
            "browserJavascriptEnabled",
            "browserLanguage",
            "browserScreenHeight",
            "browserScreenWidth",
            "browserTZ",
            "browserUserAgent"
        ]
    );
}

#[test]
fn what_a_server_reads_of_the_page() {
    let data: BrowserData = serde_json::from_str(&json(&typical())).expect("browser data");
    assert_eq!(
        (data.language(), data.time_zone(), data.user_agent()),
        ("en-GB", -330, typical().user_agent)
    );
}
