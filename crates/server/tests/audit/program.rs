//! `tillseal audit`, run as an auditor runs it.

use crate::{
    memory::Memory,
    support::{TestResult, entry, grow, key},
};
use std::{
    fs,
    io::Write as _,
    process::{Command, Stdio},
    sync::Arc,
};
use tempfile::TempDir;
use tillseal_server::{
    audit::{LogKey, Source, export},
    store::Store,
};

struct Run {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

fn tillseal(place: &TempDir, arguments: &[&str], input: &[u8]) -> TestResult<Run> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tillseal"))
        .arg("audit")
        .args(arguments)
        .current_dir(place)
        .env_remove("TILLSEAL_STORE_URL")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that does not read it may have ended.
        let _ = stdin.write_all(input);
    }
    let output = child.wait_with_output()?;
    Ok(Run {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout)?,
        stderr: String::from_utf8(output.stderr)?,
    })
}

/// A log of 600 entries in `log`, and its checkpoint of 300 in `older`.
async fn exported() -> TestResult<TempDir> {
    let place = tempfile::tempdir()?;
    let store: Arc<dyn Store> = Arc::new(Memory::default());
    let log = place.path().join("log");
    for size in [300, 600] {
        grow(&store, size).await?;
        export(&Source::Store(Arc::clone(&store)), &log).await?;
        if size == 300 {
            fs::copy(log.join("checkpoint"), place.path().join("older"))?;
        }
    }
    Ok(place)
}

#[tokio::test]
async fn a_log_without_fault_is_told_so() -> TestResult {
    let place = exported().await?;
    let vkey = key()?.vkey().to_string();
    let run = tillseal(&place, &["verify", "--dir", "log", "--key", &vkey, "--since", "older"], b"")?;
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{}", run.stdout);
    let root = fs::read_to_string(place.path().join("log/checkpoint"))?;
    let root = root.lines().nth(2).ok_or("root")?;
    let report = format!(
        "log        shop.example/tillseal\nentries    600\nroot       {root}\nsigned by  {vkey}\n\
         last entry 2026-11-24T00:09:59Z\nonly grew  since the checkpoint of 300 entries\nno fault found\n"
    );
    assert_eq!(run.stdout, report);
    Ok(())
}

#[tokio::test]
async fn a_fault_is_told_with_its_code_and_ends_with_1() -> TestResult {
    let place = exported().await?;
    let vkey = key()?.vkey().to_string();
    let bundle = place.path().join("log/tile/entries/001");
    let content = fs::read(&bundle)?;
    let altered = String::from_utf8_lossy(&content).replace("\"position\":300}", "\"position\":301}");
    fs::write(&bundle, altered)?;
    let run = tillseal(&place, &["verify", "--dir", "log", "--key", &vkey], b"")?;
    assert_eq!(run.code, Some(1));
    let fault =
        "FAULT      [audit-entry] the entry at position 300 is not what was signed, or cannot be read\n";
    assert!(run.stdout.contains(fault), "{}", run.stdout);
    assert!(run.stderr.starts_with("tillseal: the log is not as it was signed"), "{}", run.stderr);
    fs::write(&bundle, content)?;

    let stranger = LogKey::from_seed(key()?.name(), &[8; 32])?.vkey().to_string();
    let run = tillseal(&place, &["verify", "--dir", "log", "--key", &stranger], b"")?;
    assert_eq!(run.code, Some(1));
    assert!(run.stdout.contains("signed by  nobody that this key vouches for\n"), "{}", run.stdout);
    assert!(run.stdout.contains("[audit-signature]"), "{}", run.stdout);
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_read_ends_with_2() -> TestResult {
    let place = exported().await?;
    let vkey = key()?.vkey().to_string();
    for arguments in [
        &["verify", "--dir", "nowhere", "--key", &vkey][..],
        &["verify", "--key", &vkey],
        &["verify", "--dir", "log", "--store", "sqlite:x", "--key", &vkey],
        &["verify", "--dir", "log", "--key", "shop.example/tillseal+84771a70+AepK"],
        &["verify", "--dir", "log"],
        &["verify", "--dir", "log", "--key", &vkey, "--since", "nowhere"],
        &["verify", "--store", "mysql://audit:secret@host/db", "--key", &vkey],
        &["prove", "600", "--dir", "log"],
        &["prove", "-1", "--dir", "log"],
        &["check-proof", "nowhere", "--key", &vkey, "--entry", "-"],
    ] {
        let run = tillseal(&place, arguments, b"")?;
        assert_eq!(run.code, Some(2), "{arguments:?}: {}", run.stderr);
        assert!(!run.stderr.is_empty() && !run.stderr.contains("secret"), "{}", run.stderr);
    }
    Ok(())
}

#[tokio::test]
async fn a_proof_goes_from_the_shop_to_a_stranger() -> TestResult {
    let place = exported().await?;
    let vkey = key()?.vkey().to_string();
    let run = tillseal(&place, &["prove", "299", "--dir", "log", "--entry", "entry"], b"")?;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    fs::write(place.path().join("proof"), run.stdout)?;
    assert_eq!(fs::read(place.path().join("entry"))?, entry(299));

    let check = ["check-proof", "proof", "--key", &vkey, "--entry"];
    let run = tillseal(&place, &[&check[..], &["entry"]].concat(), b"")?;
    let said = "shop.example/tillseal holds this entry at position 299 of 600\n";
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), said), "{}", run.stderr);
    let line = [&entry(299)[..], b"\n"].concat();
    assert_eq!(tillseal(&place, &[&check[..], &["-"]].concat(), &line)?.code, Some(0));

    let run = tillseal(&place, &[&check[..], &["-"]].concat(), &entry(298))?;
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.starts_with("tillseal: [audit-proof] "), "{}", run.stderr);
    let stranger = LogKey::from_seed(key()?.name(), &[8; 32])?.vkey().to_string();
    let run = tillseal(&place, &["check-proof", "proof", "--key", &stranger, "--entry", "entry"], b"")?;
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.starts_with("tillseal: [audit-signature] "), "{}", run.stderr);
    Ok(())
}
