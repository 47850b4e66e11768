//! Bad input one by one: always an error with a code, the same one for everything that does not decrypt, and
//! never a panic.

use crate::support::{
    ALGORITHMS, FIELDS, Remembering, Unreached, decode, encode, forge, header, plain_header, private_key,
    recipient, rng, seal, try_open, with_header, with_point,
};
use rand::{Rng as _, RngExt as _, rngs::StdRng};
use tillseal_protocol::{
    Agreement as _, Algorithm, Envelope, EnvelopeError, MAX_SEALED, OpenError, PublicKey, open,
};

const UNDECRYPTABLE: &str = "sealed-undecryptable";

/// Every code that a stranger's text may meet.
const CODES: [&str; 6] = [
    "sealed-too-long", "sealed-malformed", "sealed-header", "sealed-algorithm", UNDECRYPTABLE,
    "sealed-claims",
];

/// A payload, and the key that opens it.
fn sealed(algorithm: Algorithm) -> (String, Remembering) {
    let key = private_key(1);
    let sealed = seal(&FIELDS, &recipient(&key, algorithm), 2);
    let key = Remembering::new(key, &sealed);
    assert!(try_open(&sealed, &key, algorithm).is_ok());
    (sealed, key)
}

#[test]
fn every_change_of_one_byte_is_refused_for_ecdh_es() {
    assert_every_change_is_refused(Algorithm::EcdhEs);
}

#[test]
fn every_change_of_one_byte_is_refused_for_hpke_7() {
    assert_every_change_is_refused(Algorithm::Hpke7);
}

fn assert_every_change_is_refused(algorithm: Algorithm) {
    let (sealed, key) = sealed(algorithm);
    let mut undecryptable = 0;
    for position in 0..sealed.len() {
        for byte in (0..=0x7f).filter(|byte| *byte != sealed.as_bytes()[position]) {
            let mut changed = sealed.clone().into_bytes();
            changed[position] = byte;
            let changed = String::from_utf8(changed).unwrap();
            let code = try_open(&changed, &key, algorithm).err().expect("a changed payload was opened");
            assert!(CODES[1..5].contains(&code), "{code} at {position}");
            undecryptable += usize::from(code == UNDECRYPTABLE);
        }
        let beyond_ascii = [&sealed[..position], "\u{e9}", &sealed[position + 1..]].concat();
        assert_eq!(try_open(&beyond_ascii, &key, algorithm).err(), Some("sealed-malformed"));
    }
    // Each of the 63 other characters of base64url in a ciphertext of 512 bytes and more.
    assert!(undecryptable > 683 * 60, "{undecryptable}");
}

#[test]
fn every_truncation_and_every_lengthening_is_refused() {
    for algorithm in ALGORITHMS {
        let (sealed, key) = sealed(algorithm);
        for length in 0..sealed.len() {
            assert!(try_open(&sealed[..length], &key, algorithm).is_err(), "the first {length} bytes");
            assert!(try_open(&sealed[length + 1..], &key, algorithm).is_err(), "without {length} bytes");
        }
        for position in 0..=sealed.len() {
            for inserted in ["A", ".", "=", " ", "\0", "AAAA"] {
                let longer = [&sealed[..position], inserted, &sealed[position..]].concat();
                assert!(try_open(&longer, &key, algorithm).is_err(), "{inserted:?} at {position}");
            }
        }
    }
}

#[test]
fn one_error_stands_for_all_that_does_not_decrypt() {
    for algorithm in ALGORITHMS {
        let (sealed, key) = sealed(algorithm);
        let segments: Vec<&str> = sealed.split('.').collect();
        let with = |index: usize, segment: String| {
            let mut segments = segments.clone();
            segments[index] = &segment;
            segments.join(".")
        };
        let flipped = |index: usize, byte: usize| {
            let mut bytes = decode(segments[index]);
            bytes[byte] ^= 1;
            with(index, encode(&bytes))
        };
        let last = decode(segments[3]).len() - 1;
        let shorter = with(3, encode(&decode(segments[3])[..last]));
        let other_kid = with_header(&sealed, &header(&sealed).replace(r#""kid":""#, r#""kid":"A"#));
        let other_point = with_point(&sealed, &private_key(3).public_key());
        let no_point = with_point(&sealed, &PublicKey::from_coordinates(&[1; 32], &[2; 32]));
        let mut altered = vec![flipped(3, 0), flipped(3, last), shorter, other_kid, other_point, no_point];
        if algorithm == Algorithm::EcdhEs {
            altered.extend([flipped(2, 0), flipped(2, 11), flipped(4, 0), flipped(4, 15)]);
        }
        for altered in altered {
            let envelope = Envelope::parse(&altered).expect("only the content is altered");
            assert_eq!(open(envelope, &key, algorithm).err(), Some(OpenError::Decrypt));
        }
        let envelope = Envelope::parse(&sealed).unwrap();
        assert_eq!(open(envelope, &private_key(4), algorithm).err(), Some(OpenError::Decrypt));
    }
}

#[test]
fn swapped_segments_are_refused() {
    for algorithm in ALGORITHMS {
        let (sealed, key) = sealed(algorithm);
        let segments: Vec<&str> = sealed.split('.').collect();
        let mut tried = 0;
        for order in permutations(vec![0, 1, 2, 3, 4]) {
            let swapped = order.iter().map(|index| segments[*index]).collect::<Vec<_>>().join(".");
            if swapped != sealed {
                assert!(try_open(&swapped, &key, algorithm).is_err(), "{order:?}");
                tried += 1;
            }
        }
        // Two of HPKE's segments are empty: swapping those changes nothing.
        assert_eq!(tried, if algorithm == Algorithm::EcdhEs { 119 } else { 118 });
    }
}

#[test]
fn segments_of_two_payloads_do_not_mix() {
    for algorithm in ALGORITHMS {
        let key = private_key(1);
        let to = recipient(&key, algorithm);
        let (one, other) = (seal(&FIELDS, &to, 2), seal(&FIELDS, &to, 3));
        let (one, other): (Vec<&str>, Vec<&str>) = (one.split('.').collect(), other.split('.').collect());
        for choice in 0..32_u32 {
            let pick = |index: usize| if choice >> index & 1 == 0 { one[index] } else { other[index] };
            let mixed: Vec<&str> = (0..5).map(pick).collect();
            let expected = (mixed != one && mixed != other).then_some(UNDECRYPTABLE);
            assert_eq!(try_open(&mixed.join("."), &key, algorithm).err(), expected, "{choice:05b}");
        }
    }
}

#[test]
fn a_payload_sealed_for_one_algorithm_is_not_opened_as_the_other() {
    for (sealed_as, opened_as) in
        [(Algorithm::EcdhEs, Algorithm::Hpke7), (Algorithm::Hpke7, Algorithm::EcdhEs)]
    {
        let (sealed, _) = sealed(sealed_as);
        let envelope = Envelope::parse(&sealed).unwrap();
        assert_eq!(open(envelope, &Unreached, opened_as).err(), Some(OpenError::Algorithm));
        // The name alone is swapped: what belongs to the other algorithm is missing.
        let renamed = header(&sealed).replace(sealed_as.name(), opened_as.name());
        let renamed = with_header(&sealed, &renamed);
        assert_eq!(try_open(&renamed, &Unreached, opened_as).err(), Some("sealed-header"));
    }
}

#[test]
fn a_mebibyte_is_refused_before_anything_is_decoded() {
    let (sealed, _) = sealed(Algorithm::EcdhEs);
    let (head, tag) = sealed.rsplit_once('.').unwrap();
    let mebibyte = format!("{head}{}.{tag}", "A".repeat(1 << 20));
    assert_eq!(try_open(&mebibyte, &Unreached, Algorithm::EcdhEs).err(), Some("sealed-too-long"));
    assert_eq!(Envelope::parse(&"A".repeat(1 << 20)).err(), Some(EnvelopeError::TooLong));
    assert_eq!(Envelope::parse(&"A".repeat(MAX_SEALED + 1)).err(), Some(EnvelopeError::TooLong));
    assert_eq!(Envelope::parse(&"A".repeat(MAX_SEALED)).err(), Some(EnvelopeError::Malformed));
}

#[test]
fn base64url_has_one_spelling() {
    let (sealed, key) = sealed(Algorithm::EcdhEs);
    let segments: Vec<&str> = sealed.split('.').collect();
    for index in [0, 2, 3, 4] {
        let spelled = |segment: String| {
            let mut segments = segments.clone();
            segments[index] = &segment;
            try_open(&segments.join("."), &key, Algorithm::EcdhEs).err()
        };
        let segment = segments[index];
        for padding in ["=", "=="] {
            assert_eq!(spelled(format!("{segment}{padding}")), Some("sealed-malformed"));
        }
        for blank in [" ", "\n", "\t"] {
            assert_eq!(spelled(format!("{segment}{blank}")), Some("sealed-malformed"));
            assert_eq!(spelled(format!("{blank}{segment}")), Some("sealed-malformed"));
        }
        let standard_alphabet = segment.replace('-', "+").replace('_', "/");
        if standard_alphabet != segment {
            assert_eq!(spelled(standard_alphabet), Some("sealed-malformed"));
        }
        if !segment.len().is_multiple_of(4) {
            assert_eq!(spelled(with_stray_bits(segment)), Some("sealed-malformed"));
        }
    }
    // The same inside the header: a coordinate of 32 bytes leaves two bits over.
    let text = header(&sealed);
    let x = text.split(r#""x":""#).nth(1).unwrap().split('"').next().unwrap();
    for other in [with_stray_bits(x), format!("{x}="), x[..42].to_owned(), format!("{x}A")] {
        let changed = with_header(&sealed, &text.replace(x, &other));
        assert_eq!(try_open(&changed, &Unreached, Algorithm::EcdhEs).err(), Some("sealed-header"));
    }
}

#[test]
fn a_header_holds_what_its_algorithm_needs_and_nothing_else() {
    let key = private_key(1);
    let (ecdh_es, hpke_7) = (plain_header(Algorithm::EcdhEs), plain_header(Algorithm::Hpke7));
    let is = |algorithm, header: &str, code: Option<&str>| {
        // The tag matches: only the header is wrong.
        let forged = forge(&key.public_key(), algorithm, header, claims().as_bytes());
        assert_eq!(try_open(&forged, &key, algorithm).err(), code, "{header}");
    };
    is(Algorithm::EcdhEs, ecdh_es, None);
    is(Algorithm::Hpke7, hpke_7, None);

    for extra in [
        r#""zip":"DEF""#,
        r#""crit":["exp"]"#,
        r#""crit":[]"#,
        r#""apu":"QWxpY2U""#,
        r#""apv":"Qm9i""#,
        r#""typ":"JWT""#,
        r#""cty":"json""#,
        r#""jku":"https://evil.example""#,
        r#""b64":false"#,
        r#""ek":"AA""#,
        r#""psk_id":"AA""#,
        r#""x-unknown":null"#,
    ] {
        for (algorithm, header) in [(Algorithm::EcdhEs, ecdh_es), (Algorithm::Hpke7, hpke_7)] {
            is(algorithm, &header.replacen('{', &format!("{{{extra},"), 1), Some("sealed-header"));
        }
    }
    for member in [r#""alg":"ECDH-ES""#, r#""enc":"A256GCM""#, r#""kid":"k""#] {
        // Twice, with the same value and with another one.
        is(Algorithm::EcdhEs, &ecdh_es.replacen('{', &format!("{{{member},"), 1), Some("sealed-header"));
        let (name, _) = member.split_once(':').unwrap();
        let other = format!("{{{name}:\"HPKE-7\",");
        is(Algorithm::EcdhEs, &ecdh_es.replacen('{', &other, 1), Some("sealed-header"));
        // Not at all.
        is(Algorithm::EcdhEs, &ecdh_es.replace(&format!("{member},"), ""), Some("sealed-header"));
        // Of another type.
        is(Algorithm::EcdhEs, &ecdh_es.replace(member, &format!("{name}:1")), Some("sealed-header"));
        is(Algorithm::EcdhEs, &ecdh_es.replace(member, &format!("{name}:null")), Some("sealed-header"));
    }
    for (from, to) in [
        (r#","epk":{"kty":"EC","crv":"P-256","x":"{x}","y":"{y}"}"#, ""),
        (r#"{"kty":"EC""#, r#"{"kty":"EC","kty":"EC""#),
        (r#"{"kty":"EC""#, r#"{"kty":"EC","d":"AA""#),
        (r#""kty":"EC""#, r#""kty":"OKP""#),
        (r#""crv":"P-256""#, r#""crv":"P-384""#),
        (r#""crv":"P-256","#, ""),
        (r#","y":"{y}""#, ""),
        (r#"{"kty":"EC","crv":"P-256","x":"{x}","y":"{y}"}"#, "null"),
        (r#"{"kty":"EC","crv":"P-256","x":"{x}","y":"{y}"}"#, r#"["EC","P-256","{x}","{y}"]"#),
    ] {
        is(Algorithm::EcdhEs, &ecdh_es.replace(from, to), Some("sealed-header"));
    }
    for extra in [r#""enc":"A256GCM""#, r#""enc":null"#, r#""epk":null"#] {
        is(Algorithm::Hpke7, &hpke_7.replacen('{', &format!("{{{extra},"), 1), Some("sealed-header"));
    }
    for alg in
        ["none", "dir", "RSA-OAEP", "ECDH-ES+A256KW", "HPKE-0", "HPKE-7-KE", "ecdh-es", "", "\\u0045CDH-ES"]
    {
        let code = if alg.contains('\\') { "sealed-header" } else { "sealed-algorithm" };
        is(Algorithm::EcdhEs, &ecdh_es.replace("ECDH-ES", alg), Some(code));
    }
    for enc in ["A128GCM", "A256CBC-HS512", "a256gcm", ""] {
        is(Algorithm::EcdhEs, &ecdh_es.replace("A256GCM", enc), Some("sealed-algorithm"));
    }
    for whole in
        ["", "null", "1", "[]", "{}", "\"\"", r#"["HPKE-7",null,"k",null]"#, "{\"alg\":\"HPKE-7\"}"]
    {
        is(Algorithm::Hpke7, whole, Some("sealed-header"));
    }
    is(Algorithm::Hpke7, &format!("{hpke_7}{hpke_7}"), Some("sealed-header"));
    is(Algorithm::Hpke7, &format!("\u{feff}{hpke_7}"), Some("sealed-header"));
}

#[test]
fn a_part_has_the_length_of_its_algorithm() {
    let (ecdh_es, _) = sealed(Algorithm::EcdhEs);
    let (hpke_7, _) = sealed(Algorithm::Hpke7);
    let is_malformed = |sealed: &str, index: usize, bytes: &[u8]| {
        let mut segments: Vec<String> = sealed.split('.').map(str::to_owned).collect();
        segments[index] = encode(bytes);
        let code = Envelope::parse(&segments.join(".")).err();
        assert_eq!(code, Some(EnvelopeError::Malformed), "segment {index}, {} bytes", bytes.len());
    };
    for length in [1, 32, 65] {
        is_malformed(&ecdh_es, 1, &vec![4; length]);
    }
    for length in [0, 11, 13, 16] {
        is_malformed(&ecdh_es, 2, &vec![0; length]);
    }
    for length in [0, 8, 12, 15, 17] {
        is_malformed(&ecdh_es, 4, &vec![0; length]);
    }
    for length in [0, 1, 33, 64, 66] {
        is_malformed(&hpke_7, 1, &vec![4; length]);
    }
    is_malformed(&hpke_7, 2, &[0; 12]);
    is_malformed(&hpke_7, 3, &[0; 15]);
    is_malformed(&hpke_7, 4, &[0; 16]);
    for dots in 0..12 {
        let sealed = ".".repeat(dots);
        assert!(Envelope::parse(&sealed).is_err(), "{dots} dots");
        assert_eq!(Envelope::parse(&format!("{ecdh_es}{sealed}")).is_ok(), dots == 0);
    }
}

#[test]
fn ten_thousand_random_texts_are_refused() {
    let mut rng = rng(5);
    for number in 0..10_000 {
        let text = match number % 4 {
            0 => random_text(&mut rng, 300),
            1 => random_base64url(&mut rng, 300),
            2 => (0..5).map(|_| random_base64url(&mut rng, 200)).collect::<Vec<_>>().join("."),
            // A header of the right shape before the noise.
            _ => {
                let header = plain_header(ALGORITHMS[number / 4 % 2]);
                let coordinate = encode(&rng.random::<[u8; 32]>());
                let header =
                    encode(header.replace("{x}", &coordinate).replace("{y}", &coordinate).as_bytes());
                let noise = (0..4).map(|_| random_base64url(&mut rng, 90)).collect::<Vec<_>>();
                format!("{header}.{}", noise.join("."))
            }
        };
        for algorithm in ALGORITHMS {
            let code = try_open(&text, &private_key(1), algorithm).err().expect("noise was opened");
            assert!(CODES.contains(&code), "{code}");
        }
    }
}

#[test]
fn ten_thousand_mutations_of_a_payload_are_refused() {
    let mut rng = rng(6);
    for algorithm in ALGORITHMS {
        let (sealed, key) = sealed(algorithm);
        for _ in 0..5_000 {
            let mut mutated = sealed.clone();
            for _ in 0..rng.random_range(1..4) {
                mutate(&mut mutated, &mut rng);
            }
            if mutated != sealed {
                let code = try_open(&mutated, &key, algorithm).err().expect("a mutation was opened");
                assert!(CODES.contains(&code), "{code}");
            }
        }
    }
}

fn claims() -> String {
    format!(r#"{{"v":1,"jti":"{}","iat":1,"origin":"o","fields":{{}}}}"#, encode(&[0; 16]))
}

/// The same bytes spelled with a bit that belongs to no byte.
fn with_stray_bits(segment: &str) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (head, last) = segment.split_at(segment.len() - 1);
    let value = ALPHABET.iter().position(|digit| *digit == last.as_bytes()[0]).unwrap();
    format!("{head}{}", char::from(ALPHABET[value | 1]))
}

fn permutations(items: Vec<usize>) -> Vec<Vec<usize>> {
    if items.len() < 2 {
        return vec![items];
    }
    let with_first = |first: usize| {
        let rest = items.iter().copied().filter(|item| *item != first).collect();
        permutations(rest).into_iter().map(move |rest| [vec![first], rest].concat())
    };
    items.iter().copied().flat_map(with_first).collect()
}

fn random_text(rng: &mut StdRng, longest: usize) -> String {
    let mut bytes = vec![0; rng.random_range(0..longest)];
    rng.fill_bytes(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

fn random_base64url(rng: &mut StdRng, longest: usize) -> String {
    let mut bytes = vec![0; rng.random_range(0..longest)];
    rng.fill_bytes(&mut bytes);
    encode(&bytes)
}

/// One random edit: cut, double, insert, replace, or exchange a stretch.
fn mutate(text: &mut String, rng: &mut StdRng) {
    if !text.is_ascii() || text.is_empty() {
        return;
    }
    let start = rng.random_range(0..text.len());
    let end = rng.random_range(start..=text.len().min(start + 40));
    let stretch = text[start..end].to_owned();
    match rng.random_range(0..5) {
        0 => text.replace_range(start..end, ""),
        1 => text.insert_str(end, &stretch),
        2 => text.insert_str(start, &random_text(rng, 8)),
        3 => text.replace_range(start..end, &random_base64url(rng, 30)),
        _ => {
            text.replace_range(start..end, "");
            text.insert_str(rng.random_range(0..=text.len()), &stretch);
        }
    }
}
