//! Bodies that are far too long, and connections that are far too slow: the memory of the whole program stays bounded.

use crate::support::{Node, TestResult, Till, connect, read_answer};
use std::{
    io::{BufReader, Read as _, Write as _},
    process::Command,
    thread,
    time::{Duration, Instant},
};

/// Clients at once.
const CLIENTS: usize = 8;
/// Of each body.
const LENGTH: usize = 100 << 20;
/// What the program may take on top of all that, in KiB; the bodies together are 800 MiB.
const MORE: u64 = 48 << 10;

fn long_body(node: &Node, is_chunked: bool) -> TestResult<usize> {
    let stream = connect(node.address)?;
    stream.set_write_timeout(Some(Duration::from_secs(30)))?;
    let mut stream = BufReader::new(stream);
    let length = if is_chunked {
        "Transfer-Encoding: chunked".to_owned()
    } else {
        format!("Content-Length: {LENGTH}")
    };
    let head =
        format!("POST /v1/open HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{length}\r\n\r\n");
    stream.get_mut().write_all(head.as_bytes())?;
    let piece = vec![b'['; 1 << 16];
    let mut sent = 0;
    while sent < LENGTH {
        let mut framed = Vec::with_capacity(piece.len() + 16);
        if is_chunked {
            framed.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
        }
        framed.extend_from_slice(&piece);
        if is_chunked {
            framed.extend_from_slice(b"\r\n");
        }
        // A server that has read enough answers and closes.
        if stream.get_mut().write_all(&framed).is_err() {
            break;
        }
        sent += piece.len();
    }
    // The answer may be lost where the rest of the body met a closed socket.
    if let Ok(answer) = read_answer(&mut stream) {
        answer.is(413, "request-too-large")?;
    }
    Ok(sent)
}

#[test]
fn bodies_of_100_megabytes_are_refused_in_little_memory() -> TestResult {
    let till = Till::on_sqlite()?;
    let node = till.start()?;
    assert_eq!(node.open(&till.seal()?)?.status, 200);
    let before = node.memory("VmHWM")?;
    let start = Instant::now();
    let sent = thread::scope(|scope| {
        let node = &node;
        let clients: Vec<_> =
            (0..CLIENTS).map(|number| scope.spawn(move || long_body(node, number % 2 == 0))).collect();
        let mut sent = 0;
        for client in clients {
            sent += client.join().map_err(|_| "panicked")??;
        }
        TestResult::Ok(sent)
    })?;
    assert_eq!(node.open(&till.seal()?)?.status, 200);
    let peak = node.memory("VmHWM")?;
    eprintln!(
        "100 MiB bodies: {before} KiB before, {peak} KiB at the most, {sent} bytes taken, {:?}",
        start.elapsed()
    );
    assert!(peak < before + MORE, "{before} KiB before, {peak} KiB at the most");
    assert!(node.get("/metrics")?.body.contains("tillseal_refusals_total{code=\"request-too-large\"}"));
    node.stop()?;
    Ok(())
}

/// Heads and bodies of which a byte comes now and then: they are ended in time, others are served meanwhile, and memory is bounded.
#[test]
fn slow_clients_are_ended_and_hold_nobody_up() -> TestResult {
    let till = Till::on_sqlite()?;
    let limits = "[limits]\nheader_seconds = 2\nbody_seconds = 2\nrequest_seconds = 5";
    let node = till.start_by(Command::new(crate::support::PROGRAM), limits)?;
    assert_eq!(node.open(&till.seal()?)?.status, 200);
    let before = node.memory("VmHWM")?;
    let begun =
        b"POST /v1/open HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 90000\r\n";
    let mut slow = Vec::new();
    for number in 0..400 {
        let mut stream = connect(node.address)?;
        stream.write_all(begun)?;
        if number % 2 == 0 {
            stream.write_all(b"\r\n{")?;
        }
        slow.push(stream);
    }
    let start = Instant::now();
    for _ in 0..10 {
        for stream in &mut slow {
            let _ = stream.write_all(b"x");
        }
        let asked = Instant::now();
        assert_eq!(node.open(&till.seal()?)?.status, 200);
        assert!(asked.elapsed() < Duration::from_secs(5), "held up for {:?}", asked.elapsed());
        thread::sleep(Duration::from_millis(400));
    }
    let mut told = 0;
    for stream in slow {
        let mut answer = Vec::new();
        let _ = BufReader::new(stream).read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408 "), "{answer}");
        told += usize::from(answer.contains("request-timeout"));
    }
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
    let peak = node.memory("VmHWM")?;
    eprintln!("slow clients: {before} KiB before, {peak} KiB at the most, {told} told");
    assert!(told > 100, "{told} were told");
    assert!(peak < before + MORE, "{before} KiB before, {peak} KiB at the most");
    node.stop()?;
    Ok(())
}
