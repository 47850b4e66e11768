//! Published keys: what can be sealed to, and what is refused before anything is.

use crate::support::{ALGORITHMS, encode, private_key};
use tillseal_protocol::{Agreement as _, Algorithm, Jwk, Jwks, KeyError, PublicKey, Recipient, Thumbprint};

fn jwk(seed: u64) -> Jwk {
    Jwk::new(&private_key(seed).public_key(), Algorithm::EcdhEs)
}

fn altered(alter: impl FnOnce(&mut Jwk)) -> Option<KeyError> {
    let mut jwk = jwk(1);
    alter(&mut jwk);
    Recipient::from_jwk(&jwk).err()
}

#[test]
fn a_key_names_its_algorithm_and_its_thumbprint() {
    let key = private_key(1).public_key();
    for algorithm in ALGORITHMS {
        let jwk = Jwk::new(&key, algorithm);
        let recipient = Recipient::from_jwk(&jwk).unwrap();
        assert_eq!(recipient.algorithm(), algorithm);
        assert_eq!(recipient.kid(), &Thumbprint::of(&key));
        assert_eq!(jwk.kid, recipient.kid().as_str());
        assert_eq!(jwk.public_key(), Ok(key));
        assert_eq!(Algorithm::from_name(algorithm.name()), Some(algorithm));
    }
    assert_eq!(altered(|jwk| jwk.kid.clear()), None, "a missing kid is made up for");
}

/// The public key and the `kid` of the JOSE-HPKE draft's `HPKE-7` example.
#[test]
fn the_thumbprint_is_that_of_rfc_7638() {
    let mut jwk = jwk(1);
    "z860carZ9CSxTjXo7MK65h_TaZX7ipi2iUh_Bh-VP54".clone_into(&mut jwk.x);
    "i9X0v8PwcNgbsoMhAz-_W2OPaFU--BQAgWVzJVOfedo".clone_into(&mut jwk.y);
    let key = jwk.public_key().unwrap();
    assert_eq!(Thumbprint::of(&key).as_str(), "YGdLPiZno0vV3kJKu4kEMQEjK3_upFF2D_lFDf1FFwk");
}

#[test]
fn another_key_is_refused_with_its_reason() {
    for kty in ["", "ec", "OKP", "RSA", "oct"] {
        assert_eq!(altered(|jwk| kty.clone_into(&mut jwk.kty)), Some(KeyError::Unusable), "{kty}");
    }
    for crv in ["", "p-256", "P-384", "secp256k1", "X25519"] {
        assert_eq!(altered(|jwk| crv.clone_into(&mut jwk.crv)), Some(KeyError::Unusable), "{crv}");
    }
    for alg in ["", "ecdh-es", "ECDH-ES+A256KW", "HPKE-0", "HPKE-8", "RSA-OAEP", "none"] {
        assert_eq!(altered(|jwk| alg.clone_into(&mut jwk.alg)), Some(KeyError::Algorithm), "{alg}");
    }
    for length in [0, 31, 33, 48] {
        let coordinate = encode(&vec![1; length]);
        assert_eq!(altered(|jwk| jwk.x.clone_from(&coordinate)), Some(KeyError::Unusable), "{length}");
        assert_eq!(altered(|jwk| jwk.y.clone_from(&coordinate)), Some(KeyError::Unusable), "{length}");
    }
    assert_eq!(altered(|jwk| jwk.x.push('=')), Some(KeyError::Unusable));
    assert_eq!(
        altered(|jwk| core::mem::swap(&mut jwk.x, &mut jwk.y)),
        Some(KeyError::Unusable),
        "off the curve"
    );
    assert_eq!(altered(|jwk| jwk.kid.push('A')), Some(KeyError::Kid));
    assert_eq!(altered(|jwk| jwk.kid = self::jwk(2).kid), Some(KeyError::Kid));
    let zeros = PublicKey::from_coordinates(&[0; 32], &[0; 32]);
    assert_eq!(Recipient::from_jwk(&Jwk::new(&zeros, Algorithm::Hpke7)).err(), Some(KeyError::Unusable));
}

#[test]
fn a_set_gives_its_first_usable_key_or_the_pinned_one() {
    let foreign = Jwk { crv: "P-384".to_owned(), ..jwk(3) };
    let unnamed = Jwk { alg: String::new(), ..jwk(4) };
    let chosen = |keys: &[&Jwk], pin: Option<&str>| {
        let jwks = Jwks { keys: keys.iter().map(|jwk| (*jwk).clone()).collect() };
        Recipient::choose(&jwks.keys, pin).map(|recipient| recipient.kid().as_str().to_owned())
    };
    let (one, two) = (&jwk(1), &jwk(2));
    assert_eq!(chosen(&[one, two], None), Ok(one.kid.clone()));
    assert_eq!(chosen(&[&foreign, two], None), Ok(two.kid.clone()));
    assert_eq!(chosen(&[one, two], Some(&two.kid)), Ok(two.kid.clone()));
    assert_eq!(chosen(&[one], Some(&two.kid)), Err(KeyError::Pin));
    assert_eq!(chosen(&[one, &foreign], Some(&two.kid)), Err(KeyError::Pin));
    assert_eq!(chosen(&[one], Some("")), Err(KeyError::Pin));
    assert_eq!(chosen(&[&foreign, &unnamed], None), Err(KeyError::Unusable));
    assert_eq!(chosen(&[&unnamed, &foreign], None), Err(KeyError::Algorithm));
    assert_eq!(chosen(&[], None), Err(KeyError::None));
    assert_eq!(chosen(&[], Some(&one.kid)), Err(KeyError::None));
}

#[test]
fn the_codes_of_the_key_errors_are_stable() {
    let codes = [KeyError::None, KeyError::Unusable, KeyError::Algorithm, KeyError::Kid, KeyError::Pin]
        .map(KeyError::code);
    assert_eq!(codes, ["key-none", "key-unusable", "key-alg", "key-kid", "key-pin"]);
}
