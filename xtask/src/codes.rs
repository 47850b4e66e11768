//! docs/errors.md lists exactly the codes that exist in the code, and the shim has words for those that reach it: for the developer
//! in error.js, for the shopper in lang/en.js.

use crate::sh;
use anyhow::{Context as _, Result, bail};
use std::{collections::BTreeSet, fs};

type Codes = BTreeSet<String>;

/// Compares the three places that name codes.
pub(crate) fn check() -> Result<()> {
    let protocol = of_crate("crates/protocol/src")?;
    let server = of_crate("crates/server/src")?;
    let mut shim = of_shim(&read("pkg/src/error.js")?, "const ADVICE = {");
    let words = of_shim(&read("pkg/src/lang/en.js")?, "export default {");
    shim.extend(words.into_iter().filter(|word| !is_remark(word)));
    let documented = of_page(&read("docs/errors.md")?);
    let exist: Codes = protocol.iter().chain(&server).chain(&shim).cloned().collect();

    let mut wrong = Vec::new();
    wrong.extend(exist.difference(&documented).map(|code| format!("docs/errors.md lacks `{code}`")));
    wrong.extend(
        documented
            .difference(&exist)
            .map(|code| format!("docs/errors.md lists `{code}`, which nothing gives")),
    );
    // The codes of a payload arise where it is opened, all others of the protocol in the browser too.
    let in_browser = protocol.iter().filter(|code| !code.starts_with("sealed-"));
    let wordless = in_browser.filter(|code| !shim.contains(*code));
    wrong.extend(wordless.map(|code| format!("pkg/src/error.js or lang/en.js lacks `{code}`")));
    if exist.is_empty() || !wrong.is_empty() {
        bail!("{} codes exist\n{}", exist.len(), wrong.join("\n"));
    }
    Ok(())
}

/// The texts in the bodies of the functions called `code`.
fn of_crate(folder: &str) -> Result<Codes> {
    let mut codes = Codes::new();
    for entry in fs::read_dir(sh::root().join(folder))? {
        let path = entry?.path();
        if path.is_dir() {
            codes.extend(of_crate(&path.display().to_string())?);
            continue;
        }
        let source = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        for function in source.split("fn code(").skip(1) {
            codes.extend(body(function).split('"').skip(1).step_by(2).map(str::to_owned));
        }
    }
    Ok(codes)
}

/// From the first brace to the one that closes it.
fn body(function: &str) -> &str {
    let mut depth = 0;
    let end = function.find(|character| {
        depth += match character {
            '{' => 1,
            '}' => -1,
            _ => 0,
        };
        character == '}' && depth == 0
    });
    &function[..end.unwrap_or(function.len())]
}

/// Whether a text of lang/en.js belongs to no error.
fn is_remark(key: &str) -> bool {
    ["label-", "hint-", "placeholder-"].iter().any(|start| key.starts_with(start))
        || ["waiting", "unavailable"].contains(&key)
}

/// The keys of the object that begins so.
fn of_shim(shim: &str, start: &str) -> Codes {
    let advice = shim.split(start).nth(1).and_then(|rest| rest.split("\n}").next());
    let lines = advice.unwrap_or_default().lines().filter_map(|line| line.split_once(':'));
    lines.map(|(key, _)| key.trim().trim_matches('\'').to_owned()).collect()
}

/// The first cells of the tables' rows: "| `code` | … |".
fn of_page(page: &str) -> Codes {
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    rows.map(|(code, _)| code.to_owned()).collect()
}

fn read(path: &str) -> Result<String> {
    fs::read_to_string(sh::root().join(path)).with_context(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Codes, body, of_page, of_shim};

    fn codes(expected: &[&str]) -> Codes {
        expected.iter().map(|&code| code.to_owned()).collect()
    }

    #[test]
    fn a_body_ends_with_its_own_brace() {
        assert_eq!(
            body("self) -> X { match self { A => \"a\" } } fn b() {}"),
            "self) -> X { match self { A => \"a\" } "
        );
    }

    #[test]
    fn the_shim_and_the_page_are_read() {
        let shim = "const ADVICE = {\n  'key-load': 'No: {really}.',\n  random: \"It's not.\",\n}\nconst b = { c: 1 }";
        assert_eq!(of_shim(shim, "const ADVICE = {"), codes(&["key-load", "random"]));
        assert_eq!(
            of_page("# Errors\n\n| code | why |\n| --- | --- |\n| `stale` | `max_age` |\n"),
            codes(&["stale"])
        );
    }
}
