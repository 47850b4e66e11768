//! docs/signals.md: its tables are what docs/signals.json lists.

use crate::sh;
use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use std::{fmt::Write as _, fs};

const MANIFEST: &str = "docs/signals.json";
const PAGE: &str = "docs/signals.md";

/// The tables stand between these lines; the rest of the page is written by hand.
const START: &str = "<!-- From signals.json, by `cargo xtask signals`. -->\n";
const END: &str = "<!-- Up to here. -->\n";

/// Writes the tables into the page.
pub(crate) fn write() -> Result<()> {
    fs::write(sh::root().join(PAGE), page()?).context(PAGE)
}

/// Fails where the page says something else than the manifest.
pub(crate) fn check() -> Result<()> {
    if read(PAGE)? != page()? {
        bail!("{PAGE} is not what {MANIFEST} gives: run `cargo xtask signals`");
    }
    Ok(())
}

/// The page with the tables of the manifest.
fn page() -> Result<String> {
    let manifest = serde_json::from_str(&read(MANIFEST)?).context(MANIFEST)?;
    filled_in(&read(PAGE)?, &tables(&manifest)?)
}

fn filled_in(page: &str, tables: &str) -> Result<String> {
    let parts = page.split_once(START).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let (before, after) =
        parts.with_context(|| format!("{PAGE} lacks the lines\n{START}and\n{END}for its tables"))?;
    Ok(format!("{before}{START}{tables}{END}{after}"))
}

fn tables(manifest: &Value) -> Result<String> {
    let mut tables = String::new();
    for tier in list(manifest, "tiers")? {
        let name = text(tier, "name")?;
        write!(tables, "\n### Tier `{name}`\n\n{}\n", text(tier, "meaning")?)?;
        for group in list(manifest, "groups")? {
            if text(group, "tier")? == name {
                table(&mut tables, group).with_context(|| format!("the group {}", group["name"]))?;
            }
        }
    }
    tables.push('\n');
    Ok(tables)
}

fn table(tables: &mut String, group: &Value) -> Result<()> {
    write!(tables, "\n#### `{}`\n\n{}\n", text(group, "name")?, text(group, "meaning")?)?;
    let values = list(group, "values")?;
    if !values.is_empty() {
        tables.push_str("\n| value | what it is | what is told | what for |\n| --- | --- | --- | --- |\n");
    }
    for value in values {
        let (name, meaning, purpose) =
            (text(value, "name")?, text(value, "meaning")?, text(value, "purpose")?);
        writeln!(tables, "| `{name}` | {meaning} | {} | {purpose} |", told(value)?)?;
    }
    Ok(())
}

/// What a value may be, in words.
fn told(value: &Value) -> Result<String> {
    let numbers = |member| -> Result<Vec<_>> {
        list(value, member)?.iter().map(|edge| edge.as_u64().context("an edge is no number")).collect()
    };
    Ok(match text(value, "type")? {
        "bucket" => buckets(&numbers("edges")?, text(value, "unit")?),
        "word" => {
            let words = list(value, "words")?.iter().map(|word| Some(format!("`{}`", word.as_str()?)));
            words.collect::<Option<Vec<_>>>().context("a word is no text")?.join(", ")
        }
        "number" => match (value["from"].as_i64(), value["to"].as_i64(), text(value, "unit")?) {
            (Some(0), Some(1), "yes or no") => "0 or 1".to_owned(),
            (Some(from), Some(to), _) if from == to => from.to_string(),
            (Some(from), Some(to), unit) => format!("{from} to {to} {unit}"),
            _ => bail!("a number has no bounds"),
        },
        "text" => format!("a text: `{}`", text(value, "pattern")?.replace('|', "\\|")),
        "boolean" => "true or false".to_owned(),
        other => bail!("{other} is no type"),
    })
}

/// A count has whole numbers, a measure whatever lies between two edges. 0 is what is left out.
fn buckets(edges: &[u64], unit: &str) -> String {
    if unit == "yes or no" {
        return "no (left out), yes (1)".to_owned();
    }
    let is_count = unit == "count";
    let mut words = Vec::new();
    for (index, edge) in edges.iter().enumerate() {
        words.push(match edges.get(index + 1) {
            Some(next) if is_count && *next == edge + 1 => edge.to_string(),
            Some(next) if is_count => format!("{edge} to {}", next - 1),
            None if is_count => format!("{edge} or more"),
            Some(next) if index == 0 => format!("under {next}"),
            Some(next) => format!("from {edge} to under {next}"),
            None => format!("from {edge}"),
        });
    }
    let words = words.join("; ");
    if is_count { words } else { format!("{words} ({unit})") }
}

fn list<'a>(value: &'a Value, member: &str) -> Result<&'a Vec<Value>> {
    value[member].as_array().with_context(|| format!("{member} is no list"))
}

/// A member of one line.
fn text<'a>(value: &'a Value, member: &str) -> Result<&'a str> {
    let text = value[member].as_str().filter(|text| !text.contains('\n'));
    text.with_context(|| format!("{} has no {member}", value["name"]))
}

fn read(path: &str) -> Result<String> {
    fs::read_to_string(sh::root().join(path)).with_context(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{END, START, buckets, filled_in, tables};
    use serde_json::json;

    #[test]
    fn buckets_are_said_in_words() {
        assert_eq!(buckets(&[0, 1, 4, 10], "count"), "0; 1 to 3; 4 to 9; 10 or more");
        assert_eq!(buckets(&[0, 1, 2], "count"), "0; 1; 2 or more");
        assert_eq!(
            buckets(&[0, 10, 40], "milliseconds"),
            "under 10; from 10 to under 40; from 40 (milliseconds)"
        );
        assert_eq!(buckets(&[0, 1], "yes or no"), "no (left out), yes (1)");
    }

    #[test]
    fn each_tier_has_its_groups() {
        let manifest = json!({
            "tiers": [{"name": "essential", "meaning": "Least."}, {"name": "device", "meaning": "Most."}],
            "groups": [
                {"name": "device", "tier": "device", "meaning": "What it is.", "values": [
                    {"name": "zone", "type": "number", "from": -12, "to": 14, "unit": "hours", "meaning": "m", "purpose": "p"},
                    {"name": "text", "type": "text", "pattern": "^(a|b)$", "meaning": "m", "purpose": "p"},
                ]},
                {"name": "claim", "tier": "essential", "meaning": "What it says.", "values": []},
            ],
        });
        let expected = "
### Tier `essential`

Least.

#### `claim`

What it says.

### Tier `device`

Most.

#### `device`

What it is.

| value | what it is | what is told | what for |
| --- | --- | --- | --- |
| `zone` | m | -12 to 14 hours | p |
| `text` | m | a text: `^(a\\|b)$` | p |

";
        assert_eq!(tables(&manifest).unwrap_or_default(), expected);
    }

    #[test]
    fn what_is_written_by_hand_stays() {
        let page = format!("# Page\n{START}old\n{END}more\n");
        assert_eq!(filled_in(&page, "new\n").ok(), Some(format!("# Page\n{START}new\n{END}more\n")));
        assert!(filled_in("# Page\n", "new\n").is_err());
    }
}
