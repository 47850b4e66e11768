//! PostgreSQL restarted under load.

use crate::{
    load::{Load, Outcome, nothing_is_lost},
    postgres::{Cluster, Stop},
    support::{IN_TIME, TestResult, Till},
};
use std::{sync::Arc, thread, time::Duration};

fn under_load(stop: Stop) -> TestResult {
    let Some(cluster) = Cluster::start()? else { return Ok(()) };
    let till = Arc::new(Till::on(cluster.database()?)?);
    let node = till.start()?;
    let load = Load::start(&till, &node);
    load.goes_on(100)?;
    let before = load.offered();
    cluster.stop(stop)?;
    thread::sleep(Duration::from_secs(1));
    cluster.resume()?;
    node.serves(&till)?;
    // Each worker has been answered since.
    load.goes_on(50)?;
    let since = load.offered();
    load.goes_on(100)?;
    let offers = load.stop()?;

    let mut refused = 0;
    for (number, offer) in offers.iter().enumerate() {
        assert!(offer.took < IN_TIME, "{:?}", offer.took);
        match &offer.outcome {
            Outcome::Judged(_) => {}
            Outcome::Refused(status, code) => {
                assert_eq!((*status, code.as_str()), (503, "store-unavailable"));
                assert!((before..since).contains(&number), "{number} is not of {before} to {since}");
                refused += 1;
            }
            Outcome::Cut => return Err("a connection was cut".into()),
        }
    }
    assert!(refused > 0, "the load was not there");
    let judged = nothing_is_lost(&till, &node, &offers)?;
    eprintln!("{stop:?}: {judged} judged, {refused} refused meanwhile");
    node.stop()?;
    Ok(())
}

#[test]
fn a_restart_refuses_with_a_code_and_loses_nothing() -> TestResult {
    under_load(Stop::Fast)
}

#[test]
fn a_crash_refuses_with_a_code_and_loses_nothing() -> TestResult {
    under_load(Stop::Crash)
}
