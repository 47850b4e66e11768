//! What is sealed is what is opened, in a length that tells little.

use crate::support::{
    ALGORITHMS, FIELDS, IAT, ORIGIN, Script, context, form, header, plaintext_len, private_key, recipient,
    rng, seal, try_open,
};
use proptest::{collection::btree_map, prelude::*};
use tillseal_protocol::{
    Algorithm, Context, Envelope, FieldSet, FormError, Jti, MAX_FORM, MAX_PLAINTEXT, MAX_SEALED, MAX_TEXT,
    Preparation, RandomError,
};

#[test]
fn the_fields_travel_in_their_standard_spelling() {
    for algorithm in ALGORITHMS {
        let key = private_key(1);
        let claims = try_open(&seal(&FIELDS, &recipient(&key, algorithm), 2), &key, algorithm).unwrap();
        assert_eq!((claims.iat, claims.origin.as_str()), (IAT, ORIGIN));
        assert_eq!(claims.jti, Jti::from_random([7; 16]));
        let fields: Vec<_> = claims.fields.iter().collect();
        let expected = [
            ("cc-number", "4111111111111111"),
            ("cc-exp", "12/2029"),
            ("cc-csc", "123"),
            ("email", "ada@shop.example"),
        ];
        assert_eq!(fields, expected);
        assert_eq!(claims.fields.get("cc-exp"), Some("12/2029"));
        assert_eq!(claims.fields.get("cc-name"), None);
    }
}

#[test]
fn a_month_and_a_year_travel_as_one_expiry() {
    let key = private_key(1);
    let to = recipient(&key, Algorithm::EcdhEs);
    for (month, year) in [("3", "2031"), ("03", "31")] {
        let sealed = seal(&[("cc-exp-year", year), ("cc-exp-month", month)], &to, 2);
        let claims = try_open(&sealed, &key, Algorithm::EcdhEs).unwrap();
        assert_eq!(claims.fields.iter().collect::<Vec<_>>(), [("cc-exp", "03/2031")]);
    }
    for half in [("cc-exp-month", "3"), ("cc-exp-year", "2031")] {
        let sealer = Preparation::new(&to, &mut rng(2)).unwrap().finish();
        let refused = form(&[half]).seal(vec![(sealer, &FieldSet::all())], &context());
        assert_eq!(refused.err().map(FormError::code), Some("expiry-shape"));
    }
}

#[test]
fn the_header_is_exactly_that_of_its_algorithm() {
    let key = private_key(1);
    for algorithm in ALGORITHMS {
        let to = recipient(&key, algorithm);
        let sealed = seal(&FIELDS, &to, 2);
        let header: serde_json::Value = serde_json::from_str(&header(&sealed)).unwrap();
        let names: Vec<_> = header.as_object().unwrap().keys().map(String::as_str).collect();
        let expected = match algorithm {
            Algorithm::EcdhEs => &["alg", "enc", "epk", "kid"][..],
            Algorithm::Hpke7 => &["alg", "kid"],
        };
        assert_eq!(names, expected);
        assert_eq!(header["alg"], algorithm.name());
        assert_eq!(header["kid"], to.kid().as_str());
        assert_eq!(Envelope::parse(&sealed).unwrap().kid(), to.kid().as_str());
        if algorithm == Algorithm::EcdhEs {
            assert_eq!(header["enc"], "A256GCM");
            assert_eq!((&header["epk"]["kty"], &header["epk"]["crv"]), (&"EC".into(), &"P-256".into()));
            assert_eq!(header["epk"].as_object().unwrap().len(), 4);
        }
    }
}

#[test]
fn a_card_of_any_length_makes_a_payload_of_one_length() {
    let key = private_key(1);
    for algorithm in ALGORITHMS {
        let to = recipient(&key, algorithm);
        let lengths: Vec<usize> =
            ["4111111111111111", "378282246310005", "000000000000", "0000000000000000000"]
                .map(|pan| seal(&[("cc-number", pan), ("cc-csc", "123")], &to, 2).len())
                .into();
        assert!(lengths.iter().all(|length| *length == lengths[0]), "{lengths:?}");
    }
}

#[test]
fn the_padding_goes_to_the_next_256_bytes_and_to_512_at_least() {
    let key = private_key(1);
    for algorithm in ALGORITHMS {
        let to = recipient(&key, algorithm);
        let mut lengths = Vec::new();
        for length in [
            1, 300, 400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 500, 700,
            1024,
        ] {
            let sealed = seal(&[("name", &"a".repeat(length))], &to, 2);
            let json = try_open(&sealed, &key, algorithm).unwrap().to_json().len();
            let padded = plaintext_len(&sealed, algorithm);
            assert_eq!(padded, json.div_ceil(256).max(2) * 256, "{json} bytes of JSON");
            lengths.push(padded);
        }
        lengths.dedup();
        assert_eq!(lengths, [512, 768, 1024, 1280]);
    }
}

#[test]
fn the_largest_payload_seals_and_one_more_byte_does_not() {
    let key = private_key(1);
    for algorithm in ALGORITHMS {
        let to = recipient(&key, algorithm);
        let seal = |origin: &str| {
            let sealer = Preparation::new(&to, &mut rng(2)).unwrap().finish();
            let context =
                Context { jti: Jti::from_random([7; 16]), iat: IAT, origin, session: "", signals: &[] };
            form(&FIELDS).seal(vec![(sealer, &FieldSet::all())], &context)
        };
        let shortest = try_open(&seal("").unwrap()[0], &key, algorithm).unwrap().to_json().len();
        let origin = "a".repeat(MAX_PLAINTEXT - shortest);
        let sealed = seal(&origin).unwrap().remove(0);
        assert_eq!(plaintext_len(&sealed, algorithm), MAX_PLAINTEXT);
        assert!(sealed.len() <= MAX_SEALED);
        assert!(try_open(&sealed, &key, algorithm).is_ok());
        assert_eq!(seal(&format!("{origin}a")).err(), Some(FormError::TooLarge));
    }
}

#[test]
fn steps_and_one_go_make_the_same_sealer() {
    let key = private_key(1);
    for algorithm in ALGORITHMS {
        let to = recipient(&key, algorithm);
        let seal = |sealer| form(&FIELDS).seal(vec![(sealer, &FieldSet::all())], &context()).unwrap();
        let at_once = seal(Preparation::new(&to, &mut rng(2)).unwrap().finish());
        let mut preparation = Preparation::new(&to, &mut rng(2)).unwrap();
        let mut steps = 1;
        while !preparation.step() {
            steps += 1;
        }
        assert!(preparation.step(), "a step too many changes nothing");
        assert_eq!(seal(preparation.finish()), at_once);
        let mut halfway = Preparation::new(&to, &mut rng(2)).unwrap();
        assert!(!(0..steps / 2).any(|_| halfway.step()));
        assert_eq!(seal(halfway.finish()), at_once);
        assert!((60..200).contains(&steps), "{steps} steps: two windows of one of the two ladders each");
    }
}

#[test]
fn nothing_is_sealed_without_randomness() {
    let to = recipient(&private_key(1), Algorithm::EcdhEs);
    for length in [0, 31, 32, 43] {
        assert_eq!(
            Preparation::new(&to, &mut Script(vec![1; length])).err(),
            Some(RandomError),
            "{length}"
        );
    }
    assert!(Preparation::new(&to, &mut Script(vec![1; 44])).is_ok());
}

#[test]
fn no_two_payloads_share_a_key_or_a_nonce() {
    for algorithm in ALGORITHMS {
        let to = recipient(&private_key(1), algorithm);
        let (one, other) = (seal(&FIELDS, &to, 2), seal(&FIELDS, &to, 3));
        let differing = one.split('.').zip(other.split('.')).filter(|(one, other)| one != other).count();
        assert_eq!(differing, if algorithm == Algorithm::EcdhEs { 4 } else { 2 });
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_fields_come_out_as_they_went_in(
        fields in btree_map("x-[A-Za-z0-9_.-]{1,20}", "(?s).{1,60}", 0..12),
        origin: String,
        iat: u64,
        jti: [u8; 16],
        algorithm in prop::sample::select(&ALGORITHMS),
    ) {
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .filter(|(_, value)| !value.trim().is_empty())
            .collect();
        let key = private_key(1);
        let context = Context { jti: Jti::from_random(jti), iat, origin: &origin, session: "", signals: &[] };
        let sealer = Preparation::new(&recipient(&key, algorithm), &mut rng(iat)).unwrap().finish();
        let sealed = form(&fields).seal(vec![(sealer, &FieldSet::all())], &context).unwrap().remove(0);

        let claims = try_open(&sealed, &key, algorithm).unwrap();
        prop_assert_eq!(claims.fields.iter().collect::<Vec<_>>(), fields.clone());
        prop_assert_eq!(&claims.origin, &origin);
        prop_assert_eq!(claims.iat, iat);
        prop_assert_eq!(&claims.jti, &context.jti);

        // The writer is our own: serde_json must read the same from it.
        let json = claims.to_json();
        let read: serde_json::Value = serde_json::from_slice(&json).unwrap();
        let fields: serde_json::Map<_, _> =
            fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
        let expected = serde_json::json!({
            "v": 1, "jti": context.jti.as_str(), "iat": iat, "origin": origin, "fields": fields,
        });
        prop_assert_eq!(read, expected);
        prop_assert_eq!(plaintext_len(&sealed, algorithm), json.len().div_ceil(256).max(2) * 256);
    }
}

#[test]
fn every_character_survives_the_escaping() {
    let key = private_key(1);
    let mut rng = rng(9);
    let controls: String = (0..0x20).map(char::from).collect();
    let rest: String = (0x20..0x180).filter_map(char::from_u32).collect();
    let random: String = (0..200).map(|_| rng.random::<char>()).collect();
    for value in
        [controls, rest, random, "\"\\\u{7f}\u{2028}\u{2029}\u{feff}\u{10ffff}</script>".to_owned()]
    {
        let value = format!("x{value}x");
        let sealed = seal(&[("name", &value)], &recipient(&key, Algorithm::EcdhEs), 2);
        let claims = try_open(&sealed, &key, Algorithm::EcdhEs).unwrap();
        assert_eq!(claims.fields.get("name"), Some(value.as_str()));
    }
}

/// The fullest form, where each byte takes six once it is escaped. The buffer is made in one piece, so that no copy
/// stays behind unwiped; a debug assertion in the writer sees it grow.
#[test]
fn the_fullest_form_of_the_worst_texts_is_sealed() {
    let key = private_key(1);
    let value = "\u{1}".repeat(MAX_TEXT - 3);
    let names: Vec<String> = (0..MAX_FORM / MAX_TEXT).map(|number| format!("x-{number}")).collect();
    let fields: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), value.as_str())).collect();
    let origin = "\u{1f}".repeat(900);
    let context = Context {
        jti: Jti::from_random([7; 16]),
        iat: u64::MAX,
        origin: &origin,
        session: "",
        signals: &[],
    };
    let sealer = Preparation::new(&recipient(&key, Algorithm::EcdhEs), &mut rng(2)).unwrap().finish();
    let parts = form(&fields).seal(vec![(sealer, &FieldSet::all())], &context).unwrap();
    let claims = try_open(&parts[0], &key, Algorithm::EcdhEs).unwrap();
    assert_eq!(claims.fields.iter().collect::<Vec<_>>(), fields);
    assert_eq!(claims.origin, origin);
}
