//! `kill -9` of the server under load.

use crate::{
    load::{Load, Outcome, nothing_is_lost},
    support::{TestResult, Till},
};
use std::sync::Arc;

fn killed_under_load(till: Till) -> TestResult {
    let till = Arc::new(till);
    let mut node = till.start()?;
    let load = Load::start(&till, &node);
    for _ in 0..3 {
        load.goes_on(60)?;
        node.kill()?;
        node = till.start()?;
        load.turn_to(&node);
    }
    load.goes_on(60)?;
    let offers = load.stop()?;
    for offer in &offers {
        if let Outcome::Refused(status, code) = &offer.outcome {
            return Err(format!("{status} {code}, though the store was there").into());
        }
    }
    assert!(offers.iter().any(|offer| matches!(offer.outcome, Outcome::Cut)), "no kill met the load");
    nothing_is_lost(&till, &node, &offers)?;
    // Nor does what was cut count twice, whether or not it had been taken.
    let mut client = node.client();
    for offer in offers.iter().filter(|offer| matches!(offer.outcome, Outcome::Cut)) {
        let first = client.open(&offer.sealed)?;
        if first.status != 200 {
            first.is(409, "replayed")?;
        }
        client.open(&offer.sealed)?.is(409, "replayed")?;
    }
    assert!(till.recorded()?.values().all(|&times| times == 1));
    node.stop()?;
    till.verifies()
}

#[test]
fn sqlite_remembers_what_was_answered() -> TestResult {
    killed_under_load(Till::on_sqlite()?)
}

#[test]
fn postgres_remembers_what_was_answered() -> TestResult {
    let Some(till) = Till::on_postgres()? else { return Ok(()) };
    killed_under_load(till)
}
