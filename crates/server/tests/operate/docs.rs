//! docs/operate.md: its files parse, and it speaks of every code and metric.

use crate::support::{Plan, TestResult, quick};
use std::{ffi::OsString, fs, path::Path};
use tillseal_server::config::{Config, Flags};

const PAGE: &str = include_str!("../../../../docs/operate.md");

/// The fenced blocks of this language.
fn blocks(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    PAGE.split(fence.as_str()).skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

#[test]
fn its_configurations_serve() -> TestResult {
    let directory = tempfile::tempdir()?;
    let blocks = blocks("toml");
    assert!(blocks.len() >= 2, "{}", blocks.len());
    for block in blocks {
        // The page's paths are those of a server; here they stand in a folder of the test.
        let own = directory.path().display().to_string();
        let text = block.replace("/etc/tillseal", &own).replace("/var/lib/tillseal", &own);
        fs::create_dir_all(directory.path().join("keys"))?;
        fs::create_dir_all(directory.path().join("tls"))?;
        let made = rcgen::generate_simple_self_signed([String::from("tillseal.internal")])?;
        fs::write(directory.path().join("tls/chain.pem"), made.cert.pem())?;
        fs::write(directory.path().join("tls/key.pem"), made.signing_key.serialize_pem())?;
        let url =
            |name: &str| (name == "TILLSEAL_STORE_URL").then(|| OsString::from("postgres://t:p@db/t"));
        // A piece of a file needs the keyring that the whole one has.
        let flags = Flags { keys: Some(directory.path().join("keys")), ..Flags::default() };
        Config::parse(Some(Path::new("operate.md")), &text, flags, url)
            .map_err(|errors| format!("{errors}\n{block}"))?;
    }
    Ok(())
}

#[test]
fn it_names_metrics_that_exist() -> TestResult {
    let site = Plan::new(quick()).start()?;
    site.get("/hello")?;
    let metrics = &site.metrics;
    metrics.decision("accept");
    metrics.refused("stale");
    metrics.store("claim", std::time::Duration::ZERO, false);
    metrics.keys("active", 1);
    let text = metrics.text();
    for line in text.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let name = line.split(' ').next().unwrap_or_default();
        assert!(PAGE.contains(&format!("`{name}")), "the page lacks {name}");
    }
    for name in PAGE.split('`').filter(|each| each.starts_with("tillseal_") && !each.contains(' ')) {
        let name = name.split('{').next().unwrap_or_default();
        let stem =
            ["_total", "_bucket", "_count", "_sum", "_info"].iter().find_map(|end| name.strip_suffix(end));
        assert!(text.contains(stem.unwrap_or(name)), "no metric {name}");
    }
    Ok(())
}

#[test]
fn it_tells_the_on_call_what_each_code_means() {
    let of_server = [
        "unauthorized", "forbidden", "request-timeout", "rate-limited", "overloaded", "not-ready",
        "internal",
    ];
    for code in of_server.into_iter().chain(["store-unavailable", "tls-certificate", "config-value"]) {
        assert!(PAGE.contains(&format!("`{code}`")), "{code}");
    }
}
