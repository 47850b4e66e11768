//! Base64url, hashing and content encryption at every length near a block's edge, against the crates that do the whole
//! of it.

use crate::support::rng;
use aes_gcm::{
    Aes256Gcm, KeyInit as _,
    aead::{Aead as _, Payload},
};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use hkdf::Hkdf;
use rand::{Rng as _, RngExt as _};
use sha2::{Digest as _, Sha256};
use tillseal_protocol::{
    base64url,
    content::{TagMismatch, decrypt, encrypt},
    hash,
};

fn bytes(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    rng(length as u64).fill_bytes(&mut bytes);
    bytes
}

#[test]
fn base64url_agrees_at_every_length_and_with_every_character() {
    for length in 0..100 {
        let bytes = bytes(length);
        let text = Base64UrlUnpadded::encode_string(&bytes);
        assert_eq!(base64url::encode(&bytes), text);
        assert_eq!(base64url::decode(&text), Some(bytes));
    }
    // Texts of up to four characters: every ending that there is, with stray bits, padding and other alphabets.
    let characters: Vec<char> = (0..0x80).map(char::from).chain(['\u{e9}', '\u{141}']).collect();
    let assert_agrees = |text: &str| {
        assert_eq!(base64url::decode(text), Base64UrlUnpadded::decode_vec(text).ok(), "{text:?}");
    };
    for one in &characters {
        for two in &characters {
            assert_agrees(&String::from_iter([one, two]));
            for head in ["A", "_", "AA", "_-"] {
                assert_agrees(&format!("{head}{one}{two}"));
                assert_agrees(&format!("{one}{head}{two}"));
                assert_agrees(&format!("AAAA{head}{one}{two}"));
            }
        }
        assert_agrees(&one.to_string());
    }
}

#[test]
fn sha_256_agrees_at_every_length() {
    for length in (0..300).chain([1023, 1024, 16 * 1024]) {
        let message = bytes(length);
        assert_eq!(hash::sha256(&message)[..], Sha256::digest(&message)[..], "{length} bytes");
    }
}

#[test]
fn extract_and_expand_agree_at_every_length() {
    for salt in [0, 1, 31, 32, 63, 64] {
        for length in (0..200).chain([1024]) {
            let (salt, input) = (bytes(salt), bytes(length));
            let (key, expand) = Hkdf::<Sha256>::extract(Some(&salt), &input);
            let ours = hash::hmac(&salt, &input);
            assert_eq!(ours[..], key[..], "{} bytes of salt, {length} of input", salt.len());
            let mut output = [0; 32];
            expand.expand(&input, &mut output).unwrap();
            assert_eq!(hash::expand(&ours, &input)[..], output, "{length} bytes of info");
        }
    }
}

#[test]
fn aes_gcm_agrees_at_every_length() {
    let mut rng = rng(1);
    for length in (0..300).chain([511, 512, 768, 16 * 1024]) {
        for aad_length in [0, 1, 15, 16, 17, length] {
            let (key, nonce): ([u8; 32], [u8; 12]) = (rng.random(), rng.random());
            let (aad, plaintext) = (bytes(aad_length), bytes(length));
            let payload = Payload { aad: &aad, msg: &plaintext };
            let expected = Aes256Gcm::new(&key.into()).encrypt(&nonce.into(), payload).unwrap();

            let mut content = plaintext.clone();
            let tag = encrypt(&key, &nonce, &aad, &mut content);
            assert_eq!([&content[..], &tag].concat(), expected, "{length} bytes, {aad_length} of aad");
            assert_eq!(decrypt(&key, &nonce, &aad, &mut content, &tag), Ok(()));
            assert_eq!(content, plaintext);
        }
    }
}

#[test]
fn a_tag_binds_every_input_and_a_mismatch_leaves_the_content_encrypted() {
    let (key, nonce, aad) = ([1; 32], [2; 12], [3; 20]);
    let mut ciphertext = [4; 40];
    let tag = encrypt(&key, &nonce, &aad, &mut ciphertext);
    let refused = |key: &[u8; 32], nonce: &[u8; 12], aad: &[u8], ciphertext: &[u8], tag: &[u8; 16]| {
        let mut content = ciphertext.to_vec();
        assert_eq!(decrypt(key, nonce, aad, &mut content, tag), Err(TagMismatch));
        assert_eq!(content, ciphertext);
    };
    let with_bit = |bytes: &[u8], bit: usize| {
        let mut bytes = bytes.to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        bytes
    };
    for bit in 0..256 {
        refused(&with_bit(&key, bit).try_into().unwrap(), &nonce, &aad, &ciphertext, &tag);
    }
    for bit in 0..96 {
        refused(&key, &with_bit(&nonce, bit).try_into().unwrap(), &aad, &ciphertext, &tag);
    }
    for bit in 0..160 {
        refused(&key, &nonce, &with_bit(&aad, bit), &ciphertext, &tag);
    }
    for bit in 0..320 {
        refused(&key, &nonce, &aad, &with_bit(&ciphertext, bit), &tag);
    }
    for bit in 0..128 {
        refused(&key, &nonce, &aad, &ciphertext, &with_bit(&tag, bit).try_into().unwrap());
    }
    // A byte that moves from one input to the other, and zeros that padding would add.
    let moved = [&aad[..], &ciphertext[..1]].concat();
    refused(&key, &nonce, &moved, &ciphertext[1..], &tag);
    refused(&key, &nonce, &[&aad[..], &[0]].concat(), &ciphertext, &tag);
    refused(&key, &nonce, &aad, &[&ciphertext[..], &[0]].concat(), &tag);
    refused(&key, &nonce, &aad[..19], &ciphertext, &tag);
    refused(&key, &nonce, &aad, &ciphertext[..39], &tag);
}
