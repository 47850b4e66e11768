//! What a run has shown: how much passed, how much failed, and which groups are to blame.

use crate::sh::Outcome;
use anyhow::Result;
use std::{ops::AddAssign, process::ExitCode};

/// The results of a run. Each check counts as one, each test as one.
#[derive(Default)]
pub(crate) struct Report {
    counts: Counts,
    failures: Vec<String>,
}

/// How many of a group's tests ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Counts {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) skipped: usize,
}

impl Report {
    /// Takes in one check, and says whether it passed.
    pub(crate) fn check(&mut self, outcome: Result<()>) -> bool {
        match outcome {
            Ok(()) => {
                self.counts.passed += 1;
                true
            }
            Err(error) => {
                self.counts.failed += 1;
                self.failures.push(format!("{error:#}"));
                false
            }
        }
    }

    /// Takes in one check that could not run.
    pub(crate) fn skip(&mut self, why: &str) {
        eprintln!("  SKIPPED: {why}");
        self.counts.skipped += 1;
    }

    /// Takes in a group of tests, counted in what its runner printed.
    pub(crate) fn tests(&mut self, group: &str, outcome: &Outcome, count: fn(&str) -> Counts) {
        let mut counts = count(&outcome.stdout);
        // A runner that broke down, or found no test, is a failure that nobody counted.
        if counts.failed == 0 && (!outcome.success || counts == Counts::default()) {
            counts.failed = 1;
        }
        if counts.failed > 0 {
            self.failures.push(format!("{group}: {} failed", counts.failed));
        }
        self.counts += counts;
    }

    /// Names what failed, then says it all in one last line.
    pub(crate) fn finish(self) -> ExitCode {
        let Counts { passed, failed, skipped } = self.counts;
        println!();
        for failure in &self.failures {
            println!("FAILED {failure}");
        }
        let skipped = if skipped == 0 { String::new() } else { format!(", {skipped} skipped") };
        println!("{passed} passed, {failed} failed{skipped}");
        if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

impl Counts {
    /// Counts what `cargo test` printed: a line `test result:` for each of its programs.
    pub(crate) fn of_cargo(output: &str) -> Self {
        let mut counts = Self::default();
        for line in output.lines().filter_map(|line| line.strip_prefix("test result: ")) {
            let words: Vec<&str> = line.split(['.', ';', ' ']).filter(|word| !word.is_empty()).collect();
            let number = |what| {
                let numbers = words.windows(2).find(|pair| pair[1] == what);
                numbers.and_then(|pair| pair[0].parse().ok()).unwrap_or(0)
            };
            counts +=
                Self { passed: number("passed"), failed: number("failed"), skipped: number("ignored") };
        }
        counts
    }

    /// Counts what `node --test` printed: at its end, lines such as `ℹ pass 3`.
    pub(crate) fn of_node(output: &str) -> Self {
        let number = |what: &str| {
            let lines = output.lines().rev().filter_map(|line| line.strip_prefix("ℹ "));
            let mut numbers = lines.filter_map(|line| line.strip_prefix(what)?.trim().parse().ok());
            numbers.next().unwrap_or(0)
        };
        Self {
            passed: number("pass "),
            failed: number("fail ") + number("cancelled "),
            skipped: number("skipped ") + number("todo "),
        }
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

#[cfg(test)]
mod tests {
    use super::Counts;

    #[test]
    fn cargo_test_is_counted() {
        let output = "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out\n\
            test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s\n";
        assert_eq!(Counts::of_cargo(output), Counts { passed: 15, failed: 2, skipped: 1 });
    }

    #[test]
    fn node_test_is_counted() {
        let output =
            "✔ ℹ pass 9\nℹ tests 7\nℹ suites 1\nℹ pass 3\nℹ fail 1\nℹ cancelled 1\nℹ skipped 2\nℹ todo 0\n";
        assert_eq!(Counts::of_node(output), Counts { passed: 3, failed: 2, skipped: 2 });
    }
}
