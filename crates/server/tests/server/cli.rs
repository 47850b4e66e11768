//! The program, run as a person runs it.

use crate::support::{CSC, EMAIL, FIELDS, Keys, NOW, ORIGIN, PAN, Run, TestResult, tillseal};
use std::fs;
use tempfile::TempDir;
use tillseal_protocol::{Algorithm, Envelope, EnvelopeError, Jwks};

#[test]
fn from_a_new_key_to_an_opened_payload() -> TestResult {
    for alg in ["ECDH-ES", "HPKE-7"] {
        let shop = Shop::new()?;
        let kid = succeeded(shop.keys(&["new", "--alg", alg])?);
        let kid = kid.trim_end();
        assert_eq!(kid.len(), 43, "stdout is the kid alone");
        let jwks = succeeded(shop.keys(&["public"])?);
        assert_eq!(serde_json::from_str::<Jwks>(&jwks)?.keys[0].alg, alg);

        let sealed = succeeded(shop.seal(&["--origin", ORIGIN], FIELDS)?);
        assert_eq!(Envelope::parse(sealed.trim_end()).map_err(EnvelopeError::code)?.kid(), kid);
        assert!(!sealed.contains(PAN));

        let claims = succeeded(shop.open(&["--origin", ORIGIN, "--max-age", "60"], &sealed)?);
        let claims: serde_json::Value = serde_json::from_str(&claims)?;
        assert_eq!(claims["fields"]["cc-number"], PAN);
        assert_eq!(claims["fields"]["cc-csc"], CSC);
        assert_eq!(claims["fields"]["email"], EMAIL);
        assert_eq!(claims["origin"], ORIGIN);
    }
    Ok(())
}

#[test]
fn opens_without_being_told_what_to_expect() -> TestResult {
    let keys = Keys::new(Algorithm::EcdhEs)?;
    let directory = keys.path().to_str().ok_or("path")?;
    for iat in [0, NOW, u64::MAX] {
        let sealed = keys.seal(iat, "https://any.example")?;
        succeeded(tillseal(&["open", "--keys", directory], &sealed)?);
    }
    Ok(())
}

#[test]
fn keys_are_listed_with_their_state() -> TestResult {
    let shop = Shop::new()?;
    let first = succeeded(shop.keys(&["new"])?);
    let first = first.trim_end();
    let second = succeeded(shop.keys(&["new", "--alg", "hpke-7"])?);
    let third = succeeded(shop.keys(&["new"])?);
    let retired = shop.keys(&["retire", first])?;
    assert!(retired.stderr.contains("no longer published"), "{}", retired.stderr);
    let revoked = shop.keys(&["revoke", second.trim_end()])?;
    assert!(revoked.stderr.contains("opens nothing any more"), "{}", revoked.stderr);

    let list = succeeded(shop.keys(&["list"])?);
    assert_eq!(list.lines().count(), 4);
    for (kid, alg, state, place) in [
        (first, "ECDH-ES", "decrypt-only", "file"),
        (second.trim_end(), "HPKE-7", "revoked", "-"),
        (third.trim_end(), "ECDH-ES", "active", "file"),
    ] {
        let line = list.lines().find(|line| line.starts_with(kid)).ok_or("not listed")?;
        let columns: Vec<_> = line.split_whitespace().collect();
        assert_eq!(columns, [kid, alg, "enc", state, "today", "-", "-", place]);
    }
    let jwks: Jwks = serde_json::from_str(&succeeded(shop.keys(&["public"])?))?;
    assert_eq!(jwks.keys.iter().map(|key| key.kid.as_str()).collect::<Vec<_>>(), [third.trim_end()]);
    Ok(())
}

#[test]
fn the_last_active_key_is_not_taken_away_silently() -> TestResult {
    let shop = Shop::new()?;
    let kid = succeeded(shop.keys(&["new"])?);
    let run = shop.keys(&["retire", kid.trim_end()])?;
    assert!(run.stderr.contains("pages cannot seal until you run `tillseal keys new`"), "{}", run.stderr);
    Ok(())
}

#[test]
fn a_refused_payload_ends_with_1_and_its_code() -> TestResult {
    let keys = Keys::new(Algorithm::EcdhEs)?;
    let directory = keys.path().to_str().ok_or("path")?;
    let open =
        |more: &[&str], sealed: &str| tillseal(&[&["open", "--keys", directory], more].concat(), sealed);
    let sealed = keys.seal(1_000_000_000, ORIGIN)?;
    refused(&open(&["--origin", "https://other.example"], &sealed)?, 1, "[origin-mismatch]");
    refused(&open(&["--max-age", "600"], &sealed)?, 1, "[stale]");
    refused(&open(&["--max-age", "600"], &keys.seal(u64::MAX, ORIGIN)?)?, 1, "[future]");
    refused(&open(&[], "")?, 1, "[sealed-malformed]");
    refused(&open(&[], &"A".repeat(1024 * 1024))?, 1, "[sealed-too-long]");
    let other = Keys::new(Algorithm::EcdhEs)?.seal(NOW, ORIGIN)?;
    refused(&open(&[], &other)?, 1, "[kid-unknown]");
    tillseal(&["keys", "revoke", "--keys", directory, keys.kid.as_str()], "")?;
    refused(&open(&[], &sealed)?, 1, "[kid-revoked]");
    Ok(())
}

#[test]
fn refused_fields_end_with_1_and_their_code() -> TestResult {
    let shop = Shop::new()?;
    shop.keys(&["new"])?;
    shop.keys(&["public"])?;
    for (fields, code) in [
        ("", "[fields]"),
        ("[]", "[fields]"),
        (r#"{"cc-number":4111111111111111}"#, "[fields]"),
        (r#"{"email":"a","email":"b"}"#, "[fields]"),
        (r#"{"cc-number":"4111111111111112"}"#, "[pan-check-digit]"),
        (r#"{"cc-exp":"13/29"}"#, "[expiry-month]"),
        (r#"{"cc-csc":"12"}"#, "[csc-shape]"),
    ] {
        let run = shop.seal(&[], fields)?;
        refused(&run, 1, code);
        assert!(!run.stderr.contains("411111111111111"), "{}", run.stderr);
    }
    Ok(())
}

#[test]
fn what_is_not_there_ends_with_2_and_says_what_to_do() -> TestResult {
    let shop = Shop::new()?;
    for command in
        [&["keys", "list"][..], &["keys", "public"], &["keys", "revoke", "x"], &["open"], &["serve"]]
    {
        let run = tillseal(&[command, &["--keys", &shop.directory()]].concat(), "")?;
        refused(&run, 2, "[keyring-absent]");
        assert!(run.stderr.contains(&format!("tillseal keys new --keys {}", shop.directory())));
    }
    refused(&tillseal(&["seal", "--jwks", "/nowhere.jwks"], FIELDS)?, 2, "[key-load]");
    fs::write(shop.jwks(), "{}")?;
    refused(&shop.seal(&[], FIELDS)?, 2, "[key-load]");
    fs::write(shop.jwks(), r#"{"keys":[]}"#)?;
    refused(&shop.seal(&[], FIELDS)?, 2, "[key-none]");

    shop.keys(&["new"])?;
    refused(&shop.keys(&["retire", "nobody"])?, 2, "[kid-unknown]");
    refused(&shop.seal(&["--kid", "nobody"], FIELDS)?, 2, "[key-none]");
    shop.keys(&["public"])?;
    refused(&shop.seal(&["--kid", "nobody"], FIELDS)?, 2, "[key-pin]");
    Ok(())
}

#[test]
fn wrong_use_ends_with_2_and_shows_the_use() -> TestResult {
    for arguments in [&[][..], &["keys"], &["open"], &["keys", "new", "--keys", "x", "--alg", "RSA-OAEP"]] {
        let run = tillseal(arguments, "")?;
        assert_eq!(run.code, Some(2), "{arguments:?}");
        assert!(run.stderr.contains("Usage:") || run.stderr.contains("ECDH-ES"), "{}", run.stderr);
    }
    Ok(())
}

/// A keyring directory that is not there yet, and the JWKS file that its pages would load.
struct Shop(TempDir);

impl Shop {
    fn new() -> TestResult<Self> {
        Ok(Self(tempfile::tempdir()?))
    }

    fn directory(&self) -> String {
        self.0.path().join("keys").display().to_string()
    }

    fn jwks(&self) -> String {
        self.0.path().join("shop.jwks").display().to_string()
    }

    /// `tillseal keys …`; what `public` prints is kept as the JWKS file.
    fn keys(&self, command: &[&str]) -> TestResult<Run> {
        let (verb, arguments) = command.split_first().ok_or("no command")?;
        let run = tillseal(&[&["keys", *verb, "--keys", &self.directory()], arguments].concat(), "")?;
        if *verb == "public" {
            fs::write(self.jwks(), &run.stdout)?;
        }
        Ok(run)
    }

    fn seal(&self, options: &[&str], fields: &str) -> TestResult<Run> {
        tillseal(&[&["seal", "--jwks", &self.jwks()], options].concat(), fields)
    }

    fn open(&self, options: &[&str], sealed: &str) -> TestResult<Run> {
        tillseal(&[&["open", "--keys", &self.directory()], options].concat(), sealed)
    }
}

fn succeeded(run: Run) -> String {
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    run.stdout
}

fn refused(run: &Run, code: i32, named: &str) {
    assert_eq!(run.code, Some(code), "{named}: {}", run.stderr);
    assert_eq!(run.stdout, "", "{named}");
    assert!(run.stderr.starts_with("tillseal: ") && run.stderr.contains(named), "{named}: {}", run.stderr);
}
