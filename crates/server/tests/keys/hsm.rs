//! Keys in a PKCS#11 token: a real one, of `SoftHSM`.
//!
//! `SoftHSM` finds its tokens by an environment variable, so each test runs itself again in a process of its own.

use crate::support::{Keys, NOW, ORIGIN, TestResult, code, passphrase, tillseal};
use aws_lc_rs::agreement::{ECDH_P256, UnparsedPublicKey};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use cryptoki::object::{Attribute, AttributeType, ObjectClass};
use getrandom::rand_core::{TryCryptoRng, TryRng};
use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};
use tillseal_protocol::{
    Agreement as _, Context, FieldName, FieldSet, Form, Jti, Jwk, Preparation, PrivateKey, Recipient,
    Thumbprint,
};
use tillseal_server::{
    Custody, Expect, KeyAlg, KeyState, Keyring, OpenError, Place, Rotation, list_keys, open, rotate_key,
    set_state,
};

const LABEL: &str = "tillseal test";
const PIN: &str = "73915-user";
/// Set in the process of a test's own.
const INSIDE: &str = "TILLSEAL_TEST_SOFTHSM";

#[test]
fn opens_payloads_of_both_algorithms() -> TestResult {
    with_token("opens_payloads_of_both_algorithms", |softhsm| {
        let (keys, custody) = (Keys::new()?, softhsm.custody()?);
        for alg in [KeyAlg::EcdhEs, KeyAlg::Hpke7] {
            let kid = keys.make_with(&custody, alg)?;
            let jwk = keys.json(&kid)?;
            assert!(jwk.get("d").is_none() && jwk.get("tillseal_sealed").is_none());
            assert_eq!(jwk["tillseal_pkcs11"]["id"].as_str().map(str::len), Some(32));
            let keyring = Keyring::load_with(keys.path(), &custody)?;
            let sealed = keys.seal_to(&kid, NOW)?;
            let claims = open(&keyring, &sealed, &Expect::new(ORIGIN, NOW))?;
            assert_eq!(claims.claims().fields.get("cc-number"), Some("4111111111111111"));
            let mut altered = sealed.into_bytes();
            let last = altered.len() - 40;
            altered[last] = if altered[last] == b'A' { b'B' } else { b'A' };
            let altered = String::from_utf8(altered)?;
            let refused = open(&keyring, &altered, &Expect::new(ORIGIN, NOW)).err();
            assert_eq!(refused.map(OpenError::code), Some("sealed-undecryptable"));
        }
        // Signing keys are files, in a custody with a token too.
        keys.make_with(&custody, KeyAlg::Es256)?;
        assert_eq!(code(Keyring::load(keys.path())), Some("keyring-locked"));
        Keyring::load_with(keys.path(), &custody)?;
        Ok(())
    })
}

/// One shared secret in 256 begins with a zero, which some tokens leave out.
#[test]
fn a_shared_secret_that_begins_with_zeros_is_whole() -> TestResult {
    with_token("a_shared_secret_that_begins_with_zeros_is_whole", |softhsm| {
        let (keys, custody) = (Keys::new()?, softhsm.custody()?);
        let kid = keys.make_with(&custody, KeyAlg::EcdhEs)?;
        let keyring = Keyring::load_with(keys.path(), &custody)?;
        let jwk = keys.json(&kid)?;
        let recipient = Recipient::from_jwk(&serde_json::from_value(jwk)?)?;
        let public = recipient_point(&keys, &kid)?;
        let mut scalar = [0; 32];
        let zeros = |scalar: &[u8; 32]| -> TestResult<bool> {
            let key = aws_lc_rs::agreement::PrivateKey::from_private_key(&ECDH_P256, scalar)?;
            let peer = UnparsedPublicKey::new(&ECDH_P256, &public);
            Ok(aws_lc_rs::agreement::agree(&key, peer, "not agreed", |secret| Ok(secret[0] == 0))?)
        };
        for round in 0..3_u8 {
            // One in 256 of these.
            (scalar[0], scalar[28]) = (1, round);
            let mut number = 0_u16;
            while !zeros(&scalar)? {
                number += 1;
                scalar[30..].copy_from_slice(&number.to_be_bytes());
            }
            let mut form = Form::new();
            form.input(FieldName::parse("cc-number")?, "4111111111111111")?;
            let context = Context {
                jti: Jti::from_random([round; 16]),
                iat: NOW,
                origin: ORIGIN,
                session: "",
                signals: &[],
            };
            let sealer = Preparation::new(&recipient, &mut Chosen(scalar))?.finish();
            let payload = form.seal(vec![(sealer, &FieldSet::all())], &context)?.swap_remove(0);
            assert!(open(&keyring, &payload, &Expect::new(ORIGIN, NOW)).is_ok());
        }
        Ok(())
    })
}

/// Randomness that is one ephemeral key.
struct Chosen([u8; 32]);

impl TryRng for Chosen {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Ok(0)
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Ok(0)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        bytes.copy_from_slice(&self.0[..bytes.len()]);
        Ok(())
    }
}

impl TryCryptoRng for Chosen {}

/// The uncompressed point of a key's file.
fn recipient_point(keys: &Keys, kid: &Thumbprint) -> TestResult<[u8; 65]> {
    let jwk: Jwk = serde_json::from_value(keys.json(kid)?)?;
    Ok(*jwk.public_key()?.as_sec1())
}

#[test]
fn the_private_key_cannot_be_read_out() -> TestResult {
    with_token("the_private_key_cannot_be_read_out", |softhsm| {
        let (keys, custody) = (Keys::new()?, softhsm.custody()?);
        let kid = keys.make_with(&custody, KeyAlg::EcdhEs)?;
        let id = keys.json(&kid)?["tillseal_pkcs11"]["id"].as_str().ok_or("no id")?.to_owned();
        let (session, object) = softhsm.private_key(&id)?;
        let read = session.get_attributes(object, &[AttributeType::Value])?;
        assert!(read.is_empty(), "CKA_VALUE is not given");
        let asked = [
            AttributeType::Sensitive,
            AttributeType::Extractable,
            AttributeType::NeverExtractable,
            AttributeType::Derive,
        ];
        let attributes = session.get_attributes(object, &asked)?;
        assert!(matches!(
            attributes[..],
            [
                Attribute::Sensitive(true),
                Attribute::Extractable(false),
                Attribute::NeverExtractable(true),
                Attribute::Derive(true)
            ]
        ));
        assert!(session.update_attributes(object, &[Attribute::Extractable(true)]).is_err());
        Ok(())
    })
}

#[test]
fn points_off_the_curve_are_refused_before_the_token_sees_them() -> TestResult {
    with_token("points_off_the_curve_are_refused_before_the_token_sees_them", |softhsm| {
        let (keys, custody) = (Keys::new()?, softhsm.custody()?);
        let kid = keys.make_with(&custody, KeyAlg::EcdhEs)?;
        let keyring = Keyring::load_with(keys.path(), &custody)?;
        let good = PrivateKey::from_scalar(&[7; 32]).ok_or("no key")?.public_key();
        let mut points = vec![[0; 64], [0xff; 64]];
        for index in 0..64 {
            let mut point = [0; 64];
            point.copy_from_slice(&good.as_sec1()[1..]);
            point[index] ^= 1;
            points.push(point);
        }
        let sealed = keys.seal_to(&kid, NOW)?;
        let (_, rest) = sealed.split_once('.').ok_or("no segment")?;
        for point in points {
            let (x, y) = point.split_at(32);
            let [x, y] = [x, y].map(Base64UrlUnpadded::encode_string);
            let header = format!(
                r#"{{"alg":"ECDH-ES","enc":"A256GCM","kid":"{}","epk":{{"kty":"EC","crv":"P-256","x":"{x}","y":"{y}"}}}}"#,
                kid.as_str()
            );
            let sealed = format!("{}.{rest}", Base64UrlUnpadded::encode_string(header.as_bytes()));
            let refused = open(&keyring, &sealed, &Expect::new(ORIGIN, NOW)).err();
            assert_eq!(refused.map(OpenError::code), Some("sealed-undecryptable"));
        }
        assert_eq!(keys.opens(&keyring, &kid, NOW)?, Ok(()), "the token is as it was");
        Ok(())
    })
}

#[test]
fn a_wrong_pin_module_or_label_has_a_code() -> TestResult {
    with_token("a_wrong_pin_module_or_label_has_a_code", |softhsm| {
        let connect = |module: &Path, label, pin| code(Custody::default().with_pkcs11(module, label, pin));
        for wrong in ["", "1", "73915-usex"] {
            assert_eq!(connect(&softhsm.module, LABEL, wrong), Some("hsm-pin"), "{wrong}");
        }
        assert_eq!(connect(&softhsm.module, "another", PIN), Some("hsm-unavailable"));
        assert_eq!(connect(Path::new("/nowhere.so"), LABEL, PIN), Some("hsm-unavailable"));
        assert_eq!(connect(&softhsm.module, LABEL, PIN), None);
        let refused =
            Custody::default().with_pkcs11(&softhsm.module, LABEL, "wrong-7391").err().ok_or("taken")?;
        assert!(!format!("{refused} {refused:?}").contains("7391"), "the PIN is in no message");
        Ok(())
    })
}

#[test]
fn a_token_that_goes_and_comes_back_is_opened_again() -> TestResult {
    with_token("a_token_that_goes_and_comes_back_is_opened_again", |softhsm| {
        let (keys, custody) = (Keys::new()?, softhsm.custody()?);
        let kid = keys.make_with(&custody, KeyAlg::EcdhEs)?;
        let keyring = Keyring::load_with(keys.path(), &custody)?;
        assert_eq!(keys.opens(&keyring, &kid, NOW)?, Ok(()));

        let away = softhsm.tokens.with_extension("away");
        fs::rename(&softhsm.tokens, &away)?;
        fs::create_dir(&softhsm.tokens)?;
        for _ in 0..3 {
            let start = Instant::now();
            assert_eq!(keys.opens(&keyring, &kid, NOW)?, Err(OpenError::HsmUnavailable));
            assert!(start.elapsed() < Duration::from_secs(3), "it does not wait for long");
        }
        Keyring::load_with(keys.path(), &custody)?;

        fs::remove_dir(&softhsm.tokens)?;
        fs::rename(&away, &softhsm.tokens)?;
        softhsm.comes_back(|| Ok(keys.opens(&keyring, &kid, NOW)? == Ok(())))?;

        // Whatever the module forgot, such as sessions and logins, is made anew.
        cryptoki::context::Pkcs11::new(&softhsm.module)?.finalize()?;
        softhsm.comes_back(|| Ok(keys.opens(&keyring, &kid, NOW)? == Ok(())))
    })
}

#[test]
fn many_payloads_at_once_share_the_sessions() -> TestResult {
    with_token("many_payloads_at_once_share_the_sessions", |softhsm| {
        let (keys, custody) = (Keys::new()?, softhsm.custody()?);
        let kids = [keys.make_with(&custody, KeyAlg::EcdhEs)?, keys.make_with(&custody, KeyAlg::Hpke7)?];
        let keyring = Keyring::load_with(keys.path(), &custody)?;
        let sealed: Vec<String> =
            (0..24).map(|index| keys.seal_to(&kids[index % 2], NOW)).collect::<TestResult<_>>()?;
        let start = Instant::now();
        let opened: usize = thread::scope(|scope| {
            let work = |sealed: &String| {
                let (keyring, sealed) = (&keyring, sealed.clone());
                scope.spawn(move || {
                    let opens = || open(keyring, &sealed, &Expect::new(ORIGIN, NOW)).is_ok();
                    (0..40).filter(|_| opens()).count()
                })
            };
            let threads: Vec<_> = sealed.iter().map(work).collect();
            threads.into_iter().map(|thread| thread.join().unwrap_or(0)).sum()
        });
        assert_eq!(opened, 24 * 40);
        eprintln!("{:.0} payloads a second", 960.0 / start.elapsed().as_secs_f64());
        Ok(())
    })
}

#[test]
fn a_module_that_fails_under_load_refuses_with_its_code_alone() -> TestResult {
    with_token("a_module_that_fails_under_load_refuses_with_its_code_alone", |softhsm| {
        let (keys, custody) = (Keys::new()?, softhsm.custody()?);
        let kid = keys.make_with(&custody, KeyAlg::EcdhEs)?;
        let keyring = Keyring::load_with(keys.path(), &custody)?;
        let sealed = keys.seal_to(&kid, NOW)?;
        let away = softhsm.tokens.with_extension("away");
        let codes: BTreeSet<Option<&str>> = thread::scope(|scope| {
            let work = || {
                let end = Instant::now() + Duration::from_secs(3);
                let mut codes = BTreeSet::new();
                while Instant::now() < end {
                    let opened = open(&keyring, &sealed, &Expect::new(ORIGIN, NOW));
                    codes.insert(opened.err().map(OpenError::code));
                }
                codes
            };
            let threads: Vec<_> = (0..6).map(|_| scope.spawn(work)).collect();
            thread::sleep(Duration::from_millis(500));
            let swapped = fs::rename(&softhsm.tokens, &away)
                .and_then(|()| fs::create_dir(&softhsm.tokens))
                .map(|()| thread::sleep(Duration::from_millis(700)))
                .and_then(|()| fs::remove_dir(&softhsm.tokens))
                .and_then(|()| fs::rename(&away, &softhsm.tokens));
            assert!(swapped.is_ok());
            threads.into_iter().filter_map(|thread| thread.join().ok()).flatten().collect()
        });
        assert!(codes.contains(&None), "{codes:?}");
        assert!(codes.iter().all(|code| [None, Some("hsm-unavailable")].contains(code)), "{codes:?}");
        softhsm.comes_back(|| Ok(keys.opens(&keyring, &kid, NOW)? == Ok(())))
    })
}

#[test]
fn a_key_in_the_token_rotates_into_the_token() -> TestResult {
    with_token("a_key_in_the_token_rotates_into_the_token", |softhsm| {
        let (keys, custody) = (Keys::new()?, softhsm.custody()?);
        let old = keys.make_with(&custody, KeyAlg::EcdhEs)?;
        let rotation = Rotation { ahead: 0, grace: 60 };
        let plain = rotate_key(keys.path(), &Custody::default(), KeyAlg::EcdhEs, rotation, NOW);
        assert_eq!(code(plain), Some("keyring-locked"), "no key in clear in place of one in a token");
        let signing = Keys::new()?;
        signing.make_with(&passphrase()?, KeyAlg::Es256)?;
        let plain = rotate_key(signing.path(), &custody, KeyAlg::Es256, rotation, NOW);
        assert_eq!(code(plain), Some("keyring-locked"), "nor of a sealed one that no token takes");
        let new = rotate_key(keys.path(), &custody, KeyAlg::EcdhEs, rotation, NOW)?;
        assert!(list_keys(keys.path())?.iter().all(|key| key.place == Place::Token));
        let keyring = Keyring::load_with(keys.path(), &custody)?;
        assert_eq!(keys.opens(&keyring, &new, NOW + 60)?, Ok(()));
        assert_eq!(keys.opens(&keyring, &old, NOW + 60)?, Err(OpenError::KidRetired));
        set_state(keys.path(), new.as_str(), KeyState::Revoked)?;
        let keyring = Keyring::load_with(keys.path(), &custody)?;
        assert_eq!(keys.opens(&keyring, &new, NOW)?, Err(OpenError::KidRevoked));
        assert!(keys.json(&new)?.get("tillseal_pkcs11").is_none());
        Ok(())
    })
}

#[test]
fn a_key_that_the_token_does_not_hold_is_unavailable() -> TestResult {
    with_token("a_key_that_the_token_does_not_hold_is_unavailable", |softhsm| {
        let (keys, custody) = (Keys::new()?, softhsm.custody()?);
        let (kid, other) =
            (keys.make_with(&custody, KeyAlg::EcdhEs)?, keys.make_with(&custody, KeyAlg::EcdhEs)?);
        let absent = serde_json::json!({ "id": "00ff" });
        keys.change(&kid, |jwk| drop(jwk.insert("tillseal_pkcs11".into(), absent)))?;
        let keyring = Keyring::load_with(keys.path(), &custody)?;
        assert_eq!(keys.opens(&keyring, &kid, NOW)?, Err(OpenError::HsmUnavailable));
        assert_eq!(keys.opens(&keyring, &other, NOW)?, Ok(()), "the others are not touched");
        for id in ["", "0", "xx", "+1", "00 f"] {
            let wrong = serde_json::json!({ "id": id });
            keys.change(&kid, |jwk| drop(jwk.insert("tillseal_pkcs11".into(), wrong)))?;
            assert_eq!(code(Keyring::load_with(keys.path(), &custody)), Some("keyring-malformed"), "{id}");
        }
        Ok(())
    })
}

#[test]
fn the_program_makes_lists_and_opens_with_a_key_in_a_token() -> TestResult {
    with_token("the_program_makes_lists_and_opens_with_a_key_in_a_token", |softhsm| {
        let keys = Keys::new()?;
        let directory = keys.path().to_str().ok_or("path")?;
        let module = softhsm.module.to_str().ok_or("path")?;
        let token = ["--keys", directory, "--pkcs11-module", module, "--pkcs11-token", LABEL];
        let run = |command: &[&str], pin, stdin: &str| {
            tillseal(&[command, &token].concat(), &[("TILLSEAL_PKCS11_PIN", pin)], stdin)
        };
        let (exit, kid, messages) = run(&["keys", "new"], PIN, "")?;
        assert_eq!(exit, Some(0), "{messages}");
        let (_, list, _) = tillseal(&["keys", "list", "--keys", directory], &[], "")?;
        assert!(list.contains(kid.trim_end()) && list.contains("pkcs11"), "{list}");
        let kid: Thumbprint = list_keys(keys.path())?[0].kid.clone();
        let sealed = keys.seal_to(&kid, NOW)?;
        let (exit, claims, messages) = run(&["open"], PIN, &sealed)?;
        assert_eq!(exit, Some(0), "{messages}");
        assert!(claims.contains("4111111111111111"));
        let (exit, _, messages) = run(&["open"], "wrong-73915", &sealed)?;
        assert_eq!(exit, Some(2));
        assert!(messages.contains("[hsm-pin]") && !messages.contains("73915"), "{messages}");
        let (_, _, messages) = tillseal(&["open", "--keys", directory], &[], &sealed)?;
        assert!(messages.contains("[keyring-locked]"), "{messages}");
        let (exit, ..) =
            tillseal(&["keys", "new", "--keys", directory, "--pkcs11-module", module], &[], "")?;
        assert_eq!(exit, Some(2), "a module takes a token");
        Ok(())
    })
}

/// A token in a directory of its own.
struct SoftHsm {
    module: PathBuf,
    tokens: PathBuf,
}

impl SoftHsm {
    fn custody(&self) -> TestResult<Custody> {
        Ok(Custody::default().with_pkcs11(&self.module, LABEL, PIN)?)
    }

    /// A session of the test's own, and the private key of that id.
    fn private_key(
        &self,
        id: &str,
    ) -> TestResult<(cryptoki::session::Session, cryptoki::object::ObjectHandle)> {
        let module = cryptoki::context::Pkcs11::new(&self.module)?;
        // Initialized by the custody, and logged in to with it.
        let slot = *module.get_slots_with_initialized_token()?.first().ok_or("no token")?;
        let session = module.open_rw_session(slot)?;
        let id = (0..id.len()).step_by(2).map(|at| u8::from_str_radix(&id[at..at + 2], 16));
        let id = id.collect::<Result<Vec<u8>, _>>()?;
        let found =
            session.find_objects(&[Attribute::Class(ObjectClass::PRIVATE_KEY), Attribute::Id(id)])?;
        let object = *found.first().ok_or("no key")?;
        Ok((session, object))
    }

    fn comes_back(&self, holds: impl Fn() -> TestResult<bool>) -> TestResult {
        let start = Instant::now();
        while !holds()? {
            assert!(start.elapsed() < Duration::from_secs(15), "{} is back", self.tokens.display());
            thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }
}

/// Runs a test in a process whose `SoftHSM` has one fresh token; nothing where there is none, which `cargo xtask test`
/// installs.
fn with_token(name: &str, test: impl FnOnce(&SoftHsm) -> TestResult) -> TestResult {
    let modules = [
        "/usr/lib/softhsm/libsofthsm2.so",
        "/usr/local/lib/softhsm/libsofthsm2.so",
        "/usr/lib64/pkcs11/libsofthsm2.so",
        "/opt/homebrew/lib/softhsm/libsofthsm2.so",
    ];
    let Some(module) = modules.into_iter().map(PathBuf::from).find(|module| module.exists()) else {
        assert!(env::var_os("CI").is_none(), "SoftHSM is missing: apt-get install softhsm2");
        eprintln!("skipped: SoftHSM is missing: apt-get install softhsm2");
        return Ok(());
    };
    if let Some(directory) = env::var_os(INSIDE) {
        return test(&SoftHsm { module, tokens: Path::new(&directory).join("tokens") });
    }
    let directory = tempfile::tempdir()?;
    let tokens = directory.path().join("tokens");
    fs::create_dir(&tokens)?;
    let configuration = directory.path().join("softhsm2.conf");
    fs::write(&configuration, format!("directories.tokendir = {}\nlog.level = ERROR\n", tokens.display()))?;
    let made = Command::new("softhsm2-util")
        .args(["--init-token", "--free", "--label", LABEL, "--so-pin", "73915-officer", "--pin", PIN])
        .env("SOFTHSM2_CONF", &configuration)
        .output()?;
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let inside = Command::new(env::current_exe()?)
        .args(["--exact", &format!("hsm::{name}"), "--nocapture"])
        .env("SOFTHSM2_CONF", &configuration)
        .env(INSIDE, directory.path())
        .output()?;
    let (out, err) = (String::from_utf8_lossy(&inside.stdout), String::from_utf8_lossy(&inside.stderr));
    assert!(inside.status.success() && out.contains("1 passed"), "{out}{err}");
    eprint!("{err}");
    Ok(())
}
