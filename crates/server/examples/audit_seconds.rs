//! How long it takes to sign and to verify an audit log: `cargo run --release --example audit_seconds [ENTRIES]`.
//!
//! The log is in memory, and then in files as `tillseal audit export` writes them.

#[path = "../tests/audit/memory.rs"]
mod memory;

use memory::{Content, Memory};
use std::{env, error::Error, sync::Arc, time::Instant};
use tillseal_protocol::Jti;
use tillseal_server::{
    audit::{Decision, Entry, Kid, Log, LogKey, Origin, Source, Tokens, Verdict, export, verify},
    store::Store,
};

const SEED: [u8; 32] = [7; 32];

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let entries: u64 = env::args().nth(1).map_or(Ok(100_000), |argument| argument.parse())?;
    let store: Arc<dyn Store> = Arc::new(Memory::new(Content::default()));
    let log = Log::new(Arc::clone(&store), LogKey::from_seed("shop.example/tillseal", &SEED)?);
    let tokens = Tokens::new(&SEED);
    for number in 0..entries {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&number.to_be_bytes());
        let payload = Jti::from_random(id);
        log.record(Entry::verdict(&Verdict {
            at: 1_795_478_400 + number / 100,
            payload: &payload,
            kid: Kid::parse("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"),
            origin: Origin::parse("https://shop.example"),
            session: Some(&payload),
            order: Some(tokens.token(&number.to_string())),
            decision: Decision::Accept,
            score: 0.04,
            reasons: &["pointer-path", "key-rhythm", "field-order"],
        }))
        .await?;
    }

    let start = Instant::now();
    log.publish().await?;
    println!("{entries} entries signed in {:.3} s", start.elapsed().as_secs_f64());
    let in_memory = Source::Store(store);
    let directory = tempfile::tempdir()?;
    export(&in_memory, directory.path()).await?;
    let in_files = Source::Directory(directory.path().into());
    for (place, source) in [("memory", &in_memory), ("files", &in_files)] {
        let start = Instant::now();
        let report = verify(source, log.key().vkey(), &[]).await?;
        println!("{entries} entries verified in {place} in {:.3} s", start.elapsed().as_secs_f64());
        if !report.faults.is_empty() {
            return Err(report.to_string().into());
        }
    }
    Ok(())
}
