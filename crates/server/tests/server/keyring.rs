//! The keyring on disk: who may read it, what is published, what is refused.

use crate::support::{Keys, NOW, TestResult};
use std::fs;
use tillseal_protocol::{Algorithm, Thumbprint};
use tillseal_server::{Key, KeyState, Keyring, KeyringError, create_key, set_state};

#[test]
fn a_new_key_is_a_plain_private_jwk() -> TestResult {
    for algorithm in [Algorithm::EcdhEs, Algorithm::Hpke7] {
        let keys = Keys::new(algorithm)?;
        let jwk: serde_json::Value = serde_json::from_slice(&fs::read(keys.file())?)?;
        let members: Vec<&str> = jwk.as_object().ok_or("no object")?.keys().map(String::as_str).collect();
        assert_eq!(
            members,
            ["alg", "crv", "d", "iat", "kid", "kty", "tillseal_state", "use", "x", "y"],
            "sorted by serde_json"
        );
        assert_eq!(jwk["kty"], "EC");
        assert_eq!(jwk["crv"], "P-256");
        assert_eq!(jwk["use"], "enc");
        assert_eq!(jwk["alg"], algorithm.name());
        assert_eq!(jwk["kid"], keys.kid.as_str());
        assert_eq!(jwk["iat"], NOW);
        assert_eq!(jwk["tillseal_state"], "active");
        for member in ["x", "y", "d"] {
            assert_eq!(jwk[member].as_str().map(str::len), Some(43), "{member}: 32 bytes of base64url");
        }
    }
    Ok(())
}

#[cfg(unix)]
#[test]
fn files_and_directory_are_their_owners_alone() -> TestResult {
    let parent = tempfile::tempdir()?;
    let directory = parent.path().join("keys");
    let kid = create_key(&directory, Algorithm::EcdhEs, NOW)?;
    let file = directory.join(format!("{}.jwk.json", kid.as_str()));
    assert_eq!((mode(&directory)?, mode(&file)?), (0o700, 0o600));
    set_state(&directory, kid.as_str(), KeyState::DecryptOnly)?;
    assert_eq!((mode(&directory)?, mode(&file)?), (0o700, 0o600), "after it was written again");
    let names: Result<Vec<_>, _> = fs::read_dir(&directory)?.map(|entry| Ok(entry?.file_name())).collect();
    let mut names: Vec<_> = names.map_err(|error: std::io::Error| error)?;
    names.sort();
    assert_eq!(
        names,
        [".lock".into(), file.file_name().ok_or("")?.to_owned()],
        "no temporary file is left"
    );
    Ok(())
}

#[cfg(unix)]
#[test]
fn a_file_that_others_can_read_is_refused_by_its_name() -> TestResult {
    let keys = Keys::new(Algorithm::EcdhEs)?;
    for open in [0o640, 0o604, 0o660, 0o644, 0o610] {
        set_mode(&keys.file(), open)?;
        let error = refusal(&keys)?;
        assert!(matches!(error, KeyringError::OpenFile { .. }), "{open:o}");
        assert_eq!(error.code(), "keyring-mode");
        let advice = format!("run `chmod 600 {}`", keys.file().display());
        assert!(error.to_string().contains(&advice), "{error}");
        assert!(set_state(keys.path(), keys.kid.as_str(), KeyState::Revoked).is_err());
    }
    set_mode(&keys.file(), 0o400)?;
    keys.load()?;
    Ok(())
}

#[cfg(unix)]
#[test]
fn a_directory_that_others_can_write_is_refused_by_its_name() -> TestResult {
    let keys = Keys::new(Algorithm::EcdhEs)?;
    for open in [0o720, 0o702, 0o777] {
        set_mode(keys.path(), open)?;
        let error = refusal(&keys)?;
        assert!(matches!(error, KeyringError::OpenDirectory { .. }), "{open:o}");
        assert!(error.to_string().contains(&format!("run `chmod 700 {}`", keys.path().display())));
        let made = create_key(keys.path(), Algorithm::EcdhEs, NOW);
        assert!(matches!(made, Err(KeyringError::OpenDirectory { .. })));
    }
    Ok(())
}

#[test]
fn active_keys_are_published_the_newest_first() -> TestResult {
    let keys = Keys::new(Algorithm::EcdhEs)?;
    let newer = create_key(keys.path(), Algorithm::Hpke7, NOW + 2)?;
    let newest = create_key(keys.path(), Algorithm::EcdhEs, NOW + 3)?;
    let second = create_key(keys.path(), Algorithm::EcdhEs, NOW + 1)?;
    assert_eq!(published(&keys)?, kids(&[&newest, &newer, &second, &keys.kid]));

    set_state(keys.path(), newer.as_str(), KeyState::DecryptOnly)?;
    assert_eq!(published(&keys)?, kids(&[&newest, &second, &keys.kid]), "a retired key is not");
    set_state(keys.path(), newest.as_str(), KeyState::Revoked)?;
    assert_eq!(published(&keys)?, kids(&[&second, &keys.kid]), "a revoked key is not");

    let keyring = keys.load()?;
    let states: Vec<KeyState> = keyring.keys().map(Key::state).collect();
    assert_eq!(states, [KeyState::Revoked, KeyState::DecryptOnly, KeyState::Active, KeyState::Active]);
    Ok(())
}

#[test]
fn a_key_set_holds_nothing_private() -> TestResult {
    let keys = Keys::new(Algorithm::EcdhEs)?;
    let jwks = serde_json::to_value(keys.load()?.jwks(NOW))?;
    let members: Vec<_> = jwks["keys"][0].as_object().ok_or("no key")?.keys().collect();
    assert_eq!(members, ["alg", "crv", "kid", "kty", "x", "y"]);
    assert!(!jwks.to_string().contains(&keys.d()?));
    Ok(())
}

#[test]
fn a_revoked_key_stays_revoked() -> TestResult {
    let keys = Keys::new(Algorithm::EcdhEs)?;
    let kid = keys.kid.as_str();
    set_state(keys.path(), kid, KeyState::Revoked)?;
    set_state(keys.path(), kid, KeyState::Revoked)?;
    for state in [KeyState::Active, KeyState::DecryptOnly] {
        assert!(matches!(set_state(keys.path(), kid, state), Err(KeyringError::Revoked)));
    }
    assert_eq!(keys.load()?.find(kid).map(Key::state), Some(KeyState::Revoked));
    Ok(())
}

#[test]
fn a_kid_is_looked_up_and_never_a_path() -> TestResult {
    let keys = Keys::new(Algorithm::EcdhEs)?;
    let inside = format!("../{}/{}", keys.path().file_name().ok_or("")?.display(), keys.kid.as_str());
    for kid in ["", "..", "nobody", &inside] {
        let refused = set_state(keys.path(), kid, KeyState::Revoked);
        assert!(matches!(refused, Err(KeyringError::KidUnknown { .. })), "{kid}");
    }
    Ok(())
}

#[test]
fn a_missing_directory_says_how_to_make_one() -> TestResult {
    let parent = tempfile::tempdir()?;
    let error = Keyring::load(&parent.path().join("none")).err().ok_or("loaded")?;
    assert!(matches!(error, KeyringError::Absent { .. }));
    assert!(error.to_string().contains("tillseal keys new --keys"));
    Ok(())
}

#[test]
fn other_files_are_passed_over() -> TestResult {
    let keys = Keys::new(Algorithm::EcdhEs)?;
    fs::write(keys.path().join("README"), "keys of the shop")?;
    fs::write(keys.path().join(".left-behind.tmp"), "{")?;
    assert_eq!(keys.load()?.keys().count(), 1);
    Ok(())
}

#[test]
fn a_key_that_another_program_made_may_lack_iat() -> TestResult {
    let keys = Keys::new(Algorithm::EcdhEs)?;
    change(&keys, |jwk| drop(jwk.remove("iat")))?;
    let newer = create_key(keys.path(), Algorithm::EcdhEs, 1)?;
    assert_eq!(published(&keys)?, kids(&[&newer, &keys.kid]));
    Ok(())
}

#[test]
fn each_fault_of_a_file_is_refused_by_its_name_and_without_its_text() -> TestResult {
    type Change = fn(&mut serde_json::Map<String, serde_json::Value>);
    let other_d = Keys::new(Algorithm::EcdhEs)?.d()?;
    let zero = "A".repeat(43);
    let faults: [(&str, Change); 15] = [
        ("kty", |jwk| drop(jwk.insert("kty".into(), "OKP".into()))),
        ("crv", |jwk| drop(jwk.insert("crv".into(), "P-384".into()))),
        ("use", |jwk| drop(jwk.insert("use".into(), "sig".into()))),
        ("alg", |jwk| drop(jwk.insert("alg".into(), "ECDH-ES+A256KW".into()))),
        ("kid", |jwk| drop(jwk.insert("kid".into(), "mine".into()))),
        ("state", |jwk| drop(jwk.insert("tillseal_state".into(), "on".into()))),
        ("no state", |jwk| drop(jwk.remove("tillseal_state"))),
        ("no d", |jwk| drop(jwk.remove("d"))),
        ("d a number", |jwk| drop(jwk.insert("d".into(), 7.into()))),
        ("short d", |jwk| drop(jwk.insert("d".into(), "AAAA".into()))),
        ("d above the order", |jwk| drop(jwk.insert("d".into(), format!("{}8", "_".repeat(42)).into()))),
        ("iat a text", |jwk| drop(jwk.insert("iat".into(), jwk["d"].clone()))),
        ("state a secret", |jwk| drop(jwk.insert("tillseal_state".into(), jwk["d"].clone()))),
        ("swapped", |jwk| {
            let (x, y) = (jwk["x"].clone(), jwk["y"].clone());
            jwk.insert("x".into(), y);
            jwk.insert("y".into(), x);
        }),
        ("no x", |jwk| drop(jwk.remove("x"))),
    ];
    for (name, fault) in faults {
        let keys = Keys::new(Algorithm::EcdhEs)?;
        let d = keys.d()?;
        change(&keys, fault)?;
        refused_by_name(&keys, &d, name)?;
    }
    for d in [other_d, zero] {
        let keys = Keys::new(Algorithm::EcdhEs)?;
        change(&keys, |jwk| drop(jwk.insert("d".into(), d.clone().into())))?;
        refused_by_name(&keys, &d, "another d")?;
    }
    for text in ["", "{", "[]", "\u{0}", &"x".repeat(20_000)] {
        let keys = Keys::new(Algorithm::EcdhEs)?;
        let d = keys.d()?;
        fs::write(keys.file(), text)?;
        refused_by_name(&keys, &d, "no JSON")?;
    }
    Ok(())
}

#[test]
fn a_key_under_another_name_is_refused() -> TestResult {
    let keys = Keys::new(Algorithm::EcdhEs)?;
    fs::copy(keys.file(), keys.path().join("backup.jwk.json"))?;
    let error = refusal(&keys)?;
    assert!(error.to_string().contains("backup.jwk.json is not a usable private key"), "{error}");
    Ok(())
}

#[test]
fn a_key_of_another_name_than_its_thumbprint_is_refused() -> TestResult {
    let keys = Keys::new(Algorithm::EcdhEs)?;
    change(&keys, |jwk| drop(jwk.insert("kid".into(), "mine".into())))?;
    fs::rename(keys.file(), keys.path().join("mine.jwk.json"))?;
    let error = refusal(&keys)?;
    assert!(error.to_string().contains("kid is not the key's RFC 7638 thumbprint"), "{error}");
    Ok(())
}

fn refused_by_name(keys: &Keys, d: &str, fault: &str) -> TestResult {
    let error = refusal(keys)?;
    assert_eq!(error.code(), "keyring-malformed", "{fault}: {error}");
    let text = format!("{error} {error:?}");
    assert!(text.contains(&keys.file().display().to_string()), "{fault}: {text}");
    assert!(!text.contains(d), "{fault}: the message quotes d");
    Ok(())
}

fn refusal(keys: &Keys) -> TestResult<KeyringError> {
    Keyring::load(keys.path()).err().ok_or_else(|| "the keyring was loaded".into())
}

fn change(keys: &Keys, change: impl FnOnce(&mut serde_json::Map<String, serde_json::Value>)) -> TestResult {
    let mut jwk: serde_json::Value = serde_json::from_slice(&fs::read(keys.file())?)?;
    change(jwk.as_object_mut().ok_or("no object")?);
    // Written into the file that is there, which keeps its mode.
    Ok(fs::write(keys.file(), jwk.to_string())?)
}

fn published(keys: &Keys) -> TestResult<Vec<String>> {
    Ok(keys.load()?.jwks(NOW).keys.into_iter().map(|key| key.jwk.kid).collect())
}

fn kids(kids: &[&Thumbprint]) -> Vec<String> {
    kids.iter().map(|kid| kid.as_str().to_owned()).collect()
}

#[cfg(unix)]
fn mode(path: &std::path::Path) -> TestResult<u32> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(fs::metadata(path)?.permissions().mode() & 0o7777)
}

#[cfg(unix)]
fn set_mode(path: &std::path::Path, mode: u32) -> TestResult {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(fs::set_permissions(path, fs::Permissions::from_mode(mode))?)
}
