//! Payloads that were sealed once: every later version opens them, and seals the same bytes from the same
//! randomness.

use crate::support::{Script, context, form, recipient, try_open};
use serde::Deserialize;
use std::collections::BTreeMap;
use tillseal_protocol::{Algorithm, Envelope, FieldSet, Preparation, PrivateKey};

/// `tests/vectors/sealed-v1.json`.
#[derive(Deserialize)]
struct Frozen {
    /// The recipient's private key, hexadecimal.
    private_key: String,
    kid: String,
    /// What the sealer drew: the ephemeral private key and the nonce, hexadecimal.
    randomness: String,
    /// What was typed, in the order of the form.
    typed: Vec<(String, String)>,
    /// What the payload says.
    claims: serde_json::Value,
    /// The payload by `alg`.
    sealed: BTreeMap<String, String>,
}

#[test]
fn frozen_payloads_open_forever() {
    let frozen: Frozen = serde_json::from_str(include_str!("../vectors/sealed-v1.json")).unwrap();
    let key = PrivateKey::from_scalar(&hex(&frozen.private_key).try_into().unwrap()).unwrap();
    let typed: Vec<(&str, &str)> =
        frozen.typed.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(frozen.sealed.len(), 2);
    for (alg, sealed) in &frozen.sealed {
        let algorithm = Algorithm::from_name(alg).unwrap();
        let to = recipient(&key, algorithm);
        assert_eq!(to.kid().as_str(), frozen.kid);
        assert_eq!(Envelope::parse(sealed).unwrap().kid(), frozen.kid);
        let claims = try_open(sealed, &key, algorithm).unwrap();
        let read: serde_json::Value = serde_json::from_slice(&claims.to_json()).unwrap();
        assert_eq!(read, frozen.claims);

        let sealer = Preparation::new(&to, &mut Script(hex(&frozen.randomness))).unwrap().finish();
        let again = form(&typed).seal(vec![(sealer, &FieldSet::all())], &context()).unwrap();
        assert_eq!(again, [sealed.as_str()]);
    }
}

fn hex(digits: &str) -> Vec<u8> {
    let byte = |start| u8::from_str_radix(&digits[start..start + 2], 16).unwrap();
    (0..digits.len()).step_by(2).map(byte).collect()
}
