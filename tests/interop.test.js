// What we seal, other libraries open, and what they seal, we open. The openers are the files of docs/integrate.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { jwks, keyring, newKey } from './lib/keys.js';
import { checkoutFor, loadModule, missingModule, seal, takeIn } from './lib/module.js';
import { built } from './lib/paths.js';
import { OPENERS, SEALERS } from './lib/peers.js';
import { run } from './lib/programs.js';

const ORIGIN = 'https://shop.example';
const FIELDS = {
  'cc-number': '4539578763621486',
  'cc-exp': '12/2031',
  'cc-csc': '7391',
  'cc-name': 'Zoë "Quill" O’Hara \\ 張',
  email: 'zoe@shop.example',
};
const tillseal = () => built('tillseal', 'TILLSEAL');
const now = () => Math.floor(Date.now() / 1000);

for (const alg of ['ECDH-ES', 'HPKE-7']) {
  describe(alg, () => {
    let key, ring, keyFile;
    before(async () => {
      key = await newKey(alg);
      ring = await keyring(key);
      keyFile = join(ring, `${key.kid}.jwk.json`);
    });
    after(() => rmSync(ring, { recursive: true, force: true }));

    const sealers = {
      'the shipped wasm': { skip: missingModule, sealed: () => sealWithModule(key) },
      'tillseal seal': { sealed: () => sealWithProgram(ring, key) },
    };
    for (const [from, { skip, sealed }] of Object.entries(sealers)) {
      test(`tillseal open opens what ${from} seals`, { skip }, async () => {
        assert.deepEqual(openWithProgram(ring, await sealed()).fields, FIELDS);
      });
    }

    for (const opener of OPENERS.filter((opener) => opener.alg === alg)) {
      if (opener.missing) {
        test(`${opener.name} opens`, { skip: opener.missing });
        continue;
      }
      describe(`${opener.name} opens`, () => {
        for (const [from, { skip, sealed }] of Object.entries(sealers)) {
          test(`what ${from} seals`, { skip }, async () => {
            const claims = opener.open(await sealed(), keyFile, ORIGIN);
            assert.deepEqual(claims.fields, FIELDS);
            assert.equal(claims.origin, ORIGIN);
            assert.match(claims.jti, /^[\w-]{22}$/);
          });
        }

        test('nothing altered, of another origin or for another algorithm', () => {
          const sealed = sealWithProgram(ring, key);
          assert.throws(() => opener.open(altered(sealed), keyFile, ORIGIN));
          assert.throws(() => opener.open(sealed, keyFile, 'https://other.example'), /origin-mismatch/);
          const otherFile = join(ring, 'other-algorithm.txt');
          writeFileSync(otherFile, JSON.stringify({ ...key, alg: alg === 'ECDH-ES' ? 'HPKE-7' : 'ECDH-ES' }));
          assert.throws(() => opener.open(sealed, otherFile, ORIGIN), /sealed-algorithm/);
        });

        test('nothing of another hour', { skip: missingModule }, async () => {
          const [old, early] = [await sealWithModule(key, now() - 700), await sealWithModule(key, now() + 300)];
          assert.throws(() => opener.open(old, keyFile, ORIGIN), /stale/);
          assert.throws(() => opener.open(early, keyFile, ORIGIN), /future/);
        });
      });
    }

    for (const sealer of SEALERS.filter((sealer) => sealer.alg === alg)) {
      test(`tillseal open opens what ${sealer.name} seals`, async () => {
        const sealed = await sealer.seal(plaintext(), key);
        const claims = openWithProgram(ring, sealed);
        assert.deepEqual(claims.fields, FIELDS);
        assert.equal(claims.origin, ORIGIN);
        assert.throws(() => openWithProgram(ring, altered(sealed)), /sealed-undecryptable/);
      });
    }
  });
}

async function sealWithModule(key, iat = now()) {
  const checkout = checkoutFor(await loadModule(), key);
  takeIn(checkout, FIELDS);
  const sealed = seal(checkout, ORIGIN, iat);
  checkout.free();
  return sealed;
}

function sealWithProgram(ring, key) {
  const file = join(ring, 'public.jwks.txt');
  writeFileSync(file, JSON.stringify(jwks(key)));
  return run(tillseal(), ['seal', '--jwks', file, '--origin', ORIGIN], { input: JSON.stringify(FIELDS) });
}

function openWithProgram(ring, sealed) {
  const claims = JSON.parse(run(tillseal(), ['open', '--keys', ring], { input: sealed }));
  // Nobody but a page fills in a form.
  assert.equal(claims.signals, undefined);
  return claims;
}

/** The claims as another program would write them. */
function plaintext() {
  const jti = randomBytes(16).toString('base64url');
  return new TextEncoder().encode(JSON.stringify({ v: 1, jti, iat: now(), origin: ORIGIN, fields: FIELDS }));
}

/** The same payload with one bit of its ciphertext turned. */
function altered(sealed) {
  const segments = sealed.split('.');
  const ciphertext = Buffer.from(segments[3], 'base64url');
  ciphertext[7] ^= 1;
  segments[3] = ciphertext.toString('base64url');
  return segments.join('.');
}
