//! `docs/signals.json`: every value that a page may tell of how its form was filled, and what each means.

use serde_json::Value;
use std::sync::LazyLock;

/// As pages read it, under `/signals.json`.
pub(crate) const JSON: &str = include_str!("../../docs/signals.json");

static MANIFEST: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(JSON).unwrap_or_default());

/// The groups, in their order: `name`, `tier`, `meaning` and `values`.
pub(crate) fn groups() -> impl Iterator<Item = &'static Value> {
    items(&MANIFEST["groups"])
}

/// The members of an array; none of anything else.
pub(crate) fn items(array: &Value) -> impl Iterator<Item = &Value> {
    array.as_array().into_iter().flatten()
}

/// A text of the manifest, as it reads outside of Markdown.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().replace('`', "")
}

/// A value that was told, in words: a number is the lower edge of its bucket. `pages/told.js` says the same.
pub(crate) fn words(entry: &Value, told: &Value) -> String {
    let unit = entry["unit"].as_str().unwrap_or_default();
    let (Some(low), false) = (told.as_i64(), unit == "yes or no") else {
        return match told {
            Value::String(word) => word.clone(),
            told => {
                if matches!(told.as_i64(), Some(0)) || *told == Value::Bool(false) { "no" } else { "yes" }
                    .into()
            }
        };
    };
    let sign = match unit {
        "milliseconds" => "\u{a0}ms",
        "seconds" => "\u{a0}s",
        "percent" => "\u{a0}%",
        "pixels" => "\u{a0}px",
        "hours" => "\u{a0}h",
        _ => "",
    };
    if entry["type"] != "bucket" {
        return format!("{low}{sign}");
    }
    match items(&entry["edges"]).filter_map(Value::as_i64).find(|edge| *edge > low) {
        None => format!("{low}{sign} or more"),
        Some(next) if unit != "count" => format!("{low}–{next}{sign}"),
        Some(next) if next - low == 1 => low.to_string(),
        Some(next) => format!("{low}–{}", next - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::{groups, items, words};
    use serde_json::{Value, json};

    #[test]
    fn a_bucket_is_told_in_words() {
        let count = json!({"type": "bucket", "unit": "count", "edges": [0, 1, 2, 5]});
        let time = json!({"type": "bucket", "unit": "milliseconds", "edges": [0, 10, 40]});
        let is_so = json!({"type": "bucket", "unit": "yes or no", "edges": [0, 1]});
        let zone = json!({"type": "number", "unit": "hours"});
        let word = json!({"type": "word"});
        for (entry, told, expected) in [
            (&count, json!(1), "1"),
            (&count, json!(2), "2–4"),
            (&count, json!(5), "5 or more"),
            (&time, json!(0), "0–10\u{a0}ms"),
            (&time, json!(10), "10–40\u{a0}ms"),
            (&time, json!(40), "40\u{a0}ms or more"),
            (&is_so, json!(0), "no"),
            (&is_so, json!(1), "yes"),
            (&zone, json!(-3), "-3\u{a0}h"),
            (&word, json!("typed"), "typed"),
            (&word, json!(true), "yes"),
        ] {
            assert_eq!(words(entry, &told), expected);
        }
    }

    #[test]
    fn the_manifest_names_the_groups_that_a_page_tells() {
        for group in ["integrity", "fields", "keys", "pointer", "session", "automation", "device"] {
            let group = groups().find(|known| known["name"] == group);
            assert!(
                group
                    .is_some_and(|group| items(&group["values"]).all(|entry| entry["meaning"].is_string()))
            );
        }
        assert_ne!(groups().count(), items(&Value::Null).count());
    }
}
