//! The vectors that JOSE's own documents print.

use crate::Suite;
use base64ct::{Base64UrlUnpadded, Encoding as _};
use tillseal_protocol::{
    Agreement as _, Algorithm, Envelope, Jwk, OpenError, PrivateKey, PublicKey, Recipient, content,
    ecdh_es, hpke, open,
};

/// RFC 7518 Appendix C: the agreement of Alice's ephemeral key with Bob's, and `A128GCM` derived from it.
pub(crate) fn concat_kdf() -> Suite {
    const ALICE: [&str; 3] = [
        "gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0",
        "SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps",
        "0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo",
    ];
    const BOB: [&str; 3] = [
        "weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ",
        "e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck",
        "VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw",
    ];
    const Z: [u8; 32] = [
        158, 86, 217, 29, 129, 113, 53, 211, 114, 131, 66, 131, 191, 132, 38, 156, 251, 49, 110, 163, 218,
        128, 106, 72, 246, 218, 167, 121, 140, 254, 144, 196,
    ];
    const DERIVED_KEY: &str = "VqqN6vgjbSBcIijNcacQGg";

    let mut suite = Suite::accepting("RFC 7518 Appendix C, Concat KDF");
    let (Some((alice, alice_public)), Some((bob, bob_public))) = (key_pair(ALICE), key_pair(BOB)) else {
        suite.failures.push("a key: refused".into());
        return suite;
    };
    suite.expect_accepted("Alice's x and y", Some(alice.public_key()), alice_public);
    suite.expect_accepted("Bob's x and y", Some(bob.public_key()), bob_public);
    for (side, agreed) in [("Alice", alice.agree(&bob_public)), ("Bob", bob.agree(&alice_public))] {
        let agreed = agreed.ok();
        suite.expect_accepted(&format!("{side}'s Z"), agreed.as_deref(), &Z);
        let derived =
            agreed.map(|z| ecdh_es::concat_kdf(&z, "A128GCM", b"Alice", b"Bob", 128)[..16].to_vec());
        suite.expect_accepted(&format!("{side}'s derived key"), derived, decode(DERIVED_KEY));
    }
    suite
}

/// The `HPKE-7` example of draft-ietf-jose-hpke-encrypt-22: the key, the compact message and the flattened one.
///
/// Its plaintext is the JOSE cookbook's sentence, so `open` ends where the claims begin, after the decryption.
pub(crate) fn hpke_7() -> Suite {
    const KEY: [&str; 3] = [
        "z860carZ9CSxTjXo7MK65h_TaZX7ipi2iUh_Bh-VP54",
        "i9X0v8PwcNgbsoMhAz-_W2OPaFU--BQAgWVzJVOfedo",
        "nklFxo0VoD3POieIKD2I_6O4pyuoX1755y_r8My3kL4",
    ];
    const KID: &str = "YGdLPiZno0vV3kJKu4kEMQEjK3_upFF2D_lFDf1FFwk";
    const COMPACT: &str = "eyJhbGciOiJIUEtFLTciLCJraWQiOiJZR2RMUGlabm8wdlYza0pLdTRrRU1RRWpLM191cEZGMkRfbEZEZjFGRndrIn0.BL2AEDUZhRslwuzyKdVKVaGwBpFly_SgLlxy2wTg42Vyfob2tCdv0SgN6OMR16kilUZ17jafK0Gzw0plYKGm08Y..0-DVK3WNJxSSX4hn0KgFlV4vRS4iJLiNCmjl9J4QKCYiOzmdHmWXvB4MS56wOmpVhDbboVIC0wOBxsUlWIXIg6N9DSlu-iwlgiqrVj2v61LrX-qjB7MAg0X5DQJSOWg-saAkhf2lEJ4z0meZIdAlY93_vgAUHKoHsSp_EciL28JtLrBU18WHv34eHONzWsVYdj-ycaBqLUAkcfYrlNZrVpCR6OdNXkuOmkhqrIZjFEl67VZVY5NfbvyFRAkkqgd42wvATdGk2gw_jDZe1fvzGNuV-e5UCrHQ-5Es2rmsLe-nfeB_9iUe-2nZswWS2qndvz6ZANF9Kj2QMJXCLN7RRSLLjP58sxoyDZC8nRBdJxsJKXc8G5eYFLJ1Bc4w.";
    const FLATTENED_PROTECTED: &str =
        "eyJhbGciOiJIUEtFLTciLCJraWQiOiJZR2RMUGlabm8wdlYza0pLdTRrRU1RRWpLM191cEZGMkRfbEZEZjFGRndrIn0";
    const FLATTENED_AAD: &str = "VGhlIEZlbGxvd3NoaXAgb2YgdGhlIFJpbmc";
    const FLATTENED_ENCRYPTED_KEY: &str =
        "BJsgimlSAygpn6mErqMkZcmzVLsX6V9aYArVYAjg2LEi2shWQopeMMr5n4VNH_kCeuqXRd2LtFjQd2eWsXTAcs8";
    const FLATTENED_CIPHERTEXT: &str = "ny4HVMntsCPyijVFtO41pSpN_jusNGtAaYjD_glEgkQlnMlJuDyiTbL9_IgWjcmaQv-ahcToh6pussscT37Oki95DB56UEK1sgwv23m54UgDFDS3Q2UI48pRzgsONMJdc46-UjqCXvDgbGZfA7Afn-mCGJZo90Tr2QyDMpevwYv4-Zd6ldw2QrF7pUXXOLUP8yh2Y8qZB7JkyUvN5gH8QIgIcC11a-2-YWWSO3JgpJ4R51YESAOJ6MbaW2otZU7JY9GW7dKpwd3mym6IxJ4onwSvABkmVaFSqxOEBlStSLirlR0sf1q9HK_gn8HHNjlaNNja2yE3C42ESTWAoH1uapvfMaQJE1ZWG7ru77nMBQJPRxAb-dXTUJa3jeVF";

    let mut suite = Suite::accepting_and_rejecting("JOSE-HPKE draft-22, HPKE-7");
    let Some((key, public)) = key_pair(KEY) else {
        suite.failures.push("the key: refused".into());
        return suite;
    };
    suite.expect_accepted("x and y", Some(key.public_key()), public);
    let recipient = Recipient::from_jwk(&Jwk::new(&public, Algorithm::Hpke7)).ok();
    suite.expect_accepted("kid", recipient.as_ref().map(|recipient| recipient.kid().as_str()), KID);

    let segments: Vec<&str> = COMPACT.split('.').collect();
    let compact = decrypt(&key, segments[0].as_bytes(), segments[1], segments[3]);
    let flattened_aad = [FLATTENED_PROTECTED, ".", FLATTENED_AAD].concat();
    let flattened = decrypt(&key, flattened_aad.as_bytes(), FLATTENED_ENCRYPTED_KEY, FLATTENED_CIPHERTEXT);
    suite.expect_accepted("compact plaintext", compact.as_deref(), PLAINTEXT.as_bytes());
    suite.expect_accepted("flattened plaintext", flattened.as_deref(), PLAINTEXT.as_bytes());
    let no_aad =
        decrypt(&key, FLATTENED_PROTECTED.as_bytes(), FLATTENED_ENCRYPTED_KEY, FLATTENED_CIPHERTEXT);
    suite.expect_rejected("flattened without its aad", no_aad);

    let parse = || Envelope::parse(COMPACT).ok();
    suite.expect_accepted("compact kid", parse().as_ref().map(Envelope::kid), KID);
    let opened = |algorithm| parse().and_then(|envelope| open(envelope, &key, algorithm).err());
    let not_claims = OpenError::Claims(tillseal_protocol::ClaimsError);
    suite.expect_accepted("open reaches the claims", opened(Algorithm::Hpke7), not_claims);
    suite.expect_accepted("open as ECDH-ES", opened(Algorithm::EcdhEs), OpenError::Algorithm);
    suite
}

/// The sentence of RFC 7520 §5, as the draft's examples write it.
const PLAINTEXT: &str = "You can trust us to stick with you through thick and thin-to the bitter end. And you can trust us to keep any secret of yours-closer than you keep it yourself. But you cannot trust us to let you face trouble alone, and go off without a word. We are your friends, Frodo.";

fn decrypt(key: &PrivateKey, aad: &[u8], encrypted_key: &str, ciphertext: &str) -> Option<Vec<u8>> {
    let enc = PublicKey::from_sec1(&decode(encrypted_key)).ok()?;
    let shared_secret = hpke::kem_shared_secret(&key.agree(&enc).ok()?, &enc, &key.public_key());
    let schedule = hpke::key_schedule(&shared_secret, b"");
    let mut content = decode(ciphertext);
    let tag = content.split_off(content.len().checked_sub(16)?).try_into().ok()?;
    content::decrypt(&schedule.key, &schedule.base_nonce, aad, &mut content, &tag).ok()?;
    Some(content)
}

/// A JWK's `x`, `y` and `d`.
fn key_pair([x, y, d]: [&str; 3]) -> Option<(PrivateKey, PublicKey)> {
    let coordinate = |text| <[u8; 32]>::try_from(decode(text)).ok();
    let key = PrivateKey::from_scalar(&coordinate(d)?)?;
    Some((key, PublicKey::from_coordinates(&coordinate(x)?, &coordinate(y)?)))
}

fn decode(text: &str) -> Vec<u8> {
    Base64UrlUnpadded::decode_vec(text).unwrap_or_default()
}
