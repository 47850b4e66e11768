//! Payloads that decrypt and yet are none: a stranger who knows the public key can seal anything.

use crate::support::{ALGORITHMS, encode, forge, plain_header, private_key, try_open};
use tillseal_protocol::{Agreement as _, Claims};

const GOOD: &str = r#"{"v":1,"jti":"AAAAAAAAAAAAAAAAAAAAAA","iat":7,"origin":"https://shop.example","fields":{"email":"a"}}"#;

fn code(plaintext: &[u8]) -> Option<&'static str> {
    let key = private_key(1);
    let codes = ALGORITHMS.map(|algorithm| {
        let sealed = forge(&key.public_key(), algorithm, plain_header(algorithm), plaintext);
        try_open(&sealed, &key, algorithm).err()
    });
    assert_eq!(codes[0], codes[1]);
    assert_eq!(codes[0].is_some(), Claims::from_plaintext(plaintext).is_err());
    codes[0]
}

fn assert_refused(plaintext: &str) {
    assert_eq!(code(plaintext.as_bytes()), Some("sealed-claims"), "{plaintext}");
}

#[test]
fn the_example_is_accepted_with_any_white_space_around_it() {
    assert_eq!(code(GOOD.as_bytes()), None);
    assert_eq!(code(format!("{GOOD}{}", " ".repeat(415)).as_bytes()), None);
    assert_eq!(code(format!(" \n\t{GOOD}\r\n").as_bytes()), None);
    let later = GOOD.replacen('{', r#"{"session":"s","signals":{"v":1,"x":[1,2]},"#, 1);
    assert_eq!(code(later.as_bytes()), None, "claims that later versions add");
}

#[test]
fn another_version_is_refused() {
    for version in ["0", "2", "257", "-1", "1.0", "\"1\"", "null", "true", "[1]"] {
        assert_refused(&GOOD.replace(r#""v":1"#, &format!(r#""v":{version}"#)));
    }
}

#[test]
fn every_claim_must_be_there_once() {
    for claim in [
        r#""v":1,"#,
        r#""jti":"AAAAAAAAAAAAAAAAAAAAAA","#,
        r#""iat":7,"#,
        r#""origin":"https://shop.example","#,
    ] {
        assert_refused(&GOOD.replace(claim, ""));
        assert_refused(&GOOD.replace(claim, &claim.repeat(2)));
    }
    assert_refused(&GOOD.replace(r#","fields":{"email":"a"}"#, ""));
    assert_refused(&GOOD.replace(r#""fields":{"email":"a"}"#, r#""fields":{"email":"a"},"fields":{}"#));
}

#[test]
fn a_jti_is_128_bits_in_canonical_base64url() {
    for jti in [
        String::new(),
        encode(&[0; 15]),
        encode(&[0; 17]),
        "AAAAAAAAAAAAAAAAAAAAAB".to_owned(),
        "AAAAAAAAAAAAAAAAAAAAAA==".to_owned(),
        "AAAAAAAAAAAAAAAAAAAA+A".to_owned(),
    ] {
        assert_refused(&GOOD.replace("AAAAAAAAAAAAAAAAAAAAAA", &jti));
    }
    assert_refused(&GOOD.replace(r#""AAAAAAAAAAAAAAAAAAAAAA""#, "1"));
}

#[test]
fn an_iat_is_a_whole_number_of_seconds() {
    for iat in ["-1", "1.5", "1e3", "18446744073709551616", "\"7\"", "null"] {
        assert_refused(&GOOD.replace(r#""iat":7"#, &format!(r#""iat":{iat}"#)));
    }
    assert_eq!(code(GOOD.replace(r#""iat":7"#, r#""iat":18446744073709551615"#).as_bytes()), None);
}

#[test]
fn fields_are_texts_under_names() {
    let too_long = format!(r#"{{"{}":"a"}}"#, "n".repeat(65));
    for fields in [
        "null",
        "[]",
        "\"a\"",
        r#"["email","a"]"#,
        r#"{"email":1}"#,
        r#"{"email":null}"#,
        r#"{"email":["a"]}"#,
        r#"{"email":"a","email":"a"}"#,
        r#"{"":"a"}"#,
        r#"{" email":"a"}"#,
        r#"{"e\"mail":"a"}"#,
        r#"{"émail":"a"}"#,
        r#"{"email":"\ud800"}"#,
        &too_long,
    ] {
        assert_refused(&GOOD.replace(r#"{"email":"a"}"#, fields));
    }
    assert_eq!(code(GOOD.replace(r#"{"email":"a"}"#, "{}").as_bytes()), None);
}

#[test]
fn other_json_and_other_bytes_are_refused() {
    let as_array = r#"[1,"AAAAAAAAAAAAAAAAAAAAAA",7,"https://shop.example",{"email":"a"}]"#;
    let deep = "[".repeat(10_000);
    let twice = GOOD.repeat(2);
    for plaintext in
        ["", " ", "null", "{}", "[]", "1", "\"\"", as_array, &deep, &twice, &GOOD[..GOOD.len() - 1]]
    {
        assert_refused(plaintext);
    }
    assert_refused(&format!("{GOOD}\0"));
    assert_refused(&format!("\u{feff}{GOOD}"));
    assert_eq!(code(b"\xff\xfe"), Some("sealed-claims"));
    let mut latin_1 = GOOD.replace(r#":"a""#, r#":"?""#).into_bytes();
    let position = latin_1.iter().position(|byte| *byte == b'?').unwrap();
    latin_1[position] = 0xe9;
    assert_eq!(code(&latin_1), Some("sealed-claims"));
}
