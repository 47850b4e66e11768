import { Aes256Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256 } from '@hpke/core';

const MAX_AGE = 600; // seconds
const LEEWAY = 120;
const suite = new CipherSuite({
  kem: new DhkemP256HkdfSha256(),
  kdf: new HkdfSha256(),
  aead: new Aes256Gcm(),
});

/** Opens a sealed payload with the private JWK that its `kid` names; throws where anything is not as it must be. */
export async function openSealed(sealed, jwk, origin, now = Date.now() / 1000) {
  const [protectedHeader, enc, iv, ciphertext, tag, ...more] = sealed.split('.');
  if (tag !== '' || iv !== '' || more.length) throw new Error('sealed-malformed');
  // The key decides the algorithm, never the message; and the header holds these members and no other.
  const header = JSON.parse(decode(protectedHeader));
  if (Object.keys(header).sort().join() !== 'alg,kid') throw new Error('sealed-header');
  if (jwk.alg !== 'HPKE-7' || header.alg !== jwk.alg) throw new Error('sealed-algorithm');
  if (header.kid !== jwk.kid) throw new Error('kid-unknown');

  const { kty, crv, x, y, d } = jwk;
  const recipientKey = await suite.kem.importKey('jwk', { kty, crv, x, y, d }, false);
  const aad = new TextEncoder().encode(protectedHeader);
  const plaintext = await suite.open({ recipientKey, enc: decode(enc) }, decode(ciphertext), aad);
  const claims = JSON.parse(new TextDecoder().decode(plaintext)); // its padding is white space to JSON

  if (claims.v !== 1) throw new Error('sealed-claims');
  if (claims.origin !== origin) throw new Error('origin-mismatch');
  if (!(claims.iat >= now - MAX_AGE)) throw new Error('stale');
  if (!(claims.iat <= now + LEEWAY)) throw new Error('future');
  return claims; // now refuse a `jti` that you have seen within MAX_AGE
}

/** Canonical base64url; Node's own decoder lets other spellings pass. */
function decode(text) {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.toString('base64url') !== text) throw new Error('sealed-malformed');
  return bytes;
}

// node hpke_node.mjs PRIVATE_JWK_FILE ORIGIN < SEALED
import { readFileSync } from 'node:fs';
const [keyFile, origin] = process.argv.slice(2);
const sealed = readFileSync(0, 'utf8').trim();
console.log(JSON.stringify(await openSealed(sealed, JSON.parse(readFileSync(keyFile, 'utf8')), origin)));
