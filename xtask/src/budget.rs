//! The size budget of `pkg/budget.json`, and where the module's bytes are.

use crate::{pkg, sh};
use anyhow::{Context as _, Result, bail};
use std::{cmp::Reverse, collections::BTreeMap, fs};
use wasmparser::{KnownCustom, Name, Parser, Payload};

/// Holds what a page loads against the budget.
pub(crate) fn check() -> Result<()> {
    let budget: serde_json::Value = serde_json::from_slice(&fs::read(sh::root().join("pkg/budget.json"))?)?;
    let budget = budget["loaded_brotli"].as_u64().context("pkg/budget.json has no loaded_brotli")?;
    let loaded = pkg::loaded_bytes()?;
    if loaded as u64 > budget {
        bail!(
            "a page loads {loaded} bytes (brotli), {} more than pkg/budget.json allows",
            loaded as u64 - budget
        );
    }
    eprint!("{loaded} of {budget} bytes (brotli), ");
    Ok(())
}

/// What of tillseal.wasm each crate takes, in bytes, the largest first.
pub(crate) fn by_crate() -> Result<Vec<(String, usize)>> {
    let module = fs::read(pkg::named_module()?)?;
    let mut rows: Vec<_> = room(&module)?.into_iter().collect();
    rows.sort_by_key(|(_, bytes)| Reverse(*bytes));
    Ok(rows)
}

/// Prints it, the smallest together.
pub(crate) fn print_room() -> Result<()> {
    let rows = by_crate()?;
    let sum: usize = rows.iter().map(|(_, bytes)| bytes).sum();
    let percent = |bytes: usize| (bytes * 100 + sum / 2) / sum;
    println!("\n{:<22}{:>10}{:>10}", "in tillseal.wasm", "raw", "share");
    let (rows, small): (Vec<_>, Vec<_>) = rows.into_iter().partition(|(_, bytes)| percent(*bytes) > 0);
    let small = small.iter().map(|(_, bytes)| bytes).sum();
    for (what, bytes) in rows.into_iter().chain([("(others)".to_owned(), small)]) {
        println!("{what:<22}{bytes:>10}{:>8} %", percent(bytes));
    }
    println!();
    Ok(())
}

/// The bytes of functions by their crate, and those of the other sections.
fn room(module: &[u8]) -> Result<BTreeMap<String, usize>> {
    let mut imported = 0;
    let mut bodies = Vec::new();
    let mut names = BTreeMap::new();
    let mut room = BTreeMap::new();
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::ImportSection(imports) => {
                imported = imports.count();
                room.insert("(imports)".to_owned(), imports.range().len());
            }
            Payload::CodeSectionEntry(body) => bodies.push(body.range().len()),
            Payload::DataSection(data) => {
                room.insert("(data)".to_owned(), data.range().len());
            }
            Payload::CustomSection(custom) => {
                let KnownCustom::Name(sections) = custom.as_known() else { continue };
                for section in sections {
                    let Name::Function(functions) = section? else { continue };
                    for naming in functions {
                        let naming = naming?;
                        names.insert(naming.index, crate_of(naming.name).to_owned());
                    }
                }
            }
            _ => {}
        }
    }
    for (index, bytes) in (imported..).zip(bodies) {
        let name = names.get(&index).map_or("(unnamed)", |name| name.as_str());
        *room.entry(name.to_owned()).or_default() += bytes;
    }
    Ok(room)
}

/// The crate that a function's name begins with, a trait's where the type is a primitive one: names are written
/// as in `<u64 as aes[5cfecf17a66ad7ff]::Word>::bitslice`.
fn crate_of(name: &str) -> &str {
    let named = name.match_indices('[').find_map(|(bracket, _)| {
        let before = &name[..bracket];
        let start = before.rfind(|character: char| !character.is_alphanumeric() && character != '_');
        Some(&before[start.map_or(0, |start| start + 1)..]).filter(|word| !word.is_empty())
    });
    // Methods of primitive types name no crate; what is no path comes from wasm-bindgen.
    named.unwrap_or(if name.contains("::") { "core" } else { "(glue)" })
}

#[cfg(test)]
mod tests {
    use super::crate_of;

    #[test]
    fn a_function_belongs_to_the_first_crate_in_its_name() {
        assert_eq!(crate_of("sha2[a26b275832103a7b]::sha256::compress256"), "sha2");
        assert_eq!(
            crate_of("<tillseal_protocol[50a5]::form::Form>::input::<p256[1]::A>"),
            "tillseal_protocol"
        );
        assert_eq!(crate_of("<u64 as aes[5cfecf17a66ad7ff]::Word>::bitslice"), "aes");
        assert_eq!(crate_of("<[u8] as core[1]::Any>::f"), "core");
        assert_eq!(crate_of("<[u8]>::starts_with"), "core");
        assert_eq!(crate_of("__wbindgen_malloc"), "(glue)");
    }
}
