import base64
import json
import sys
import time

from pyhpke import AEADId, CipherSuite, KDFId, KEMId, KEMKey

MAX_AGE = 600  # seconds
LEEWAY = 120
SUITE = CipherSuite.new(KEMId.DHKEM_P256_HKDF_SHA256, KDFId.HKDF_SHA256, AEADId.AES256_GCM)


def open_sealed(sealed, jwk, origin, now=None):
    """Opens a sealed payload with the private JWK that its `kid` names; raises where anything is not as it must be."""
    protected, enc, iv, ciphertext, tag = sealed.split(".")
    if iv or tag:
        raise ValueError("sealed-malformed")
    # The key decides the algorithm, never the message; and the header holds these members and no other.
    header = json.loads(decode(protected))
    if set(header) != {"alg", "kid"}:
        raise ValueError("sealed-header")
    if jwk["alg"] != "HPKE-7" or header["alg"] != jwk["alg"]:
        raise ValueError("sealed-algorithm")
    if header["kid"] != jwk["kid"]:
        raise ValueError("kid-unknown")

    key = KEMKey.from_jwk({name: jwk[name] for name in ("kty", "crv", "x", "y", "d")})
    recipient = SUITE.create_recipient_context(decode(enc), key)
    plaintext = recipient.open(decode(ciphertext), aad=protected.encode())
    claims = json.loads(plaintext)  # its padding is white space to JSON

    if claims["v"] != 1:
        raise ValueError("sealed-claims")
    if claims["origin"] != origin:
        raise ValueError("origin-mismatch")
    age = (now or time.time()) - claims["iat"]
    if age > MAX_AGE:
        raise ValueError("stale")
    if age < -LEEWAY:
        raise ValueError("future")
    return claims  # now refuse a `jti` that you have seen within MAX_AGE


def decode(text):
    """Canonical base64url; Python's own decoder lets other spellings pass."""
    decoded = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if base64.urlsafe_b64encode(decoded).rstrip(b"=") != text.encode():
        raise ValueError("sealed-malformed")
    return decoded


# python hpke_python.py PRIVATE_JWK_FILE ORIGIN < SEALED
if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as key_file:
        private_jwk = json.load(key_file)
    print(json.dumps(open_sealed(sys.stdin.read().strip(), private_jwk, sys.argv[2])))
