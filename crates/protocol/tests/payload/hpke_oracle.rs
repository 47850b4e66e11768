//! `HPKE-7` against another implementation, the `hpke` crate, both ways.

use crate::support::{FIELDS, context, decode, encode, plain_header, plaintext_len, rng, seal, try_open};
use hpke::{
    Deserializable as _, Kem as _, OpModeR, OpModeS, Serializable as _, aead::AesGcm256, kdf::HkdfSha256,
    kem::DhP256HkdfSha256, single_shot_open, single_shot_seal_with_rng,
};
use proptest::prelude::*;
use tillseal_protocol::{Agreement as _, Algorithm, Claims, Jwk, PrivateKey, Recipient};

type Kem = DhP256HkdfSha256;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_oracle_opens_what_we_seal(value in "(?s).{1,200}", seed: u64) {
        prop_assume!(!value.trim().is_empty());
        let (secret, public) = Kem::gen_keypair_with_rng(&mut rng(seed));
        let key = ours(&secret);
        prop_assert_eq!(key.public_key().as_sec1().to_vec(), public.to_bytes().to_vec());

        let to = Recipient::from_jwk(&Jwk::new(&key.public_key(), Algorithm::Hpke7)).unwrap();
        let sealed = seal(&[("name", &value)], &to, !seed);
        let segments: Vec<&str> = sealed.split('.').collect();
        let enc = <Kem as hpke::Kem>::EncappedKey::from_bytes(&decode(segments[1])).unwrap();
        let (ciphertext, aad) = (decode(segments[3]), segments[0].as_bytes());
        let plaintext =
            single_shot_open::<AesGcm256, HkdfSha256, Kem>(&OpModeR::Base, &secret, &enc, b"", &ciphertext, aad);
        let plaintext = plaintext.unwrap();
        prop_assert_eq!(plaintext.len(), plaintext_len(&sealed, Algorithm::Hpke7));
        let claims = Claims::from_plaintext(&plaintext).unwrap();
        prop_assert_eq!(claims.fields.get("name"), Some(value.as_str()));
    }

    #[test]
    fn we_open_what_the_oracle_seals(value in "(?s).{1,200}", seed: u64) {
        let (secret, public) = Kem::gen_keypair_with_rng(&mut rng(seed));
        let jti = context().jti;
        let claims = serde_json::json!({
            "v": 1, "jti": jti.as_str(), "iat": 3, "origin": "o", "fields": { "name": value },
        });
        let protected = encode(plain_header(Algorithm::Hpke7).as_bytes());
        let (enc, ciphertext) = single_shot_seal_with_rng::<AesGcm256, HkdfSha256, Kem>(
            &OpModeS::Base,
            &public,
            b"",
            claims.to_string().as_bytes(),
            protected.as_bytes(),
            &mut rng(!seed),
        )
        .unwrap();
        let sealed = format!("{protected}.{}..{}.", encode(&enc.to_bytes()), encode(&ciphertext));
        let opened = try_open(&sealed, &ours(&secret), Algorithm::Hpke7).unwrap();
        prop_assert_eq!(opened.fields.get("name"), Some(value.as_str()));
    }
}

/// With another `info` or another `aad` the two do not understand each other.
#[test]
fn info_and_aad_are_bound() {
    let (secret, _) = Kem::gen_keypair_with_rng(&mut rng(1));
    let to = Recipient::from_jwk(&Jwk::new(&ours(&secret).public_key(), Algorithm::Hpke7)).unwrap();
    let sealed = seal(&FIELDS, &to, 2);
    let segments: Vec<&str> = sealed.split('.').collect();
    let enc = <Kem as hpke::Kem>::EncappedKey::from_bytes(&decode(segments[1])).unwrap();
    let opens = |info: &[u8], aad: &[u8]| {
        let ciphertext = decode(segments[3]);
        single_shot_open::<AesGcm256, HkdfSha256, Kem>(
            &OpModeR::Base,
            &secret,
            &enc,
            info,
            &ciphertext,
            aad,
        )
        .is_ok()
    };
    assert!(opens(b"", segments[0].as_bytes()));
    assert!(!opens(b"info", segments[0].as_bytes()));
    assert!(!opens(b"", &decode(segments[0])));
}

fn ours(secret: &<Kem as hpke::Kem>::PrivateKey) -> PrivateKey {
    PrivateKey::from_scalar(&secret.to_bytes().into()).unwrap()
}
