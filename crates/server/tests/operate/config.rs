//! Each fault of a configuration, with the line and column that it is told at.

use crate::support::TestResult;
use std::{ffi::OsString, fs, path::Path, time::Duration};
use tillseal_server::{
    config::{Config, ConfigErrors, EXAMPLE, Flags, Limits, LogFormat},
    tokens::Scope,
};

fn no_environment(_: &str) -> Option<OsString> {
    None
}

fn parse(text: &str) -> Result<Config, ConfigErrors> {
    Config::parse(Some(Path::new("t.toml")), text, Flags::default(), no_environment)
}

/// What is wrong with the text, one line each.
fn wrong(text: &str) -> Vec<String> {
    parse(text).err().map(|errors| errors.iter().map(ToString::to_string).collect()).unwrap_or_default()
}

const KEYS: &str = "[keys]\ndirectory = \".\"\n";
const HASH: &str = "5f0c8a7d3b1e94262f6ad0f3c1b7e8459d2a6b3c4e5f60718293a4b5c6d7e8f9";

#[test]
fn the_example_is_a_file_that_serves_and_says_what_the_defaults_are() -> TestResult {
    let config = parse(EXAMPLE)?;
    let least = parse(KEYS)?;
    assert_eq!(config.limits, Limits::default());
    assert_eq!(least.limits, Limits::default());
    assert_eq!((config.listen, config.max_age, config.leeway), (least.listen, least.max_age, least.leeway));
    assert_eq!(config.store.as_str(), least.store.as_str());
    assert_eq!((config.sessions, config.log), (least.sessions, least.log));
    assert_eq!(config.issuer.as_deref(), Some("https://shop.example"));
    assert_eq!(config.audit_origin, "shop.example/tillseal");
    assert_eq!((least.issuer, least.audit_origin.as_str()), (None, "tillseal"));
    assert_eq!(config.tokens[0].scopes(), [Scope::Open, Scope::Sessions]);
    // With the examples that are commented out, it still knows every option.
    let uncommented =
        EXAMPLE.replace("# [", "[").replace("# certificate", "certificate").replace("# key", "key");
    let uncommented = uncommented.replace("# module", "module").replace("# token =", "token =");
    let errors = wrong(&uncommented);
    assert!(
        errors.iter().all(|error| error.contains("config-value") && error.contains('/')),
        "{errors:#?}"
    );
    assert!(errors.len() >= 2, "the files are not there: {errors:#?}");
    Ok(())
}

#[test]
fn every_value_arrives() -> TestResult {
    let config = parse(&format!(
        "listen = \"0.0.0.0:1\"\norigins = [\"https://a.example\", \"https://b.example\"]\nissuer = \"https://i.example\"\n\
         max_age = 7\nleeway = 0\n{KEYS}[store]\nurl = \"postgres://t@db/x\"\n[sessions]\nlifetime = 60\nrequired = true\n\
         [audit]\norigin = \"log.example\"\n[limits]\nbody = 5000\nrequest_seconds = 1\nbody_seconds = 2\n\
         header_seconds = 3\nconnections = 4\nrequests_per_second = 6\nin_flight = 7\n\
         [[tokens]]\nname = \"a\"\nscopes = [\"admin\"]\nsha256 = \"{HASH}\"\n[log]\nformat = \"json\"\nlevel = \"warn\"\n"
    ))?;
    assert_eq!(config.listen.to_string(), "0.0.0.0:1");
    assert_eq!(config.origins, ["https://a.example", "https://b.example"]);
    assert_eq!(
        (config.issuer.as_deref(), config.max_age, config.leeway),
        (Some("https://i.example"), 7, 0)
    );
    assert_eq!((config.store.as_str(), config.audit_origin.as_str()), ("postgres://t@db/x", "log.example"));
    assert!(config.sessions.lifetime == 60 && config.sessions.required);
    let seconds = Duration::from_secs;
    let limits = Limits {
        body: 5000,
        request: seconds(1),
        body_time: seconds(2),
        header: seconds(3),
        connections: 4,
        requests_per_second: 6,
        burst: 6,
        in_flight: 7,
    };
    assert_eq!(config.limits, limits);
    assert_eq!((config.tokens[0].name(), config.tokens[0].sha256().as_str()), ("a", HASH));
    assert_eq!(config.log.format, LogFormat::Json);
    assert_eq!(config.log.level, tracing::level_filters::LevelFilter::WARN);
    Ok(())
}

#[test]
fn each_fault_is_told_at_its_place() {
    let token = |name: &str, scopes: &str, hash: &str| {
        format!("{KEYS}[[tokens]]\nname = \"{name}\"\nscopes = {scopes}\nsha256 = \"{hash}\"\n")
    };
    let cases = [
        (String::from("max_age = 1\nlisten ="), "t.toml:2:9: [config-syntax]", ""),
        (String::from("\n\nlisten = 8787"), "t.toml:3:10: [config-syntax]", "expected a string"),
        (String::from("\nlissten = \"x\""), "t.toml:2:1: [config-syntax]", "`listen`"),
        (String::from("[limits]\nboddy = 1"), "t.toml:2:1: [config-syntax]", "`body`"),
        (String::from("max_age = -1"), "t.toml:1:11: [config-syntax]", "-1"),
        (String::from("max_age = 1\nmax_age = 2"), "t.toml:2:1: [config-syntax]", "duplicate"),
        (String::from("[[tokens]]\nname = \"a\"\n"), "t.toml:1:1: [config-syntax]", "scopes"),
        (format!("listen = \"localhost:1\"\n{KEYS}"), "t.toml:1:10: [config-value]", "127.0.0.1:8787"),
        (format!("listen = \"127.0.0.1\"\n{KEYS}"), "t.toml:1:10: [config-value]", "port"),
        (format!("\nlisten = \"0.0.0.0:1\"\n{KEYS}"), "t.toml:2:10: [config-value]", "[[tokens]]"),
        (format!("listen = \"[::]:1\"\n{KEYS}"), "t.toml:1:10: [config-value]", "[[tokens]]"),
        (
            format!("origins = [\"https://a.example\", \"https://b.example/\"]\n{KEYS}"),
            "t.toml:1:33: [config-value]",
            "final slash",
        ),
        (
            format!("origins = [\"https://Shop.example\"]\n{KEYS}"),
            "t.toml:1:12: [config-value]",
            "lower case",
        ),
        (format!("# é\nissuer = \"shop.example\"\n{KEYS}"), "t.toml:2:10: [config-value]", "https://"),
        (format!("max_age = 0\n{KEYS}"), "t.toml:1:11: [config-value]", "between 1 and"),
        (format!("leeway = 86401\n{KEYS}"), "t.toml:1:10: [config-value]", "between 0 and 86400"),
        (
            String::from("[keys]\ndirectory = \"/nowhere/keys\"\n"),
            "t.toml:2:13: [config-value]",
            "/nowhere/keys",
        ),
        (format!("{KEYS}key_file = \"/nowhere/file\"\n"), "t.toml:3:12: [config-value]", "/nowhere/file"),
        (format!("{KEYS}[keys.pkcs11]\nmodule = \"/nowhere/lib\"\n"), "t.toml:3:1: [config-value]", "both"),
        (
            format!("{KEYS}[keys.pkcs11]\nmodule = \"/nowhere/lib\"\ntoken = \"t\""),
            "t.toml:4:10: [config-value]",
            "/nowhere/lib",
        ),
        (
            format!("{KEYS}[tls]\nkey = \"k.pem\"\n"),
            "t.toml:3:1: [config-value]",
            "both certificate and key",
        ),
        (
            format!("{KEYS}[tls]\ncertificate = \"k.pem\"\n"),
            "t.toml:3:1: [config-value]",
            "both certificate and key",
        ),
        (
            format!("{KEYS}[tls]\ncertificate = \"/nowhere/c\"\nkey = \"/nowhere/k\"\n"),
            "t.toml:4:15: [config-value]",
            "/nowhere/c",
        ),
        (format!("{KEYS}[store]\nurl = \"mysql://x\"\n"), "t.toml:4:7: [config-value]", "sqlite:PATH"),
        (format!("{KEYS}[store]\nurl = \"sqlite:\"\n"), "t.toml:4:7: [config-value]", "sqlite:PATH"),
        (
            format!("{KEYS}[store]\nurl = \"postgres://u:hunter2@h/d\"\n"),
            "t.toml:4:7: [config-value]",
            "TILLSEAL_STORE_URL",
        ),
        (
            format!("{KEYS}[store]\nurl = \"postgres://h/d?password=hunter2\"\n"),
            "t.toml:4:7: [config-value]",
            "TILLSEAL_STORE_URL",
        ),
        (format!("{KEYS}[sessions]\nlifetime = 0\n"), "t.toml:4:12: [config-value]", "between"),
        (format!("{KEYS}[audit]\norigin = \"a b\"\n"), "t.toml:4:10: [config-value]", "no blank"),
        (format!("{KEYS}[audit]\norigin = \"a+b\"\n"), "t.toml:4:10: [config-value]", "plus"),
        (format!("{KEYS}[limits]\nbody = 1\n"), "t.toml:4:8: [config-value]", "4096"),
        (
            format!("{KEYS}[limits]\nheader_seconds = 0\n"),
            "t.toml:4:18: [config-value]",
            "between 1 and 3600",
        ),
        (format!("{KEYS}[limits]\nconnections = 0\n"), "t.toml:4:15: [config-value]", "between"),
        (format!("{KEYS}[limits]\nburst = 0\n"), "t.toml:4:9: [config-value]", "between"),
        (format!("{KEYS}[limits]\nin_flight = 0\n"), "t.toml:4:13: [config-value]", "between"),
        (token("a b", "[\"open\"]", HASH), "t.toml:4:8: [config-value]", "a-z"),
        (
            token("a", "[\"open\", \"root\"]", HASH),
            "t.toml:5:19: [config-value]",
            "open, sessions and admin",
        ),
        (token("a", "[]", HASH), "t.toml:5:10: [config-value]", "without a scope"),
        (token("a", "[\"open\"]", "tillseal_abc"), "t.toml:6:10: [config-value]", "64 hexadecimal digits"),
        (format!("{KEYS}[log]\nformat = \"xml\"\n"), "t.toml:4:10: [config-value]", "auto, json or text"),
        (format!("{KEYS}[log]\nlevel = \"loud\"\n"), "t.toml:4:9: [config-value]", "error, warn"),
    ];
    for (text, place, hint) in cases {
        let errors = wrong(&text);
        assert_eq!(errors.len(), 1, "{text}\n{errors:#?}");
        assert!(errors[0].starts_with(place), "{text}\n{place}\n{errors:#?}");
        assert!(errors[0].contains(hint), "{text}\n{hint}\n{errors:#?}");
        assert!(!errors[0].contains("hunter2"), "a password: {errors:#?}");
    }
}

#[test]
fn two_tokens_differ_in_name_and_secret() {
    let other = "a".repeat(64);
    let table = |name: &str, hash: &str| {
        format!("[[tokens]]\nname = \"{name}\"\nscopes = [\"open\"]\nsha256 = \"{hash}\"\n")
    };
    let errors = wrong(&format!("{}{}{KEYS}", table("a", HASH), table("a", &other)));
    assert!(errors.len() == 1 && errors[0].starts_with("t.toml:6:8: [config-value]"), "{errors:?}");
    let errors = wrong(&format!("{}{}{KEYS}", table("a", HASH), table("b", &HASH.to_uppercase())));
    assert!(errors.len() == 1 && errors[0].starts_with("t.toml:8:10: [config-value]"), "{errors:?}");
}

#[test]
fn all_faults_are_told_at_once_in_the_order_of_the_file() {
    let errors = wrong(
        "max_age = 0\norigins = [\"x\"]\nlisten = \"y\"\n[log]\nlevel = \"z\"\n[keys]\ndirectory = \".\"",
    );
    let places: Vec<_> = errors.iter().filter_map(|error| error.split(": [").next()).collect();
    assert_eq!(places, ["t.toml:1:11", "t.toml:2:12", "t.toml:3:10", "t.toml:5:9"]);
}

#[test]
fn flags_win_over_the_file() -> TestResult {
    let text = format!(
        "listen = \"127.0.0.1:1\"\norigins = [\"https://a.example\"]\nmax_age = 5\nleeway = 6\n{KEYS}"
    );
    let flags = Flags {
        keys: Some("/other".into()),
        listen: Some("127.0.0.1:2".parse()?),
        origins: vec![String::from("https://b.example")],
        max_age: Some(7),
        leeway: Some(8),
    };
    let config = Config::parse(Some(Path::new("t.toml")), &text, flags.clone(), no_environment)?;
    assert_eq!(config.keys.directory, Path::new("/other"));
    assert_eq!((config.listen.port(), config.max_age, config.leeway), (2, 7, 8));
    assert_eq!(config.origins, ["https://b.example"]);
    assert_eq!(config.issuer.as_deref(), Some("https://b.example"), "what follows from them does as well");
    Config::parse(None, "", flags.clone(), no_environment)?;
    for (flags, hint) in [
        (Flags { listen: Some("0.0.0.0:2".parse()?), ..flags.clone() }, "[[tokens]]"),
        (Flags { keys: None, ..flags }, "--keys DIR"),
    ] {
        let errors = Config::parse(None, "", flags, no_environment).err().ok_or("taken")?.to_string();
        assert!(errors.starts_with("command line: [config-value]") && errors.contains(hint), "{errors}");
    }
    Ok(())
}

#[test]
fn secrets_come_by_the_environment_or_by_a_file() -> TestResult {
    let file = tempfile::NamedTempFile::new()?;
    fs::write(file.path(), "postgres://u:hunter2@h/d\n")?;
    let path = file.path().as_os_str().to_owned();
    let with = |variables: &[(&str, OsString)]| {
        let variables: Vec<_> =
            variables.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        Config::parse(Some(Path::new("t.toml")), KEYS, Flags::default(), move |name| {
            variables.iter().find(|(each, _)| each == name).map(|(_, value)| value.clone())
        })
    };
    assert_eq!(with(&[("TILLSEAL_STORE_URL", "sqlite:x".into())])?.store.as_str(), "sqlite:x");
    assert_eq!(
        with(&[("TILLSEAL_STORE_URL_FILE", path.clone())])?.store.as_str(),
        "postgres://u:hunter2@h/d"
    );
    let config = with(&[("TILLSEAL_KEYS_PASSPHRASE", "correct horse".into())])?;
    assert_eq!(config.keys.passphrase.as_ref().map(|it| it.as_str()), Some("correct horse"));
    for (variables, named) in [
        (
            &[("TILLSEAL_STORE_URL", "sqlite:x".into()), ("TILLSEAL_STORE_URL_FILE", path)][..],
            "TILLSEAL_STORE_URL:",
        ),
        (&[("TILLSEAL_STORE_URL", "hunter2".into())], "TILLSEAL_STORE_URL:"),
        (&[("TILLSEAL_STORE_URL", "".into())], "TILLSEAL_STORE_URL:"),
        (&[("TILLSEAL_KEYS_PASSPHRASE_FILE", "/nowhere".into())], "TILLSEAL_KEYS_PASSPHRASE_FILE:"),
    ] {
        let errors = with(variables).err().ok_or("taken")?.to_string();
        assert!(errors.starts_with(&format!("{named} [config-secret]")), "{errors}");
        assert!(!errors.contains("hunter2"), "{errors}");
    }
    Ok(())
}

#[test]
fn a_file_that_cannot_be_read_is_named() -> TestResult {
    let directory = tempfile::tempdir()?;
    let load = |path: &Path| Config::load(Some(path), Flags::default(), no_environment);
    let absent = load(&directory.path().join("none.toml")).err().ok_or("taken")?.to_string();
    assert!(absent.contains("none.toml: [config-unreadable]"), "{absent}");
    let latin = directory.path().join("latin.toml");
    fs::write(&latin, b"listen = \"\xe9\"")?;
    let latin = load(&latin).err().ok_or("taken")?.to_string();
    assert!(latin.contains("latin.toml: [config-unreadable]") && latin.contains("UTF-8"), "{latin}");
    Ok(())
}
