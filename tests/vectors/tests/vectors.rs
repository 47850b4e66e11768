//! The vectors, natively: counts of what ran, and not one mismatch.

#[test]
fn every_vector_ends_as_its_source_says() {
    let report = tillseal_vectors::run();
    for suite in &report.suites {
        println!("{}: {} accepted, {} rejected", suite.name, suite.accepted, suite.rejected);
        for skipped in &suite.skipped {
            println!("  {} skipped: {}", skipped.count, skipped.reason);
        }
        for failure in &suite.failures {
            println!("  FAILED {failure}");
        }
    }
    assert!(report.is_good(), "a vector failed, or a suite ran nothing");
}
