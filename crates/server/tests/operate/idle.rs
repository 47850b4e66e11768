//! Ten thousand connections that do nothing.

use crate::{program::Serve, support::TestResult};
use std::{
    fs,
    io::{self, Write as _},
    net::TcpStream,
    process::Command,
    thread,
    time::{Duration, Instant},
};

const CONNECTIONS: usize = 10_000;

/// What the program may grow by: 8 KiB of hyper's buffer for a connection that has begun, and its task.
const BOUND: u64 = 256 * 1024 * 1024;

/// The resident memory of a process, in bytes.
fn resident(pid: u32) -> TestResult<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse::<u64>()? * 1024)
}

#[cfg(target_os = "linux")]
#[test]
fn ten_thousand_idle_connections_do_not_stop_the_service() -> TestResult {
    let files = rlimit::increase_nofile_limit(CONNECTIONS as u64 + 1000)?;
    let hard = rlimit::getrlimit(rlimit::Resource::NOFILE)?.1;
    if files < CONNECTIONS as u64 + 1000 || hard < CONNECTIONS as u64 + 1000 {
        return skip(&format!("ten thousand connections need as many open files, and {hard} are allowed"));
    }
    for begun in [&b""[..], b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: "] {
        let serve = Serve::start("[limits]\nheader_seconds = 20\n[log]\nlevel = \"error\"")?;
        serve.get("/healthz", None)?;
        let before = resident(serve.child.id())?;
        let (mut idle, start) = (Vec::with_capacity(CONNECTIONS), Instant::now());
        for _ in 0..CONNECTIONS {
            let mut stream = TcpStream::connect(serve.address)?;
            stream.write_all(begun)?;
            idle.push(stream);
        }
        eprintln!("connected within {:?}", start.elapsed());
        let (start, mut slowest) = (Instant::now(), Duration::ZERO);
        while start.elapsed() < Duration::from_secs(2) {
            let asked = Instant::now();
            assert_eq!(serve.get("/healthz", None)?.status, 200);
            slowest = slowest.max(asked.elapsed());
        }
        let grown = resident(serve.child.id())?.saturating_sub(before);
        let open = connections(&serve)?;
        eprintln!(
            "{open} connections, {} bytes sent by each: {} KiB more, slowest answer {slowest:?}",
            begun.len(),
            grown / 1024
        );
        assert!(open >= 10_000, "the connections are not there: {open}");
        assert!(grown < BOUND, "{grown} bytes");
        assert!(slowest < Duration::from_secs(1), "{slowest:?}");
        let start = Instant::now();
        while connections(&serve)? > 10 {
            assert!(start.elapsed() < Duration::from_secs(30), "idle ones are not closed");
            thread::sleep(Duration::from_millis(200));
        }
        drop(idle);
    }
    Ok(())
}

/// Past the capture of the test harness: a test that did not run must not look like one that did.
fn skip(why: &str) -> TestResult {
    Ok(writeln!(io::stderr(), "SKIPPED: {why}")?)
}

fn connections(serve: &Serve) -> TestResult<u64> {
    let metrics = serve.get("/metrics", None)?.body;
    let line = metrics.lines().find_map(|line| line.strip_prefix("tillseal_connections "));
    Ok(line.ok_or("no connections")?.parse()?)
}

#[cfg(target_os = "linux")]
#[test]
fn more_connections_than_allowed_wait_and_are_served() -> TestResult {
    let serve = Serve::start("[limits]\nconnections = 20\nheader_seconds = 2")?;
    let idle: Vec<_> = (0..50).map(|_| TcpStream::connect(serve.address)).collect::<Result<_, _>>()?;
    let start = Instant::now();
    assert_eq!(serve.get("/healthz", None)?.status, 200);
    assert!(start.elapsed() < Duration::from_secs(12), "{:?}", start.elapsed());
    drop(idle);
    Ok(())
}

/// Files run out beneath the limit of connections: the loop bears it, and goes on when there are some again.
#[cfg(target_os = "linux")]
#[test]
fn want_of_files_does_not_end_the_service() -> TestResult {
    let serve = Serve::start("[limits]\nheader_seconds = 3")?;
    serve.get("/healthz", None)?;
    let pid = serve.child.id();
    let files = fs::read_dir(format!("/proc/{pid}/fd"))?.count() as u64 + 10;
    let mut limit = Command::new("prlimit");
    match limit.args([format!("--pid={pid}"), format!("--nofile={files}:{files}")]).status() {
        Ok(status) if status.success() => {}
        _ => return skip("this system has no prlimit"),
    }
    let idle: Vec<_> = (0..100).map(|_| TcpStream::connect(serve.address)).collect::<Result<_, _>>()?;
    thread::sleep(Duration::from_secs(1));
    drop(idle);
    let start = Instant::now();
    assert_eq!(serve.get("/healthz", None)?.status, 200);
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
    Ok(())
}
