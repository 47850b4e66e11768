//! SIGTERM under load.

use crate::{
    load::{Load, Outcome, nothing_is_lost},
    support::{TestResult, Till},
};
use std::sync::Arc;

#[test]
fn what_was_answered_before_the_end_is_recorded() -> TestResult {
    for till in [Some(Till::on_sqlite()?), Till::on_postgres()?].into_iter().flatten() {
        let till = Arc::new(till);
        let node = till.start()?;
        let load = Load::start(&till, &node);
        load.goes_on(60)?;
        let log = node.stop()?;
        let offers = load.stop()?;
        assert!(log.contains("stopped") && !log.contains("before every request"), "{log}");
        assert!(!log.contains("did not close"), "{log}");
        for offer in &offers {
            if let Outcome::Refused(status, code) = &offer.outcome {
                return Err(format!("{status} {code}").into());
            }
        }
        let node = till.start()?;
        nothing_is_lost(&till, &node, &offers)?;
        node.stop()?;
    }
    Ok(())
}
