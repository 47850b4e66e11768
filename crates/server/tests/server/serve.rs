//! `tillseal serve` as a process: it says where it listens, follows its keyring and stops in order.

use crate::kept::Kept;
use crate::support::{Keys, ORIGIN, PAN, PROGRAM, TestResult, request};
use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::{SocketAddr, TcpStream},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};
use tillseal_protocol::Algorithm;
use tillseal_server::{KeyState, create_key, http::KEY_SET_PATH, set_state, unix_now};

#[test]
fn a_rotation_is_followed_without_a_restart() -> TestResult {
    let keys = Keys::new(Algorithm::EcdhEs)?;
    let serve = Serve::start(&keys, &["--origin", ORIGIN])?;
    let sealed = keys.seal(unix_now(), ORIGIN)?;
    assert!(serve.open(&sealed)?.contains(PAN));
    assert_eq!(serve.first_published()?, keys.kid.as_str());

    // Newer than the first key, whose `iat` is a fixed time in the tests.
    let newest = create_key(keys.path(), Algorithm::EcdhEs, u64::MAX)?;
    within_seconds(|| Ok(serve.first_published()? == newest.as_str()))?;
    set_state(keys.path(), keys.kid.as_str(), KeyState::Revoked)?;
    within_seconds(|| Ok(serve.open(&sealed)?.contains("kid-revoked")))
}

#[cfg(unix)]
#[test]
fn a_keyring_that_became_unusable_leaves_the_keys_before_in_use() -> TestResult {
    use std::os::unix::fs::PermissionsExt as _;
    let keys = Keys::new(Algorithm::EcdhEs)?;
    let mut serve = Serve::start(&keys, &[])?;
    let newest = create_key(keys.path(), Algorithm::EcdhEs, u64::MAX)?;
    fs::set_permissions(keys.file(), fs::Permissions::from_mode(0o644))?;
    thread::sleep(Duration::from_secs(3));
    let still = serve.first_published()?;
    fs::set_permissions(keys.file(), fs::Permissions::from_mode(0o600))?;
    within_seconds(|| Ok(serve.first_published()? == newest.as_str()))?;
    let log = serve.stop("-TERM")?;
    // The server may have seen the new key in the instant before the mode was changed.
    if still == keys.kid.as_str() {
        assert_eq!(log.matches("keyring-mode").count(), 1, "said once: {log}");
    }
    Ok(())
}

#[cfg(unix)]
#[test]
fn it_stops_in_order_when_asked() -> TestResult {
    for signal in ["-TERM", "-INT"] {
        let keys = Keys::new(Algorithm::EcdhEs)?;
        let mut serve = Serve::start(&keys, &[])?;
        let log = serve.stop(signal)?;
        assert!(log.contains("stopped"), "{signal}: {log}");
        let is_json = |line: &str| serde_json::from_str::<serde_json::Value>(line).is_ok();
        assert!(log.lines().all(is_json), "each line of the log is JSON: {log}");
    }
    Ok(())
}

#[cfg(unix)]
#[test]
fn a_client_that_sends_no_more_does_not_hold_the_stop_up() -> TestResult {
    let keys = Keys::new(Algorithm::EcdhEs)?;
    let mut serve = Serve::start(&keys, &[])?;
    let mut client = TcpStream::connect(serve.address)?;
    let type_and_length = "Content-Type: application/json\r\nContent-Length: 9\r\n";
    write!(client, "POST /v1/open HTTP/1.1\r\nHost: x\r\n{type_and_length}\r\n{{")?;
    // Until the server has taken the request up.
    serve.first_published()?;
    let start = Instant::now();
    let log = serve.stop("-TERM")?;
    assert!(start.elapsed() < Duration::from_secs(15));
    assert!(log.contains("before every request was answered"), "{log}");
    Ok(())
}

#[test]
fn an_address_that_is_taken_is_named() -> TestResult {
    let keys = Keys::new(Algorithm::EcdhEs)?;
    let serve = Serve::start(&keys, &[])?;
    let address = serve.address.to_string();
    let directory = keys.path().to_str().ok_or("path")?;
    let run = crate::support::tillseal(&["serve", "--keys", directory, "--listen", &address], "")?;
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains(&format!("cannot listen on {address}")), "{}", run.stderr);
    Ok(())
}

/// What the program logs, in its directory.
const LOG: &str = "log";

/// The running program; killed when dropped.
struct Serve {
    child: Child,
    address: SocketAddr,
    directory: Kept,
}

impl Serve {
    fn start(keys: &Keys, options: &[&str]) -> TestResult<Self> {
        let directory = Kept::new()?;
        let mut child = Command::new(PROGRAM)
            .args(["serve", "--listen", "127.0.0.1:0", "--keys"])
            .arg(keys.path())
            .args(options)
            // The store is made there.
            .current_dir(directory.path())
            .stdout(Stdio::piped())
            .stderr(fs::File::create(directory.path().join(LOG))?)
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().ok_or("no stdout")?).read_line(&mut line)?;
        let address = line.trim_end().strip_prefix("Tillseal listens on http://").ok_or("no address")?;
        let address = address.parse()?;
        Ok(Self { child, address, directory })
    }

    fn open(&self, sealed: &str) -> TestResult<String> {
        let body = serde_json::json!({"sealed": sealed, "origin": ORIGIN}).to_string();
        let json = [("Content-Type", "application/json")];
        Ok(request(self.address, "POST", "/v1/open", &json, body.as_bytes())?.body)
    }

    fn first_published(&self) -> TestResult<String> {
        let jwks = request(self.address, "GET", KEY_SET_PATH, &[], b"")?.json()?;
        Ok(jwks["keys"][0]["kid"].as_str().ok_or("no key")?.to_owned())
    }

    /// Sends the signal and gives the log, once the program has ended well.
    #[cfg(unix)]
    fn stop(&mut self, signal: &str) -> TestResult<String> {
        Command::new("kill").args([signal, &self.child.id().to_string()]).status()?;
        let code = self.child.wait()?.code();
        let log = fs::read_to_string(self.directory.path().join(LOG))?;
        assert_eq!(code, Some(0), "{log}");
        Ok(log)
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn within_seconds(holds: impl Fn() -> TestResult<bool>) -> TestResult {
    let start = Instant::now();
    while !holds()? {
        assert!(start.elapsed() < Duration::from_secs(20), "not within 20 seconds");
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}
