//! What the tests share: a keyring in a temporary directory, payloads for it, and a very small HTTP client.

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
    Keyring, create_key,
    http::{self, Rules},
    seal,
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
        Ok(Recipient::choose(self.load()?.jwks().keys, Some(self.kid.as_str()))?)
    }

    pub(crate) fn seal(&self, iat: u64, origin: &str) -> TestResult<String> {
        let fields: Fields = serde_json::from_str(FIELDS)?;
        Ok(seal(&self.recipient()?, &fields, iat, origin)?)
    }
}

/// A server on a free port of the loopback interface whose clock stands at [`NOW`].
pub(crate) struct Server {
    address: SocketAddr,
    /// Dropped with the test, which lets the process end.
    _keys: watch::Sender<Arc<Keyring>>,
}

impl Server {
    pub(crate) fn start(keyring: Keyring, origins: &[&str], log: Dispatch) -> TestResult<Self> {
        let (sender, keys) = watch::channel(Arc::new(keyring));
        let mut rules = Rules::new(origins.iter().map(ToString::to_string).collect());
        rules.clock = || NOW;
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
        let address = listener.local_addr()?;
        thread::spawn(move || {
            tracing::dispatcher::with_default(&log, || {
                runtime.block_on(async { axum::serve(listener, http::router(keys, rules)).await })
            })
        });
        Ok(Self { address, _keys: sender })
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
    let answer = String::from_utf8(answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or("no end of the head")?;
    let status = head.split(' ').nth(1).ok_or("no status")?.parse()?;
    Ok(Answer { status, head: head.to_owned(), body: body.to_owned() })
}
