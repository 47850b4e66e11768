//! docs/signals.json says what the code sends: names, tiers, edges, words, order.

use crate::{Worst, read};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tillseal_protocol::{
    browser::{BrowserFacts, COLOR_DEPTHS, MAX_HEADER},
    signals::{
        Facts, GROUPS, Tier,
        device::{BROWSERS, SYSTEMS, TIME_ZONES},
        field::ENTRIES,
        pointer::TOOLS,
    },
};

fn manifest() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/signals.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn names(values: &Value) -> Vec<&str> {
    list(values).iter().map(|value| value["name"].as_str().unwrap()).collect()
}

/// A group, or a value of one.
fn named<'a>(values: &'a Value, name: &str) -> &'a Value {
    list(values).iter().find(|value| value["name"] == name).unwrap_or_else(|| panic!("there is no {name}"))
}

/// What the manifest calls a group of the code.
fn on_the_page(group: &str) -> &str {
    if group == "field" { "fields" } else { group }
}

#[test]
fn the_tiers_are_those_of_the_code() {
    let tiers = [Tier::Essential, Tier::Behaviour, Tier::Device];
    assert!(tiers.is_sorted(), "each includes those before it");
    assert_eq!(names(&manifest()["tiers"]), tiers.map(Tier::name));
}

#[test]
fn the_groups_are_those_of_the_code_in_their_order() {
    let manifest = manifest();
    let groups: Vec<_> = list(&manifest["groups"])
        .iter()
        .map(|group| (group["name"].as_str().unwrap(), group["tier"].as_str().unwrap()))
        .filter(|(name, _)| !["claim", "browser"].contains(name))
        .collect();
    let coded: Vec<_> = GROUPS.iter().map(|(name, tier, _)| (on_the_page(name), tier.name())).collect();
    assert_eq!(groups, coded);
    for name in ["claim", "browser"] {
        assert_eq!(named(&manifest["groups"], name)["tier"], "essential");
    }
}

#[test]
fn the_buckets_are_the_scales_of_the_code_in_their_order() {
    let manifest = manifest();
    for (name, _, scales) in &GROUPS {
        let group = named(&manifest["groups"], on_the_page(name));
        let values = list(&group["values"]).iter().filter(|value| value["type"] == "bucket");
        let buckets: Vec<_> = values.map(|value| json!([value["name"], value["edges"]])).collect();
        let coded: Vec<_> = scales.iter().map(|scale| json!([scale.name, scale.edges])).collect();
        assert_eq!(buckets, coded, "{name}");
    }
}

#[test]
fn the_words_are_those_of_the_code_in_their_order() {
    let manifest = manifest();
    let words = |group, value| named(&named(&manifest["groups"], group)["values"], value)["words"].clone();
    assert_eq!(words("claim", "tier"), json!(["essential", "behaviour", "device"]));
    assert_eq!(words("claim", "choice"), json!(["default", "merchant"]));
    assert_eq!(words("fields", "entry"), json!(ENTRIES));
    assert_eq!(words("pointer", "tool"), json!(TOOLS));
    assert_eq!(words("device", "browser"), json!(BROWSERS));
    assert_eq!(words("device", "system"), json!(SYSTEMS));
    assert_eq!(words("browser", "browserColorDepth"), json!(COLOR_DEPTHS.map(|depth| depth.to_string())));
}

#[test]
fn the_bounds_are_those_of_the_code() {
    let manifest = manifest();
    let value = |group, value| named(&named(&manifest["groups"], group)["values"], value).clone();
    let zone = value("device", "timeZone");
    assert_eq!(json!([zone["from"], zone["to"]]), json!(TIME_ZONES));
    let user_agent = value("browser", "browserUserAgent");
    assert_eq!(user_agent["pattern"], format!("^[\\s\\S]{{1,{MAX_HEADER}}}$"));
}

#[test]
fn every_value_says_all_that_its_type_has() {
    let manifest = manifest();
    assert_eq!(manifest["version"], 1);
    for group in list(&manifest["groups"]) {
        for value in list(&group["values"]) {
            let own: &[&str] = match value["type"].as_str().unwrap() {
                "bucket" => &["unit", "edges"],
                "word" => &["words"],
                "number" => &["from", "to", "unit"],
                "text" => &["pattern"],
                "boolean" => &[],
                other => panic!("{other} is no type"),
            };
            let members: BTreeSet<_> = value.as_object().unwrap().keys().map(String::as_str).collect();
            let expected = ["name", "type", "meaning", "purpose"].iter().chain(own).copied().collect();
            assert_eq!(members, expected, "{} {}", group["name"], value["name"]);
            for text in ["meaning", "purpose"] {
                assert!(value[text].as_str().unwrap().len() > 3, "{} {text}", value["name"]);
            }
            if let Some(edges) = value["edges"].as_array() {
                let edges: Vec<_> = edges.iter().map(|edge| edge.as_u64().unwrap()).collect();
                assert!(edges[0] == 0 && edges.is_sorted_by(|a, b| a < b), "{}", value["name"]);
            }
        }
    }
}

/// Words that no group of the code lists would be missed above.
#[test]
fn a_claim_that_says_everything_says_what_the_manifest_lists() {
    let manifest = manifest();
    let worst = Worst::new();
    let facts = Facts {
        tier: Tier::Device,
        has_gpc: true,
        has_3ds: true,
        is_webdriver: true,
        is_headless: true,
        has_hints_mismatch: true,
        browser_family: BROWSERS[1],
        system: SYSTEMS[1],
        touch_points: 5,
        width: 3000,
        browser: BrowserFacts { language: "de-AT", time_zone: 60, ..BrowserFacts::default() },
        ..Facts::default()
    };
    let claim = read(&worst.signals, &facts, worst.now);
    let keys = |value: &Value| -> BTreeSet<String> { value.as_object().unwrap().keys().cloned().collect() };
    let mut top = BTreeSet::new();
    for group in list(&manifest["groups"]) {
        let listed: BTreeSet<_> = names(&group["values"]).into_iter().map(str::to_owned).collect();
        match group["name"].as_str().unwrap() {
            "claim" => top.extend(listed),
            "fields" => {
                top.insert("fields".to_owned());
                assert_eq!(keys(&claim["fields"]), Worst::FIELDS.map(str::to_owned).into());
                for (name, field) in claim["fields"].as_object().unwrap() {
                    assert_eq!(keys(field), listed, "{name}");
                }
            }
            // How a pointer moves that says everything is told where `path` is tested.
            "path" => {
                if let Some(path) = claim.get("path") {
                    top.insert("path".to_owned());
                    assert!(keys(path).is_subset(&listed), "path");
                }
            }
            name => {
                top.insert(name.to_owned());
                let mut told = keys(&claim[name]);
                // The one value that excludes others.
                if name == "integrity" {
                    told.insert("noAction".to_owned());
                }
                assert_eq!(told, listed, "{name}");
            }
        }
    }
    assert_eq!(keys(&claim), top);
}
