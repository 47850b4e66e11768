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

    /** Serves one and the same view of the checkout from now on, as a browser does that brings back a page. */
    const keepCheckout = async () => {
      const { status, headers, body } = await fetchCheckout();
      recorder.answers.set('/', { status, headers, body });
    };
    const fetchCheckout = async () => {
      const answer = await fetch(`${recorder.origin}/`);
      const headers = Object.fromEntries(['content-type', 'content-security-policy'].map((name) => [name, answer.headers.get(name)]));
      return { status: answer.status, headers, body: await answer.text() };
    };
    const pay = async (page) => {
      await isReady(page);
      await page.click('#fill');
      await page.click('#pay');
    };
    const isPaid = async (page) => {
      await page.waitFor(() => location.pathname.startsWith('/receipt/'), 'the receipt');
      return page.evaluate(() => document.querySelector('#proof dd').textContent);
    };
    const isRefused = async (page) => {
      await page.waitFor(() => document.querySelector('.refusal .code')?.textContent, 'the refusal');
      return page.evaluate(() => ({
        code: document.querySelector('.refusal .code').textContent,
        title: document.querySelector('h1').textContent,
        text: document.querySelector('.refusal').innerText,
      }));
    };

    scene('a page that has paid pays no second time: not after the back button, and not in a second tab', async (visit) => {
      await keepCheckout();
      const page = await visit(`${recorder.origin}/`);
      await pay(page);
      const order = await isPaid(page);
      // WebKit's driver loses a page that comes back from the page cache.
      if (engine.name === 'WebKitGTK') await page.goto(`${recorder.origin}/`);
      else await page.evaluate(() => { history.back(); });
      await page.waitFor(() => !!document.querySelector('#checkout'), 'the checkout');
      await pay(page);
      const back = await isRefused(page);
      assert.equal(back.code, '409 · session-used');
      assert.equal(back.title, 'You have paid this order already');
      assert.ok(back.text.includes(`order ${order} is in`) && back.text.includes('charged nothing'), back.text);
      assert.deepEqual(await axeFindings(page, recorder), []);
      await page.goto(`${recorder.origin}/`);
      await pay(page);
      assert.equal((await isRefused(page)).code, '409 · session-used');

      // Its button leads on: to a new order.
      recorder.answers.clear();
      await page.click('.refusal .primary');
      await page.waitFor(() => location.pathname === '/', 'the checkout');
      await pay(page);
      assert.notEqual(await isPaid(page), order);
      assert.equal(recorder.posts('/pay').length, 4);
      assert.deepEqual(recorder.violations, []);
    });

    scene('a payment whose answer was lost is not taken twice, and the shopper is told that it was taken', async (visit) => {
      const page = await visit(`${recorder.origin}/`);
      recorder.answers.set('/pay', { status: 204 });
      await pay(page);
      await page.waitFor(() => !document.querySelector('#unanswered').hidden, 'the offer');
      recorder.answers.clear();
      // It did reach the shop.
      const { url, headers, body } = recorder.requests.find(({ method }) => method === 'POST');
      const init = { method: 'POST', headers: { 'content-type': headers['content-type'] }, body, redirect: 'manual' };
      assert.equal((await fetch(recorder.origin + url, init)).status, 303);
      await page.click('#again');
      const { code, title } = await isRefused(page);
      assert.deepEqual([code, title], ['409 · replayed', 'You have paid this order already']);
    });

    scene('a checkout that was open for too long says so, before anything is sent and after', async (visit) => {
      const page = await visit(`${recorder.origin}/`);
      await isReady(page);
      // The stopwatch by which the page judges its session goes on by an hour.
      await page.evaluate(() => {
        const now = performance.now.bind(performance);
        performance.now = () => now() + 3_600_000;
      });
      await page.click('#fill');
      await page.click('#pay');
      await page.waitFor(() => !document.querySelector('#ended').hidden, 'the words');
      const { state, words, href } = await page.evaluate(() => ({
        state: document.querySelector('#state-text').textContent,
        words: document.querySelector('#ended').innerText,
        href: document.querySelector('#fresh').getAttribute('href'),
      }));
      assert.match(state, /has ended/);
      assert.match(words, /open for too long.*nothing was charged/s);
      assert.equal(href, '/');
      assert.deepEqual(recorder.posts('/pay'), []);
      assert.deepEqual(await axeFindings(page, recorder), []);
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
      for (const path of ['/', '/tillseal/tillseal.js', '/receipt/none', '/verify', '/playground']) {
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
