//! Who may import whom: `www -> pkg -> src -> protocol <- server`, proved from the manifests and the scripts.

use crate::sh;
use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use std::{fs, path::Path};

/// Each of our packages, and those of ours that it may import. Tests and benches obey too.
const MAY_IMPORT: [(&str, &[&str]); 7] = [
    ("tillseal-protocol", &[]),
    ("tillseal-server", &["tillseal-protocol"]),
    ("tillseal", &["tillseal-protocol"]),
    // The demo shop is a merchant: it has a page and a server.
    ("tillseal-shop", &["tillseal-protocol", "tillseal-server"]),
    ("tillseal-vectors", &["tillseal-protocol", "tillseal-server"]),
    ("tillseal-fuzz", &["tillseal-protocol"]),
    ("xtask", &[]),
];

/// Compares what is imported with what may be.
pub(crate) fn check() -> Result<()> {
    let mut wrong = Vec::new();
    packages(&mut wrong)?;
    scripts(&mut wrong)?;
    if wrong.is_empty() { Ok(()) } else { bail!("{}", wrong.join("\n")) }
}

fn packages(wrong: &mut Vec<String>) -> Result<()> {
    let mut found = Vec::new();
    for manifest in ["Cargo.toml", "fuzz/Cargo.toml"] {
        let mut cargo =
            sh::cargo(["metadata", "--format-version=1", "--no-deps", "--manifest-path", manifest]);
        let output = cargo.output()?;
        if !output.status.success() {
            bail!("{}", String::from_utf8_lossy(&output.stderr));
        }
        let metadata: Value = serde_json::from_slice(&output.stdout)?;
        for package in array(&metadata["packages"]) {
            let name = text(&package["name"]);
            found.push(name.to_owned());
            let Some((_, may)) = MAY_IMPORT.iter().find(|(known, _)| *known == name) else {
                wrong.push(format!("{name} has no layer: give it one in xtask/src/layers.rs"));
                continue;
            };
            // What is on the disk rather than in a registry is ours, whatever it is called here.
            let ours = array(&package["dependencies"]).filter(|dependency| dependency["path"].is_string());
            let strays =
                ours.map(|dependency| text(&dependency["name"])).filter(|name| !may.contains(name));
            wrong.extend(strays.map(|stray| format!("{name} imports {stray}")));
        }
    }
    let gone = MAY_IMPORT.iter().filter(|(name, _)| !found.iter().any(|found| found == name));
    wrong.extend(gone.map(|(name, _)| format!("{name} has a layer but no manifest")));
    Ok(())
}

fn scripts(wrong: &mut Vec<String>) -> Result<()> {
    let sources = sh::root().join("pkg/src");
    for entry in fs::read_dir(&sources)? {
        let path = entry?.path();
        if path.is_dir() {
            continue;
        }
        let name = path.file_name().unwrap_or_default().display();
        let script = fs::read_to_string(&path)?;
        // The glue is generated; react.js is for those who have React.
        let is_ours = |import: &str| {
            let own = import.strip_prefix("./").is_some_and(|file| sources.join(file).is_file());
            own || import == "./glue.js" || (import == "react" && path.ends_with("react.js"))
        };
        let strays = imports(&script).into_iter().filter(|import| !is_ours(import));
        wrong.extend(strays.map(|stray| format!("pkg/src/{name} imports {stray}")));
    }

    let pages = sh::root().join("www/pages");
    for entry in fs::read_dir(&pages)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().display();
        let is = |extension| path.extension().is_some_and(|actual| actual == extension);
        let content = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let used = match () {
            () if is("js") => imports(&content),
            () if is("html") => {
                ["src=\"", "href=\""].iter().flat_map(|start| quoted(&content, start)).collect()
            }
            () => continue,
        };
        let strays = used.into_iter().filter(|address| !is_of_the_page(address, &pages));
        wrong.extend(strays.map(|stray| format!("www/pages/{name} uses {stray}")));
    }
    Ok(())
}

/// The module, a file of the page's own, or a place in the page or shop itself.
fn is_of_the_page(address: &str, pages: &Path) -> bool {
    let own = address.strip_prefix("./").or_else(|| address.strip_prefix("/pages/"));
    own.is_some_and(|file| !file.contains('/') && pages.join(file).is_file())
        || address.starts_with("/tillseal/")
        || address.starts_with('#')
        || ["/", "/lab", "/playground", "/verify"].contains(&address)
}

/// What a script imports, statically or not, in code or in types.
fn imports(script: &str) -> Vec<&str> {
    let starts = ["from ", "import ", "import("];
    let forms = starts.iter().flat_map(|start| ['\'', '"', '`'].map(|quote| format!("{start}{quote}")));
    forms.flat_map(|form| quoted(script, &form)).collect()
}

/// Every text between `start`, whose last character is the quote, and the quote that follows.
fn quoted<'a>(text: &'a str, start: &str) -> Vec<&'a str> {
    let quote = start.chars().next_back().unwrap_or('"');
    text.split(start).skip(1).filter_map(|rest| rest.split(quote).next()).collect()
}

fn array(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::imports;

    #[test]
    fn every_form_of_import_is_seen() {
        let script = "import { a } from './a.js'\nimport \"./b.js\"\nconst c = await import(`./c.js`)\nexport * from './d.js'";
        let mut seen = imports(script);
        seen.sort_unstable();
        assert_eq!(seen, ["./a.js", "./b.js", "./c.js", "./d.js"]);
    }
}
