//! A successor takes over and the key before it retires, without a restart and without anybody touching files.

use crate::support::{Keys, NOW, TestResult};
use std::{fs, sync::Arc, time::Duration};
use tillseal_protocol::Thumbprint;
use tillseal_server::{
    Custody, KeyAlg, KeyState, OpenError, Rotation, follow, list_keys, rotate_key, set_state,
};
use tokio::sync::watch;

const AHEAD: u64 = 3_600;
const GRACE: u64 = 7 * 24 * 3_600;
/// When the successor takes over, and when the key before it retires.
const NBF: u64 = NOW + AHEAD;
const EXP: u64 = NBF + GRACE;

fn rotate(keys: &Keys, alg: KeyAlg, ahead: u64, now: u64) -> TestResult<Thumbprint> {
    let rotation = Rotation { ahead, grace: GRACE };
    Ok(rotate_key(keys.path(), &Custody::default(), alg, rotation, now)?)
}

#[test]
fn one_takes_over_where_the_other_ends() -> TestResult {
    for alg in [KeyAlg::EcdhEs, KeyAlg::Hpke7] {
        let keys = Keys::new()?;
        let old = keys.make(alg)?;
        let new = rotate(&keys, alg, AHEAD, NOW)?;
        assert_eq!(list_keys(keys.path())?.iter().find(|key| key.kid == new).map(|key| key.alg), Some(alg));
        for (now, published) in
            [(NOW, &old), (NBF - 1, &old), (NBF, &new), (EXP - 1, &new), (EXP, &new), (EXP + GRACE, &new)]
        {
            assert_eq!(keys.to_seal(now)?, [published.as_str()], "at {now}");
        }
        // One keyring for all times: nothing is loaded again.
        let keyring = keys.load()?;
        for now in [NOW, NBF - 1, NBF, EXP - 1] {
            assert_eq!(keys.opens(&keyring, &old, now)?, Ok(()), "at {now}");
        }
        for now in [EXP, EXP + 1, u64::MAX] {
            assert_eq!(keys.opens(&keyring, &old, now)?, Err(OpenError::KidRetired), "at {now}");
        }
        for now in [NOW, NBF, EXP, EXP + GRACE] {
            assert_eq!(keys.opens(&keyring, &new, now)?, Ok(()), "the new one opens at once, at {now}");
        }
    }
    Ok(())
}

#[test]
fn a_retired_key_is_422_and_has_a_code() {
    assert_eq!((OpenError::KidRetired.code(), OpenError::KidRetired.status()), ("kid-retired", 422));
    assert_eq!(
        (OpenError::HsmUnavailable.code(), OpenError::HsmUnavailable.status()),
        ("hsm-unavailable", 503)
    );
}

#[test]
fn a_signing_key_signs_from_its_time_on_and_is_published_before() -> TestResult {
    let keys = Keys::new()?;
    let old = keys.make(KeyAlg::Es256)?;
    let new = rotate(&keys, KeyAlg::Es256, AHEAD, NOW)?;
    let keyring = keys.load()?;
    let signer = |now| keyring.signer(now).map(|key| key.kid().clone());
    for (now, kid) in [(NOW, &old), (NBF - 1, &old), (NBF, &new), (EXP, &new)] {
        assert_eq!(signer(now).as_ref(), Some(kid), "at {now}");
    }
    let published = |now| keyring.jwks(now).keys.len();
    assert_eq!([published(NOW), published(NBF), published(EXP - 1), published(EXP)], [2, 2, 2, 1]);

    let signature = keyring.signer(NBF - 1).ok_or("no signer")?.sign(b"session")?;
    let verifies =
        |now| keyring.verifier(old.as_str(), now).is_some_and(|key| key.verify(b"session", &signature));
    assert!(verifies(NOW) && verifies(EXP - 1));
    assert!(!verifies(EXP), "past its time");
    Ok(())
}

#[test]
fn the_key_before_stays_where_its_successor_is_revoked() -> TestResult {
    let keys = Keys::new()?;
    let old = keys.make(KeyAlg::EcdhEs)?;
    let new = rotate(&keys, KeyAlg::EcdhEs, 0, NOW)?;
    assert_eq!(keys.to_seal(NOW)?, [new.as_str()]);
    set_state(keys.path(), new.as_str(), KeyState::Revoked)?;
    assert_eq!(keys.to_seal(NOW)?, [old.as_str()]);
    assert_eq!(keys.to_seal(NOW + GRACE)?, [""; 0], "its time is over nevertheless");
    Ok(())
}

#[test]
fn only_keys_of_the_same_algorithm_retire() -> TestResult {
    let keys = Keys::new()?;
    let (ecdh, hpke, sig) =
        (keys.make(KeyAlg::EcdhEs)?, keys.make(KeyAlg::Hpke7)?, keys.make(KeyAlg::Es256)?);
    rotate(&keys, KeyAlg::EcdhEs, 0, NOW)?;
    let exp = |kid: &Thumbprint| -> TestResult<Option<u64>> {
        Ok(list_keys(keys.path())?.iter().find(|key| key.kid == *kid).ok_or("gone")?.exp)
    };
    assert_eq!([exp(&ecdh)?, exp(&hpke)?, exp(&sig)?], [Some(NOW + GRACE), None, None]);
    Ok(())
}

#[test]
fn a_second_rotation_gives_no_key_more_time() -> TestResult {
    let keys = Keys::new()?;
    let first = keys.make(KeyAlg::EcdhEs)?;
    let second = rotate(&keys, KeyAlg::EcdhEs, 0, NOW)?;
    let third = rotate(&keys, KeyAlg::EcdhEs, AHEAD, NOW + 10)?;
    let keyring = keys.load()?;
    assert_eq!(keys.to_seal(NOW + 10)?, [second.as_str()]);
    assert_eq!(keys.to_seal(NOW + 10 + AHEAD)?, [third.as_str()]);
    assert_eq!(keys.opens(&keyring, &first, NOW + GRACE)?, Err(OpenError::KidRetired));
    assert_eq!(keys.opens(&keyring, &second, NOW + GRACE)?, Ok(()));
    assert_eq!(keys.opens(&keyring, &second, NOW + 10 + AHEAD + GRACE)?, Err(OpenError::KidRetired));
    Ok(())
}

#[test]
fn a_rotation_of_nothing_makes_the_first_key() -> TestResult {
    let keys = Keys::new()?;
    let kid = rotate(&keys, KeyAlg::EcdhEs, 0, NOW)?;
    assert_eq!(keys.to_seal(NOW)?, [kid.as_str()]);
    Ok(())
}

#[test]
fn retired_by_hand_or_revoked_keys_get_no_time() -> TestResult {
    let keys = Keys::new()?;
    let (retired, revoked) = (keys.make(KeyAlg::EcdhEs)?, keys.make(KeyAlg::EcdhEs)?);
    set_state(keys.path(), retired.as_str(), KeyState::DecryptOnly)?;
    set_state(keys.path(), revoked.as_str(), KeyState::Revoked)?;
    rotate(&keys, KeyAlg::EcdhEs, 0, NOW)?;
    for kid in [&retired, &revoked] {
        assert!(keys.json(kid)?.get("exp").is_none());
    }
    Ok(())
}

#[test]
fn two_nodes_with_copied_directories_change_over_together() -> TestResult {
    let (first, second) = (Keys::new()?, Keys::new()?);
    let old = first.make(KeyAlg::EcdhEs)?;
    let copy = || -> TestResult {
        for entry in fs::read_dir(first.path())? {
            let entry = entry?;
            fs::copy(entry.path(), second.path().join(entry.file_name()))?;
        }
        Ok(())
    };
    copy()?;
    let new = rotate(&first, KeyAlg::EcdhEs, AHEAD, NOW)?;
    // Until the copy arrives, each publishes what the other opens.
    for now in [NOW, NBF - 1] {
        assert_eq!(first.to_seal(now)?, [old.as_str()]);
        assert_eq!(second.to_seal(now)?, [old.as_str()]);
    }
    copy()?;
    for now in [NOW, NBF, EXP] {
        assert_eq!(first.to_seal(now)?, second.to_seal(now)?, "at {now}");
    }
    assert_eq!(second.to_seal(NBF)?, [new.as_str()]);
    Ok(())
}

#[test]
fn a_bad_file_does_not_hold_a_revocation_up() -> TestResult {
    let keys = Keys::new()?;
    let (revoked, other) = (keys.make(KeyAlg::EcdhEs)?, keys.make(KeyAlg::EcdhEs)?);
    let (sender, mut receiver) = watch::channel(Arc::new(keys.load()?));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let directory = keys.path().to_owned();
    runtime.block_on(async {
        tokio::spawn(async move { follow(&directory, Arc::default(), sender).await });
        // Half a key, as a copy to this node leaves it that was cut off.
        fs::write(keys.path().join("half.jwk.json"), &fs::read(keys.file(&other))?[..99])?;
        set_state(keys.path(), revoked.as_str(), KeyState::Revoked)?;
        let wait = receiver.wait_for(|keyring| {
            keys.opens(keyring, &revoked, NOW).is_ok_and(|opened| opened == Err(OpenError::KidRevoked))
        });
        let keyring = Arc::clone(&*tokio::time::timeout(Duration::from_secs(20), wait).await??);
        assert_eq!(keys.opens(&keyring, &other, NOW)?, Ok(()), "the others stay in use");
        assert!(keys.load().is_err());
        Ok(())
    })
}

#[test]
fn a_follower_sees_times_that_change_and_a_revocation_within_a_second_or_two() -> TestResult {
    let keys = Keys::new()?;
    let old = keys.make(KeyAlg::EcdhEs)?;
    let (sender, receiver) = watch::channel(Arc::new(keys.load()?));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let directory = keys.path().to_owned();
    runtime.block_on(async {
        tokio::spawn(async move { follow(&directory, Arc::default(), sender).await });
        let new = rotate(&keys, KeyAlg::EcdhEs, AHEAD, NOW)?;
        let patience = Duration::from_secs(20);
        let seen = |what: fn(&Keys, &tillseal_server::Keyring, &Thumbprint, &Thumbprint) -> bool| {
            let (keys, old, new) = (&keys, &old, &new);
            let mut receiver = receiver.clone();
            async move {
                let wait = receiver.wait_for(|keyring| what(keys, keyring, old, new));
                tokio::time::timeout(patience, wait).await.is_ok_and(|seen| seen.is_ok())
            }
        };
        assert!(
            seen(|_, keyring, old, new| keyring.find(new.as_str()).is_some()
                && keyring.find(old.as_str()).is_some_and(|key| key.info().exp == Some(EXP)))
            .await
        );
        set_state(keys.path(), old.as_str(), KeyState::Revoked)?;
        assert!(
            seen(|keys, keyring, old, _| keys
                .opens(keyring, old, NOW)
                .is_ok_and(|opened| opened == Err(OpenError::KidRevoked)))
            .await
        );
        Ok(())
    })
}
