//! What the server does not take for browser data, each with an error that names the member.

use crate::{json, schema::Schema, typical};
use serde_json::{Value, json};
use tillseal_server::BrowserData;

fn page() -> Value {
    serde_json::from_str(&json(&typical())).expect("JSON")
}

fn with(name: &str, value: Value) -> Value {
    let mut page = page();
    page[name] = value;
    page
}

fn refusal(json: &str) -> String {
    serde_json::from_str::<BrowserData>(json).err().unwrap_or_else(|| panic!("taken: {json}")).to_string()
}

#[test]
fn a_member_out_of_bounds_is_refused_by_its_name() {
    let schema = Schema::emv();
    let not_a_text = [json!(null), json!(24), json!(true), json!(["24"]), json!({}), json!("")];
    let not_a_boolean = [json!(null), json!("true"), json!(0), json!([]), json!("")];
    let cases = [
        ("browserJavaEnabled", vec![]),
        ("browserJavascriptEnabled", vec![]),
        (
            "browserLanguage",
            vec!["zh-Hans-CN", "en_GB", "-en", "en-", "en--GB", "419", "e\u{301}n", "en GB", "*", " en"],
        ),
        (
            "browserColorDepth",
            vec!["0", "2", "30", "64", "024", "24.0", "+24", " 24", "-1", "twenty-four", "２４"],
        ),
        ("browserScreenHeight", vec!["1000000", "-1", "1080.5", "1e3", " 1080", "1080px", "0x10"]),
        (
            "browserScreenWidth",
            vec!["1000000", "-1", "1920.5", "1e3", " 1920", "1920px", "99999999999999999999"],
        ),
        (
            "browserTZ",
            vec![
                "721", "-841", "+60", "-0", "060", "60.5", "NaN", "Europe/Paris", "9999", "-9999", "100000",
            ],
        ),
        ("browserUserAgent", vec![]),
    ];
    let mut count = 0;
    for (name, texts) in cases {
        let others = if page()[name].is_boolean() { &not_a_boolean[..] } else { &not_a_text };
        for value in others.iter().cloned().chain(texts.into_iter().map(Value::from)) {
            let error = refusal(&with(name, value.clone()).to_string());
            assert!(error.starts_with(&format!("{name} must be ")), "{error}");
            assert!(!schema.member(name).faults(&value).is_empty(), "the schema takes {name} {value}");
            count += 1;
        }
    }
    assert_eq!(count, 2 * 5 + 6 * 6 + 10 + 11 + 7 + 7 + 11);
    let error = refusal(&with("browserUserAgent", json!("x".repeat(2049))).to_string());
    assert!(error.starts_with("browserUserAgent must be ") && !error.contains("xx"), "{error}");
}

/// Stricter than EMV: our own module writes a number in one way only.
#[test]
fn a_screen_with_a_leading_zero_is_refused() {
    for name in ["browserScreenHeight", "browserScreenWidth"] {
        for text in ["00", "01080"] {
            let error = refusal(&with(name, json!(text)).to_string());
            assert!(error.starts_with(&format!("{name} must be ")), "{error}");
        }
    }
}

#[test]
fn what_is_in_bounds_is_taken() {
    for (name, texts) in [
        ("browserLanguage", vec!["e", "en", "en-x-foo", "abcdefgh", "EN-gb"]),
        ("browserColorDepth", vec!["1", "4", "8", "15", "16", "24", "32", "48"]),
        ("browserScreenHeight", vec!["0", "9", "999999"]),
        ("browserScreenWidth", vec!["0", "9", "999999"]),
        ("browserTZ", vec!["0", "-1", "720", "-840", "-345"]),
        ("browserUserAgent", vec!["x", " "]),
    ] {
        for text in texts {
            let page = with(name, json!(text));
            let data: BrowserData = serde_json::from_value(page.clone()).expect("browser data");
            assert_eq!(serde_json::to_value(data).expect("JSON"), page);
        }
    }
    let page = with("browserJavascriptEnabled", json!(false));
    let data: BrowserData = serde_json::from_value(page.clone()).expect("browser data");
    assert_eq!(serde_json::to_value(data).expect("JSON"), page);
}

#[test]
fn a_member_that_is_missing_twice_there_or_unknown_is_refused_by_its_name() {
    for (name, value) in page().as_object().expect("an object") {
        let mut page = page();
        page.as_object_mut().expect("an object").remove(name);
        let without = page.to_string();
        assert!(refusal(&without).contains(name), "{}", refusal(&without));
        let twice = without.replacen('{', &format!("{{\"{name}\":{value},\"{name}\":{value},"), 1);
        assert!(refusal(&twice).contains(name), "{}", refusal(&twice));
    }
    // Those that the server adds are not the page's to say.
    for name in ["browserIP", "browserAcceptHeader", "browserTz", "browserJavaScriptEnabled", "v"] {
        let error = refusal(&with(name, json!("203.0.113.7")).to_string());
        assert!(error.contains(&format!("`{name}`")), "{error}");
    }
}

#[test]
fn what_is_no_object_is_refused() {
    let members: Vec<Value> = page().as_object().expect("an object").values().cloned().collect();
    let in_order = json!([false, true, "en-GB", "24", "1080", "1920", "-330", "Mozilla/5.0"]);
    for value in [json!(null), json!([]), json!(members), in_order, json!("{}"), json!(1), json!(true)] {
        assert!(refusal(&value.to_string()).contains("EMV 3-D Secure browser data"));
    }
    refusal("{}");
    refusal(&page().to_string()[1..]);
}
