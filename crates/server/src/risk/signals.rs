//! The claim `signals`, read and held against the scales that pages send by.

use crate::BrowserData;
use SignalsError::Malformed;
use serde::Deserialize;
use std::collections::BTreeMap;
use tillseal_protocol::{
    Claims,
    signals::{
        GROUPS, Scale,
        device::{BROWSERS, SYSTEMS, TIME_ZONES},
        field::ENTRIES,
        path,
        pointer::TOOLS,
    },
};

/// How the form was filled, as a page told it.
#[derive(Debug)]
pub struct Signals {
    /// How much was collected: `essential`, `behaviour` or `device`.
    pub tier: String,
    /// Who chose that: `merchant` or `default`.
    pub choice: String,
    /// The person's browser sent Global Privacy Control.
    pub gpc: bool,
    /// The browser's part of 3-D Secure, where the page was asked for it.
    pub browser: Option<BrowserData>,
    /// How each field was filled, by the field's name.
    pub fields: BTreeMap<String, Field>,
    /// What pointed, of [`TOOLS`].
    pub tool: String,
    groups: BTreeMap<&'static str, BTreeMap<&'static str, u16>>,
}

/// How one field was filled.
#[derive(Debug)]
pub struct Field {
    /// One of [`ENTRIES`].
    pub entry: String,
    values: BTreeMap<&'static str, u16>,
}

/// Why a claim cannot be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignalsError {
    /// Of a version that this server does not know; every change of a scale makes a new one.
    #[error("the signals are of a version that this server does not know")]
    Version,
    /// Not what a page of this version sends: something else made it.
    #[error("the signals are not what a page sends")]
    Malformed,
}

#[derive(Deserialize)]
struct Version {
    v: u8,
}

#[derive(Deserialize)]
struct Claim {
    #[serde(rename = "v")]
    _version: u8,
    tier: String,
    choice: String,
    gpc: u8,
    browser: Option<BrowserData>,
    integrity: Group,
    #[serde(default)]
    fields: BTreeMap<String, Group>,
    #[serde(flatten)]
    rest: BTreeMap<String, Group>,
}

type Group = BTreeMap<String, Value>;

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Value {
    Number(i32),
    Word(String),
}

impl Signals {
    /// Reads the claim of a payload, if it has one.
    ///
    /// # Errors
    /// Those of [`Signals::parse`].
    pub fn of(claims: &Claims) -> Result<Option<Self>, SignalsError> {
        claims.signals.as_deref().map(|claim| Self::parse(claim.get())).transpose()
    }

    /// Reads the claim.
    ///
    /// # Errors
    /// [`SignalsError`]: another version, a member that there is not, a number that is no edge of its scale.
    pub fn parse(json: &str) -> Result<Self, SignalsError> {
        let Version { v } = serde_json::from_str(json).map_err(|_| Malformed)?;
        if v != 1 {
            return Err(SignalsError::Version);
        }
        let claim: Claim = serde_json::from_str(json).map_err(|_| Malformed)?;
        if claim.gpc > 1 {
            return Err(Malformed);
        }
        let tier = one_of(claim.tier, &["essential", "behaviour", "device"])?;
        let choice = one_of(claim.choice, &["default", "merchant"])?;
        let mut tool = TOOLS[0].to_owned();
        let mut groups =
            BTreeMap::from([("integrity", numbers(claim.integrity, "integrity", |_, _| None)?)]);
        for (name, group) in claim.rest {
            let (name, ..) = GROUPS.iter().find(|(known, ..)| *known == name).ok_or(Malformed)?;
            let values = numbers(group, name, |key, value| match (*name, key, value) {
                ("pointer", "tool", Value::Word(word)) => {
                    tool.clone_from(word);
                    Some(TOOLS.contains(&word.as_str()))
                }
                ("device", "browser", Value::Word(word)) => Some(BROWSERS.contains(&word.as_str())),
                ("device", "system", Value::Word(word)) => Some(SYSTEMS.contains(&word.as_str())),
                ("device", "language", Value::Word(word)) => Some(matches!(word.len(), 2 | 3)),
                ("device", "timeZone", Value::Number(hours)) => {
                    Some((TIME_ZONES[0]..=TIME_ZONES[1]).contains(hours))
                }
                _ => None,
            })?;
            groups.insert(*name, values);
        }
        let mut fields = BTreeMap::new();
        for (name, mut group) in claim.fields {
            let Some(Value::Word(entry)) = group.remove("entry") else { return Err(Malformed) };
            let field =
                Field { entry: one_of(entry, &ENTRIES)?, values: numbers(group, "field", |_, _| None)? };
            fields.insert(name, field);
        }
        Ok(Self { tier, choice, gpc: claim.gpc == 1, browser: claim.browser, fields, tool, groups })
    }

    /// A value of a group; 0 is what is not told.
    #[must_use]
    pub fn number(&self, group: &str, name: &str) -> u16 {
        debug_assert!(
            GROUPS
                .iter()
                .any(|(known, _, scales)| *known == group && scales.iter().any(|scale| scale.name == name)),
            "there is no {group}.{name}"
        );
        self.groups.get(group).and_then(|values| values.get(name)).copied().unwrap_or_default()
    }

    /// The values of the group `path`, where the pointer moved enough for any.
    #[must_use]
    pub fn path(&self) -> Option<[u16; path::SCALES.len()]> {
        let values = self.groups.get("path")?;
        Some(path::SCALES.each_ref().map(|scale| values.get(scale.name).copied().unwrap_or_default()))
    }

    /// How many fields were filled in this way, of [`ENTRIES`].
    #[must_use]
    pub fn count(&self, entry: &str) -> usize {
        self.fields.values().filter(|field| field.entry == entry).count()
    }
}

impl Field {
    /// A value of the group `field`; 0 is what is not told.
    #[must_use]
    pub fn number(&self, name: &str) -> u16 {
        self.values.get(name).copied().unwrap_or_default()
    }
}

/// The numbers of a group, by the names of its scales; `other` judges what is not on one of them.
fn numbers(
    group: Group,
    name: &str,
    mut other: impl FnMut(&str, &Value) -> Option<bool>,
) -> Result<BTreeMap<&'static str, u16>, SignalsError> {
    let scales: &'static [Scale] =
        GROUPS.iter().find(|(known, ..)| *known == name).map_or(&[], |(.., scales)| scales);
    let mut numbers = BTreeMap::new();
    for (key, value) in group {
        if let Some(is_known) = other(&key, &value) {
            if is_known {
                continue;
            }
            return Err(Malformed);
        }
        let scale = scales.iter().find(|scale| scale.name == key).ok_or(Malformed)?;
        let Value::Number(number) = value else { return Err(Malformed) };
        let edge = scale.edges.iter().find(|edge| i32::from(**edge) == number).ok_or(Malformed)?;
        numbers.insert(scale.name, *edge);
    }
    Ok(numbers)
}

fn one_of(word: String, words: &[&str]) -> Result<String, SignalsError> {
    if words.contains(&word.as_str()) { Ok(word) } else { Err(Malformed) }
}
