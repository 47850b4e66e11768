// Keys of the tests' own, and opening with peers that are not ours.

import { Aes256Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256 } from '@hpke/core';
import { calculateJwkThumbprint, compactDecrypt, importJWK } from 'jose';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { assertInManifest } from './manifest.js';
import { SCRATCH } from './paths.js';

export const hpke7 = new CipherSuite({
  kem: new DhkemP256HkdfSha256(),
  kdf: new HkdfSha256(),
  aead: new Aes256Gcm(),
});

/** A fresh private JWK in the form of the keyring's files. */
export async function newKey(alg = 'ECDH-ES') {
  const jwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
  const kid = await calculateJwkThumbprint(jwk);
  return { ...jwk, use: 'enc', alg, kid, tillseal_state: 'active' };
}

export function publicPart({ kty, crv, x, y, alg, kid, use }) {
  return { kty, crv, x, y, alg, kid, use };
}

export const jwks = (...keys) => ({ keys: keys.map(publicPart) });

/** A keyring directory as `tillseal --keys` takes it. */
export async function keyring(...keys) {
  await mkdir(SCRATCH, { recursive: true });
  const folder = mkdtempSync(join(SCRATCH, 'keys-'));
  for (const key of keys) {
    writeFileSync(join(folder, `${key.kid}.jwk.json`), JSON.stringify(key), { mode: 0o600 });
  }
  return folder;
}

/** The claims of a sealed payload, by `jose` or `@hpke/core`. What they tell of the person must be listed in docs/signals.json. */
export async function openSealed(sealed, key) {
  const plaintext = key.alg === 'HPKE-7' ? await openHpke(sealed, key) : await openJose(sealed, key);
  const claims = JSON.parse(new TextDecoder().decode(plaintext));
  if (claims.signals !== undefined) assertInManifest(claims.signals);
  return claims;
}

async function openJose(sealed, key) {
  const options = { keyManagementAlgorithms: ['ECDH-ES'], contentEncryptionAlgorithms: ['A256GCM'] };
  return (await compactDecrypt(sealed, await importJWK(key), options)).plaintext;
}

async function openHpke(sealed, { kty, crv, x, y, d }) {
  const [header, enc, , ciphertext] = sealed.split('.');
  const recipientKey = await hpke7.kem.importKey('jwk', { kty, crv, x, y, d }, false);
  const bytes = (text) => new Uint8Array(Buffer.from(text, 'base64url'));
  return hpke7.open({ recipientKey, enc: bytes(enc) }, bytes(ciphertext), new TextEncoder().encode(header));
}
