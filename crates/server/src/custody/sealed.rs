//! A private key sealed in its file: RFC 7517 §7, a private JWK as the plaintext of a compact JWE (RFC 7516), which any
//! JOSE library opens.
//!
//! Under a passphrase: `PBES2-HS512+A256KW` (RFC 7518 §4.8). Under a key file: `A256KW` (§4.4). Content is `A256GCM`.

use crate::{KeyInfo, KeyringError, private_jwk};
use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    key_wrap::{AES_256, AesKek, KeyWrap as _},
    pbkdf2::{self, PBKDF2_HMAC_SHA512},
};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, num::NonZeroU32, path::Path};
use tillseal_protocol::RandomError;
use zeroize::Zeroizing;

/// The rounds of PBKDF2-HMAC-SHA512 that OWASP recommends
/// (<https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#pbkdf2>): 0.15 seconds of a core.
const ITERATIONS: u32 = 210_000;

/// The rounds that a file of another program may ask for: from RFC 7518 §4.8.1.2's least to what takes seconds.
const ACCEPTED_ITERATIONS: std::ops::RangeInclusive<u32> = 1_000..=10_000_000;

/// The shortest passphrase, in bytes.
const MIN_PASSPHRASE: usize = 12;

/// What private keys are sealed under.
///
/// Neither `Clone`, `Debug` nor `Serialize`.
pub(crate) enum SealingSecret {
    Passphrase(Zeroizing<String>),
    KeyFile(Zeroizing<[u8; 32]>),
}

/// Why a sealed key stays closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Closed {
    /// Another passphrase or key file, or altered.
    Secret,
    /// It is sealed under a passphrase, and a key file was given.
    NeedsPassphrase,
    /// It is sealed under a key file, and a passphrase was given.
    NeedsKeyFile,
    /// Not such a JWE, or no private JWK in it.
    Malformed,
}

/// The protected header. Anything else, such as `zip` or `crit`, is refused.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Header<'a> {
    alg: &'a str,
    enc: &'a str,
    /// RFC 7517 §7: what is sealed is a JWK.
    #[serde(skip_serializing_if = "Option::is_none")]
    cty: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    typ: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    p2s: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    p2c: Option<u32>,
}

const PASSPHRASE_ALG: &str = "PBES2-HS512+A256KW";
const KEY_FILE_ALG: &str = "A256KW";
const ENC: &str = "A256GCM";

/// What is sealed. It borrows from the plaintext, which is wiped with its buffer.
#[derive(Deserialize)]
struct Plaintext<'a> {
    d: &'a str,
    #[serde(borrow)]
    alg: Option<&'a str>,
}

impl SealingSecret {
    /// Takes a passphrase.
    pub(crate) fn passphrase(passphrase: &str) -> Result<Self, KeyringError> {
        if passphrase.len() < MIN_PASSPHRASE {
            let why = format!("the passphrase of a keyring has {MIN_PASSPHRASE} bytes or more");
            return Err(KeyringError::WeakSecret { why });
        }
        Ok(Self::Passphrase(Zeroizing::new(passphrase.to_owned())))
    }

    /// Takes the bytes of a key file: 32 random bytes, raw or in base64url.
    pub(crate) fn key_file(path: &Path, bytes: &[u8]) -> Result<Self, KeyringError> {
        let mut key = Zeroizing::new([0; 32]);
        if bytes.len() == 32 {
            key.copy_from_slice(bytes);
            return Ok(Self::KeyFile(key));
        }
        let decoded = Base64UrlUnpadded::decode(bytes.trim_ascii_end(), key.as_mut_slice());
        if decoded.is_ok_and(|key| key.len() == 32) {
            return Ok(Self::KeyFile(key));
        }
        let why = format!("{} must hold 32 random bytes, raw or in base64url", path.display());
        Err(KeyringError::WeakSecret { why })
    }

    /// Seals a private key beside its public half.
    pub(crate) fn seal(&self, key: &KeyInfo, scalar: &[u8; 32]) -> Result<Zeroizing<String>, KeyringError> {
        let salt: [u8; 16] = random()?;
        let mut header = Header {
            alg: KEY_FILE_ALG,
            enc: ENC,
            cty: Some("jwk+json"),
            typ: None,
            kid: None,
            p2s: None,
            p2c: None,
        };
        let kek = match self {
            Self::Passphrase(passphrase) => {
                header.alg = PASSPHRASE_ALG;
                header.p2s = Some(Base64UrlUnpadded::encode_string(&salt).into());
                header.p2c = Some(ITERATIONS);
                stretch(passphrase, &salt, ITERATIONS).ok_or(RandomError)?
            }
            Self::KeyFile(key) => key.clone(),
        };
        let protected =
            serde_json::to_vec(&header).map_err(|error| KeyringError::io(Path::new(""), error.into()))?;
        let protected = Base64UrlUnpadded::encode_string(&protected);

        let cek = Zeroizing::new(random::<32>()?);
        let mut wrapped = [0; 40];
        // These take any 32-byte key and any plaintext of this size.
        let aes = AesKek::new(&AES_256, kek.as_slice()).map_err(|_| RandomError)?;
        aes.wrap(cek.as_slice(), &mut wrapped).map_err(|_| RandomError)?;
        let nonce: [u8; 12] = random()?;
        let mut text = private_jwk::plaintext(key, scalar);
        let tag = gcm(&cek)
            .ok_or(RandomError)?
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(protected.as_bytes()),
                text.as_mut_slice(),
            )
            .map_err(|_| RandomError)?;
        let segments = [&wrapped[..], &nonce, &text, tag.as_ref()].map(Base64UrlUnpadded::encode_string);
        Ok(Zeroizing::new([&[protected][..], &segments].concat().join(".")))
    }

    /// Opens what [`Self::seal`] or another program sealed.
    pub(crate) fn open(&self, alg: &str, sealed: &str) -> Result<Zeroizing<[u8; 32]>, Closed> {
        let segments: Vec<&str> = sealed.split('.').collect();
        let [protected, wrapped, nonce, ciphertext, tag] = segments[..] else {
            return Err(Closed::Malformed);
        };
        let decode = |segment| Base64UrlUnpadded::decode_vec(segment).map_err(|_| Closed::Malformed);
        let (header, wrapped, nonce, tag) =
            (decode(protected)?, decode(wrapped)?, decode(nonce)?, decode(tag)?);
        let header: Header = serde_json::from_slice(&header).map_err(|_| Closed::Malformed)?;
        let (Ok(nonce), 40, 16) = (<[u8; 12]>::try_from(nonce), wrapped.len(), tag.len()) else {
            return Err(Closed::Malformed);
        };
        if header.enc != ENC {
            return Err(Closed::Malformed);
        }

        let kek = match (self, header.alg, header.p2s.as_deref(), header.p2c) {
            (Self::Passphrase(passphrase), PASSPHRASE_ALG, Some(salt), Some(iterations))
                if ACCEPTED_ITERATIONS.contains(&iterations) =>
            {
                let salt = decode(salt)?;
                // RFC 7518 §4.8.1.1: 8 octets or more.
                if salt.len() < 8 {
                    return Err(Closed::Malformed);
                }
                stretch(passphrase, &salt, iterations).ok_or(Closed::Malformed)?
            }
            (Self::KeyFile(key), KEY_FILE_ALG, None, None) => key.clone(),
            (Self::KeyFile(_), PASSPHRASE_ALG, ..) => return Err(Closed::NeedsPassphrase),
            (Self::Passphrase(_), KEY_FILE_ALG, ..) => return Err(Closed::NeedsKeyFile),
            _ => return Err(Closed::Malformed),
        };
        let mut cek = Zeroizing::new([0; 32]);
        let aes = AesKek::new(&AES_256, kek.as_slice()).map_err(|_| Closed::Secret)?;
        aes.unwrap(&wrapped, cek.as_mut_slice()).map_err(|_| Closed::Secret)?;

        let mut text = Zeroizing::new(decode(ciphertext)?);
        gcm(&cek)
            .ok_or(Closed::Secret)?
            .open_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(protected.as_bytes()),
                &tag,
                text.as_mut_slice(),
            )
            .map_err(|_| Closed::Secret)?;
        let jwk: Plaintext = serde_json::from_slice(&text).map_err(|_| Closed::Malformed)?;
        // The file's alg stands in clear: whoever changes it must not have the key used for something else.
        if jwk.alg.is_some_and(|sealed| sealed != alg) {
            return Err(Closed::Malformed);
        }
        private_jwk::decode(jwk.d).ok_or(Closed::Malformed)
    }
}

/// Whether a sealed key wants a passphrase rather than a key file, as far as its header says.
pub(crate) fn wants_passphrase(sealed: &str) -> bool {
    let header = sealed.split('.').next().and_then(|header| Base64UrlUnpadded::decode_vec(header).ok());
    header.is_none_or(|header| {
        serde_json::from_slice::<Header>(&header).map_or(true, |header| header.alg != KEY_FILE_ALG)
    })
}

/// RFC 7518 §4.8.1.1: the salt is `UTF8(Alg) ‖ 00 ‖ Salt Input`.
fn stretch(passphrase: &str, salt: &[u8], iterations: u32) -> Option<Zeroizing<[u8; 32]>> {
    let salt = [PASSPHRASE_ALG.as_bytes(), &[0], salt].concat();
    let mut kek = Zeroizing::new([0; 32]);
    let rounds = NonZeroU32::new(iterations)?;
    pbkdf2::derive(PBKDF2_HMAC_SHA512, rounds, &salt, passphrase.as_bytes(), kek.as_mut_slice());
    Some(kek)
}

fn gcm(key: &[u8; 32]) -> Option<LessSafeKey> {
    Some(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).ok()?))
}

fn random<const LENGTH: usize>() -> Result<[u8; LENGTH], RandomError> {
    let mut bytes = [0; LENGTH];
    getrandom::fill(&mut bytes).map_err(|_| RandomError)?;
    Ok(bytes)
}
