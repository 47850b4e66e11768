// Real browsers: what a developer can rely on, in each engine.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { eachEngine, until } from './lib/engines.js';
import { jwks, newKey, publicPart } from './lib/keys.js';
import { INPUTS, startMerchant } from './lib/merchant.js';
import { DIST } from './lib/paths.js';
import { scenesIn } from './lib/scenes.js';
import { OPENED, SHOPPER, assertNothingLeaked, fillIn } from './lib/shopper.js';

const JWKS = '/.well-known/tillseal.jwks';
const WASM = '/tillseal/tillseal.wasm';
/** Autofill tokens of HTML §4.10.18.7.1 that hold any text; some engines show scripts only those that they fill in themselves. */
const PERSONAL_TOKENS = `cc-name cc-given-name cc-additional-name cc-family-name cc-type name honorific-prefix given-name
  additional-name family-name honorific-suffix organization-title organization street-address address-line1 address-line2
  address-line3 address-level4 address-level3 address-level2 address-level1 country country-name postal-code language bday
  bday-day bday-month bday-year sex tel tel-country-code tel-national tel-area-code tel-local tel-local-prefix
  tel-local-suffix tel-extension impp`.split(/\s+/).concat('shipping postal-code', 'section-gift billing tel', 'work email', 'home impp');

eachEngine((engine) => {
  let merchant, recorder;
  before(async () => {
    merchant = await startMerchant({ listenToConsole: engine.consoleInPage });
    recorder = merchant.recorder;
  });
  beforeEach(() => merchant.reset());
  after(() => merchant?.close());
  const scene = scenesIn(engine);

  const event = (page, name) =>
    page.waitFor((name) => document.forms[0]?.dataset[name], `tillseal:${name}`, name).then((text) => JSON.parse(text));
  const posted = async (path = '/pay', count = 1) => {
    const posts = () => recorder.posts(path);
    await until(() => posts().length >= count, `a POST to ${path}`);
    assert.equal(posts().length, count);
    return posts().at(-1);
  };
  const nothingIsPosted = async () => {
    await sleep(300);
    const posts = recorder.requests.filter(({ method }) => method === 'POST');
    assert.deepEqual(posts.map(({ path, body }) => `${path} ${body}`), []);
  };
  const nothingIsReported = (page) => {
    assertNothingLeaked(recorder, page.console);
    assert.deepEqual(recorder.violations, []);
  };
  /** Visits the checkout, waits for `tillseal:ready` and fills the form in. */
  const atTheCheckout = async (visit, given) => {
    merchant.checkout(given);
    const page = await visit(`${merchant.origin}/`);
    await event(page, 'ready');
    await fillIn(page);
    return page;
  };

  scene('a violation of the policy would be reported', async (visit) => {
    merchant.page('/', '<script>document.title = "inline"</script>');
    await visit(`${merchant.origin}/`);
    await until(() => recorder.violations.length === 1, 'a report');
  });

  for (const alg of ['ECDH-ES', 'HPKE-7']) {
    scene(`a native submit seals for ${alg}`, async (visit) => {
      merchant.key = await newKey(alg);
      merchant.publish(jwks(merchant.key));
      const page = await atTheCheckout(visit);
      assert.deepEqual(await event(page, 'ready'), { kids: [merchant.key.kid] });
      await page.click('#pay');
      const body = await posted();
      assert.deepEqual([...body.keys()], ['sealed']);
      const { fields, origin, iat } = await merchant.opened(body);
      assert.deepEqual(fields, OPENED);
      assert.equal(origin, merchant.origin);
      assert.ok(Math.abs(iat - Date.now() / 1000) < 30);
      await page.waitFor(() => location.pathname === '/pay');
      nothingIsReported(page);
    });
  }

  scene('Enter in a field submits', async (visit) => {
    const page = await atTheCheckout(visit);
    await page.press('Enter');
    assert.deepEqual((await merchant.opened(await posted())).fields, OPENED);
  });

  scene('a submit before the module is there waits, then goes on with the same button', async (visit) => {
    let open;
    const gate = new Promise((done) => { open = done; });
    const wasm = recorder.answers.get(WASM);
    recorder.answers.set(WASM, async () => { await gate; return wasm; });
    merchant.checkout({ buttons: '<button name="by" value="bank">Bank</button> <button id="pay" name="by" value="card">Card</button>' });
    const page = await visit(`${merchant.origin}/`);
    await fillIn(page);
    await page.click('#pay');
    await page.click('#pay');
    await sleep(1000);
    await nothingIsPosted();
    open();
    const body = await posted();
    assert.deepEqual([...body.keys()].sort(), ['by', 'sealed']);
    assert.equal(body.get('by'), 'card');
    assert.deepEqual((await merchant.opened(body)).fields, OPENED);
    nothingIsReported(page);
  });

  scene('requestSubmit() seals, with its button', async (visit) => {
    const page = await atTheCheckout(visit, { buttons: '<button id="pay" name="by" value="card">Pay</button>' });
    await page.evaluate(() => { document.forms[0].requestSubmit(document.querySelector('#pay')); });
    const body = await posted();
    assert.equal(body.get('by'), 'card');
    assert.deepEqual((await merchant.opened(body)).fields, OPENED);
  });

  scene('form.submit() seals', async (visit) => {
    const page = await atTheCheckout(visit);
    await page.evaluate(() => { document.forms[0].submit(); });
    assert.deepEqual((await merchant.opened(await posted())).fields, OPENED);
  });

  scene('a button with formaction posts there', async (visit) => {
    merchant.page('/pay-later', 'later');
    const page = await atTheCheckout(visit, { buttons: '<button>Pay</button> <button id="later" formaction="/pay-later">Later</button>' });
    await page.click('#later');
    assert.deepEqual((await merchant.opened(await posted('/pay-later'))).fields, OPENED);
    assert.deepEqual(recorder.posts('/pay'), []);
  });

  scene('a form with other entries, as multipart, keeps them', async (visit) => {
    const page = await atTheCheckout(visit, {
      attributes: `data-tillseal="${JWKS}" enctype="multipart/form-data"`,
      inputs: `<input name="gift" value="yes"> ${INPUTS}`,
    });
    await page.click('#pay');
    await until(() => recorder.requests.some(({ path }) => path === '/pay'), 'a POST');
    const { body } = recorder.requests.find(({ path }) => path === '/pay');
    assert.match(body, /name="gift"\r\n\r\nyes\r\n/);
    const [, sealed] = body.match(/name="sealed"\r\n\r\n([\w.-]+)\r\n/);
    assert.deepEqual((await merchant.opened(new URLSearchParams({ sealed }))).fields, OPENED);
    nothingIsReported(page);
  });

  scene('fetch with new FormData(form) sends it sealed', async (visit) => {
    const page = await atTheCheckout(visit);
    await page.evaluate(async () => {
      await fetch('/pay', { method: 'POST', body: new URLSearchParams(new FormData(document.forms[0])) });
    });
    assert.deepEqual((await merchant.opened(await posted())).fields, OPENED);
    nothingIsReported(page);
  });

  scene('a wrong card number is refused, nothing is posted, and the corrected one goes through', async (visit) => {
    merchant.checkout();
    const page = await visit(`${merchant.origin}/`);
    await fillIn(page, { ...SHOPPER, number: '3714 496353 98432' });
    await event(page, 'ready');
    await page.click('#pay');
    const { code, field, message } = await event(page, 'error');
    assert.deepEqual({ code, field }, { code: 'pan-check-digit', field: 'cc-number' });
    assert.doesNotMatch(message, /\d{3}/);
    await nothingIsPosted();
    await page.focus('#number');
    await page.press('Backspace');
    await page.type('#number', '1');
    await page.click('#pay');
    assert.deepEqual((await merchant.opened(await posted())).fields, OPENED);
    nothingIsReported(page);
  });

  scene('a second submit is sealed afresh', async (visit) => {
    merchant.serve('/pay', { status: 204 });
    const page = await atTheCheckout(visit);
    await page.click('#pay');
    const first = await merchant.opened(await posted());
    await page.click('#pay');
    const second = await merchant.opened(await posted('/pay', 2));
    assert.deepEqual(second.fields, first.fields);
    assert.notEqual(second.jti, first.jti);
    const [one, two] = recorder.posts('/pay').map((body) => body.get('sealed').split('.'));
    // Another header: another ephemeral key.
    assert.notEqual(one[0], two[0]);
  });

  scene('a sealed input that has a name is stripped, and the developer is told', async (visit) => {
    const inputs = INPUTS.replace('id="number"', 'id="number" name="card"') + '<input name="gift" value="yes">';
    const page = await atTheCheckout(visit, { inputs });
    await page.click('#pay');
    const body = await posted();
    assert.deepEqual([...body.keys()].sort(), ['gift', 'sealed']);
    assert.deepEqual((await merchant.opened(body)).fields, OPENED);
    await until(() => [...page.console, ...recorder.consoleLines].some((line) => /name="card"/.test(line)), 'a warning');
    nothingIsReported(page);
  });

  scene('a pinned kid is taken, another one refused', async (visit) => {
    const other = await newKey();
    merchant.publish(jwks(other, merchant.key));
    const page = await atTheCheckout(visit, { attributes: `data-tillseal="${JWKS}" data-kid="${merchant.key.kid}"` });
    await page.click('#pay');
    assert.deepEqual((await merchant.opened(await posted())).fields, OPENED);
    await page.waitFor(() => location.pathname === '/pay');

    recorder.requests.length = 0;
    merchant.publish(jwks(other));
    await page.goto(`${merchant.origin}/`);
    await fillIn(page);
    await page.click('#pay');
    assert.equal((await event(page, 'error')).code, 'key-pin');
    await nothingIsPosted();
  });

  scene('several recipients each get what they may read', async (visit) => {
    const processor = await newKey('HPKE-7');
    const recipients = [
      { name: 'processor', key: publicPart(processor), kid: processor.kid, fields: ['cc-*'] },
      { name: 'shop', key: JWKS, fields: ['email', 'cc-exp'] },
    ];
    const page = await atTheCheckout(visit, {
      attributes: '',
      script: `import { attach } from '/tillseal/tillseal.js'; attach(form, { recipients: ${JSON.stringify(recipients)} });`,
    });
    await page.click('#pay');
    const body = await posted();
    assert.deepEqual([...body.keys()], ['sealed-processor', 'sealed-shop']);
    const card = await merchant.opened(body, 'sealed-processor', processor);
    const person = await merchant.opened(body, 'sealed-shop');
    const { email, ...cardFields } = OPENED;
    assert.deepEqual(card.fields, cardFields);
    assert.deepEqual(person.fields, { 'cc-exp': OPENED['cc-exp'], email });
    for (const claim of ['jti', 'iat', 'origin']) assert.equal(card[claim], person[claim]);
  });

  scene('a field that no recipient may read stops the submit', async (visit) => {
    const page = await atTheCheckout(visit, {
      attributes: '',
      script: `import { attach } from '/tillseal/tillseal.js';
        attach(form, { recipients: [{ name: 'shop', key: '${JWKS}', fields: ['cc-*'] }] });`,
    });
    await page.evaluate(() => { document.forms[0].requestSubmit(); });
    await nothingIsPosted();
    assert.equal((await event(page, 'error')).code, 'field-unclaimed');
  });

  scene('checkout.seal() gives the entries; a detached form is left alone', async (visit) => {
    const page = await atTheCheckout(visit, {
      attributes: '',
      script: `import { attach } from '/tillseal/tillseal.js'; form.checkout = attach(form, { key: '${JWKS}' });`,
    });
    const entries = await page.evaluate(async () => (await document.forms[0].checkout).seal());
    assert.deepEqual((await merchant.opened(new URLSearchParams(entries))).fields, OPENED);
    const code = await page.evaluate(async () => {
      const checkout = await document.forms[0].checkout;
      checkout.detach();
      try { checkout.seal(); } catch (error) { return error.code; }
    });
    assert.equal(code, 'detached');
    await page.click('#pay');
    assert.deepEqual([...(await posted()).keys()], []);
  });

  scene('every autofill token that names a card or a person is sealed', async (visit) => {
    const valueOf = (token) => ({ tel: '+44 20 7946 0958', email: 'zoe@shop.example' })[token.split(' ').at(-1)] ?? `the ${token}`;
    const inputs = PERSONAL_TOKENS.map((token) => `<input autocomplete="${token}" value="${valueOf(token)}">`).join(' ');
    const page = await atTheCheckout(visit, { inputs: `${INPUTS} ${inputs}` });
    await page.click('#pay');
    const { fields } = await merchant.opened(await posted());
    const expected = Object.fromEntries(PERSONAL_TOKENS.map((token) => [token.toLowerCase(), valueOf(token)]));
    assert.deepEqual(fields, { ...OPENED, ...expected });
  });

  scene('the single-file script does the same', async (visit) => {
    merchant.page('/', `<script src="/tillseal/tillseal.classic.js"></script>
      <form method="post" action="/pay" data-tillseal="${JWKS}">${INPUTS}<button id="pay">Pay</button></form>`);
    const page = await visit(`${merchant.origin}/`);
    await fillIn(page);
    await page.click('#pay');
    assert.deepEqual((await merchant.opened(await posted())).fields, OPENED);
    assert.ok(!recorder.requests.some(({ path }) => path === WASM));
    nothingIsReported(page);
  });
});

test('importing needs no window', async () => {
  const { attach, TillsealError } = await import(pathToFileURL(join(DIST, 'tillseal.js')));
  assert.equal(typeof attach, 'function');
  assert.equal(new TillsealError('random').code, 'random');
});
