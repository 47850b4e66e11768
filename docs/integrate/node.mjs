import { compactDecrypt, decodeProtectedHeader, importJWK } from 'jose';

const MAX_AGE = 600; // seconds
const LEEWAY = 120;

/** Opens a sealed payload with the private JWK that its `kid` names; throws where anything is not as it must be. */
export async function openSealed(sealed, jwk, origin, now = Date.now() / 1000) {
  // The key decides the algorithm, never the message; and the header holds these members and no other.
  if (jwk.alg !== 'ECDH-ES') throw new Error('sealed-algorithm');
  const header = decodeProtectedHeader(sealed);
  if (Object.keys(header).sort().join() !== 'alg,enc,epk,kid') throw new Error('sealed-header');
  if (header.kid !== jwk.kid) throw new Error('kid-unknown');

  const { plaintext } = await compactDecrypt(sealed, await importJWK(jwk), {
    keyManagementAlgorithms: [jwk.alg],
    contentEncryptionAlgorithms: ['A256GCM'],
  });
  const claims = JSON.parse(new TextDecoder().decode(plaintext)); // its padding is white space to JSON

  if (claims.v !== 1) throw new Error('sealed-claims');
  if (claims.origin !== origin) throw new Error('origin-mismatch');
  if (!(claims.iat >= now - MAX_AGE)) throw new Error('stale');
  if (!(claims.iat <= now + LEEWAY)) throw new Error('future');
  return claims; // now refuse a `jti` that you have seen within MAX_AGE
}

// node node.mjs PRIVATE_JWK_FILE ORIGIN < SEALED
import { readFileSync } from 'node:fs';
const [keyFile, origin] = process.argv.slice(2);
const sealed = readFileSync(0, 'utf8').trim();
console.log(JSON.stringify(await openSealed(sealed, JSON.parse(readFileSync(keyFile, 'utf8')), origin)));
