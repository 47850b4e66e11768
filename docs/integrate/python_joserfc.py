import json
import sys
import time

from joserfc import jwe
from joserfc.jwk import ECKey

MAX_AGE = 600  # seconds
LEEWAY = 120


def open_sealed(sealed, jwk, origin, now=None):
    """Opens a sealed payload with the private JWK that its `kid` names; raises where anything is not as it must be."""
    # The key decides the algorithm, never the message; and the header holds these members and no other.
    if jwk["alg"] != "ECDH-ES":
        raise ValueError("sealed-algorithm")
    key = ECKey.import_key({name: jwk[name] for name in ("kty", "crv", "x", "y", "d")})
    opened = jwe.decrypt_compact(sealed, key, algorithms=[jwk["alg"], "A256GCM"])
    header = opened.headers()
    if set(header) != {"alg", "enc", "kid", "epk"}:
        raise ValueError("sealed-header")
    if header["kid"] != jwk["kid"]:
        raise ValueError("kid-unknown")
    claims = json.loads(opened.plaintext)  # its padding is white space to JSON

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


# python python_joserfc.py PRIVATE_JWK_FILE ORIGIN < SEALED
if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as key_file:
        private_jwk = json.load(key_file)
    print(json.dumps(open_sealed(sys.stdin.read().strip(), private_jwk, sys.argv[2])))
