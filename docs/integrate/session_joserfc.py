import json
import sys

from joserfc import jwt
from joserfc.jwk import KeySet

TYPE = "tillseal-session+jwt"


def session_of(claims, jwks, origin):
    """What the session of opened claims says, once it holds: signed by a key of the set, for this page, not over."""
    if "session" not in claims:
        raise ValueError("session-missing")
    signing = [key for key in jwks["keys"] if key.get("use") == "sig" and key["alg"] == "ES256"]
    token = jwt.decode(claims["session"], KeySet.import_key_set({"keys": signing}), algorithms=["ES256"])
    if token.header["typ"] != TYPE:
        raise ValueError("session-malformed")
    held = jwt.JWTClaimsRegistry(aud={"essential": True, "value": origin}, exp={"essential": True})
    held.validate(token.claims)
    return token.claims  # now compare its `order` with yours, and refuse a `jti` that you have seen before its `exp`


# python session_joserfc.py JWKS_FILE ORIGIN < CLAIMS
if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as jwks_file:
        key_set = json.load(jwks_file)
    print(json.dumps(session_of(json.load(sys.stdin), key_set, sys.argv[2])))
