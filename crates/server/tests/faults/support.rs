//! What the tests share: a till with a store and keys, nodes of it that are processes, and a small HTTP client.

use crate::{kept::Kept, postgres::Cluster};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    error::Error,
    fs::{self, File},
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::{Duration, Instant},
};
use tillseal_protocol::{Algorithm, Fields, Recipient};
use tillseal_server::{
    Custody, Keyring, audit::LogKey, create_key, ensure_signing_keys, seal_in_session, store, unix_now,
};
use tokio::runtime;

pub(crate) type TestResult<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_tillseal");
pub(crate) const ORIGIN: &str = "https://shop.example";
const FIELDS: &str = r#"{"cc-number":"4111 1111 1111 1111","cc-exp":"12/29","cc-csc":"7391",
    "email":"ada.lovelace@mail.example"}"#;

/// Longer than a store may take for each of two round trips, on a machine that is busy.
pub(crate) const IN_TIME: Duration = Duration::from_secs(6);

/// A store and keys, and a directory where its nodes work.
pub(crate) struct Till {
    pub(crate) directory: Kept,
    pub(crate) url: String,
    recipient: Recipient,
    started: AtomicU32,
}

/// A running `tillseal serve`; killed when dropped.
pub(crate) struct Node {
    pub(crate) child: Child,
    pub(crate) address: SocketAddr,
    log: PathBuf,
    metrics: PathBuf,
}

impl Till {
    /// On a file in its directory.
    pub(crate) fn on_sqlite() -> TestResult<Self> {
        let directory = Kept::new()?;
        let url = format!("sqlite:{}", directory.path().join("store").display());
        Self::new(directory, url)
    }

    /// On a store that is elsewhere.
    pub(crate) fn on(url: String) -> TestResult<Self> {
        Self::new(Kept::new()?, url)
    }

    /// On a database in the cluster of this test binary; `None` where PostgreSQL is missing.
    pub(crate) fn on_postgres() -> TestResult<Option<Self>> {
        static CLUSTER: Mutex<Option<&'static Cluster>> = Mutex::new(None);
        let mut cluster = CLUSTER.lock().unwrap_or_else(PoisonError::into_inner);
        if cluster.is_none() {
            // Never dropped: its guard ends it with this process.
            *cluster = Cluster::start()?.map(|cluster| &*Box::leak(Box::new(cluster)));
        }
        cluster.map(|cluster| Self::on(cluster.database()?)).transpose()
    }

    fn new(directory: Kept, url: String) -> TestResult<Self> {
        let keys = directory.path().join("keys");
        let now = unix_now();
        let kid = create_key(&keys, Algorithm::EcdhEs, now)?;
        ensure_signing_keys(&keys, &Custody::default(), now)?;
        let jwks = Keyring::load(&keys)?.jwks(now);
        let recipient = Recipient::choose(jwks.keys, Some(kid.as_str()))?;
        Ok(Self { directory, url, recipient, started: AtomicU32::new(0) })
    }

    pub(crate) fn keys(&self) -> PathBuf {
        self.directory.path().join("keys")
    }

    pub(crate) fn start(&self) -> TestResult<Node> {
        self.start_by(Command::new(PROGRAM), "")
    }

    /// Starts a node by a command that becomes the program, with this at the beginning of its configuration.
    pub(crate) fn start_by(&self, command: Command, config: &str) -> TestResult<Node> {
        let number = self.started.fetch_add(1, Ordering::Relaxed);
        let log = self.directory.path().join(format!("node{number}.log"));
        let mut child = self.command(command, config, number)?.stderr(File::create(&log)?).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().ok_or("no stdout")?).read_line(&mut line)?;
        let address = line.trim_end().rsplit('/').next().and_then(|address| address.parse().ok());
        let address = address.ok_or_else(|| fs::read_to_string(&log).unwrap_or_default())?;
        let metrics = self.directory.path().join(format!("node{number}.metrics"));
        Ok(Node { child, address, log, metrics })
    }

    /// Runs a node that is not expected to start: how it ends, and what it says.
    pub(crate) fn fails_to_start(&self) -> TestResult<(ExitStatus, String)> {
        let number = self.started.fetch_add(1, Ordering::Relaxed);
        let output = self.command(Command::new(PROGRAM), "", number)?.stderr(Stdio::piped()).output()?;
        Ok((output.status, String::from_utf8(output.stderr)?))
    }

    fn command(&self, mut command: Command, config: &str, number: u32) -> TestResult<Command> {
        let file = self.directory.path().join(format!("node{number}.toml"));
        let (keys, url) = (self.keys(), &self.url);
        let text = format!(
            "listen = \"127.0.0.1:0\"\norigins = [\"{ORIGIN}\"]\n{config}\n[keys]\ndirectory = '{}'\n[store]\nurl = '{url}'\n",
            keys.display()
        );
        fs::write(&file, text)?;
        command.args(["serve", "--config"]).arg(&file).current_dir(self.directory.path());
        command.env_remove("TILLSEAL_STORE_URL").stdin(Stdio::null()).stdout(Stdio::piped());
        Ok(command)
    }

    /// A distinct payload, sealed now.
    pub(crate) fn seal(&self) -> TestResult<String> {
        self.seal_at(unix_now(), "")
    }

    pub(crate) fn seal_at(&self, iat: u64, session: &str) -> TestResult<String> {
        let fields: Fields = serde_json::from_str(FIELDS)?;
        Ok(seal_in_session(&self.recipient, &fields, iat, ORIGIN, session)?)
    }

    /// How often the audit log names each payload.
    pub(crate) fn recorded(&self) -> TestResult<HashMap<String, usize>> {
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let entries = runtime.block_on(async {
            let store = store::connect(&self.url).await?;
            let mut all = Vec::new();
            loop {
                let from = all.len() as u64;
                let some = store.entries(from..from + 1000).await?;
                if some.is_empty() {
                    break;
                }
                all.extend(some);
            }
            store.close().await?;
            Ok::<_, store::StoreError>(all)
        })?;
        let mut recorded = HashMap::new();
        for entry in entries {
            let entry: Value = serde_json::from_slice(&entry)?;
            if let Some(payload) = entry["payload"].as_str() {
                *recorded.entry(payload.to_owned()).or_default() += 1;
            }
        }
        Ok(recorded)
    }

    /// `tillseal audit verify` finds no fault.
    pub(crate) fn verifies(&self) -> TestResult {
        let keyring = Keyring::load(&self.keys())?;
        let seed = keyring.log_seed().ok_or("no key of the log")?;
        let key = LogKey::from_seed("shop.example/tillseal", seed.seed())?;
        let output = Command::new(PROGRAM)
            .args(["audit", "verify", "--store", &self.url, "--key", &key.vkey().to_string()])
            .output()?;
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && said.contains("no fault found"),
            "{said}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(())
    }
}

impl Node {
    pub(crate) fn client(&self) -> Client {
        Client::new(self.address)
    }

    pub(crate) fn open(&self, sealed: &str) -> TestResult<Answer> {
        self.client().open(sealed)
    }

    pub(crate) fn get(&self, path: &str) -> TestResult<Answer> {
        self.client().request("GET", path, "")
    }

    pub(crate) fn log(&self) -> TestResult<String> {
        Ok(fs::read_to_string(&self.log)?)
    }

    /// Until this holds, for at most half a minute.
    pub(crate) fn until(&self, what: &str, holds: impl Fn(&Self) -> TestResult<bool>) -> TestResult {
        let start = Instant::now();
        while !holds(self)? {
            if start.elapsed() > Duration::from_secs(30) {
                return Err(format!("never {what}: {}", self.log()?).into());
            }
            thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Until fresh payloads are taken again, by itself.
    pub(crate) fn serves(&self, till: &Till) -> TestResult {
        self.until("served", |node| Ok(node.open(&till.seal()?)?.status == 200))?;
        self.until("ready", |node| Ok(node.get("/readyz")?.status == 200))
    }

    pub(crate) fn signal(&self, signal: &str) -> TestResult {
        let status = Command::new("kill").args([signal, &self.child.id().to_string()]).status()?;
        if status.success() { Ok(()) } else { Err("kill failed".into()) }
    }

    /// Ends it in order, and gives its log, in which no fault of the program is.
    pub(crate) fn stop(mut self) -> TestResult<String> {
        self.keep_metrics();
        self.signal("-TERM")?;
        let status = self.child.wait()?;
        let log = self.log()?;
        assert_eq!(status.code(), Some(0), "{log}");
        assert!(!log.contains("a fault in the program"), "{log}");
        Ok(log)
    }

    /// `kill -9`.
    pub(crate) fn kill(mut self) -> TestResult {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// What Linux says of it in `/proc/…/status`, in KiB.
    pub(crate) fn memory(&self, line: &str) -> TestResult<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let value = status.lines().find_map(|each| each.strip_prefix(line)?.strip_prefix(':'));
        Ok(value.and_then(|value| value.split_whitespace().next()?.parse().ok()).ok_or("no such line")?)
    }

    /// For the search after all tests.
    fn keep_metrics(&self) {
        if let Ok(answer) = self.get("/metrics") {
            let _ = fs::write(&self.metrics, answer.body);
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.keep_metrics();
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> TestResult<Value> {
        Ok(serde_json::from_str(&self.body)?)
    }

    /// Its code, where it is a problem document that is as it must be.
    pub(crate) fn code(&self) -> TestResult<String> {
        let problem = self.json().map_err(|_| format!("no problem: {} {}", self.head, self.body))?;
        assert_eq!(problem["status"], self.status, "{}", self.body);
        assert!(self.head.contains("application/problem+json"), "{}", self.head);
        Ok(problem["code"].as_str().ok_or("no code")?.to_owned())
    }

    pub(crate) fn is(&self, status: u16, code: &str) -> TestResult {
        assert_eq!((self.status, self.code()?.as_str()), (status, code), "{}", self.body);
        Ok(())
    }
}

/// A connection that is kept.
pub(crate) struct Client {
    address: SocketAddr,
    stream: Option<BufReader<TcpStream>>,
}

impl Client {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self { address, stream: None }
    }

    pub(crate) fn open(&mut self, sealed: &str) -> TestResult<Answer> {
        self.request("POST", "/v1/open", &json!({"sealed": sealed, "origin": ORIGIN}).to_string())
    }

    pub(crate) fn issue(&mut self) -> TestResult<String> {
        let order = json!({"id": "1", "amount": 1999, "currency": "EUR"});
        let request = json!({"origin": ORIGIN, "order": order}).to_string();
        let issued = self.request("POST", "/v1/sessions", &request)?.json()?;
        Ok(issued["session"].as_str().ok_or("no session")?.to_owned())
    }

    /// One exchange; on an error the connection is given up.
    pub(crate) fn request(&mut self, method: &str, path: &str, body: &str) -> TestResult<Answer> {
        let answer = self.exchange(method, path, body);
        if !answer.as_ref().is_ok_and(|answer| !answer.head.to_lowercase().contains("connection: close")) {
            self.stream = None;
        }
        answer
    }

    fn exchange(&mut self, method: &str, path: &str, body: &str) -> TestResult<Answer> {
        if self.stream.is_none() {
            self.stream = Some(BufReader::new(connect(self.address)?));
        }
        let stream = self.stream.as_mut().ok_or("no stream")?;
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
        );
        stream.get_mut().write_all(format!("{head}{body}").as_bytes())?;
        read_answer(stream)
    }
}

pub(crate) fn connect(address: SocketAddr) -> TestResult<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    Ok(stream)
}

pub(crate) fn read_answer(stream: &mut BufReader<TcpStream>) -> TestResult<Answer> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head)? == 0 {
            return Err("closed".into());
        }
    }
    let status = head.split(' ').nth(1).ok_or("no status")?.parse()?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body)?;
    Ok(Answer { status, head, body: String::from_utf8(body)? })
}

pub(crate) fn jti(answer: &Answer) -> TestResult<String> {
    Ok(answer.json()?["jti"].as_str().ok_or("no jti")?.to_owned())
}
