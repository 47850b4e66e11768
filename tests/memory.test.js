// After a seal, the memory of the shipped module holds nothing of what was typed and none of its keys.

import assert from 'node:assert/strict';
import { afterEach, before, beforeEach, describe, test } from 'node:test';
import { newKey, openSealed } from './lib/keys.js';
import { checkoutFor, loadModule, missingModule, prepare, seal, takeIn } from './lib/module.js';
import { secretsOf } from './lib/secrets.js';

const ORIGIN = 'https://shop.example';
const FIELDS = {
  'cc-number': '4539 5787 6362 1486',
  'cc-exp': '12/31',
  'cc-csc': '7391',
  'cc-name': 'Zoraida Quillfeather',
  email: 'zoraida.quill@shop.example',
  'street-address': '17 Obsidian Terrace',
};
const TYPED = [...Object.values(FIELDS), '4539578763621486', '"7391"', '12/2031'];

describe("the module's memory", { skip: missingModule }, () => {
  let module, memory;
  const draws = [];
  const { getRandomValues } = crypto;

  before(async () => {
    module = await loadModule();
    memory = module.exports.memory;
  });
  beforeEach(() => {
    draws.length = 0;
    crypto.getRandomValues = (array) => {
      getRandomValues.call(crypto, array);
      draws.push(Buffer.from(array.slice()));
      return array;
    };
  });
  afterEach(() => { crypto.getRandomValues = getRandomValues; });

  /** The first draw of 32 bytes makes the ephemeral key. */
  const ephemeralScalar = () => draws.find((draw) => draw.length === 32);
  const holds = (bytes) => Buffer.from(memory.buffer).includes(bytes);
  const typedLeft = () => TYPED.filter((text) => holds(text) || holds(Buffer.from(text, 'utf16le')));
  const secretsLeft = (secrets) => secrets.filter(([, bytes]) => holds(bytes)).map(([name]) => name);

  test('a planted card number is found: the search works', () => {
    const place = Buffer.from(memory.buffer).lastIndexOf(Buffer.alloc(64));
    Buffer.from(memory.buffer).write(FIELDS['cc-number'], place);
    assert.deepEqual(typedLeft(), [FIELDS['cc-number']]);
    Buffer.from(memory.buffer).fill(0, place, place + 64);
    assert.deepEqual(typedLeft(), []);
  });

  for (const alg of ['ECDH-ES', 'HPKE-7']) {
    test(`${alg}: holds the content key before the seal, and nothing after it`, async () => {
      const key = await newKey(alg);
      const checkout = checkoutFor(module, key);
      prepare(checkout);
      const secrets = secretsOf(ephemeralScalar(), key);
      // It must be there to seal with; that it is found shows that the right key is looked for.
      assert.deepEqual(secretsLeft(secrets), ['content key']);

      takeIn(checkout, FIELDS);
      const sealed = seal(checkout, ORIGIN);
      assert.deepEqual(typedLeft(), []);
      assert.deepEqual(secretsLeft(secrets), []);
      assert.equal((await openSealed(sealed, key)).fields.email, FIELDS.email);

      checkout.free();
      assert.deepEqual(typedLeft(), []);
      assert.deepEqual(secretsLeft(secrets), []);
    });

    test(`${alg}: holds nothing after a seal without preparation`, async () => {
      const key = await newKey(alg);
      const checkout = checkoutFor(module, key);
      takeIn(checkout, FIELDS);
      seal(checkout, ORIGIN);
      assert.deepEqual(typedLeft(), []);
      assert.deepEqual(secretsLeft(secretsOf(ephemeralScalar(), key)), []);
      checkout.free();
    });

    test(`${alg}: holds no key once the form is let go without a seal`, async () => {
      const key = await newKey(alg);
      const checkout = checkoutFor(module, key);
      prepare(checkout);
      checkout.free();
      assert.deepEqual(secretsLeft(secretsOf(ephemeralScalar(), key)), []);
    });
  }

  test('holds nothing of a form that is refused', async () => {
    const checkout = checkoutFor(module, await newKey());
    assert.throws(() => takeIn(checkout, { ...FIELDS, tel: 'x'.repeat(2000) }), /^field-too-long tel$/);
    checkout.clear();
    assert.deepEqual(typedLeft(), []);
    checkout.free();
  });
});
