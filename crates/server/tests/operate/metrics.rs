//! Readiness, metrics and the log: what they say, and that no stranger's text gets in.

use crate::support::{Plan, TestResult, quick, refused, request};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};
use tillseal_server::{metrics::METRICS_PATH, ready::Check};

const STRANGE: &str = "4111111111111111";

#[test]
fn a_check_that_fails_is_named_and_looked_at_once_a_second() -> TestResult {
    let (holds, asked) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicUsize::new(0)));
    let mut plan = Plan::new(quick());
    let (told, counted) = (Arc::clone(&holds), Arc::clone(&asked));
    plan.checks = vec![
        Check::new("store", move || {
            counted.fetch_add(1, Ordering::Relaxed);
            let told = told.load(Ordering::Relaxed);
            async move { told }
        }),
        Check::new("active-key", || async { true }),
    ];
    let site = plan.start()?;
    for _ in 0..20 {
        assert_eq!(site.get("/readyz")?.status, 200);
    }
    assert!(asked.load(Ordering::Relaxed) <= 3, "{asked:?}");
    holds.store(false, Ordering::Relaxed);
    thread::sleep(Duration::from_millis(1100));
    let answer = site.get("/readyz")?;
    assert_eq!(answer.problem()?, refused(503, "not-ready"));
    assert!(answer.body.contains("store") && !answer.body.contains("active-key"), "{}", answer.body);
    assert_eq!(site.get("/healthz")?.status, 200, "alive all the same");
    holds.store(true, Ordering::Relaxed);
    thread::sleep(Duration::from_millis(1100));
    assert_eq!(site.get("/readyz")?.status, 200);
    Ok(())
}

#[test]
fn requests_refusals_and_decisions_are_counted() -> TestResult {
    let site = Plan::new(quick()).start()?;
    site.metrics.decision("accept");
    site.metrics.keys("active", 2);
    site.metrics.audit_size(41);
    site.metrics.store("claim", Duration::from_millis(4), true);
    site.metrics.store("claim", Duration::from_millis(40), false);
    for _ in 0..3 {
        site.get("/sleep/0")?;
    }
    let length = 1_000_000.to_string();
    let raw = format!("POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n");
    site.raw(raw.as_bytes())?;
    let answer = site.get(METRICS_PATH)?;
    assert!(answer.header("content-type").is_some_and(|it| it.starts_with("application/openmetrics-text")));
    for line in [
        "tillseal_build_info{version=\"0.1.0\"} 1",
        "tillseal_requests_total{route=\"/sleep/{seconds}\",status=\"200\"} 3",
        "tillseal_requests_total{route=\"/length\",status=\"413\"} 1",
        "tillseal_request_seconds_count{route=\"/sleep/{seconds}\"} 3",
        "tillseal_refusals_total{code=\"request-too-large\"} 1",
        "tillseal_decisions_total{decision=\"accept\"} 1",
        "tillseal_store_seconds_count{operation=\"claim\"} 2",
        "tillseal_store_seconds_bucket{le=\"0.005\",operation=\"claim\"} 1",
        "tillseal_store_failures_total{operation=\"claim\"} 1",
        "tillseal_connections 1",
        "tillseal_keys{state=\"active\"} 2",
        "tillseal_audit_entries 41",
        "# EOF",
    ] {
        assert!(answer.body.lines().any(|each| each == line), "{line}\n{}", answer.body);
    }
    Ok(())
}

#[test]
fn no_strangers_text_reaches_metrics_log_or_request_id() -> TestResult {
    let site = Plan::new(quick()).start()?;
    let strange = [
        ("X-Request-Id", STRANGE),
        ("User-Agent", STRANGE),
        ("Authorization", "Bearer 4111111111111111"),
        ("Content-Type", STRANGE),
        ("X-Forwarded-For", STRANGE),
    ];
    for method in ["GET", "POST", STRANGE] {
        for path in [
            format!("/{STRANGE}"),
            format!("/sleep/{STRANGE}x"),
            format!("/hello?{STRANGE}"),
            String::from("/length"),
        ] {
            let answer = request(site.address, method, &path, &strange, STRANGE.as_bytes())?;
            let id = answer.header("x-request-id").ok_or("no id")?;
            assert!(id.len() == 16 && id != STRANGE, "{id}");
        }
    }
    let (metrics, log) = (site.get(METRICS_PATH)?.body, site.log.text());
    assert!(!metrics.contains(STRANGE), "{metrics}");
    assert!(!log.contains(STRANGE), "{log}");
    assert!(metrics.contains("route=\"none\",status=\"404\""), "{metrics}");
    Ok(())
}

#[test]
fn each_request_has_one_line_under_the_id_that_is_answered() -> TestResult {
    let site = Plan::new(quick()).start()?;
    let answer = site.get("/sleep/1")?;
    let id = answer.header("x-request-id").ok_or("no id")?;
    let log = site.log.text();
    let lines: Vec<serde_json::Value> = log.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let own: Vec<_> = lines.iter().filter(|line| line["span"]["id"] == id).collect();
    assert_eq!(own.len(), 1, "{log}");
    assert_eq!((&own[0]["route"], &own[0]["status"]), (&"/sleep/{seconds}".into(), &200.into()));
    assert!(own[0]["milliseconds"].as_u64().is_some_and(|it| (1000..2000).contains(&it)), "{log}");
    let other = site.get("/hello")?;
    assert_ne!(other.header("x-request-id"), Some(id));
    Ok(())
}
