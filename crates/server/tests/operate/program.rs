//! The program with a file: what it says, whom it lets in, how it ends.

use crate::kept::Kept;
use crate::support::{Answer, TestResult, refused, request};
use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Output, Stdio},
};
use tillseal_protocol::Algorithm;
use tillseal_server::{config::EXAMPLE, create_key, http::KEY_SET_PATH, unix_now};

const PROGRAM: &str = env!("CARGO_BIN_EXE_tillseal");

/// `tillseal serve` with a keyring of one key; killed when dropped.
pub(crate) struct Serve {
    pub(crate) child: Child,
    pub(crate) address: SocketAddr,
    directory: Kept,
}

impl Serve {
    /// With a file that says where the keys are, and this besides.
    pub(crate) fn start(config: &str) -> TestResult<Self> {
        let directory = Kept::new()?;
        let keys = directory.path().join("keys");
        create_key(&keys, Algorithm::EcdhEs, unix_now())?;
        let file = directory.path().join("tillseal.toml");
        fs::write(
            &file,
            format!("listen = \"127.0.0.1:0\"\n{config}\n[keys]\ndirectory = '{}'\n", keys.display()),
        )?;
        let mut child = Command::new(PROGRAM)
            .args(["serve", "--config"])
            .arg(&file)
            .current_dir(directory.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().ok_or("no stdout")?).read_line(&mut line)?;
        let address = line.trim_end().rsplit('/').next().ok_or("no address")?.parse()?;
        Ok(Self { child, address, directory })
    }

    pub(crate) fn get(&self, path: &str, token: Option<&str>) -> TestResult<Answer> {
        let bearer = token.map(|token| format!("Bearer {token}")).unwrap_or_default();
        request(self.address, "GET", path, &[("Authorization", &bearer)], b"")
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn run(arguments: &[&str]) -> TestResult<Output> {
    Ok(Command::new(PROGRAM).args(arguments).output()?)
}

fn checked(directory: &Path, text: &str) -> TestResult<Output> {
    let file = directory.join("t.toml");
    fs::write(&file, text)?;
    Ok(Command::new(PROGRAM).args(["config", "check", "t.toml"]).current_dir(directory).output()?)
}

#[test]
fn the_example_is_printed_and_checks() -> TestResult {
    let example = run(&["config", "example"])?;
    assert_eq!(String::from_utf8(example.stdout)?, EXAMPLE);
    let directory = tempfile::tempdir()?;
    let check = checked(directory.path(), EXAMPLE)?;
    let found = String::from_utf8(check.stdout)?;
    assert_eq!(check.status.code(), Some(0), "{}", String::from_utf8_lossy(&check.stderr));
    for line in ["listens on http://127.0.0.1:8787", "store sqlite", "token shop: open, sessions"] {
        assert!(found.lines().any(|each| each == line), "{found}");
    }
    Ok(())
}

#[test]
fn faults_are_told_on_standard_error_with_their_lines() -> TestResult {
    let directory = tempfile::tempdir()?;
    let check = checked(directory.path(), "max_age = 0\nlisten = \"x\"\n[keys]\ndirectory = \".\"\n")?;
    assert_eq!(check.status.code(), Some(2));
    let said = String::from_utf8(check.stderr)?;
    assert!(said.starts_with("tillseal: t.toml:1:11: [config-value]"), "{said}");
    assert!(said.contains("\nt.toml:2:10: [config-value]"), "{said}");
    let serve = Command::new(PROGRAM)
        .args(["serve", "--config", "t.toml"])
        .current_dir(directory.path())
        .output()?;
    assert_eq!((serve.status.code(), String::from_utf8(serve.stderr)?), (Some(2), said));
    Ok(())
}

#[test]
fn a_fresh_token_is_let_in_by_the_table_that_was_printed_with_it() -> TestResult {
    let made = run(&[
        "tokens", "new", "--name", "ops", "--scope", "admin", "--scope", "open", "--scope", "admin",
    ])?;
    let (token, said) = (String::from_utf8(made.stdout)?, String::from_utf8(made.stderr)?);
    let (token, table) = (token.trim_end(), said.split_once("\n\n").ok_or("no table")?.1);
    assert!(!said.contains(token) && table.contains("scopes = [\"admin\", \"open\"]"), "{said}");
    let serve = Serve::start(&format!("{table}\n[log]\nlevel = \"info\""))?;
    assert_eq!(serve.get(KEY_SET_PATH, None)?.status, 200, "public");
    assert_eq!(serve.get("/metrics", None)?.problem()?, refused(401, "unauthorized"));
    let metrics = serve.get("/metrics", Some(token))?.body;
    assert!(metrics.contains("tillseal_keys{state=\"active\"} 3"), "{metrics}");
    assert_eq!(
        request(serve.address, "POST", "/v1/open", &[], b"{}")?.problem()?,
        refused(401, "unauthorized")
    );
    let bearer = format!("Bearer {token}");
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
    assert_eq!(
        request(serve.address, "POST", "/v1/open", &headers, b"{}")?.problem()?,
        refused(400, "request-malformed")
    );
    assert_eq!(serve.get("/nothing", None)?.problem()?, refused(404, "request-path"));
    for refused in [
        &["tokens", "new", "--name", "a b", "--scope", "open"][..],
        &["tokens", "new", "--name", "a"],
        &["tokens", "new", "--name", "a", "--scope", "root"],
    ] {
        assert_eq!(run(refused)?.status.code(), Some(2), "{refused:?}");
    }
    Ok(())
}

#[test]
fn a_server_without_an_active_key_is_alive_and_not_ready() -> TestResult {
    let serve = Serve::start("")?;
    assert_eq!(serve.get("/readyz", None)?.status, 200);
    let jwks = serve.get(KEY_SET_PATH, None)?.body;
    let jwks: serde_json::Value = serde_json::from_str(&jwks)?;
    let kid = jwks["keys"][0]["kid"].as_str().ok_or("no kid")?;
    let keys = serve.directory.path().join("keys");
    tillseal_server::set_state(&keys, kid, tillseal_server::KeyState::Revoked)?;
    let start = std::time::Instant::now();
    while serve.get("/readyz", None)?.status == 200 {
        assert!(start.elapsed().as_secs() < 10, "still ready");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let answer = serve.get("/readyz", None)?;
    assert!(answer.problem()? == refused(503, "not-ready") && answer.body.contains("active-key"));
    assert_eq!(serve.get("/healthz", None)?.status, 200);
    Ok(())
}

#[cfg(unix)]
#[test]
fn a_log_is_json_or_text_as_the_file_says_and_no_louder() -> TestResult {
    for (log, is_json, is_quiet) in [
        ("format = \"json\"", true, false),
        ("format = \"text\"", false, false),
        ("level = \"error\"", true, true),
    ] {
        let mut serve = Serve::start(&format!("[log]\n{log}"))?;
        serve.get("/healthz", None)?;
        Command::new("kill").args(["-TERM", &serve.child.id().to_string()]).status()?;
        let mut said = String::new();
        serve.child.stderr.as_mut().ok_or("no stderr")?.read_to_string(&mut said)?;
        assert_eq!(serve.child.wait()?.code(), Some(0), "{said}");
        assert_eq!(said.is_empty(), is_quiet, "{log}: {said}");
        assert!(said.lines().all(|line| line.starts_with('{') == is_json), "{log}: {said}");
        assert!(is_quiet || said.contains("/healthz"), "{log}: {said}");
    }
    Ok(())
}
