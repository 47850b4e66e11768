// A network that fails, a browser without WebAssembly, a page that attaches twice: the form gets on, or says why it cannot.

import assert from 'node:assert/strict';
import { after, before, beforeEach } from 'node:test';
import { eachEngine, until } from './lib/engines.js';
import { newKey, publicPart } from './lib/keys.js';
import { INPUTS, STRICT_POLICY, startMerchant } from './lib/merchant.js';
import { scenesIn } from './lib/scenes.js';
import { OPENED, SHOPPER, assertNothingLeaked, fillIn } from './lib/shopper.js';

const JWKS = '/.well-known/tillseal.jwks';
const WASM = '/tillseal/tillseal.wasm';
const NO_WASM = 'delete globalThis.WebAssembly;';
const NO_SUBTLE = "Object.defineProperty(Crypto.prototype, 'subtle', { value: undefined });";
const ATTACHING = `import { attach } from '/tillseal/tillseal.js';
  globalThis.attach = attach;
  globalThis.attached = attach(form, { key: '${JWKS}' });
  attached.catch(({ code, file, message, cause }) => { globalThis.failed = { code, file, message, cause: String(cause) }; });`;

/** What fails: a path, and how it answers then. */
const GAPS = {
  'the wasm gets no answer': [WASM, () => { throw new Error('the line is cut'); }],
  'the wasm is answered 503': [WASM, () => ({ status: 503 })],
  'the keys get no answer': [JWKS, () => { throw new Error('the line is cut'); }],
  'the keys are answered 429': [JWKS, () => ({ status: 429 })],
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

  const posted = async (count = 1) => {
    await until(() => recorder.posts('/pay').length >= count, 'a POST');
    assert.equal(recorder.posts('/pay').length, count);
    return recorder.posts('/pay').at(-1);
  };
  const isReady = (page) => page.waitFor(() => document.forms[0]?.dataset.ready, 'tillseal:ready');
  /** The shopper reads it in the form. */
  const isRead = (page, text) => page.waitFor((text) => document.forms[0].innerText.includes(text), text, text);
  /** Fails `path` until so many requests have come. */
  const failing = (path, failure, times) => {
    const good = recorder.answers.get(path);
    let left = times;
    recorder.answers.set(path, () => {
      left -= 1;
      return left < 0 ? good : failure();
    });
  };
  const requestsOf = (path) => recorder.requests.filter((request) => request.path === path).length;

  for (const [name, [path, failure]] of Object.entries(GAPS)) {
    scene(`${name}, twice: the form gets ready by itself`, async (visit) => {
      failing(path, failure, 2);
      merchant.checkout();
      const page = await visit(`${merchant.origin}/`);
      await isReady(page);
      assert.ok(requestsOf(path) >= 3);
      await fillIn(page);
      assert.equal(await page.evaluate(() => document.forms[0].dataset.error ?? null), null);
      await page.click('#pay');
      assert.deepEqual((await merchant.opened(await posted())).fields, OPENED);
    });
  }

  for (const [what, path, code] of [['wasm', WASM, 'module-load'], ['keys', JWKS, 'key-load']]) {
    // It takes eight tries and their pauses: in one engine for both.
    if (engine.name !== 'Chromium' && path === WASM) continue;
    scene(`the ${what} stay away: the error names the file and why, the shopper is told, and a later submit goes through`, async (visit) => {
      failing(path, () => ({ status: 503 }), 8);
      merchant.checkout({ attributes: '', script: ATTACHING });
      const page = await visit(`${merchant.origin}/`);
      await page.waitFor(() => globalThis.failed, 'a rejection');
      const { failed } = await page.evaluate(() => ({ failed: globalThis.failed }));
      assert.equal(failed.code, code);
      assert.ok(failed.file.endsWith(path), failed.file);
      assert.ok(failed.message.includes(path), failed.message);
      // Of a file with a hash an engine may tell no more than that nothing good came.
      assert.match(failed.cause, path === WASM ? /503|fetch|NetworkError|Load failed/ : /503/);
      await fillIn(page);
      await page.click('#pay');
      await isRead(page, 'Nothing was sent: your details could not be encrypted.');
      assert.deepEqual(recorder.posts('/pay'), []);
      await page.click('#pay');
      assert.deepEqual((await merchant.opened(await posted())).fields, OPENED);
      assertNothingLeaked(recorder, page.console);
    });
  }

  scene('offline at the submit: what was sealed is sent again later, as the same payload, and nobody types again', async (visit) => {
    merchant.checkout({ attributes: '', script: `${ATTACHING}
      const send = async (entries) => { await fetch('/pay', { method: 'POST', body: new URLSearchParams(entries) }); form.dataset.sent = ''; };
      form.addEventListener('submit', (event) => {
        event.preventDefault();
        send(new FormData(form)).catch(() => { form.dataset.offline = ''; });
      });
      addEventListener('online', async () => send((await attached).sealed));` });
    const page = await visit(`${merchant.origin}/`);
    await isReady(page);
    await fillIn(page);
    recorder.answers.set('/pay', () => { throw new Error('the line is cut'); });
    await page.click('#pay');
    await page.waitFor(() => 'offline' in document.forms[0].dataset, 'a failure');
    const first = await merchant.opened(recorder.posts('/pay')[0]);
    recorder.requests.length = 0;
    merchant.page('/pay', 'Paid');
    await page.evaluate(() => {
      for (const input of document.querySelectorAll('input')) input.value = '';
      dispatchEvent(new Event('online'));
    });
    const second = await merchant.opened(await posted());
    assert.deepEqual(second, first);
    assert.deepEqual(second.fields, OPENED);
  });

  scene('a second attach takes the place of the first, and what the first complained of can be mended', async (visit) => {
    merchant.checkout({ attributes: '', script: `${ATTACHING} globalThis.changes = [];
      form.addEventListener('tillseal:change', ({ detail }) => changes.push(detail.code));` });
    const page = await visit(`${merchant.origin}/`);
    await isReady(page);
    await fillIn(page, { ...SHOPPER, number: '3714 496353 98432' });
    await page.waitFor(() => document.forms[0].elements.number.validity.customError, 'a complaint');
    await page.evaluate(async () => { await attach(document.forms[0], { key: '/.well-known/tillseal.jwks' }); });
    await page.evaluate(() => { globalThis.changes.length = 0; });
    await page.focus('#number');
    await page.press('End');
    await page.press('Backspace');
    await page.press('1');
    const { regions, changes } = await page.evaluate(() => ({ regions: document.querySelectorAll('[role=status]').length, changes: globalThis.changes }));
    assert.equal(regions, 1);
    assert.deepEqual(changes, ['pan-incomplete', '']);
    await page.click('#pay');
    const body = await posted();
    assert.deepEqual([...body.keys()], ['sealed']);
    assert.deepEqual((await merchant.opened(body)).fields, OPENED);
  });

  scene('a detached form is as it was', async (visit) => {
    merchant.checkout({ attributes: '', inputs: INPUTS.replace('id="email"', 'id="email" required'), script: ATTACHING });
    const page = await visit(`${merchant.origin}/`);
    await isReady(page);
    assert.equal(await page.evaluate(() => document.forms[0].noValidate), true);
    await page.type('#number', '4111111111111112');
    await page.type('#csc', '1');
    await page.type('#email', 'zoe@shop.example');
    await page.evaluate(async () => (await globalThis.attached).detach());
    const left = await page.evaluate(() => ({
      noValidate: document.forms[0].noValidate,
      regions: document.querySelectorAll('[role=status]').length,
      said: document.forms[0].innerText.trim(),
      invalid: document.querySelectorAll('[aria-invalid]').length,
      isValid: document.forms[0].checkValidity(),
    }));
    assert.deepEqual(left, { noValidate: false, regions: 0, said: 'Pay', invalid: 0, isValid: true });
    await page.type('#expiry', '1x');
    assert.equal(await page.evaluate(() => document.forms[0].elements.expiry.value), '1x');
    await page.click('#pay');
    assert.deepEqual([...(await posted()).keys()], []);
  });

  const standsIn = (page) => until(() => [...page.console, ...recorder.consoleLines].some((line) => /WebCrypto instead/.test(line)), 'a warning');

  for (const [name, given, policy] of [
    ['WebAssembly is gone', { script: NO_WASM }, STRICT_POLICY],
    ['the policy forbids WebAssembly', {}, STRICT_POLICY.replace(" 'wasm-unsafe-eval'", '')],
  ]) {
    scene(`${name}: WebCrypto seals the same, and what is wrong is told`, async (visit) => {
      merchant.checkout(given);
      merchant.change('/', { headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy } });
      const page = await visit(`${merchant.origin}/`);
      await isReady(page);
      await standsIn(page);
      await fillIn(page, { ...SHOPPER, number: '371449635398432' });
      await isRead(page, 'Check the card number: one of its digits is wrong.');
      await page.focus('#number');
      await page.press('End');
      await page.press('Backspace');
      await page.press('1');
      await page.click('#pay');
      const { fields, origin } = await merchant.opened(await posted());
      assert.deepEqual(fields, OPENED);
      assert.equal(origin, merchant.origin);
      await page.waitFor(() => location.pathname === '/pay');
      assertNothingLeaked(recorder, page.console);
    });
  }

  scene('WebAssembly is gone: three recipients each get what they may read', async (visit) => {
    const keys = [await newKey('HPKE-7'), await newKey('ECDH-ES'), await newKey('HPKE-7')];
    const fields = [['cc-*'], ['email'], ['email', 'cc-exp']];
    const recipients = keys.map((key, index) => ({ name: `r${index}`, key: publicPart(key), kid: key.kid, fields: fields[index] }));
    merchant.checkout({ attributes: '', script: `${NO_WASM}
      const { attach } = await import('/tillseal/tillseal.js'); attach(form, { recipients: ${JSON.stringify(recipients)} });` });
    const page = await visit(`${merchant.origin}/`);
    await isReady(page);
    await fillIn(page);
    await page.click('#pay');
    const body = await posted();
    assert.deepEqual([...body.keys()], ['sealed-r0', 'sealed-r1', 'sealed-r2']);
    const opened = await Promise.all(keys.map((key, index) => merchant.opened(body, `sealed-r${index}`, key)));
    const { email, ...card } = OPENED;
    assert.deepEqual(opened.map(({ fields }) => fields), [card, { email }, { 'cc-exp': card['cc-exp'], email }]);
    assert.equal(new Set(opened.map(({ jti }) => jti)).size, 1);
  });

  scene('neither WebAssembly nor WebCrypto: nothing is posted, and the shopper is told', async (visit) => {
    merchant.checkout({ script: NO_WASM + NO_SUBTLE });
    const page = await visit(`${merchant.origin}/`);
    const told = JSON.parse(await page.waitFor(() => document.forms[0].dataset.error, 'tillseal:error'));
    assert.equal(told.code, 'unsupported');
    await fillIn(page);
    await page.click('#pay');
    await isRead(page, 'Nothing was sent: this browser cannot encrypt your details. Please use another browser.');
    assert.deepEqual(recorder.posts('/pay'), []);
    assertNothingLeaked(recorder, page.console);
  });
});
