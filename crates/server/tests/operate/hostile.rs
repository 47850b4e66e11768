//! Clients that send too slowly, too much, or anything but HTTP.

use crate::support::{Answer, Plan, Site, TestResult, quick, refused, request};
use std::{
    io::{ErrorKind, Read as _, Write as _},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};
use tillseal_server::config::Limits;

fn is_alive(site: &Site) -> TestResult {
    assert_eq!(site.get("/hello")?.body, "hello");
    Ok(())
}

/// How long until the server closes, and what it says before.
fn until_closed(mut stream: TcpStream) -> (Duration, String) {
    let (start, mut answer) = (Instant::now(), Vec::new());
    let _ = stream.read_to_end(&mut answer);
    (start.elapsed(), String::from_utf8_lossy(&answer).into_owned())
}

#[test]
fn who_sends_no_head_in_time_is_left() -> TestResult {
    let site = Plan::new(quick()).start()?;
    for begun in ["", "G", "GET /hello HTTP/1.1\r\n", "GET /hello HTTP/1.1\r\nHost: x\r\nX: "] {
        let mut stream = site.connect()?;
        stream.write_all(begun.as_bytes())?;
        let (took, _) = until_closed(stream);
        assert!(took > Duration::from_millis(500) && took < Duration::from_secs(4), "{begun:?}: {took:?}");
    }
    is_alive(&site)
}

#[test]
fn a_head_that_trickles_is_not_waited_for_longer() -> TestResult {
    let site = Plan::new(quick()).start()?;
    let (mut stream, start) = (site.connect()?, Instant::now());
    stream.write_all(b"GET /hello HTTP/1.1\r\nHost: x\r\nX-Slow: ")?;
    while stream.write_all(b"a").is_ok() {
        assert!(start.elapsed() < Duration::from_secs(5), "each byte bought more time");
        thread::sleep(Duration::from_millis(100));
    }
    is_alive(&site)
}

#[test]
fn a_connection_that_is_kept_alive_may_be_idle_as_long_as_a_head_may_take() -> TestResult {
    let site = Plan::new(quick()).start()?;
    let mut stream = site.connect()?;
    for _ in 0..3 {
        stream.write_all(b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n")?;
        let mut answer = [0; 1024];
        let length = stream.read(&mut answer)?;
        assert!(answer[..length].ends_with(b"hello"));
        thread::sleep(Duration::from_millis(500));
    }
    let (took, rest) = until_closed(stream);
    assert!(took < Duration::from_secs(4) && rest.is_empty(), "{took:?} {rest}");
    Ok(())
}

#[test]
fn a_body_that_trickles_is_a_timeout() -> TestResult {
    let site = Plan::new(quick()).start()?;
    for framing in ["Content-Length: 90", "Transfer-Encoding: chunked"] {
        let (mut stream, start) = (site.connect()?, Instant::now());
        write!(stream, "POST /length HTTP/1.1\r\nHost: x\r\n{framing}\r\n\r\n")?;
        let mut trickle = stream.try_clone()?;
        let trickling = thread::spawn(move || {
            for _ in 0..40 {
                if trickle.write_all(b"1\r\na\r\n").is_err() {
                    break;
                }
                thread::sleep(Duration::from_millis(100));
            }
        });
        let (took, answer) = until_closed(stream);
        assert_eq!(Answer::parse(&answer)?.problem()?, refused(408, "request-timeout"), "{framing}");
        assert!(took < Duration::from_secs(4), "{:?}", start.elapsed());
        trickling.join().map_err(|_| "trickle")?;
    }
    is_alive(&site)
}

#[test]
fn an_answer_that_takes_too_long_is_a_timeout() -> TestResult {
    let site = Plan::new(quick()).start()?;
    let answer = site.get("/sleep/9")?;
    assert_eq!(answer.problem()?, refused(503, "request-timeout"));
    assert_eq!(answer.header("retry-after"), None, "it may have been carried out");
    Ok(())
}

#[test]
fn a_body_of_100_mb_is_refused_before_it_is_sent() -> TestResult {
    let site = Plan::new(Limits::default()).start()?;
    let (mut stream, start) = (site.connect()?, Instant::now());
    write!(stream, "POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n")?;
    let (_, answer) = until_closed(stream);
    assert_eq!(Answer::parse(&answer)?.problem()?, refused(413, "request-too-large"));
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    is_alive(&site)
}

/// Who sends all the same learns why it was refused: the connection is not reset under its hands.
#[test]
fn a_body_of_100_mb_is_refused_while_it_is_sent() -> TestResult {
    let site = Plan::new(Limits::default()).start()?;
    for framing in ["Content-Length: 100000000", "Transfer-Encoding: chunked"] {
        let mut stream = site.connect()?;
        write!(stream, "POST /length HTTP/1.1\r\nHost: x\r\n{framing}\r\n\r\n")?;
        let mut sending = stream.try_clone()?;
        let chunked = framing.starts_with("Transfer");
        let sender = thread::spawn(move || {
            let block = vec![b'a'; 65_536];
            let mut sent = 0;
            while sent < 100_000_000 {
                let head = if chunked { &b"10000\r\n"[..] } else { b"" };
                let tail = if chunked { &b"\r\n"[..] } else { b"" };
                if sending.write_all(&[head, &block, tail].concat()).is_err() {
                    break;
                }
                sent += block.len();
            }
        });
        let (_, answer) = until_closed(stream);
        assert_eq!(Answer::parse(&answer)?.problem()?, refused(413, "request-too-large"), "{framing}");
        sender.join().map_err(|_| "sender")?;
    }
    is_alive(&site)
}

#[test]
fn a_body_of_exactly_the_limit_is_taken() -> TestResult {
    let limits = Limits { body: 10_000, ..Limits::default() };
    let site = Plan::new(limits).start()?;
    let taken = request(site.address, "POST", "/length", &[], &[b'a'; 10_000])?;
    assert_eq!((taken.status, taken.body.as_str()), (200, "10000"));
    let mut stream = site.connect()?;
    write!(
        stream,
        "POST /length HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n2710\r\n"
    )?;
    stream.write_all(&[b'a'; 10_000])?;
    stream.write_all(b"\r\n0\r\n\r\n")?;
    assert_eq!(Answer::parse(&until_closed(stream).1)?.body, "10000");
    let mut stream = site.connect()?;
    write!(stream, "POST /length HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2711\r\n")?;
    stream.write_all(&[b'a'; 10_001])?;
    assert_eq!(Answer::parse(&until_closed(stream).1)?.problem()?, refused(413, "request-too-large"));
    Ok(())
}

#[test]
fn what_is_no_http_is_refused_and_nothing_more() -> TestResult {
    let site = Plan::new(quick()).start()?;
    let long_header = format!("GET /hello HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "a".repeat(70_000));
    let many_headers = format!("GET /hello HTTP/1.1\r\nHost: x\r\n{}\r\n", "X: y\r\n".repeat(500));
    let long_path = format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "a".repeat(70_000));
    let wrong: [&[u8]; 20] = [
        b"\r\n\r\n\r\n\r\nhello\r\n\r\n",
        b"\0\0\0\0\0\0\0\0\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /hello\r\n\r\n",
        b"GET /hello HTTP/9.9\r\n\r\n",
        b"GET /hello FTP/1.1\r\n\r\n",
        b"GET  /hello HTTP/1.1\r\n\r\n",
        b"G\xffT /hello HTTP/1.1\r\n\r\n",
        b"GET /hello HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET /hello HTTP/1.1\r\nX\0: y\r\n\r\n",
        b"GET /hello HTTP/1.1\r\nX: a\x00b\r\n\r\n",
        b"GET /hello HTTP/1.1\r\n X: folded\r\n\r\n",
        b"POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        long_header.as_bytes(),
        many_headers.as_bytes(),
        long_path.as_bytes(),
    ];
    for bytes in wrong {
        let answer = site.raw(bytes)?;
        let status: Option<u16> = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
        let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(60)]);
        // Nothing at all, or a refusal: never a 200, never a fault of the server.
        assert!(status.is_none_or(|status| (400..500).contains(&status)), "{shown:?}: {answer:?}");
        is_alive(&site)?;
    }
    let smuggled =
        b"POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /sessions HTTP/1.1\r\nHost: x\r\n\r\n";
    let answer = site.raw(smuggled)?;
    assert!(!answer.contains("sessions"), "two framings, one smuggled request: {answer}");
    for chunks in [
        "zz\r\nhello\r\n",
        "-1\r\n",
        "ffffffffffffffffff\r\n",
        "5;\0\r\nhello\r\n0\r\n\r\n",
        "5\r\nhelloXX",
    ] {
        let head =
            "POST /length HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
        let answer = site.raw(format!("{head}{chunks}").as_bytes())?;
        assert!(!answer.starts_with("HTTP/1.1 5"), "{chunks:?}: {answer}");
        is_alive(&site)?;
    }
    Ok(())
}

#[test]
fn who_never_reads_is_given_up() -> TestResult {
    let site = Plan::new(quick()).start()?;
    let stream = site.connect()?;
    stream.set_nonblocking(true)?;
    // Pipelined until both sides' buffers are full, and read by nobody.
    let (mut blocked, start) = (0, Instant::now());
    let requests = b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n".repeat(1000);
    loop {
        match (&stream).write(&requests) {
            Ok(_) => blocked = 0,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                blocked += 1;
                thread::sleep(Duration::from_millis(10));
            }
            Err(_) => break,
        }
        assert!(start.elapsed() < Duration::from_mins(1), "still there; blocked {blocked} times");
    }
    is_alive(&site)
}

#[test]
fn a_handler_that_panics_is_answered_for() -> TestResult {
    let site = Plan::new(quick()).start()?;
    assert_eq!(site.get("/panic")?.problem()?, refused(500, "internal"));
    is_alive(&site)
}

/// Else a payload might be claimed, and its verdict not recorded.
#[test]
fn what_a_client_began_and_left_is_finished() -> TestResult {
    let mut site = Plan::new(quick()).start()?;
    for _ in 0..2 {
        let mut stream = site.connect()?;
        stream.write_all(b"GET /mark HTTP/1.1\r\nHost: x\r\n\r\n")?;
        thread::sleep(Duration::from_millis(200));
    }
    site.ask_to_stop();
    // The connections are gone, and the work on them is waited for all the same.
    site.ended()?;
    assert!(site.metrics.text().contains("tillseal_decisions_total{decision=\"marked\"} 2"));
    Ok(())
}

#[test]
fn more_requests_than_places_are_told_to_come_back() -> TestResult {
    let site = Plan::new(Limits { in_flight: 2, ..quick() }).start()?;
    let address = site.address;
    let busy: Vec<_> =
        (0..2).map(|_| thread::spawn(move || request(address, "GET", "/sleep/1", &[], b""))).collect();
    thread::sleep(Duration::from_millis(400));
    let refusal = site.get("/sleep/0")?;
    assert_eq!(refusal.problem()?, refused(503, "overloaded"));
    assert_eq!(refusal.header("retry-after"), Some("1"));
    assert_eq!(site.get("/healthz")?.status, 200, "of another kind");
    for each in busy {
        assert_eq!(each.join().map_err(|_| "thread")??.body, "awake");
    }
    assert_eq!(site.get("/sleep/0")?.body, "awake");
    Ok(())
}
