//! What the tests share: a small site behind the listener, and a very small HTTP client.

use axum::{
    Router,
    body::Bytes,
    http::StatusCode,
    routing::{get, post},
};
use std::{
    error::Error,
    io::{self, Read as _, Write},
    net::{SocketAddr, TcpStream},
    sync::{Arc, Mutex},
    thread::{self, JoinHandle},
    time::Duration,
};
use tillseal_server::{
    config::Limits,
    limits::bounded,
    listener::{self, Closer, End, close},
    metrics::Metrics,
    ready::{Check, Ready},
    tls::Certificate,
    tokens::{Gate, Scope, Token},
};
use tokio::{net::TcpListener, runtime, sync::oneshot, time};

pub(crate) type TestResult<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// Limits that a test can wait for.
pub(crate) fn quick() -> Limits {
    Limits {
        header: Duration::from_secs(1),
        body_time: Duration::from_secs(1),
        request: Duration::from_secs(2),
        ..Limits::default()
    }
}

/// A small router as any may be: it echoes a body's length, sleeps, and says hello.
pub(crate) struct Site {
    pub(crate) address: SocketAddr,
    pub(crate) metrics: Metrics,
    pub(crate) log: Log,
    stop: Option<oneshot::Sender<()>>,
    server: Option<JoinHandle<io::Result<End>>>,
}

/// What a site is made of.
pub(crate) struct Plan {
    pub(crate) limits: Limits,
    pub(crate) tokens: Vec<Token>,
    pub(crate) checks: Vec<Check>,
    pub(crate) certificate: Option<Certificate>,
}

impl Plan {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, tokens: Vec::new(), checks: Vec::new(), certificate: None }
    }

    pub(crate) fn start(self) -> TestResult<Site> {
        let Self { limits, tokens, checks, certificate } = self;
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
        let address = listener.local_addr()?;
        let (metrics, ready, log) = (Metrics::new(), Ready::new(checks), Log::default());
        let gate = Gate::new(&tokens, &limits);
        let open = Router::new().route("/length", post(async |body: Bytes| body.len().to_string()));
        let open = open.route("/sleep/{seconds}", get(sleep));
        let open = open.route("/panic", get(panics));
        let marked = metrics.clone();
        let open = open.route(
            "/mark",
            get(async move || {
                time::sleep(Duration::from_secs(1)).await;
                marked.decision("marked");
            }),
        );
        let sessions = Router::new().route("/sessions", get(async || "sessions"));
        let all = gate
            .guard(Scope::Open, open)
            .merge(gate.guard(Scope::Sessions, sessions))
            .merge(Router::new().route("/hello", get(async || "hello")))
            .merge(ready.routes())
            .merge(metrics.routes(&gate))
            .fallback(async || StatusCode::NOT_FOUND);
        let router = metrics.observe(bounded(all, &limits));
        let (stop, stopped) = oneshot::channel::<()>();
        let (counted, lines) = (metrics.clone(), log.clone());
        let server = thread::spawn(move || {
            let lines = tracing_subscriber::fmt().with_writer(lines).json().flatten_event(true).finish();
            tracing::subscriber::with_default(lines, || {
                let stop = async {
                    let _ = stopped.await;
                    ready.stop();
                };
                let serving = listener::serve(listener, certificate, router, &limits, &counted, stop);
                Ok(runtime.block_on(async {
                    let end = serving.await;
                    close(vec![Closer::new("requests", gate.finished())]).await;
                    end
                }))
            })
        });
        Ok(Site { address, metrics, log, stop: Some(stop), server: Some(server) })
    }
}

async fn panics() {
    let text = String::from("4111111111111111");
    assert!(text.is_empty(), "{text}");
}

async fn sleep(axum::extract::Path(seconds): axum::extract::Path<u64>) -> &'static str {
    time::sleep(Duration::from_secs(seconds)).await;
    "awake"
}

impl Site {
    pub(crate) fn get(&self, path: &str) -> TestResult<Answer> {
        request(self.address, "GET", path, &[], b"")
    }

    pub(crate) fn connect(&self) -> TestResult<TcpStream> {
        connect(self.address)
    }

    /// Sends these bytes as they are, and reads until the server closes.
    pub(crate) fn raw(&self, bytes: &[u8]) -> TestResult<String> {
        let mut stream = self.connect()?;
        stream.write_all(bytes)?;
        let mut answer = Vec::new();
        // A reset is an end as well.
        let _ = stream.read_to_end(&mut answer);
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }

    /// Asks the server to stop, as a signal does.
    pub(crate) fn ask_to_stop(&mut self) {
        drop(self.stop.take());
    }

    pub(crate) fn ended(&mut self) -> TestResult<End> {
        let server = self.server.take().ok_or("ended already")?;
        Ok(server.join().map_err(|_| "the server panicked")??)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.ask_to_stop();
        if let Some(server) = self.server.take() {
            let _ = server.join();
        }
    }
}

/// What was logged.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub(crate) fn text(&self) -> String {
        let bytes = self.0.lock().map(|bytes| bytes.clone()).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().map_err(|_| io::ErrorKind::Other)?.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> tracing_subscriber::fmt::MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn parse(text: &str) -> TestResult<Self> {
        let (head, body) =
            text.split_once("\r\n\r\n").ok_or_else(|| format!("no end of the head: {text:?}"))?;
        let status = head.split(' ').nth(1).ok_or("no status")?.parse()?;
        Ok(Self { status, head: head.to_owned(), body: body.to_owned() })
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        lines.filter(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next()
    }

    /// The status and the code of a problem document.
    pub(crate) fn problem(&self) -> TestResult<(u16, String)> {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{}", self.head);
        let document: serde_json::Value = serde_json::from_str(&self.body)?;
        assert_eq!(document["status"], self.status);
        Ok((self.status, document["code"].as_str().ok_or("no code")?.to_owned()))
    }
}

pub(crate) fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

pub(crate) fn connect(address: SocketAddr) -> TestResult<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    Ok(stream)
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
    let mut stream = connect(address)?;
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Answer::parse(&answer)
}
