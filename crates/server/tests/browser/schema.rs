//! A JSON Schema, as far as `emv-3ds-browser.schema.json` uses the language. A keyword that is not known here is a failure, not a pass.

use regex_lite::Regex;
use serde_json::{Map, Value};

pub(crate) struct Schema(Value);

impl Schema {
    pub(crate) fn emv() -> Self {
        Self(
            serde_json::from_str(include_str!("../emv-3ds-browser.schema.json"))
                .expect("the schema is JSON"),
        )
    }

    /// What is wrong with a value; nothing if it is valid.
    pub(crate) fn faults(&self, value: &Value) -> Vec<String> {
        let mut faults = Vec::new();
        apply(&self.0, value, "", &mut faults);
        faults
    }

    /// The schema of one member.
    pub(crate) fn member(&self, name: &str) -> Self {
        Self(self.0["properties"][name].clone())
    }
}

fn apply(schema: &Value, value: &Value, path: &str, faults: &mut Vec<String>) {
    for (keyword, rule) in schema.as_object().expect("a schema is an object") {
        let holds = match keyword.as_str() {
            "$schema" | "title" | "description" => true,
            "type" => is_type(value, rule.as_str().expect("a type is a text")),
            "enum" => array(rule).contains(value),
            "required" => {
                let has = |name: &Value| value.get(name.as_str().expect("a name is a text")).is_some();
                !value.is_object() || array(rule).iter().all(has)
            }
            "properties" => {
                for (name, member) in members(value) {
                    if let Some(schema) = rule.get(name) {
                        apply(schema, member, &format!("{path}/{name}"), faults);
                    }
                }
                true
            }
            "additionalProperties" => {
                assert_eq!(rule, &Value::Bool(false));
                members(value).all(|(name, _)| schema["properties"].get(name).is_some())
            }
            "anyOf" => array(rule).iter().any(|choice| {
                let mut faults = Vec::new();
                apply(choice, value, path, &mut faults);
                faults.is_empty()
            }),
            // Unicode code points, by RFC 8259 as JSON Schema reads it.
            "minLength" => value.as_str().is_none_or(|text| text.chars().count() >= count(rule)),
            "maxLength" => value.as_str().is_none_or(|text| text.chars().count() <= count(rule)),
            "pattern" => {
                let pattern = Regex::new(rule.as_str().expect("a pattern is a text")).expect("a pattern");
                value.as_str().is_none_or(|text| pattern.is_match(text))
            }
            _ => panic!("the keyword {keyword} is not known here"),
        };
        if !holds {
            faults.push(format!("{path}: {keyword} {rule} does not hold for {value}"));
        }
    }
}

fn is_type(value: &Value, name: &str) -> bool {
    match name {
        "object" => value.is_object(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        _ => panic!("the type {name} is not known here"),
    }
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

fn array(value: &Value) -> &Vec<Value> {
    value.as_array().expect("an array")
}

fn count(value: &Value) -> usize {
    usize::try_from(value.as_u64().expect("a count")).expect("a small count")
}
