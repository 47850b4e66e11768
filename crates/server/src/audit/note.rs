//! Signed notes (C2SP signed-note) with Ed25519 keys.

use aws_lc_rs::{
    digest::{SHA256, digest},
    error::Unspecified,
    signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey},
};
use base64ct::{Base64, Encoding as _};
use std::{fmt, str::FromStr};

/// The signature type of Ed25519 over the note's text.
const TYPE: u8 = 1;

/// The longest note that is read, in bytes: room for hundreds of witnesses.
const MAX: usize = 1 << 20;

const DASH: &str = "\u{2014} ";

/// The key that signs the checkpoints of a log, under the log's name.
///
/// Neither `Clone`, `Debug` nor `Serialize`: it is a private key.
pub struct LogKey {
    pair: Ed25519KeyPair,
    public: VerifierKey,
}

/// The public half, as C2SP writes it (a vkey): `<name>+<key id>+<base64 of 0x01 and the key>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    id: [u8; 4],
    key: [u8; 32],
}

/// A name that a log cannot have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a log's name is a text without spaces, control characters and plus signs, such as shop.example/tillseal"
)]
pub struct KeyNameError;

/// Not the public key of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a verifier key with Ed25519; `tillseal audit key` prints one: <name>+<8 hex digits>+<base64>")]
pub struct VerifierKeyError;

/// A note whose form holds; who signed it is not known yet.
pub(crate) struct Note<'a> {
    text: &'a str,
    signatures: Vec<(&'a str, Vec<u8>)>,
}

/// What a key says of a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signed {
    /// The key signed it.
    Yes,
    /// It bears no signature of this key.
    ByOthers,
    /// It bears one that does not fit the text.
    Wrongly,
}

impl LogKey {
    /// The key of this seed (RFC 8032 §5.1.5), for the log of this name, which is the origin line of its checkpoints.
    ///
    /// # Errors
    /// [`KeyNameError`]: no name, or one with spaces, control characters or a plus sign.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, KeyNameError> {
        // A seed of 32 bytes is never refused.
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| KeyNameError)?;
        let mut key = [0; 32];
        key.copy_from_slice(pair.public_key().as_ref());
        Ok(Self { public: VerifierKey::new(name, key).ok_or(KeyNameError)?, pair })
    }

    /// The public half; [`Display`](fmt::Display) writes the vkey.
    #[must_use]
    pub fn vkey(&self) -> &VerifierKey {
        &self.public
    }

    /// The log's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.public.name
    }

    /// The note of this text, which ends in a line break.
    pub(crate) fn sign(&self, text: &str) -> Result<String, Unspecified> {
        let signature = self.pair.try_sign(text.as_bytes())?;
        let signature = Base64::encode_string(&[&self.public.id, signature.as_ref()].concat());
        Ok(format!("{text}\n{DASH}{} {signature}\n", self.public.name))
    }
}

impl VerifierKey {
    /// The name of the log.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key of these 32 bytes (RFC 8032 §5.1.2) for the log of this name, unless no log can have it.
    #[must_use]
    pub fn new(name: &str, key: [u8; 32]) -> Option<Self> {
        let is_name = !name.is_empty()
            && !name
                .chars()
                .any(|character| character.is_whitespace() || character.is_control() || character == '+');
        // Key ID = SHA-256(key name || 0x0A || signature type || public key)[:4].
        let hash = digest(&SHA256, &[name.as_bytes(), b"\n", &[TYPE], &key].concat());
        let mut id = [0; 4];
        id.copy_from_slice(&hash.as_ref()[..4]);
        is_name.then(|| Self { name: name.to_owned(), id, key })
    }
}

impl FromStr for VerifierKey {
    type Err = VerifierKeyError;

    fn from_str(text: &str) -> Result<Self, VerifierKeyError> {
        let parse = || {
            let mut parts = text.splitn(3, '+');
            let (name, _, encoded) = (parts.next()?, parts.next()?, parts.next()?);
            let mut typed = [0; 33];
            let length = Base64::decode(encoded, &mut typed).ok()?.len();
            let [TYPE, key @ ..] = typed else { return None };
            let key = Self::new(name, key).filter(|_| length == typed.len())?;
            // The id and the spelling of it too.
            (key.to_string() == text).then_some(key)
        };
        parse().ok_or(VerifierKeyError)
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let id = u32::from_be_bytes(self.id);
        let key = Base64::encode_string(&[&[TYPE][..], &self.key].concat());
        write!(formatter, "{}+{id:08x}+{key}", self.name)
    }
}

impl<'a> Note<'a> {
    pub(crate) fn parse(note: &'a str) -> Option<Self> {
        // "MUST NOT contain any ASCII control characters (those below U+0020) other than newline."
        if note.len() > MAX || note.bytes().any(|byte| byte < 0x20 && byte != b'\n') {
            return None;
        }
        // "The text is separated from the signatures by the last empty line in the note."
        let end = note.rfind("\n\n")?;
        let (text, signatures) = (&note[..=end], &note[end + 2..]);
        let lines = signatures.strip_suffix('\n')?.split('\n');
        let signatures = lines.map(|line| {
            let (name, signature) = line.strip_prefix(DASH)?.split_once(' ')?;
            let signature = Base64::decode_vec(signature).ok()?;
            (!name.is_empty() && signature.len() > 4).then_some((name, signature))
        });
        Some(Self { text, signatures: signatures.collect::<Option<_>>()? })
    }

    /// What was signed, up to its last line break.
    pub(crate) fn text(&self) -> &'a str {
        self.text
    }

    /// Whether this key signed it; signatures of others are passed over.
    pub(crate) fn signed_by(&self, key: &VerifierKey) -> Signed {
        let of_the_key = self
            .signatures
            .iter()
            .filter(|(name, signature)| *name == key.name && signature.starts_with(&key.id));
        let public = UnparsedPublicKey::new(&ED25519, &key.key);
        let checked: Vec<bool> = of_the_key
            .map(|(_, signature)| public.verify(self.text.as_bytes(), &signature[4..]).is_ok())
            .collect();
        match checked.as_slice() {
            [] => Signed::ByOthers,
            checked if checked.iter().all(|fits| *fits) => Signed::Yes,
            _ => Signed::Wrongly,
        }
    }
}
