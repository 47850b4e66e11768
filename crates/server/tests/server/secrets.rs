//! Nothing that was sealed, and nothing private, reaches a log, an error or a problem document.

use crate::support::{CSC, EMAIL, FIELDS, Keys, NOW, ORIGIN, PAN, Server, TestResult, tillseal};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use static_assertions::assert_not_impl_any;
use std::{
    fmt, io,
    sync::{Arc, Mutex, PoisonError},
};
use tillseal_protocol::Algorithm;
use tillseal_server::{
    Custody, DEFAULT_MAX_AGE, Key, Keyring, LogSeed, SigningKey,
    http::{KEY_SET_PATH, OPEN_PATH},
};
use tracing::{Dispatch, Level};

assert_not_impl_any!(Keyring: Clone, fmt::Debug, serde::Serialize);
assert_not_impl_any!(Key: Clone, fmt::Debug, serde::Serialize);
assert_not_impl_any!(Custody: Clone, fmt::Debug, serde::Serialize);
assert_not_impl_any!(SigningKey: Clone, fmt::Debug, serde::Serialize);
assert_not_impl_any!(LogSeed: Clone, fmt::Debug, serde::Serialize);

const JSON: (&str, &str) = ("Content-Type", "application/json");

#[test]
fn no_log_and_no_problem_document_holds_a_secret() -> TestResult {
    let log = Log::default();
    let keys = Keys::with_signing(Algorithm::EcdhEs)?;
    let server = Server::start(keys.load()?, &[], log.dispatch())?;
    let secrets = Secrets::of(&keys)?;
    let sealed = keys.seal(NOW, ORIGIN)?;

    // Opened: the answer is the one place where the fields belong.
    assert!(server.open(&sealed, ORIGIN)?.body.contains(PAN));

    // Refused after it was decrypted.
    let mut answers = vec![
        server.open(&sealed, "https://other.example")?,
        server.open(&keys.seal(NOW - DEFAULT_MAX_AGE - 1, ORIGIN)?, ORIGIN)?,
        server.open(&keys.seal(NOW + 3600, ORIGIN)?, ORIGIN)?,
    ];
    // A page that failed, or somebody who tries, may put a secret into any place of a request.
    for secret in &secrets.0 {
        let kid =
            Base64UrlUnpadded::encode_string(format!(r#"{{"alg":"HPKE-7","kid":"{secret}"}}"#).as_bytes());
        let enc = Base64UrlUnpadded::encode_string(keys_point().as_slice());
        let stranger = format!("{kid}.{enc}..{}.", "A".repeat(64));
        answers.push(server.open(secret, ORIGIN)?);
        answers.push(server.open(&sealed, secret)?);
        answers.push(server.open(&stranger, ORIGIN)?);
        answers
            .push(server.get(&format!("/{secret}?card={secret}"), &[("Cookie", secret), (secret, "x")])?);
        for body in [
            secret.clone(),
            format!("sealed={secret}"),
            format!(r#""{secret}""#),
            format!(r#"{{"{secret}":1}}"#),
            format!(r#"{{"sealed":"{secret}","origin":{secret}}}"#),
        ] {
            answers.push(server.send("POST", OPEN_PATH, &[JSON], body.as_bytes())?);
            answers.push(server.send("POST", OPEN_PATH, &[("Content-Type", secret)], body.as_bytes())?);
            answers.push(server.send("POST", KEY_SET_PATH, &[JSON], body.as_bytes())?);
        }
    }
    for answer in &answers {
        assert!(matches!(answer.status, 400..=422), "{}", answer.head);
        secrets.are_not_in(&format!("{}\n{}", answer.head, answer.body));
    }

    let log = log.text();
    secrets.are_not_in(&log);
    assert!(log.contains("payment judged"), "the log was captured: {log}");
    for code in
        ["origin-mismatch", "stale", "future", "kid-unknown", "sealed-malformed", "request-malformed"]
    {
        assert!(log.contains(code), "{code} is logged: {log}");
    }
    Ok(())
}

#[test]
fn no_message_of_the_program_holds_a_secret() -> TestResult {
    let keys = Keys::with_signing(Algorithm::EcdhEs)?;
    let secrets = Secrets::of(&keys)?;
    let directory = keys.path().to_str().ok_or("path")?;
    let jwks = keys.path().join("shop.jwks").display().to_string();
    std::fs::write(&jwks, serde_json::to_string(&keys.load()?.jwks(NOW))?)?;
    for command in ["list", "public"] {
        let run = tillseal(&["keys", command, "--keys", directory], "")?;
        secrets.are_not_in(&format!("{}{}", run.stdout, run.stderr));
    }
    let wrong = FIELDS.replace("1111\",", "1112\",");
    for fields in [FIELDS, &FIELDS[1..], wrong.as_str()] {
        let run = tillseal(&["seal", "--jwks", &jwks], fields)?;
        secrets.are_not_in(&format!("{}{}", run.stdout, run.stderr));
        assert!(!run.stderr.contains("411111111111"), "{}", run.stderr);
    }
    let sealed = keys.seal(NOW, ORIGIN)?;
    for (origin, payload) in [("https://other.example", sealed.as_str()), (ORIGIN, PAN)] {
        let run = tillseal(&["open", "--keys", directory, "--origin", origin], payload)?;
        assert_eq!(run.code, Some(1));
        secrets.are_not_in(&format!("{}{}", run.stdout, run.stderr));
    }
    Ok(())
}

/// What must not leak, each in the form in which it could.
struct Secrets(Vec<String>);

impl Secrets {
    fn of(keys: &Keys) -> TestResult<Self> {
        let encoded = Base64UrlUnpadded::encode_string(PAN.as_bytes());
        let plain = [PAN, "4111-1111-1111-1111", CSC, EMAIL].map(String::from);
        Ok(Self([&plain[..], &[encoded, keys.d()?]].concat()))
    }

    fn are_not_in(&self, text: &str) {
        for secret in &self.0 {
            assert!(!text.contains(secret.as_str()), "{secret} is in: {text}");
        }
    }
}

/// Some point for a stranger's `enc`; where it lies does not matter, its `kid` is unknown.
fn keys_point() -> [u8; 65] {
    let mut point = [1; 65];
    point[0] = 4;
    point
}

/// A log at its most talkative, kept in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Without times: their digits could be taken for a security code.
    fn dispatch(&self) -> Dispatch {
        let log = self.clone();
        tracing_subscriber::fmt()
            .with_max_level(Level::TRACE)
            .without_time()
            .with_ansi(false)
            .with_writer(move || log.clone())
            .finish()
            .into()
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
