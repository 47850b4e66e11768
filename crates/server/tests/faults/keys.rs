//! A key file that is half written while the server runs.

use crate::support::{TestResult, Till};
use std::{
    fs::{self, File},
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    thread,
    time::Duration,
};
use tillseal_protocol::Algorithm;
use tillseal_server::{create_key, unix_now};

#[test]
fn a_half_written_key_leaves_the_keys_before_in_use() -> TestResult {
    let till = Till::on_sqlite()?;
    let node = till.start()?;
    let published = node.get("/.well-known/tillseal.jwks")?.body;
    // A whole key from elsewhere, copied by a program that writes in place and takes its time.
    let elsewhere = till.directory.path().join("elsewhere");
    let kid = create_key(&elsewhere, Algorithm::EcdhEs, unix_now() + 1)?;
    let name = format!("{}.jwk.json", kid.as_str());
    let whole = fs::read(elsewhere.join(&name))?;
    let path = till.keys().join(&name);
    let mut file = File::options().create_new(true).write(true).mode(0o600).open(&path)?;
    for part in [0..0, 0..1, 1..whole.len() / 2] {
        file.write_all(&whole[part])?;
        node.until("complained", |node| Ok(node.log()?.contains("\"code\":\"keyring-malformed\"")))?;
        assert_eq!(node.open(&till.seal()?)?.status, 200);
        assert_eq!(node.get("/.well-known/tillseal.jwks")?.body, published);
        assert_eq!(node.get("/readyz")?.status, 200);
        thread::sleep(Duration::from_millis(1200));
    }
    file.write_all(&whole[whole.len() / 2..])?;
    node.until("published", |node| {
        Ok(node.get("/.well-known/tillseal.jwks")?.body.contains(kid.as_str()))
    })?;
    assert_eq!(node.open(&till.seal()?)?.status, 200);
    node.until("recorded", |node| Ok(node.log()?.contains("keyring loaded again")))?;
    let log = node.stop()?;
    // A line for each thing that was wrong, not for each second.
    assert!((1..=4).contains(&log.matches("keyring-malformed").count()), "{log}");
    till.verifies()
}
