//! What a page told of how its form was filled, as a table; `pages/told.js` draws the same in a browser.

use crate::{fields, manifest};
use maud::{Markup, html};
use serde_json::{Map, Value};

/// What was told, group by group; what is zero is not told.
pub(crate) fn table(told: &Value) -> Markup {
    html! {
        table.told {
            thead { tr { th scope="col" { "Value" } th scope="col" { "Told" } } }
            @for group in manifest::groups() {
                @if let Some(members) = members(told, group) {
                    tbody {
                        (heading(group, members.is_empty()))
                        @if group["name"] == "fields" {
                            @for (name, told) in in_order(members) { (field(group, name, told)) }
                        } @else {
                            @for entry in manifest::items(&group["values"]) {
                                @if let Some(told) = entry["name"].as_str().and_then(|name| members.get(name)) {
                                    (value(entry, told))
                                }
                            }
                        }
                    }
                }
            }
        }
        p.soft { "A value that is zero is not told." }
    }
}

/// What was told of a group; the claim's own members and the data of 3-D Secure are shown elsewhere.
fn members<'a>(told: &'a Value, group: &Value) -> Option<&'a Map<String, Value>> {
    let name = group["name"].as_str().filter(|name| *name != "browser")?;
    told.get(name)?.as_object()
}

/// Of a group: its name and its meaning; of the fields, also what stands in each of their rows.
fn heading(group: &Value, is_empty: bool) -> Markup {
    html! {
        tr.group {
            th scope="rowgroup" { (manifest::text(&group["name"])) }
            td { @if is_empty { "all zero" } }
        }
        tr.about {
            td colspan="2" {
                (manifest::text(&group["meaning"]))
                @if group["name"] == "fields" {
                    @for entry in manifest::items(&group["values"]) {
                        span { code { (manifest::text(&entry["name"])) } " " (manifest::text(&entry["meaning"])) }
                    }
                }
            }
        }
    }
}

/// Fields as they follow one another on the checkout page, which JSON does not promise.
fn in_order(fields: &Map<String, Value>) -> Vec<(&String, &Value)> {
    let mut fields: Vec<_> = fields.iter().collect();
    fields.sort_by_key(|(name, _)| fields::place(name));
    fields
}

fn value(entry: &Value, told: &Value) -> Markup {
    html! {
        tr {
            th scope="row" {
                span.meaning { (manifest::text(&entry["meaning"])) }
                code { (manifest::text(&entry["name"])) }
            }
            td { span dir="ltr" { (manifest::words(entry, told)) } }
        }
    }
}

/// A field in one row: how it was filled, then what else was told of it.
fn field(group: &Value, name: &str, told: &Value) -> Markup {
    html! {
        tr {
            th scope="row" {
                @if let Some(label) = fields::label(name) { span.meaning { (label) } }
                code { (name) }
            }
            td {
                @for entry in manifest::items(&group["values"]) {
                    @if let Some(told) = entry["name"].as_str().and_then(|name| told.get(name)) {
                        span dir="ltr" {
                            @if entry["name"] != "entry" { (manifest::text(&entry["name"])) " " }
                            (manifest::words(entry, told))
                        }
                    }
                }
            }
        }
    }
}
