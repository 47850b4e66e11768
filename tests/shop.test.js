// The whole route in real browsers: a person types into the demo shop, and the server opens exactly that; the network,
// the console and the shop's own output hold nothing of it.

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe } from 'node:test';
import { axeFindings } from './lib/axe.js';
import { eachEngine } from './lib/engines.js';
import { assertInManifest } from './lib/manifest.js';
import { scenesIn } from './lib/scenes.js';
import { startShop } from './lib/shop.js';
import { OPENED, SHOPPER, assertNothingLeaked, fillIn, fillInCard } from './lib/shopper.js';

const HOLDER = 'Z QUILL';
const CARD = { ...SHOPPER, name: HOLDER };
const ADDRESS = {
  email: SHOPPER.email,
  tel: '+353 20 911 0000',
  name: 'Zoe Quill',
  street: '12 Harbour Row',
  postcode: 'D02 X285',
  city: 'Dublin',
  note: 'Ring twice; "blue" door & mind the step',
};
const ALL_OPENED = {
  ...OPENED,
  tel: ADDRESS.tel,
  'shipping name': ADDRESS.name,
  'shipping address-line1': ADDRESS.street,
  'shipping postal-code': ADDRESS.postcode,
  'shipping address-level2': ADDRESS.city,
  'shipping country': 'NL',
  'courier-note': ADDRESS.note,
  'cc-name': HOLDER,
};

eachEngine((engine) => {
  for (const alg of ['ECDH-ES', 'HPKE-7']) {
    describe(alg, () => {
      let shop, recorder;
      before(async () => {
        shop = await startShop({ alg, listenToConsole: engine.consoleInPage });
        recorder = shop.recorder;
      });
      beforeEach(() => recorder.reset());
      after(() => shop?.close());
      const scene = scenesIn(engine);

      scene('what is typed is what the server opens, and nobody else sees it', async (visit) => {
        const page = await visit(`${recorder.origin}/`);
        await fillIn(page, ADDRESS);
        await page.select('#country', 'NL');
        await fillInCard(page, CARD);
        await page.click('#pay');
        await page.waitFor(() => location.pathname.startsWith('/receipt/'), 'the receipt');
        const receipt = new URL(await page.url()).pathname;

        assert.deepEqual(recorder.posts('/pay').map((body) => [...body.keys()]), [['sealed']]);
        assertNothingLeaked(recorder, [...page.console, shop.output, await page.url()]);
        assert.deepEqual(recorder.violations, []);

        const claims = await (await fetch(`${recorder.upstream}${receipt}/opened`)).json();
        assertInManifest(claims.signals);
        assert.deepEqual(claims.fields, ALL_OPENED);
        assert.equal(claims.origin, recorder.origin);

        const shown = await page.evaluate(() => document.body.innerText);
        assert.ok(!shown.replace(/\s/g, '').includes(OPENED['cc-number']), 'the card is masked at first');
      });
    });
  }

  describe('the checkout', () => {
    let shop, recorder;
    before(async () => {
      shop = await startShop({ listenToConsole: engine.consoleInPage });
      recorder = shop.recorder;
    });
    beforeEach(() => recorder.reset());
    after(() => shop?.close());
    const scene = scenesIn(engine);

    const isReady = (page) => page.waitFor(() => document.querySelector('#state').dataset.state === 'ready', 'the module');

    scene('says what is wrong at its field, in the language of the page, and mends it', async (visit) => {
      const page = await visit(`${recorder.origin}/?lang=ar`);
      await isReady(page);
      assert.deepEqual(await page.evaluate(() => [document.documentElement.lang, document.documentElement.dir]), ['ar', 'rtl']);
      await page.click('#fill');
      await page.focus('#email');
      await page.press('Control+a');
      await page.press('Backspace');
      await page.click('#pay');
      const message = await page.waitFor(() => document.querySelector('[data-error-for=email]').textContent, 'a message');
      assert.match(message, /\p{Script=Arabic}/u);
      const label = await page.evaluate(() => document.querySelector('tillseal-card').shadowRoot.querySelector('label').textContent);
      assert.match(label, /\p{Script=Arabic}/u);
      assert.equal(await page.evaluate(() => document.activeElement.id), 'email');
      await page.keys(SHOPPER.email);
      assert.equal(await page.evaluate(() => document.querySelector('[data-error-for=email]').textContent), '');
      await page.click('#pay');
      await page.waitFor(() => location.pathname.startsWith('/receipt/'), 'the receipt');
      assert.deepEqual(recorder.violations, []);
    });

    scene('every test card is one click away, valid, and of its brand', async (visit) => {
      const page = await visit(`${recorder.origin}/`);
      await isReady(page);
      const brands = await page.evaluate(() => [...document.querySelectorAll('[data-card]')].map((chip) => chip.dataset.card));
      assert.equal(brands.length, 23);
      assert.equal(new Set(brands).size, 23);
      for (const brand of brands) {
        await page.click(`[data-card="${brand}"]`);
        const shown = await page.evaluate(() => {
          const { controls, dataset } = document.querySelector('tillseal-card');
          const wrong = controls.filter(({ validity }) => !validity.valid).map(({ id, validationMessage }) => `${id}: ${validationMessage}`);
          return { brand: dataset.brand, state: dataset.state, wrong };
        });
        assert.deepEqual(shown, { brand, state: 'valid', wrong: [] });
      }
      // With the arrow keys too: the row is one stop of the Tab key.
      await page.focus('[data-card=visa]');
      await page.press('End');
      await page.press('ArrowLeft');
      assert.equal(await page.evaluate(() => document.activeElement.dataset.card), brands.at(-2));
      assert.equal(await page.evaluate(() => document.querySelectorAll('#tray [tabindex="0"]').length), 1);
      assert.deepEqual(recorder.violations, []);
    });

    for (const lang of ['en', 'ur']) {
      scene(`axe finds nothing in ${lang}, neither empty, filled, with a choice of brands, nor in an error`, async (visit) => {
        const page = await visit(`${recorder.origin}/?lang=${lang}`);
        await isReady(page);
        assert.deepEqual(await axeFindings(page, recorder), []);
        await page.click('#pay');
        await page.waitFor(() => document.querySelector('[data-error-for=email]').textContent, 'a message');
        assert.deepEqual(await axeFindings(page, recorder), []);
        await page.click('#fill');
        await page.click('[data-card=cartes-bancaires]');
        assert.deepEqual(await axeFindings(page, recorder), []);
      });
    }

    scene('an order that gets no answer is sent again as it is', async (visit) => {
      const page = await visit(`${recorder.origin}/`);
      await isReady(page);
      recorder.answers.set('/pay', { status: 204 });
      await page.click('#fill');
      await page.click('#pay');
      await page.click('#pay');
      await page.waitFor(() => !document.querySelector('#unanswered').hidden, 'the offer');
      recorder.answers.clear();
      await page.click('#again');
      await page.waitFor(() => location.pathname.startsWith('/receipt/'), 'the receipt');
      const [first, second, ...more] = recorder.posts('/pay').map((body) => body.get('sealed'));
      assert.equal(first, second);
      assert.deepEqual(more, []);
    });

    scene('says so where the module cannot be loaded', async (visit) => {
      recorder.answers.set('/tillseal/tillseal.js', { status: 404 });
      const page = await visit(`${recorder.origin}/`);
      await page.waitFor(() => document.querySelector('#state').dataset.state === 'failed', 'the state');
      await page.evaluate(() => { document.querySelector('#checkout').noValidate = true; });
      await page.click('#pay');
      assert.match(await page.evaluate(() => document.querySelector('#alert').textContent), /Nothing was sent/);
      assert.deepEqual(recorder.posts('/pay'), []);
    });
  });

  describe('the policy', () => {
    let shop;
    before(async () => { shop = await startShop(); });
    after(() => shop?.close());
    const scene = scenesIn(engine);

    scene('is the strict one on every page', async (visit) => {
      await visit(`${shop.recorder.origin}/`);
      for (const path of ['/', '/tillseal/tillseal.js', '/receipt/none', '/playground']) {
        const policy = (await fetch(shop.recorder.upstream + path)).headers.get('content-security-policy');
        const directives = policy.split(';').map((directive) => directive.trim());
        assert.ok(directives.includes("script-src 'self' 'wasm-unsafe-eval'"), policy);
        assert.ok(directives.includes("require-trusted-types-for 'script'"), policy);
        assert.ok(directives.includes(path === '/playground' ? 'trusted-types playground' : "trusted-types 'none'"), policy);
        assert.doesNotMatch(policy, /unsafe-inline|'unsafe-eval'/);
      }
    });
  });
});
