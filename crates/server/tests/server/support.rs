//! What the tests share: a keyring in a temporary directory, payloads for it, and a very small HTTP client.

use crate::kept::Kept;
use std::{
    error::Error,
    fs,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
    thread,
};
use tempfile::TempDir;
use tillseal_protocol::{Algorithm, Fields, Recipient, Thumbprint};
use tillseal_server::{
    Custody, Keyring,
    audit::{Log, LogKey, Tokens},
    config::Limits,
    create_key, ensure_signing_keys,
    http::{self, Rules, Service},
    metrics::Metrics,
    pipeline::Office,
    seal, seal_in_session,
    store::{self, Store},
    tokens::Gate,
};
use tokio::{net::TcpListener, runtime, sync::watch};
use tracing::Dispatch;

pub(crate) type TestResult<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_tillseal");

pub(crate) const ORIGIN: &str = "https://shop.example";
/// 2026-11-24T00:00:00Z.
pub(crate) const NOW: u64 = 1_795_478_400;

/// A test number of Visa's; what every payload here holds.
pub(crate) const PAN: &str = "4111111111111111";
pub(crate) const CSC: &str = "7391";
pub(crate) const EMAIL: &str = "ada.lovelace@mail.example";
pub(crate) const FIELDS: &str = r#"{"cc-number":"4111 1111 1111 1111","cc-exp":"12/29","cc-csc":"7391",
    "email":"ada.lovelace@mail.example"}"#;

/// A keyring directory with one active key.
pub(crate) struct Keys {
    directory: TempDir,
    pub(crate) kid: Thumbprint,
}

impl Keys {
    pub(crate) fn new(algorithm: Algorithm) -> TestResult<Self> {
        let directory = tempfile::tempdir()?;
        let kid = create_key(directory.path(), algorithm, NOW)?;
        Ok(Self { directory, kid })
    }

    /// With the keys that sign sessions, receipts and the audit log besides.
    pub(crate) fn with_signing(algorithm: Algorithm) -> TestResult<Self> {
        let keys = Self::new(algorithm)?;
        ensure_signing_keys(keys.path(), &Custody::default(), NOW)?;
        Ok(keys)
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.path().join(format!("{}.jwk.json", self.kid.as_str()))
    }

    /// The private `d` as it stands in the file.
    pub(crate) fn d(&self) -> TestResult<String> {
        let jwk: serde_json::Value = serde_json::from_str(&fs::read_to_string(self.file())?)?;
        Ok(jwk["d"].as_str().ok_or("no d")?.to_owned())
    }

    pub(crate) fn load(&self) -> TestResult<Keyring> {
        Ok(Keyring::load(self.path())?)
    }

    pub(crate) fn recipient(&self) -> TestResult<Recipient> {
        Ok(Recipient::choose(self.load()?.jwks(NOW).keys, Some(self.kid.as_str()))?)
    }

    /// Sealed on the shop's page under a session.
    pub(crate) fn seal_under(&self, iat: u64, session: &str) -> TestResult<String> {
        let fields: Fields = serde_json::from_str(FIELDS)?;
        Ok(seal_in_session(&self.recipient()?, &fields, iat, ORIGIN, session)?)
    }

    pub(crate) fn seal(&self, iat: u64, origin: &str) -> TestResult<String> {
        let fields: Fields = serde_json::from_str(FIELDS)?;
        Ok(seal(&self.recipient()?, &fields, iat, origin)?)
    }
}

/// A server on a free port of the loopback interface whose clock stands at [`NOW`], with a store of its own.
pub(crate) struct Server {
    address: SocketAddr,
    store: Arc<dyn Store>,
    audit: Arc<Log>,
    /// Where the store works.
    runtime: runtime::Handle,
    /// Dropped with the test, which lets the process end.
    _keys: watch::Sender<Arc<Keyring>>,
    _directory: Kept,
}

impl Server {
    pub(crate) fn start(keyring: Keyring, origins: &[&str], log: Dispatch) -> TestResult<Self> {
        Self::with_rules(keyring, Rules::new(origins.iter().map(ToString::to_string).collect()), log)
    }

    pub(crate) fn demanding_sessions(keyring: Keyring) -> TestResult<Self> {
        let mut rules = Rules::new(vec![ORIGIN.to_owned()]);
        rules.requires_session = true;
        Self::with_rules(keyring, rules, Dispatch::none())
    }

    fn with_rules(keyring: Keyring, mut rules: Rules, log: Dispatch) -> TestResult<Self> {
        let (sender, keys) = watch::channel(Arc::new(keyring));
        rules.clock = || NOW;
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let directory = Kept::new()?;
        let url = format!("sqlite:{}", directory.path().join("store.db").display());
        let store = runtime.block_on(store::connect(&url))?;
        let audit =
            Arc::new(Log::new(Arc::clone(&store), LogKey::from_seed("shop.example/log", &[7; 32])?));
        let office =
            Office { issuer: ORIGIN.into(), log: Arc::clone(&audit), tokens: Tokens::new(&[7; 32]) };
        let metrics = Metrics::new();
        let service = Arc::new(Service { keys, rules, store: Arc::clone(&store), office, metrics });
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
        let address = listener.local_addr()?;
        let gate = Gate::new(&[], &Limits::default());
        let handle = runtime.handle().clone();
        thread::spawn(move || {
            tracing::dispatcher::with_default(&log, || {
                runtime.block_on(async { axum::serve(listener, http::router(&service, &gate)).await })
            })
        });
        Ok(Self { address, store, audit, runtime: handle, _keys: sender, _directory: directory })
    }

    pub(crate) fn forget(&self, until: u64) -> TestResult<u64> {
        Ok(self.runtime.block_on(self.store.forget(until))?)
    }

    /// Signs a checkpoint, as a background task does each second.
    pub(crate) fn publish(&self) -> TestResult<String> {
        self.runtime.block_on(self.audit.publish())?;
        Ok(self.audit.key().vkey().to_string())
    }

    pub(crate) fn issue(&self, request: &serde_json::Value) -> TestResult<Answer> {
        let json = [("Content-Type", "application/json")];
        self.send("POST", http::SESSIONS_PATH, &json, request.to_string().as_bytes())
    }

    pub(crate) fn open_for(&self, sealed: &str, order: &serde_json::Value) -> TestResult<Answer> {
        let body = serde_json::json!({"sealed": sealed, "origin": ORIGIN, "order": order}).to_string();
        self.send("POST", http::OPEN_PATH, &[("Content-Type", "application/json")], body.as_bytes())
    }

    pub(crate) fn get(&self, path: &str, headers: &[(&str, &str)]) -> TestResult<Answer> {
        request(self.address, "GET", path, headers, b"")
    }

    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> TestResult<Answer> {
        request(self.address, method, path, headers, body)
    }

    pub(crate) fn open(&self, sealed: &str, origin: &str) -> TestResult<Answer> {
        let body = serde_json::json!({"sealed": sealed, "origin": origin}).to_string();
        self.send("POST", http::OPEN_PATH, &[("Content-Type", "application/json")], body.as_bytes())
    }
}

/// One run of the program, from standard input to exit code.
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs `tillseal` with these arguments.
pub(crate) fn tillseal(arguments: &[&str], stdin: &str) -> TestResult<Run> {
    let mut child = Command::new(PROGRAM)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    // A program that needs no input may be gone already.
    let _ = child.stdin.take().ok_or("no stdin")?.write_all(stdin.as_bytes());
    let output = child.wait_with_output()?;
    Ok(Run {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout)?,
        stderr: String::from_utf8(output.stderr)?,
    })
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        lines.filter(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next()
    }

    pub(crate) fn json(&self) -> TestResult<serde_json::Value> {
        Ok(serde_json::from_str(&self.body)?)
    }
}

/// One HTTP/1.1 exchange on a connection of its own.
pub(crate) fn request(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> TestResult<Answer> {
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    for (name, value) in headers {
        head.extend([name, ": ", value, "\r\n"]);
    }
    head.extend(["Content-Length: ", &body.len().to_string(), "\r\n\r\n"]);
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(head.as_bytes())?;
    // A server that has read enough may answer and close before all is written.
    let _ = stream.write_all(body);
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    // An entry bundle is not all text.
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").ok_or("no end of the head")?;
    let status = head.split(' ').nth(1).ok_or("no status")?.parse()?;
    Ok(Answer { status, head: head.to_owned(), body: body.to_owned() })
}

/// RFC 9457 §3: a problem document with exactly our five members.
pub(crate) fn refused(answer: &Answer, status: u16, code: &str) -> TestResult {
    assert_eq!(answer.status, status, "{code}: {}", answer.body);
    assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{code}");
    assert_eq!(answer.header("cache-control"), Some("no-store"), "{code}");
    let problem = answer.json()?;
    let members: Vec<_> = problem.as_object().ok_or("no object")?.keys().collect();
    assert_eq!(members, ["code", "detail", "status", "title", "type"], "{code}");
    assert_eq!(problem["type"], "about:blank");
    assert_eq!(problem["status"], status);
    assert_eq!(problem["code"], code);
    assert!(problem["title"].as_str().is_some_and(|title| !title.is_empty()));
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.len() > 20));
    Ok(())
}
