//! How a server stops.

use crate::support::{Answer, Plan, TestResult, quick, request};
use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};
use tillseal_server::{
    config::Limits,
    listener::{Closer, End, close},
};

#[test]
fn what_is_under_way_is_finished_and_nothing_new_is_taken() -> TestResult {
    let mut site = Plan::new(Limits::default()).start()?;
    let address = site.address;
    let mut kept_alive = site.connect()?;
    kept_alive.write_all(b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n")?;
    let mut begun = [0; 1024];
    let _ = kept_alive.read(&mut begun)?;
    // Its head is there, its body not yet: under way.
    let mut slow = site.connect()?;
    slow.write_all(b"POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n")?;
    let silent = site.connect()?;
    let busy = thread::spawn(move || request(address, "GET", "/sleep/2", &[], b""));
    thread::sleep(Duration::from_millis(500));

    site.ask_to_stop();
    thread::sleep(Duration::from_millis(300));
    assert!(TcpStream::connect(address).is_err(), "still accepting");
    let mut rest = Vec::new();
    kept_alive.read_to_end(&mut rest)?;
    assert!(rest.is_empty(), "an idle connection is closed");
    slow.write_all(b"hello")?;
    let mut answer = String::new();
    slow.read_to_string(&mut answer)?;
    assert_eq!(Answer::parse(&answer)?.body, "5");
    assert_eq!(busy.join().map_err(|_| "thread")??.body, "awake");
    drop((kept_alive, slow));
    assert_eq!(site.ended()?, End::Complete);
    drop(silent);
    Ok(())
}

#[test]
fn readiness_ends_at_once() -> TestResult {
    let mut site = Plan::new(Limits::default()).start()?;
    // Taken up before the stop, asked after it: as a proxy's connection may be.
    let mut begun = site.connect()?;
    begun.write_all(b"GET /readyz HTTP/1.1\r\nHost: x\r\n")?;
    let mut busy = site.connect()?;
    busy.write_all(b"GET /sleep/1 HTTP/1.1\r\nHost: x\r\n\r\n")?;
    thread::sleep(Duration::from_millis(300));
    site.ask_to_stop();
    thread::sleep(Duration::from_millis(200));
    begun.write_all(b"\r\n")?;
    let mut answer = String::new();
    begun.read_to_string(&mut answer)?;
    let answer = Answer::parse(&answer)?;
    assert_eq!(answer.status, 503, "{}", answer.body);
    assert!(answer.body.contains("stopping"), "{}", answer.body);
    Ok(())
}

#[test]
fn a_request_that_takes_longer_than_the_grace_is_cut() -> TestResult {
    let mut site = Plan::new(Limits::default()).start()?;
    let mut busy = site.connect()?;
    busy.write_all(b"GET /sleep/15 HTTP/1.1\r\nHost: x\r\n\r\n")?;
    thread::sleep(Duration::from_millis(300));
    let start = Instant::now();
    site.ask_to_stop();
    assert_eq!(site.ended()?, End::Cut);
    // The grace, and as long again for the handler, which nothing can stop.
    assert!(start.elapsed() < Duration::from_secs(12), "{:?}", start.elapsed());
    Ok(())
}

#[test]
fn a_body_that_never_comes_is_not_waited_for_longer_than_the_grace() -> TestResult {
    let mut site = Plan::new(Limits::default()).start()?;
    let mut slow = site.connect()?;
    slow.write_all(b"POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n")?;
    thread::sleep(Duration::from_millis(300));
    let start = Instant::now();
    site.ask_to_stop();
    assert_eq!(site.ended()?, End::Cut);
    assert!(start.elapsed() < Duration::from_secs(7), "{:?}", start.elapsed());
    Ok(())
}

#[test]
fn who_is_only_connected_does_not_hold_the_stop_up() -> TestResult {
    let mut site = Plan::new(quick()).start()?;
    let _silent = (site.connect()?, site.connect()?);
    thread::sleep(Duration::from_millis(200));
    let start = Instant::now();
    site.ask_to_stop();
    assert_eq!(site.ended()?, End::Complete);
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    Ok(())
}

#[tokio::test]
async fn closers_run_in_order_whatever_becomes_of_each() {
    let order = Arc::new(Mutex::new(Vec::new()));
    let closer = |name, goes_well| {
        let order = Arc::clone(&order);
        Closer::new(name, async move {
            if let Ok(mut order) = order.lock() {
                order.push(name);
            }
            goes_well
        })
    };
    close(vec![closer("audit", false), closer("store", true), closer("last", true)]).await;
    assert_eq!(order.lock().map(|order| order.clone()).unwrap_or_default(), ["audit", "store", "last"]);
}
