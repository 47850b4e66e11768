//! What a stranger seals with the public key: claims or a coded error.
//!
//! The bytes are tried as a whole payload, and as the plaintext of one whose tag matches. Claims that are
//! taken must read the same when they are written and read again.

#![no_main]

use base64ct::{Base64UrlUnpadded, Encoding as _};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use tillseal_protocol::{
    Agreement, Algorithm, Claims, Envelope, OpenError, PointError, PrivateKey, PublicKey, SharedSecret,
    content, ecdh_es, hpke, open,
};

/// A key that agrees with one peer without a multiplication: libFuzzer lives from many runs.
struct Key {
    private: PrivateKey,
    public: PublicKey,
    peer: PublicKey,
    shared_secret: SharedSecret,
}

static KEY: LazyLock<Key> = LazyLock::new(|| {
    let scalar = |byte| PrivateKey::from_scalar(&[byte; 32]).expect("a scalar below the order");
    let (private, peer) = (scalar(1), scalar(2).public_key());
    let shared_secret = private.agree(&peer).expect("a point of the curve");
    Key { public: private.public_key(), private, peer, shared_secret }
});

impl Agreement for &Key {
    fn public_key(&self) -> PublicKey {
        self.public
    }

    fn agree(&self, peer: &PublicKey) -> Result<SharedSecret, PointError> {
        if *peer == self.peer { Ok(self.shared_secret.clone()) } else { self.private.agree(peer) }
    }
}

fuzz_target!(|bytes: &[u8]| {
    for algorithm in [Algorithm::EcdhEs, Algorithm::Hpke7] {
        if let Some(envelope) = core::str::from_utf8(bytes).ok().and_then(|text| Envelope::parse(text).ok())
        {
            check(open(envelope, &&*KEY, algorithm));
        }
        // Longer ones are refused for their length.
        if bytes.len() < 17_000 {
            let sealed = sealed(algorithm, bytes);
            let envelope = Envelope::parse(&sealed).expect("an envelope of the right form");
            let opened = open(envelope, &&*KEY, algorithm);
            assert!(!matches!(opened, Err(OpenError::Decrypt | OpenError::Algorithm)));
            check(opened);
        }
    }
});

fn check(opened: Result<Claims, OpenError>) {
    match opened {
        Ok(claims) => {
            let json = claims.to_json();
            let again = Claims::from_plaintext(&json).expect("claims read what they wrote");
            assert!(again.to_json() == json);
        }
        Err(error) => assert!(error.code().starts_with("sealed-")),
    }
}

/// The plaintext sealed to [`KEY`] by its one peer, with the nonce zero.
fn sealed(algorithm: Algorithm, plaintext: &[u8]) -> String {
    let encode = Base64UrlUnpadded::encode_string;
    let peer = KEY.peer.as_sec1();
    let mut text = plaintext.to_vec();
    match algorithm {
        Algorithm::EcdhEs => {
            let (x, y) = (encode(&peer[1..33]), encode(&peer[33..]));
            let epk = format!(r#"{{"kty":"EC","crv":"P-256","x":"{x}","y":"{y}"}}"#);
            let header = format!(r#"{{"alg":"ECDH-ES","enc":"A256GCM","kid":"k","epk":{epk}}}"#);
            let protected = encode(header.as_bytes());
            let key = ecdh_es::content_key(&KEY.shared_secret);
            let tag = content::encrypt(&key, &[0; 12], protected.as_bytes(), &mut text);
            [protected, String::new(), encode(&[0; 12]), encode(&text), encode(&tag)].join(".")
        }
        Algorithm::Hpke7 => {
            let protected = encode(br#"{"alg":"HPKE-7","kid":"k"}"#);
            let secret = hpke::kem_shared_secret(&KEY.shared_secret, &KEY.peer, &KEY.public);
            let hpke::Schedule { key, base_nonce } = hpke::key_schedule(&secret, b"");
            let tag = content::encrypt(&key, &base_nonce, protected.as_bytes(), &mut text);
            text.extend_from_slice(&tag);
            [protected, encode(peer), String::new(), encode(&text), String::new()].join(".")
        }
    }
}
