// Whatever fails, nothing of the sealed fields leaves the page, and the page is told with a stable code.

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, beforeEach, describe } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ENGINES, eachEngine } from './lib/engines.js';
import { jwks, newKey, publicPart } from './lib/keys.js';
import { INPUTS, startMerchant } from './lib/merchant.js';
import { scenesIn } from './lib/scenes.js';
import { startShop } from './lib/shop.js';
import { SHOPPER, assertNothingLeaked, fillIn } from './lib/shopper.js';

const JWKS = '/.well-known/tillseal.jwks';
const WASM = '/tillseal/tillseal.wasm';

/** What goes wrong, and the code that says so. */
const FAILURES = {
  'the wasm answers 404': ['module-load', (merchant) => merchant.change(WASM, { status: 404, body: 'not found' })],
  'the wasm has other bytes': ['module-load', (merchant) => {
    const body = Buffer.from(merchant.recorder.answers.get(WASM).body);
    body[body.length - 1] ^= 1;
    merchant.change(WASM, { body });
  }],
  'the JWKS answers 404': ['key-load', (merchant) => merchant.change(JWKS, { status: 404 })],
  'the JWKS answers 500 with a good key': ['key-load', (merchant) => merchant.change(JWKS, { status: 500 })],
  'the JWKS is garbage': ['key-load', (merchant) => merchant.publish('<html>Not found</html>')],
  'the JWKS is JSON of another kind': ['key-unusable', (merchant) => merchant.publish('{"hello":"world"}')],
  'the JWKS is null': ['key-load', (merchant) => merchant.publish('null')],
  'the JWKS is empty': ['key-none', (merchant) => merchant.publish({ keys: [] })],
  'the key is of another curve': ['key-unusable', (merchant) => {
    const key = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({ format: 'jwk' });
    merchant.publish({ keys: [{ ...key, alg: 'ECDH-ES', use: 'enc' }] });
  }],
  'the key is of another type': ['key-unusable', (merchant) => {
    const key = generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' });
    merchant.publish({ keys: [{ ...key, alg: 'ECDH-ES' }] });
  }],
  'the key is off the curve': ['key-unusable', (merchant) => {
    const { kid, ...key } = publicPart(merchant.key);
    const y = Buffer.from(key.y, 'base64url');
    y[31] ^= 1;
    merchant.publish({ keys: [{ ...key, y: y.toString('base64url') }] });
  }],
  'the key has an unknown alg': ['key-alg', (merchant) => merchant.publish(jwks({ ...merchant.key, alg: 'RSA-OAEP' }))],
  'the key has no alg': ['key-alg', (merchant) => merchant.publish(jwks({ ...merchant.key, alg: undefined }))],
  'the kid is not the thumbprint': ['key-kid', async (merchant) => {
    merchant.publish(jwks({ ...merchant.key, kid: (await newKey()).kid }));
  }],
};

/** Randomness that fails, set up before the module loads. */
const RANDOMNESS = {
  'randomness throws': 'crypto.getRandomValues = () => { throw new Error("none"); };',
  'there is no randomness': 'Object.defineProperty(globalThis, "crypto", { value: undefined });',
  'randomness is gone': 'Object.defineProperty(Crypto.prototype, "getRandomValues", { value: undefined });',
};

eachEngine((engine) => {
  let merchant, recorder;
  before(async () => {
    merchant = await startMerchant({ listenToConsole: engine.consoleInPage });
    recorder = merchant.recorder;
  });
  beforeEach(() => merchant.reset());
  after(() => merchant?.close());
  const scene = scenesIn(engine);

  const isTold = async (page, code) => {
    const told = await page.waitFor(() => document.forms[0]?.dataset.error, 'tillseal:error');
    const error = JSON.parse(told);
    assert.equal(error.code, code);
    assert.ok(error.message.length > 10, error.message);
  };
  /** A submit is stopped, and says why. */
  const isStopped = async (page, code) => {
    await page.evaluate(() => { delete document.forms[0].dataset.error; });
    await page.click('#pay');
    await sleep(400);
    assert.deepEqual(recorder.posts('/pay').map(String), [], 'what was posted');
    await isTold(page, code);
    assertNothingLeaked(recorder, page.console);
  };

  for (const [name, [code, breakIt]] of Object.entries(FAILURES)) {
    scene(name, async (visit) => {
      await breakIt(merchant);
      merchant.checkout();
      const page = await visit(`${merchant.origin}/`);
      await fillIn(page);
      await isTold(page, code);
      await isStopped(page, code);
    });
  }

  for (const [name, script] of Object.entries(RANDOMNESS)) {
    scene(name, async (visit) => {
      merchant.checkout({ script });
      const page = await visit(`${merchant.origin}/`);
      await fillIn(page);
      await isTold(page, 'random');
      await isStopped(page, 'random');
    });
  }

  scene('randomness fails after the preparation: one seal is left, and no second', async (visit) => {
    merchant.checkout();
    const page = await visit(`${merchant.origin}/`);
    await page.waitFor(() => document.forms[0]?.dataset.ready, 'tillseal:ready');
    await page.evaluate(() => { crypto.getRandomValues = () => { throw new Error('none'); }; });
    await fillIn(page);
    assert.match(await page.evaluate(() => new FormData(document.forms[0]).get('sealed')), /^eyJ/);
    await isStopped(page, 'random');
  });

  scene('the script is blocked: the body is empty', async (visit) => {
    merchant.serve('/tillseal/tillseal.js', { status: 404 });
    merchant.checkout();
    const page = await visit(`${merchant.origin}/`);
    await fillIn(page);
    await page.click('#pay');
    await page.waitFor(() => location.pathname === '/pay');
    assert.deepEqual(recorder.posts('/pay').map(String), ['']);
    assertNothingLeaked(recorder, page.console);
  });

  scene('a named field and no module: nothing is posted', async (visit) => {
    merchant.serve(WASM, { status: 404 });
    merchant.checkout({ inputs: INPUTS.replace('id="number"', 'id="number" name="card"') });
    const page = await visit(`${merchant.origin}/`);
    await fillIn(page);
    await isStopped(page, 'module-load');
  });
});

describe('JavaScript is off', () => {
  eachEngine((engine) => {
    let shop, recorder;
    before(async () => {
      shop = await startShop();
      recorder = shop.recorder;
    });
    after(() => shop?.close());
    const scene = scenesIn(engine, { scripting: false });

    scene('the demo shop gets an empty body', async (visit) => {
      const page = await visit(`${recorder.origin}/`);
      // The card's inputs are not even there.
      await fillIn(page, { email: SHOPPER.email, name: 'Zoe', street: '12 Harbour Row', postcode: 'D02', city: 'Dublin' });
      await page.press('Enter');
      await sleep(1000);
      assert.deepEqual(recorder.posts('/pay').map(String), ['']);
      assertNothingLeaked(recorder);
    });
  }, ENGINES.filter(({ name }) => name !== 'WebKitGTK'));
});
