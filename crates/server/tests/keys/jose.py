"""Seals and opens private JWKs with two JOSE libraries: jose.py LIBRARY seal|open ALG SECRET, text on standard input."""

import sys

import jwcrypto.jwa
from joserfc import jwe
from joserfc.jwk import OctKey
from jwcrypto.common import base64url_decode, base64url_encode, json_encode
from jwcrypto.jwe import JWE
from jwcrypto.jwk import JWK

ITERATIONS = 210000
# Its own limit, 16,384, is a guard against headers of strangers.
jwcrypto.jwa.default_max_pbkdf2_iterations = ITERATIONS

library, verb, alg, secret = sys.argv[1:]
text = sys.stdin.read()
header = {'alg': alg, 'enc': 'A256GCM', 'cty': 'jwk+json'}
if alg.startswith('PBES2'):
    header['p2c'] = ITERATIONS
    secret_bytes = secret.encode()
else:
    secret_bytes = base64url_decode(secret)

if library == 'jwcrypto':
    key = JWK(kty='oct', k=base64url_encode(secret_bytes))
    token = JWE(algs=[alg, 'A256GCM'])
    if verb == 'open':
        token.deserialize(text, key)
        print(token.payload.decode(), end='')
    else:
        # A salt of our own: jwcrypto puts one that it made outside of the protected header.
        if 'p2c' in header:
            header['p2s'] = base64url_encode(bytes(range(16)))
        token = JWE(text.encode(), protected=json_encode(header), algs=[alg, 'A256GCM'])
        token.add_recipient(key)
        print(token.serialize(compact=True), end='')
else:
    key = OctKey.import_key(secret_bytes)
    if verb == 'open':
        print(jwe.decrypt_compact(text, key, algorithms=[alg, 'A256GCM']).plaintext.decode(), end='')
    else:
        print(jwe.encrypt_compact(header, text, key, algorithms=[alg, 'A256GCM']), end='')
