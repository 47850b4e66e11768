import { createLocalJWKSet, jwtVerify } from 'jose';

/** What the session of opened claims says, once it holds: signed by a key of the set, for this page, not over. */
export async function sessionOf(claims, jwks, origin) {
  if (claims.session === undefined) throw new Error('session-missing');
  const { payload } = await jwtVerify(claims.session, createLocalJWKSet(jwks), {
    algorithms: ['ES256'],
    typ: 'tillseal-session+jwt',
    audience: origin,
    requiredClaims: ['jti', 'exp', 'order'],
  });
  return payload; // now compare its `order` with yours, and refuse a `jti` that you have seen before its `exp`
}

// node session.mjs JWKS_FILE ORIGIN < CLAIMS
import { readFileSync } from 'node:fs';
const [jwksFile, origin] = process.argv.slice(2);
const [claims, jwks] = [0, jwksFile].map((file) => JSON.parse(readFileSync(file, 'utf8')));
console.log(JSON.stringify(await sessionOf(claims, jwks, origin)));
