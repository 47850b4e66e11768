// The whole route in real browsers: a person types into the demo shop, and the server opens exactly that; the network,
// the console and the shop's own output hold nothing of it.

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe } from 'node:test';
import { eachEngine } from './lib/engines.js';
import { scenesIn } from './lib/scenes.js';
import { startShop } from './lib/shop.js';
import { OPENED, SHOPPER, assertNothingLeaked, fillIn } from './lib/shopper.js';

const ADDRESS = {
  tel: '+353 20 911 0000',
  name: 'Zoe Quill',
  street: '12 Harbour Row',
  postcode: 'D02 X285',
  city: 'Dublin',
  note: 'Ring twice; "blue" door & mind the step',
  holder: 'Z QUILL',
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
  'cc-name': ADDRESS.holder,
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
        await fillIn(page, { ...SHOPPER, ...ADDRESS });
        await page.select('#country', 'NL');
        await page.click('#pay');
        await page.waitFor(() => location.pathname.startsWith('/receipt/'), 'the receipt');
        const receipt = new URL(await page.url()).pathname;

        assert.deepEqual(recorder.posts('/pay').map((body) => [...body.keys()]), [['sealed']]);
        assertNothingLeaked(recorder, [...page.console, shop.output, await page.url()]);
        assert.deepEqual(recorder.violations, []);

        const claims = await (await fetch(`${recorder.upstream}${receipt}/opened`)).json();
        assert.deepEqual(claims.fields, ALL_OPENED);
        assert.equal(claims.origin, recorder.origin);

        const shown = await page.evaluate(() => document.body.innerText);
        assert.ok(!shown.replace(/\s/g, '').includes(OPENED['cc-number']), 'the card is masked at first');
      });
    });
  }

  describe('the policy', () => {
    let shop;
    before(async () => { shop = await startShop(); });
    after(() => shop?.close());
    const scene = scenesIn(engine);

    scene('is the strict one on every page', async (visit) => {
      await visit(`${shop.recorder.origin}/`);
      for (const path of ['/', '/tillseal/tillseal.js', '/receipt/none']) {
        const policy = (await fetch(shop.recorder.upstream + path)).headers.get('content-security-policy');
        const directives = policy.split(';').map((directive) => directive.trim());
        assert.ok(directives.includes("script-src 'self' 'wasm-unsafe-eval'"), policy);
        assert.ok(directives.includes("require-trusted-types-for 'script'"), policy);
        assert.doesNotMatch(policy, /unsafe-inline|'unsafe-eval'/);
      }
    });
  });
});
