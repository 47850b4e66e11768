//! Private keys sealed in their files: who opens them, and what other JOSE libraries make of them.

use crate::support::{ALL, Keys, NOW, PASSPHRASE, TestResult, code, passphrase};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde_json::{Value, json};
use std::{
    env, fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};
use tillseal_protocol::Thumbprint;
use tillseal_server::{
    Custody, KeyAlg, KeyState, Keyring, OpenError, Place, Rotation, create_key_with, list_keys, rotate_key,
    seal_keys, set_state, unseal_keys,
};

const PBES2: &str = "PBES2-HS512+A256KW";
/// 32 bytes, base64url.
const KEY_FILE: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

#[test]
fn a_sealed_key_of_every_kind_does_what_one_in_clear_does() -> TestResult {
    let keys = Keys::new()?;
    let custody = passphrase()?;
    for alg in ALL {
        let kid = keys.make_with(&custody, alg)?;
        let jwk = keys.json(&kid)?;
        assert!(jwk.get("d").is_none(), "{jwk}");
        let header = header(&jwk)?;
        assert_eq!(header["alg"], PBES2);
        assert_eq!(header["enc"], "A256GCM");
        assert!(header["p2c"].as_u64() >= Some(210_000), "OWASP");
    }
    let keyring = Keyring::load_with(keys.path(), &custody)?;
    for key in keyring.keys().filter(|key| key.alg().sealing().is_some()) {
        assert_eq!(keys.opens(&keyring, key.kid(), NOW)?, Ok(()));
    }
    let signer = keyring.signer(NOW).ok_or("no signer")?;
    let verifier = keyring.verifier(signer.kid().as_str(), NOW).ok_or("no verifier")?;
    assert!(verifier.verify(b"message", &signer.sign(b"message")?));
    assert!(keyring.log_seed().is_some());
    Ok(())
}

#[test]
fn without_the_passphrase_it_is_locked_and_with_another_refused() -> TestResult {
    let keys = Keys::new()?;
    keys.make_with(&passphrase()?, KeyAlg::EcdhEs)?;
    assert_eq!(code(keys.load()), Some("keyring-locked"));
    let other = Custody::default().with_passphrase("correct horse battery stable")?;
    assert_eq!(code(Keyring::load_with(keys.path(), &other)), Some("keyring-passphrase"));
    let (_, key_file) = key_file(KEY_FILE.as_bytes())?;
    assert_eq!(code(Keyring::load_with(keys.path(), &key_file?)), Some("keyring-locked"));
    for short in ["", "eleven char"] {
        assert_eq!(code(Custody::default().with_passphrase(short)), Some("keyring-secret"));
    }
    Ok(())
}

#[test]
fn listing_retiring_and_revoking_take_no_passphrase() -> TestResult {
    let keys = Keys::new()?;
    let custody = passphrase()?;
    let (retired, revoked) =
        (keys.make_with(&custody, KeyAlg::EcdhEs)?, keys.make_with(&custody, KeyAlg::EcdhEs)?);
    let sealed = keys.json(&revoked)?["tillseal_sealed"].as_str().ok_or("not sealed")?.to_owned();
    set_state(keys.path(), retired.as_str(), KeyState::DecryptOnly)?;
    set_state(keys.path(), revoked.as_str(), KeyState::Revoked)?;
    assert!(!fs::read_to_string(keys.file(&revoked))?.contains(&sealed), "the sealed part is gone too");
    assert_eq!(list_keys(keys.path())?.len(), 2);
    let keyring = Keyring::load_with(keys.path(), &custody)?;
    assert_eq!(keys.opens(&keyring, &retired, NOW)?, Ok(()));
    assert_eq!(keys.opens(&keyring, &revoked, NOW)?, Err(OpenError::KidRevoked));
    Ok(())
}

#[test]
fn keys_in_clear_are_sealed_where_they_lie_and_back() -> TestResult {
    let keys = Keys::new()?;
    let mut texts = Vec::new();
    for alg in ALL {
        let kid = keys.make(alg)?;
        texts.push((keys.json(&kid)?, fs::File::open(keys.file(&kid))?, kid));
    }
    set_state(keys.path(), texts[1].2.as_str(), KeyState::DecryptOnly)?;
    texts[1].0 = keys.json(&texts[1].2)?;
    let custody = passphrase()?;
    assert_eq!(code(seal_keys(keys.path(), &Custody::default())), Some("keyring-locked"));
    assert_eq!(seal_keys(keys.path(), &custody)?.len(), 4);
    assert_eq!(seal_keys(keys.path(), &custody)?.len(), 0);
    for (before, _, kid) in &texts {
        let d = before["d"].as_str().ok_or("no d")?;
        assert!(!fs::read_to_string(keys.file(kid))?.contains(d));
    }
    assert_eq!(
        std::io::read_to_string(&texts[0].1)?.trim_matches('\0'),
        "",
        "the file before is overwritten"
    );
    assert!(list_keys(keys.path())?.iter().all(|key| key.place == Place::Sealed));
    Keyring::load_with(keys.path(), &custody)?;

    assert_eq!(code(unseal_keys(keys.path(), &Custody::default())), Some("keyring-locked"));
    assert_eq!(unseal_keys(keys.path(), &custody)?.len(), 4);
    for (before, _, kid) in &texts {
        assert_eq!(keys.json(kid)?, *before, "nothing is lost");
    }
    Ok(())
}

#[test]
fn a_key_file_is_32_bytes_raw_or_in_base64url_and_its_owners_alone() -> TestResult {
    let raw: Vec<u8> = (0..32).collect();
    let (_raw_place, raw) = key_file(&raw)?;
    let keys = Keys::new()?;
    let kid = keys.make_with(&raw?, KeyAlg::EcdhEs)?;
    assert_eq!(header(&keys.json(&kid)?)?["alg"], "A256KW");
    // The same bytes, with the line break that an editor adds.
    let (_text_place, text) = key_file(format!("{KEY_FILE}\n").as_bytes())?;
    let keyring = Keyring::load_with(keys.path(), &text?)?;
    assert_eq!(keys.opens(&keyring, &kid, NOW)?, Ok(()));

    let (_other_place, other) = key_file(&[7; 32])?;
    assert_eq!(code(Keyring::load_with(keys.path(), &other?)), Some("keyring-passphrase"));
    assert_eq!(code(Keyring::load_with(keys.path(), &passphrase()?)), Some("keyring-locked"));
    for wrong in [&b""[..], &[0; 31], &[0; 33], &KEY_FILE.as_bytes()[1..], &[b'='; 43]] {
        assert_eq!(code(key_file(wrong)?.1), Some("keyring-secret"), "{wrong:?}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let (place, _) = key_file(&[7; 32])?;
        fs::set_permissions(place.path(), fs::Permissions::from_mode(0o644))?;
        assert_eq!(code(Custody::default().with_key_file(place.path())), Some("keyring-mode"));
    }
    assert_eq!(code(Custody::default().with_key_file(Path::new("/nowhere"))), Some("keyring-io"));
    Ok(())
}

#[test]
fn every_cut_and_every_altered_byte_is_refused_with_a_code() -> TestResult {
    // A key file, because each try under a passphrase takes a fraction of a second.
    let (_place, custody) = key_file(KEY_FILE.as_bytes())?;
    let custody = custody?;
    let keys = Keys::new()?;
    let kid = keys.make_with(&custody, KeyAlg::EcdhEs)?;
    let whole = fs::read(keys.file(&kid))?;
    for length in 0..whole.len() - 1 {
        fs::write(keys.file(&kid), &whole[..length])?;
        assert_eq!(
            code(Keyring::load_with(keys.path(), &custody)),
            Some("keyring-malformed"),
            "{length} bytes"
        );
    }
    fs::write(keys.file(&kid), &whole)?;
    let sealed = keys.json(&kid)?["tillseal_sealed"].as_str().ok_or("not sealed")?.to_owned();
    for index in 0..sealed.len() {
        for (what, altered) in [
            ("cut", sealed[..index].to_owned()),
            ("altered", replaced(&sealed, index)),
            ("a dot", format!("{}.{}", &sealed[..index], &sealed[index..])),
        ] {
            keys.change(&kid, |jwk| drop(jwk.insert("tillseal_sealed".into(), altered.into())))?;
            let refused = code(Keyring::load_with(keys.path(), &custody));
            let expected = [Some("keyring-malformed"), Some("keyring-passphrase"), Some("keyring-locked")];
            assert!(expected.contains(&refused), "{what} at {index}: {refused:?}");
        }
    }
    keys.change(&kid, |jwk| drop(jwk.insert("tillseal_sealed".into(), sealed.into())))?;
    Keyring::load_with(keys.path(), &custody)?;
    Ok(())
}

#[test]
fn headers_that_ask_for_something_else_are_refused() -> TestResult {
    let keys = Keys::new()?;
    let kid = keys.make_with(&passphrase()?, KeyAlg::EcdhEs)?;
    let sealed = keys.json(&kid)?["tillseal_sealed"].as_str().ok_or("not sealed")?.to_owned();
    let (header, rest) = sealed.split_once('.').ok_or("no segment")?;
    let header: Value = serde_json::from_slice(&decoded(header)?)?;
    for (member, value) in [
        ("alg", json!("dir")),
        ("alg", json!("PBES2-HS256+A128KW")),
        ("enc", json!("A128CBC-HS256")),
        ("zip", json!("DEF")),
        ("crit", json!(["exp"])),
        ("p2c", json!(999)),
        ("p2c", json!(10_000_001)),
        ("p2c", json!(u64::MAX)),
        ("p2c", json!("210000")),
        ("p2c", Value::Null),
        ("p2s", json!("AAAA")),
        ("p2s", json!("!")),
        ("p2s", Value::Null),
    ] {
        let mut changed = header.clone();
        changed[member] = value.clone();
        let changed = Base64UrlUnpadded::encode_string(changed.to_string().as_bytes());
        keys.change(&kid, |jwk| {
            drop(jwk.insert("tillseal_sealed".into(), format!("{changed}.{rest}").into()));
        })?;
        let start = Instant::now();
        let refused = code(Keyring::load_with(keys.path(), &passphrase()?));
        assert_eq!(refused, Some("keyring-malformed"), "{member}: {value}");
        assert!(start.elapsed() < Duration::from_secs(5), "no work for {member}: {value}");
    }
    Ok(())
}

#[test]
fn a_sealed_key_of_another_file_or_for_another_use_is_refused() -> TestResult {
    let keys = Keys::new()?;
    let custody = passphrase()?;
    let (first, second) =
        (keys.make_with(&custody, KeyAlg::EcdhEs)?, keys.make_with(&custody, KeyAlg::EcdhEs)?);
    let whole = keys.json(&first)?;
    let other = keys.json(&second)?["tillseal_sealed"].clone();
    keys.change(&first, |jwk| drop(jwk.insert("tillseal_sealed".into(), other)))?;
    assert_eq!(
        code(Keyring::load_with(keys.path(), &custody)),
        Some("keyring-malformed"),
        "d is not of x, y"
    );

    fs::write(keys.file(&first), whole.to_string())?;
    for (alg, usage) in [("ES256", "sig"), ("HPKE-7", "enc")] {
        keys.change(&first, |jwk| {
            jwk.insert("alg".into(), alg.into());
            jwk.insert("use".into(), usage.into());
        })?;
        assert_eq!(code(Keyring::load_with(keys.path(), &custody)), Some("keyring-malformed"), "{alg}");
    }
    fs::write(keys.file(&first), whole.to_string())?;
    keys.change(&first, |jwk| drop(jwk.insert("d".into(), "AAAA".into())))?;
    assert_eq!(code(Keyring::load_with(keys.path(), &custody)), Some("keyring-malformed"), "d beside it");
    Ok(())
}

#[test]
fn a_keyring_that_is_loaded_again_costs_no_second_stretching() -> TestResult {
    let keys = Keys::new()?;
    let custody = passphrase()?;
    for _ in 0..3 {
        keys.make_with(&custody, KeyAlg::EcdhEs)?;
    }
    let start = Instant::now();
    Keyring::load_with(keys.path(), &custody)?;
    let first = start.elapsed();
    let start = Instant::now();
    Keyring::load_with(keys.path(), &custody)?;
    let again = start.elapsed();
    eprintln!("3 sealed keys: {first:?}, again {again:?}");
    assert!(again * 5 < first, "{again:?} after {first:?}");

    // What is remembered is what was opened, not who opened it: another text is opened anew.
    let kid = keys.load().err().and_then(|_| list_keys(keys.path()).ok()).ok_or("no list")?[0].kid.clone();
    let sealed = keys.json(&kid)?["tillseal_sealed"].as_str().ok_or("not sealed")?.to_owned();
    let altered = replaced(&sealed, sealed.len() - 30);
    keys.change(&kid, |jwk| drop(jwk.insert("tillseal_sealed".into(), altered.into())))?;
    assert_eq!(code(Keyring::load_with(keys.path(), &custody)), Some("keyring-passphrase"));
    Ok(())
}

#[test]
fn a_sealed_key_gets_no_successor_in_clear() -> TestResult {
    let keys = Keys::new()?;
    let custody = passphrase()?;
    keys.make_with(&custody, KeyAlg::EcdhEs)?;
    let rotation = Rotation { ahead: 0, grace: 60 };
    let plain = rotate_key(keys.path(), &Custody::default(), KeyAlg::EcdhEs, rotation, NOW);
    assert_eq!(code(plain), Some("keyring-locked"));
    assert_eq!(list_keys(keys.path())?.len(), 1);
    rotate_key(keys.path(), &custody, KeyAlg::EcdhEs, rotation, NOW)?;
    assert!(list_keys(keys.path())?.iter().all(|key| key.place == Place::Sealed));
    Ok(())
}

#[test]
fn other_jose_libraries_open_what_we_seal() -> TestResult {
    let (_place, by_file) = key_file(KEY_FILE.as_bytes())?;
    let by_file = by_file?;
    let by_passphrase = passphrase()?;
    for (custody, alg, secret) in [(&by_passphrase, PBES2, PASSPHRASE), (&by_file, "A256KW", KEY_FILE)] {
        for key_alg in [KeyAlg::EcdhEs, KeyAlg::Ed25519] {
            let keys = Keys::new()?;
            let kid = create_key_with(keys.path(), custody, key_alg, NOW)?;
            let sealed = keys.json(&kid)?["tillseal_sealed"].as_str().ok_or("not sealed")?.to_owned();
            unseal_keys(keys.path(), custody)?;
            let clear = keys.json(&kid)?;
            for library in ["jwcrypto", "joserfc"] {
                let Some(opened) = jose(library, "open", alg, secret, &sealed)? else { return Ok(()) };
                let opened: Value = serde_json::from_str(&opened)?;
                for member in ["kty", "crv", "x", "y", "d", "alg", "use", "kid"] {
                    assert_eq!(opened.get(member), clear.get(member), "{library} {alg}: {member}");
                }
            }
        }
    }
    Ok(())
}

#[test]
fn we_open_what_other_jose_libraries_seal() -> TestResult {
    let (_place, by_file) = key_file(KEY_FILE.as_bytes())?;
    let by_file = by_file?;
    let by_passphrase = passphrase()?;
    for (custody, alg, secret) in [(&by_passphrase, PBES2, PASSPHRASE), (&by_file, "A256KW", KEY_FILE)] {
        for library in ["jwcrypto", "joserfc"] {
            let keys = Keys::new()?;
            let kid = keys.make(KeyAlg::EcdhEs)?;
            let clear = keys.json(&kid)?.to_string();
            let Some(sealed) = jose(library, "seal", alg, secret, &clear)? else { return Ok(()) };
            keys.change(&kid, |jwk| {
                jwk.remove("d");
                jwk.insert("tillseal_sealed".into(), sealed.into());
            })?;
            let keyring = Keyring::load_with(keys.path(), custody)?;
            assert_eq!(keys.opens(&keyring, &kid, NOW)?, Ok(()), "{library} {alg}");
        }
    }
    Ok(())
}

/// What jose.py prints; nothing where there is no Python environment, which `cargo xtask test` makes.
fn jose(library: &str, verb: &str, alg: &str, secret: &str, text: &str) -> TestResult<Option<String>> {
    let server = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let python = server.join("../../target/venv/bin/python");
    if !python.exists() && env::var_os("CI").is_none() {
        eprintln!("skipped: {} is not there; `cargo xtask test` makes it", python.display());
        return Ok(None);
    }
    let mut child = Command::new(python)
        .arg(server.join("tests/keys/jose.py"))
        .args([library, verb, alg, secret])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    child.stdin.take().ok_or("no stdin")?.write_all(text.as_bytes())?;
    let output = child.wait_with_output()?;
    assert!(output.status.success(), "{library} {verb} {alg}");
    Ok(Some(String::from_utf8(output.stdout)?))
}

type KeyFileResult = Result<Custody, tillseal_server::KeyringError>;

/// A key file of these bytes, and the custody by it.
fn key_file(bytes: &[u8]) -> TestResult<(tempfile::NamedTempFile, KeyFileResult)> {
    let mut file = tempfile::NamedTempFile::new()?;
    file.write_all(bytes)?;
    let custody = Custody::default().with_key_file(file.path());
    Ok((file, custody))
}

fn header(jwk: &Value) -> TestResult<Value> {
    let sealed = jwk["tillseal_sealed"].as_str().ok_or("not sealed")?;
    Ok(serde_json::from_slice(&decoded(sealed.split('.').next().ok_or("no header")?)?)?)
}

fn decoded(segment: &str) -> TestResult<Vec<u8>> {
    Base64UrlUnpadded::decode_vec(segment).map_err(|error| error.to_string().into())
}

fn replaced(text: &str, index: usize) -> String {
    let other = if text.as_bytes()[index] == b'A' { 'B' } else { 'A' };
    format!("{}{other}{}", &text[..index], &text[index + 1..])
}

/// The thumbprint stays what it is, whatever the private part goes through.
#[test]
fn kids_do_not_change() -> TestResult {
    let keys = Keys::new()?;
    let kid: Thumbprint = keys.make(KeyAlg::Es256)?;
    seal_keys(keys.path(), &passphrase()?)?;
    assert_eq!(list_keys(keys.path())?[0].kid, kid);
    Ok(())
}
