//! `tillseal keys`, run as a person runs it.

use crate::support::{Keys, PASSPHRASE, TestResult, tillseal};
use std::fs;
use tillseal_server::{KeyAlg, list_keys};

const SECRET: [(&str, &str); 1] = [("TILLSEAL_KEYS_PASSPHRASE", PASSPHRASE)];

#[test]
fn a_rotation_is_shown_with_its_times() -> TestResult {
    let keys = Keys::new()?;
    let directory = keys.path().to_str().ok_or("path")?;
    let old = succeeded(&["keys", "new", "--keys", directory], &[])?;
    let new =
        succeeded(&["keys", "rotate", "--keys", directory, "--ahead", "3600", "--grace", "86400"], &[])?;
    let list = succeeded(&["keys", "list", "--keys", directory], &[])?;
    let columns = |kid: &str| -> TestResult<Vec<String>> {
        let line = list.lines().find(|line| line.starts_with(kid.trim_end())).ok_or("not listed")?;
        Ok(line.split_whitespace().map(str::to_owned).collect())
    };
    let (old, new) = (columns(&old)?, columns(&new)?);
    assert_eq!((&old[3], &new[3]), (&"active".to_owned(), &"waiting".to_owned()), "{list}");
    assert!(new[5].ends_with('Z') && new[6] == "-", "published from: {list}");
    assert!(old[5] == "-" && old[6].ends_with('Z'), "opens until: {list}");
    assert_eq!((&*new[1], &*new[2], &*new[7]), ("ECDH-ES", "enc", "file"), "{list}");

    let at_once = succeeded(&["keys", "rotate", "--keys", directory], &[])?;
    let list = succeeded(&["keys", "list", "--keys", directory], &[])?;
    let line = list.lines().find(|line| line.starts_with(at_once.trim_end())).ok_or("not listed")?;
    assert!(line.contains("active"), "{list}");
    assert!(list.contains("retiring"), "{list}");
    Ok(())
}

#[test]
fn rotating_keeps_the_algorithm_that_pages_use() -> TestResult {
    let keys = Keys::new()?;
    let directory = keys.path().to_str().ok_or("path")?;
    keys.make(KeyAlg::Hpke7)?;
    let algs = || -> TestResult<Vec<&str>> {
        Ok(list_keys(keys.path())?.iter().map(|key| key.alg.name()).collect())
    };
    succeeded(&["keys", "rotate", "--keys", directory], &[])?;
    assert_eq!(algs()?, ["HPKE-7", "HPKE-7"]);
    succeeded(&["keys", "rotate", "--keys", directory, "--use", "sig"], &[])?;
    assert_eq!(algs()?.iter().filter(|alg| **alg == "ES256").count(), 1);
    succeeded(&["keys", "rotate", "--keys", directory, "--alg", "ecdh-es"], &[])?;
    assert_eq!(algs()?.iter().filter(|alg| **alg == "ECDH-ES").count(), 1);
    Ok(())
}

#[test]
fn sealing_takes_a_passphrase_and_opening_too() -> TestResult {
    let keys = Keys::new()?;
    let directory = keys.path().to_str().ok_or("path")?;
    let kid = keys.make(KeyAlg::EcdhEs)?;
    let sealed = keys.seal_to(&kid, 0)?;
    refused(&["keys", "seal", "--keys", directory], &[], "[keyring-locked]")?;
    refused(
        &["keys", "seal", "--keys", directory],
        &[("TILLSEAL_KEYS_PASSPHRASE", "short")],
        "[keyring-secret]",
    )?;
    assert_eq!(succeeded(&["keys", "seal", "--keys", directory], &SECRET)?.trim_end(), kid.as_str());
    assert!(succeeded(&["keys", "list", "--keys", directory], &[])?.contains("sealed"));
    assert!(succeeded(&["keys", "public", "--keys", directory], &[])?.contains(kid.as_str()));

    let open =
        |environment: &[(&str, &str)]| tillseal(&["open", "--keys", directory], environment, &sealed);
    assert!(open(&[])?.2.contains("[keyring-locked]"));
    let (exit, _, messages) = open(&[("TILLSEAL_KEYS_PASSPHRASE", "wrong horse battery staple")])?;
    assert_eq!(exit, Some(2));
    assert!(messages.contains("[keyring-passphrase]") && !messages.contains("wrong horse battery staple"));
    assert!(open(&SECRET)?.1.contains("4111111111111111"));

    succeeded(&["keys", "unseal", "--keys", directory], &SECRET)?;
    assert!(open(&[])?.1.contains("4111111111111111"));
    Ok(())
}

#[test]
fn a_key_file_seals_and_opens() -> TestResult {
    let keys = Keys::new()?;
    let directory = keys.path().to_str().ok_or("path")?;
    let key_file = tempfile::NamedTempFile::new()?;
    fs::write(key_file.path(), [9; 32])?;
    let key_file = key_file.path().to_str().ok_or("path")?;
    succeeded(&["keys", "new", "--keys", directory, "--key-file", key_file], &[])?;
    let kid = list_keys(keys.path())?[0].kid.clone();
    let sealed = keys.seal_to(&kid, 0)?;
    let (_, claims, messages) =
        tillseal(&["open", "--keys", directory, "--key-file", key_file], &[], &sealed)?;
    assert!(claims.contains("4111111111111111"), "{messages}");
    let (_, _, messages) = tillseal(&["open", "--keys", directory], &SECRET, &sealed)?;
    assert!(messages.contains("--key-file"), "it says what it needs: {messages}");
    Ok(())
}

#[test]
fn no_message_and_no_list_holds_a_private_part() -> TestResult {
    let keys = Keys::new()?;
    let directory = keys.path().to_str().ok_or("path")?;
    for alg in ["ECDH-ES", "ES256", "Ed25519"] {
        succeeded(&["keys", "new", "--keys", directory, "--alg", alg], &[])?;
    }
    for key in list_keys(keys.path())? {
        let d = keys.json(&key.kid)?["d"].as_str().ok_or("no d")?.to_owned();
        for command in ["list", "public", "seal", "unseal"] {
            let (_, out, messages) = tillseal(&["keys", command, "--keys", directory], &SECRET, "")?;
            assert!(!format!("{out}{messages}").contains(&d), "{command}");
            assert!(!format!("{out}{messages}").contains(PASSPHRASE), "{command}");
        }
    }
    Ok(())
}

fn succeeded(arguments: &[&str], environment: &[(&str, &str)]) -> TestResult<String> {
    let (exit, out, messages) = tillseal(arguments, environment, "")?;
    assert_eq!(exit, Some(0), "{arguments:?}: {messages}");
    Ok(out)
}

fn refused(arguments: &[&str], environment: &[(&str, &str)], code: &str) -> TestResult {
    let (exit, out, messages) = tillseal(arguments, environment, "")?;
    assert_eq!((exit, &*out), (Some(2), ""), "{arguments:?}");
    assert!(messages.contains(code), "{arguments:?}: {messages}");
    Ok(())
}
