//! What the tests share: keys, sources of randomness, sealing and forging in one call.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use core::fmt;
use rand::{SeedableRng as _, rngs::StdRng};
use rand_core::{TryCryptoRng, TryRng};
use tillseal_protocol::{
    Agreement, Algorithm, Claims, Context, Envelope, FieldName, FieldSet, Form, Jti, Jwk, PointError,
    Preparation, PrivateKey, PublicKey, Recipient, SharedSecret, content, ecdh_es, hpke, open,
};

pub(crate) const ALGORITHMS: [Algorithm; 2] = [Algorithm::EcdhEs, Algorithm::Hpke7];

pub(crate) const ORIGIN: &str = "https://shop.example";
pub(crate) const IAT: u64 = 1_795_459_200;

/// What a test that does not care seals.
pub(crate) const FIELDS: [(&str, &str); 4] = [
    ("cc-number", "4111 1111 1111 1111"),
    ("cc-exp", "12/29"),
    ("cc-csc", "123"),
    ("email", "ada@shop.example"),
];

pub(crate) fn rng(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}

pub(crate) fn private_key(seed: u64) -> PrivateKey {
    PrivateKey::random(&mut rng(seed)).unwrap()
}

pub(crate) fn recipient(key: &impl Agreement, algorithm: Algorithm) -> Recipient {
    Recipient::from_jwk(&Jwk::new(&key.public_key(), algorithm)).unwrap()
}

pub(crate) fn context() -> Context<'static> {
    Context { jti: Jti::from_random([7; 16]), iat: IAT, origin: ORIGIN, session: "", signals: &[] }
}

pub(crate) fn form(fields: &[(&str, &str)]) -> Form {
    let mut form = Form::new();
    for (name, value) in fields {
        form.input(FieldName::parse(name).unwrap(), value).unwrap();
    }
    form
}

/// Seals the fields to one recipient with fresh randomness of that seed.
pub(crate) fn seal(fields: &[(&str, &str)], recipient: &Recipient, seed: u64) -> String {
    let sealer = Preparation::new(recipient, &mut rng(seed)).unwrap().finish();
    form(fields).seal(vec![(sealer, &FieldSet::all())], &context()).unwrap().remove(0)
}

/// Parses and opens; the error is the code.
pub(crate) fn try_open(
    sealed: &str,
    key: &impl Agreement,
    algorithm: Algorithm,
) -> Result<Claims, &'static str> {
    let envelope = Envelope::parse(sealed).map_err(tillseal_protocol::EnvelopeError::code)?;
    open(envelope, key, algorithm).map_err(tillseal_protocol::OpenError::code)
}

pub(crate) fn encode(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

pub(crate) fn decode(text: &str) -> Vec<u8> {
    Base64UrlUnpadded::decode_vec(text).unwrap()
}

/// The protected header as text.
pub(crate) fn header(sealed: &str) -> String {
    String::from_utf8(decode(sealed.split('.').next().unwrap())).unwrap()
}

/// The same payload under another protected header.
pub(crate) fn with_header(sealed: &str, header: &str) -> String {
    let (_, rest) = sealed.split_once('.').unwrap();
    format!("{}.{rest}", encode(header.as_bytes()))
}

/// The same payload with another ephemeral key, in the header or as HPKE's `enc`.
pub(crate) fn with_point(sealed: &str, point: &PublicKey) -> String {
    let mut segments: Vec<String> = sealed.split('.').map(str::to_owned).collect();
    if segments[1].is_empty() {
        let mut header: serde_json::Value = serde_json::from_str(&header(sealed)).unwrap();
        header["epk"]["x"] = encode(&point.as_sec1()[1..33]).into();
        header["epk"]["y"] = encode(&point.as_sec1()[33..]).into();
        with_header(sealed, &header.to_string())
    } else {
        segments[1] = encode(point.as_sec1());
        segments.join(".")
    }
}

/// How many bytes of plaintext a payload holds.
pub(crate) fn plaintext_len(sealed: &str, algorithm: Algorithm) -> usize {
    let ciphertext = decode(sealed.split('.').nth(3).unwrap());
    match algorithm {
        Algorithm::EcdhEs => ciphertext.len(),
        Algorithm::Hpke7 => ciphertext.len() - 16,
    }
}

/// What a stranger who knows the public key can send: any header, any plaintext, and a tag that matches.
///
/// `{x}` and `{y}` in the header stand for the ephemeral key's coordinates.
pub(crate) fn forge(recipient: &PublicKey, algorithm: Algorithm, header: &str, plaintext: &[u8]) -> String {
    let ephemeral = private_key(99);
    let point = ephemeral.public_key();
    let (x, y) = (encode(&point.as_sec1()[1..33]), encode(&point.as_sec1()[33..]));
    let protected = encode(header.replace("{x}", &x).replace("{y}", &y).as_bytes());
    let dh = ephemeral.agree(recipient).unwrap();
    let mut text = plaintext.to_vec();
    let (encrypted_key, iv, tag) = match algorithm {
        Algorithm::EcdhEs => {
            let key = ecdh_es::content_key(&dh);
            let tag = content::encrypt(&key, &[3; 12], protected.as_bytes(), &mut text);
            (String::new(), encode(&[3; 12]), encode(&tag))
        }
        Algorithm::Hpke7 => {
            let secret = hpke::kem_shared_secret(&dh, &point, recipient);
            let schedule = hpke::key_schedule(&secret, b"");
            let (key, nonce) = (&schedule.key, &schedule.base_nonce);
            let tag = content::encrypt(key, nonce, protected.as_bytes(), &mut text);
            text.extend_from_slice(&tag);
            (encode(point.as_sec1()), String::new(), String::new())
        }
    };
    [protected, encrypted_key, iv, encode(&text), tag].join(".")
}

/// A header that [`forge`] completes and that is the one of its algorithm.
pub(crate) fn plain_header(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::EcdhEs => {
            r#"{"alg":"ECDH-ES","enc":"A256GCM","kid":"k","epk":{"kty":"EC","crv":"P-256","x":"{x}","y":"{y}"}}"#
        }
        Algorithm::Hpke7 => r#"{"alg":"HPKE-7","kid":"k"}"#,
    }
}

/// A source of randomness that gives the bytes it was given and then fails.
pub(crate) struct Script(pub(crate) Vec<u8>);

/// The script is at its end.
#[derive(Debug)]
pub(crate) struct ScriptEnd;

impl fmt::Display for ScriptEnd {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("the script is at its end")
    }
}

impl core::error::Error for ScriptEnd {}

impl TryRng for Script {
    type Error = ScriptEnd;

    fn try_next_u32(&mut self) -> Result<u32, ScriptEnd> {
        Err(ScriptEnd)
    }

    fn try_next_u64(&mut self) -> Result<u64, ScriptEnd> {
        Err(ScriptEnd)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), ScriptEnd> {
        if self.0.len() < bytes.len() {
            return Err(ScriptEnd);
        }
        bytes.copy_from_slice(&self.0[..bytes.len()]);
        self.0.drain(..bytes.len());
        Ok(())
    }
}

impl TryCryptoRng for Script {}

/// A key agreement that must not be reached.
pub(crate) struct Unreached;

impl Agreement for Unreached {
    fn public_key(&self) -> PublicKey {
        panic!("the public key was asked for")
    }

    fn agree(&self, _: &PublicKey) -> Result<SharedSecret, PointError> {
        panic!("the private key was used")
    }
}

/// A private key that remembers one agreement: thousands of openings with the same `epk` in little time.
pub(crate) struct Remembering {
    key: PrivateKey,
    public_key: PublicKey,
    peer: PublicKey,
    shared_secret: SharedSecret,
}

impl Remembering {
    /// Remembers the agreement that opens this payload.
    pub(crate) fn new(key: PrivateKey, sealed: &str) -> Self {
        let peer = ephemeral(sealed);
        let shared_secret = key.agree(&peer).unwrap();
        Self { public_key: key.public_key(), key, peer, shared_secret }
    }
}

impl Agreement for Remembering {
    fn public_key(&self) -> PublicKey {
        self.public_key
    }

    fn agree(&self, peer: &PublicKey) -> Result<SharedSecret, PointError> {
        if *peer == self.peer { Ok(self.shared_secret.clone()) } else { self.key.agree(peer) }
    }
}

/// The ephemeral key of a payload, read without the crate's parser.
fn ephemeral(sealed: &str) -> PublicKey {
    let encrypted_key = sealed.split('.').nth(1).unwrap();
    if encrypted_key.is_empty() {
        let header: serde_json::Value = serde_json::from_str(&header(sealed)).unwrap();
        let coordinate = |name: &str| decode(header["epk"][name].as_str().unwrap()).try_into().unwrap();
        PublicKey::from_coordinates(&coordinate("x"), &coordinate("y"))
    } else {
        PublicKey::from_sec1(&decode(encrypted_key)).unwrap()
    }
}
