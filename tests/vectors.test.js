// The standards' vectors inside wasm: the code that ships, and for key agreement the very file that ships.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openWith } from './lib/content.js';
import { checkoutFor, loadModule, missingModule, seal, takeIn } from './lib/module.js';
import { loadVectors, missingVectors } from './lib/vectors.js';

if (missingVectors) {
  test('vectors', { skip: missingVectors });
} else {
  const vectors = await loadVectors();

  describe('compiled as the module', () => {
    const { good, suites } = JSON.parse(vectors.run());
    for (const { name, accepted, rejected, skipped, failures } of suites) {
      test(name, (context) => {
        context.diagnostic(`${accepted} accepted, ${rejected} rejected`);
        for (const { reason, count } of skipped) context.diagnostic(`${count} skipped: ${reason}`);
        assert.deepEqual(failures, []);
      });
    }
    test('every suite ran vectors of each kind that it holds', () => assert.ok(good));
  });

  describe('tillseal.wasm itself', { skip: missingModule }, async () => {
    const module = await loadModule();
    const points = JSON.parse(vectors.ecdhPoints());
    const { getRandomValues } = crypto;

    for (const valid of [true, false]) {
      test(`Wycheproof ecdh_secp256r1_ecpoint, ${valid ? 'agreed on' : 'refused'}`, (context) => {
        const chosen = points.filter((vector) => vector.valid === valid);
        assert.ok(chosen.length > 0);
        context.diagnostic(`${chosen.length} vectors`);
        for (const { scalar, point, shared } of chosen) {
          const bytes = Buffer.from(point, 'base64url');
          const [x, y] = [bytes.subarray(1, 33), bytes.subarray(33)].map((half) => half.toString('base64url'));
          const jwk = { kty: 'EC', crv: 'P-256', x, y, alg: 'ECDH-ES' };
          if (!valid) {
            assert.throws(() => checkoutFor(module, jwk), /^key-unusable$/);
            continue;
          }
          // The module takes the vector's private key for the ephemeral one that it draws.
          crypto.getRandomValues = (array) =>
            array.length === 32 ? array.set(Buffer.from(scalar, 'base64url')) : getRandomValues.call(crypto, array);
          try {
            const checkout = checkoutFor(module, jwk);
            takeIn(checkout, { email: 'ada@shop.example' });
            const sealed = seal(checkout, 'https://shop.example');
            checkout.free();
            assert.equal(openWith(sealed, Buffer.from(shared, 'base64url')).fields.email, 'ada@shop.example');
          } finally {
            crypto.getRandomValues = getRandomValues;
          }
        }
      });
    }
  });
}
