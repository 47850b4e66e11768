// What a page sends under a checkout session, the openers of docs/integrate open, and its session they verify.

import assert from 'node:assert/strict';
import { createCipheriv, createECDH, createHash, randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { jwks, keyring, newKey } from './lib/keys.js';
import { OPENERS, SEALERS, SESSIONS } from './lib/peers.js';
import { claimsFor, flip, forge, issue, newSigningKey, now, recipient } from './lib/sessions.js';

const ORIGIN = 'https://shop.example';
const FIELDS = { 'cc-number': '4539578763621486', 'cc-exp': '12/2031' };
/** As deep as signals are: an object of objects of objects. */
const SIGNALS = { v: 1, tier: 'behaviour', choice: 'default', gpc: 0, integrity: { noAction: 1 }, fields: { 'cc-number': { entry: 'typed', time: 3 } }, session: { timeToSubmit: 10 } };

let signing, session;
before(async () => {
  signing = await newSigningKey();
  session = await issue(claimsFor(ORIGIN, [recipient(await newKey())]), signing);
});

for (const opener of OPENERS) {
  test(`${opener.name} opens what comes with a session and signals`, { skip: opener.missing }, async () => {
    const key = await newKey(opener.alg);
    const ring = await keyring(key);
    try {
      const claims = opener.open(await seal(key), join(ring, `${key.kid}.jwk.json`), ORIGIN);
      assert.deepEqual(claims.fields, FIELDS);
      assert.equal(claims.session, session);
      assert.deepEqual(claims.signals, SIGNALS);
    } finally {
      rmSync(ring, { recursive: true, force: true });
    }
  });
}

for (const { name, sessionOf } of SESSIONS) {
  describe(`${name} verifies a session`, () => {
    let folder, file;
    before(async () => {
      folder = await keyring();
      file = join(folder, 'jwks.txt');
      writeFileSync(file, JSON.stringify(jwks(await newKey(), await newKey('HPKE-7'), signing)));
    });
    after(() => rmSync(folder, { recursive: true, force: true }));

    const claims = (changes) => claimsFor(ORIGIN, [], changes);
    const refuses = (token, origin = ORIGIN) => assert.throws(() => sessionOf({ session: token }, file, origin));

    test('that holds', () => {
      const { order, aud } = sessionOf({ session }, file, ORIGIN);
      assert.deepEqual([order.id, aud], ['2026-1187', ORIGIN]);
    });

    test('none that is missing, altered, of another page, key or kind, or over', async () => {
      refuses(undefined);
      refuses(flip(session, session.indexOf('.') + 40));
      refuses(flip(session, -40));
      refuses(session, 'https://other.example');
      refuses(await issue(claims(), await newSigningKey()));
      refuses(forge(claims(), signing, { typ: 'tillseal-receipt+jwt' }));
      refuses(forge(claims(), signing, { alg: 'none' }));
      refuses(await issue(claims({ iat: now() - 100, lifetime: 90 }), signing));
    });
  });
}

/** A payload as the module writes it. */
async function seal(key) {
  const jti = randomBytes(16).toString('base64url');
  const claims = { v: 1, jti, iat: now(), origin: ORIGIN, session, fields: FIELDS, signals: SIGNALS };
  const plaintext = Buffer.from(`${JSON.stringify(claims)}   `);
  if (key.alg === 'HPKE-7') return SEALERS.find(({ alg }) => alg === key.alg).seal(plaintext, key);

  const [encode, decode] = [(bytes) => Buffer.from(bytes).toString('base64url'), (text) => Buffer.from(text, 'base64url')];
  const u32 = (number) => Buffer.from(number.toString(16).padStart(8, '0'), 'hex');
  const ephemeral = createECDH('prime256v1');
  const point = ephemeral.generateKeys();
  const epk = { kty: 'EC', crv: 'P-256', x: encode(point.subarray(1, 33)), y: encode(point.subarray(33)) };
  const header = encode(JSON.stringify({ alg: 'ECDH-ES', enc: 'A256GCM', kid: key.kid, epk }));
  const z = ephemeral.computeSecret(Buffer.concat([Buffer.of(4), decode(key.x), decode(key.y)]));
  const kdf = Buffer.concat([u32(1), z, u32(7), Buffer.from('A256GCM'), u32(0), u32(0), u32(256)]);
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', createHash('sha256').update(kdf).digest(), iv);
  cipher.setAAD(Buffer.from(header));
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return [header, '', encode(iv), encode(ciphertext), encode(cipher.getAuthTag())].join('.');
}
