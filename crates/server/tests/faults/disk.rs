//! A full disk under SQLite.

use crate::{
    load::{Offer, Outcome, nothing_is_lost},
    support::{Node, PROGRAM, TestResult, Till, jti},
};
use std::{
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

/// Payloads that are judged.
fn some(till: &Till, node: &Node) -> TestResult<Vec<Offer>> {
    let mut client = node.client();
    let offers = (0..20).map(|_| {
        let sealed = till.seal()?;
        let outcome = Outcome::Judged(jti(&client.open(&sealed)?)?);
        Ok(Offer { sealed, outcome, took: Duration::ZERO })
    });
    offers.collect()
}

/// Payloads besides these until the store takes no more; then a refusal with a code, each time.
fn fill(till: &Till, node: &Node, mut offers: Vec<Offer>) -> TestResult<Vec<Offer>> {
    let (mut refused, start) = (0, Instant::now());
    let mut client = node.client();
    while refused < 5 {
        assert!(start.elapsed() < Duration::from_mins(2), "the disk is never full");
        let sealed = till.seal()?;
        let answer = client.open(&sealed)?;
        let outcome = if answer.status == 200 {
            Outcome::Judged(jti(&answer)?)
        } else {
            answer.is(503, "store-unavailable")?;
            refused += 1;
            Outcome::Refused(503, answer.code()?)
        };
        offers.push(Offer { sealed, outcome, took: Duration::ZERO });
    }
    assert_eq!(node.get("/healthz")?.status, 200);
    Ok(offers)
}

fn served_again(till: &Till, node: Node, offers: &[Offer]) -> TestResult {
    node.serves(till)?;
    nothing_is_lost(till, &node, offers)?;
    let log = node.stop()?;
    assert!(log.contains("store-unavailable"), "{log}");
    Ok(())
}

/// A file system of its own; unmounted when dropped.
struct Small(PathBuf);

impl Small {
    /// `None` where this user may not mount.
    fn mount(place: &Path) -> TestResult<Option<Self>> {
        fs::create_dir(place)?;
        let mount =
            Command::new("mount").args(["-t", "tmpfs", "-o", "size=3m", "tmpfs"]).arg(place).output();
        Ok(mount.is_ok_and(|mount| mount.status.success()).then(|| Self(place.to_owned())))
    }

    /// Leaves no room in it.
    fn fill(&self) -> TestResult<PathBuf> {
        let path = self.0.join("filler");
        let mut filler = File::create(&path)?;
        while filler.write_all(&[1; 4096]).is_ok() {}
        Ok(path)
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_refuses_and_loses_nothing() -> TestResult {
    let place = crate::kept::Kept::new()?;
    let Some(small) = Small::mount(&place.path().join("small"))? else {
        eprintln!("\n  SKIPPED: mounting takes root\n");
        return Ok(());
    };
    let till = Till::on(format!("sqlite:{}", small.0.join("store").display()))?;
    let node = till.start()?;
    let offers = some(&till, &node)?;
    let filler = small.fill()?;
    let offers = fill(&till, &node, offers)?;
    fs::remove_file(filler)?;
    served_again(&till, node, &offers)
}

/// Killed while the disk is full: the next start finds all that was acknowledged.
#[test]
fn a_crash_on_a_full_disk_loses_nothing() -> TestResult {
    let place = crate::kept::Kept::new()?;
    let Some(small) = Small::mount(&place.path().join("small"))? else {
        eprintln!("\n  SKIPPED: mounting takes root\n");
        return Ok(());
    };
    let till = Till::on(format!("sqlite:{}", small.0.join("store").display()))?;
    let node = till.start()?;
    let offers = some(&till, &node)?;
    let filler = small.fill()?;
    let offers = fill(&till, &node, offers)?;
    node.kill()?;
    fs::remove_file(filler)?;
    let node = till.start()?;
    nothing_is_lost(&till, &node, &offers)?;
    node.stop()?;
    Ok(())
}

/// The same for who may not mount: the files of the process may not grow beyond a limit.
#[test]
fn files_that_may_not_grow_refuse_and_lose_nothing() -> TestResult {
    let till = Till::on_sqlite()?;
    // Linux sends a signal with the error, which a full disk does not.
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' XFSZ; exec \"$@\"", "sh", PROGRAM]);
    let node = till.start_by(shell, "[log]\nlevel = \"error\"")?;
    let limit = |bytes: &str| -> TestResult {
        let pid = node.child.id().to_string();
        let status = Command::new("prlimit")
            .args(["--pid", &pid, &format!("--fsize={bytes}:unlimited")])
            .status()?;
        if status.success() { Ok(()) } else { Err("prlimit failed".into()) }
    };
    let offers = some(&till, &node)?;
    limit("262144")?;
    let offers = fill(&till, &node, offers)?;
    limit("unlimited")?;
    served_again(&till, node, &offers)
}
