"""Seals standard input to a public JWK, with one of the peers: seal.py {jwcrypto|joserfc|pyhpke} PUBLIC_JWK_FILE"""

import base64
import json
import sys

HEADER = {"alg": "ECDH-ES", "enc": "A256GCM"}


def jwcrypto(plaintext, jwk):
    from jwcrypto.jwe import JWE
    from jwcrypto.jwk import JWK

    token = JWE(plaintext, protected=json.dumps({**HEADER, "kid": jwk["kid"]}))
    token.add_recipient(JWK(**jwk))
    return token.serialize(compact=True)


def joserfc(plaintext, jwk):
    from joserfc import jwe
    from joserfc.jwk import ECKey

    key = ECKey.import_key(jwk)
    return jwe.encrypt_compact({**HEADER, "kid": jwk["kid"]}, plaintext, key, algorithms=list(HEADER.values()))


def pyhpke(plaintext, jwk):
    from pyhpke import AEADId, CipherSuite, KDFId, KEMId, KEMKey

    suite = CipherSuite.new(KEMId.DHKEM_P256_HKDF_SHA256, KDFId.HKDF_SHA256, AEADId.AES256_GCM)
    members = {name: jwk[name] for name in ("kty", "crv", "x", "y")}
    enc, sender = suite.create_sender_context(KEMKey.from_jwk(members))
    protected = encode(json.dumps({"alg": "HPKE-7", "kid": jwk["kid"]}).encode())
    return f"{protected}.{encode(enc)}..{encode(sender.seal(plaintext, aad=protected.encode()))}."


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


if __name__ == "__main__":
    peer = {"jwcrypto": jwcrypto, "joserfc": joserfc, "pyhpke": pyhpke}[sys.argv[1]]
    with open(sys.argv[2], encoding="utf-8") as key_file:
        print(peer(sys.stdin.buffer.read(), json.load(key_file)))
