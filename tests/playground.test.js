// The playground in real browsers: what is written becomes a form, what is typed is sealed and opened, and nothing of it runs or leaks.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach } from 'node:test';
import { pathToFileURL } from 'node:url';
import { axeFindings } from './lib/axe.js';
import { ENGINES, eachEngine } from './lib/engines.js';
import { cscLeaks, panLeaks } from './lib/leaks.js';
import { ROOT } from './lib/paths.js';
import { scenesIn } from './lib/scenes.js';
import { startShop } from './lib/shop.js';
import { OPENED, SHOPPER, assertNothingLeaked, fillInCard } from './lib/shopper.js';

const { SAMPLES, VALUES } = await import(pathToFileURL(join(ROOT, 'www/pages/samples.js')).href);
const { email, ...CARD_OPENED } = OPENED;
/** What is typed into a field, by its name; and what comes out, where that is not the same. */
const TYPED = {
  ...VALUES, email, 'cc-number': '4000002500001001', 'cc-exp': SHOPPER.expiry, 'cc-csc': '739', 'cc-name': 'Z QUILL',
};
const COMES_OUT = { 'cc-exp': CARD_OPENED['cc-exp'] };

/** The names of the live form's fields. In the page. */
const fieldNames = () => {
  const controls = [...document.querySelector('#live form').elements].flatMap((element) => element.controls ?? element);
  return controls.map((control) => control.dataset.seal ?? control.getAttribute('autocomplete')).filter(Boolean);
};
/** Gives the focus to a field of the live form. In the page. */
const focusOnField = (name) => {
  const controls = [...document.querySelector('#live form').elements].flatMap((element) => element.controls ?? element);
  controls.find((control) => (control.dataset.seal ?? control.getAttribute('autocomplete')) === name).focus();
};
const write = (markup) => {
  const editor = document.querySelector('#editor');
  editor.value = markup;
  editor.dispatchEvent(new Event('input', { bubbles: true }));
};
const readied = (page, times = 1) =>
  page.waitFor((times) => document.querySelectorAll('[data-event=ready]').length >= times, 'tillseal:ready', times);
const logOf = (page) => page.evaluate(() => document.querySelector('#log').textContent);
const opened = async (page) => {
  await page.click('#live button');
  const text = await page.waitFor(() => document.querySelector('#opened').textContent, 'what was opened');
  return JSON.parse(text);
};

eachEngine((engine) => {
  let shop, recorder;
  before(async () => {
    shop = await startShop({ listenToConsole: engine.consoleInPage });
    recorder = shop.recorder;
  });
  beforeEach(() => recorder.reset());
  after(() => shop?.close());
  const scene = scenesIn(engine);

  scene('what is typed is sealed and opened in the page, and neither the log nor the network holds it', async (visit) => {
    const page = await visit(`${recorder.origin}/playground`);
    await readied(page);
    await fillInCard(page, SHOPPER, '#live tillseal-card');
    const { fields, origin, v } = await opened(page);
    assert.deepEqual(fields, CARD_OPENED);
    assert.deepEqual([origin, v], [recorder.origin, 1]);
    const shown = await page.evaluate(() => ({
      segments: [...document.querySelectorAll('#sealed span')].map(({ className, textContent }) => [className, textContent.length > 0]),
      header: JSON.parse(document.querySelector('#header').textContent),
    }));
    assert.deepEqual(shown.segments, [['s1', true], ['s2', false], ['s3', true], ['s4', true], ['s5', true]]);
    assert.deepEqual([shown.header.alg, shown.header.enc], ['ECDH-ES', 'A256GCM']);

    const log = await logOf(page);
    assert.match(log, /tillseal:change.*"brand": "american-express".*tillseal:sealed.*"sealed"/s);
    assert.deepEqual([panLeaks(log, SHOPPER.number), cscLeaks(log, SHOPPER.csc)], [[], []]);
    assertNothingLeaked(recorder, [...page.console, shop.output]);
    assert.deepEqual(recorder.requests.filter(({ method }) => method !== 'GET'), []);
    assert.deepEqual(recorder.violations, []);
  });

  scene('a script or a handler in the markup does not run', async (visit) => {
    const page = await visit(`${recorder.origin}/playground`);
    await readied(page);
    await page.evaluate(write, `<script>document.title = 'ran'</script><script src="/pages/checkout.js"></script>
      <img src="/none.png" onerror="document.title = 'ran'"><svg onload="document.title = 'ran'"></svg>
      <form onsubmit="document.title = 'ran'" oninput="document.title = 'ran'" action="javascript:document.title = 'ran'">
      <label style="color: red">Email <input autocomplete="email" onfocus="document.title = 'ran'" autofocus></label>
      <iframe srcdoc="<script>parent.document.title = 'ran'</script>"></iframe><button formaction="javascript:0">Pay</button></form>`);
    await readied(page, 2);
    await page.evaluate(focusOnField, 'email');
    await page.keys(email);
    assert.deepEqual((await opened(page)).fields, { email });
    const remark = await page.evaluate(() => document.querySelector('#remark').textContent);
    for (const name of ['<script>', '<img>', '<svg>', '<iframe>', 'onsubmit', 'onfocus', 'style', 'formaction']) {
      assert.ok(remark.includes(name), `${name} in: ${remark}`);
    }
    assert.equal(await page.evaluate(() => document.title), 'Playground · Saltmarsh Pottery');
    assert.equal(await page.evaluate(() => document.querySelectorAll('#live :is(script, img, svg, iframe, [onfocus], label[style])').length), 0);
    assert.deepEqual(recorder.requests.filter(({ path }) => path === '/none.png' || path === '/pages/checkout.js'), []);
    // Some browsers hold the document that nothing runs in to the policy too.
    const others = recorder.violations.filter((report) => !/-attr$/.test(report['csp-report']['effective-directive']));
    assert.deepEqual(others, []);
  });

  if (engine !== ENGINES[0]) return;

  for (const { id, title, markup } of SAMPLES) {
    scene(`a form to start from: ${title}`, async (visit) => {
      const page = await visit(`${recorder.origin}/playground`);
      await page.select('#sample', id);
      assert.equal(await page.evaluate(() => document.querySelector('#editor').value), markup);
      await readied(page);
      const names = (await page.evaluate(fieldNames)).filter((name) => name !== 'cc-type');
      const typed = id === 'brands' ? { ...TYPED, 'cc-number': '4242424242424242' } : TYPED;
      for (const name of names) {
        assert.ok(typed[name], name);
        await page.evaluate(focusOnField, name);
        await page.keys(typed[name]);
      }
      const expected = Object.fromEntries(names.map((name) => [name, COMES_OUT[name] ?? typed[name]]));
      const { 'cc-type': brand, ...fields } = (await opened(page)).fields;
      assert.deepEqual(fields, expected);
      if (id === 'choice') assert.ok(['cartes-bancaires', 'visa'].includes(brand), brand);
      const log = await logOf(page);
      if (typed['cc-number'] && names.includes('cc-number')) assert.deepEqual(panLeaks(log, typed['cc-number']), []);
      assert.ok(!log.includes(email));
      assert.deepEqual(recorder.violations, []);
    });
  }

  scene('an edit builds the form anew, attached, and what was typed stays', async (visit) => {
    const page = await visit(`${recorder.origin}/playground`);
    await readied(page);
    await fillInCard(page, SHOPPER, '#live tillseal-card');
    await page.focus('#editor');
    await page.evaluate(() => {
      const editor = document.querySelector('#editor');
      const place = editor.value.indexOf('  <button');
      editor.setSelectionRange(place, place);
    });
    await page.press('Tab');
    await page.keys('<label>Order <input data-seal="po-number"></label>\n');
    await readied(page, 2);
    await page.evaluate(focusOnField, 'po-number');
    await page.keys('PO 7');
    assert.deepEqual((await opened(page)).fields, { ...CARD_OPENED, 'po-number': 'PO 7' });
    assert.match(await page.evaluate(() => document.querySelector('#editor').value), /\n {2}<label>Order/);
  });

  scene('markup without a form, or with one that cannot be sealed, is told calmly', async (visit) => {
    const page = await visit(`${recorder.origin}/playground`);
    await readied(page);
    await page.evaluate(write, '<p>Nothing yet');
    await page.waitFor(() => /no form/.test(document.querySelector('#remark').textContent), 'a remark');
    await page.evaluate(write, '<form><label>A <input data-seal="no!" value="x"></label><button>Pay</button></form>');
    await readied(page, 2);
    await page.click('#live button');
    await page.waitFor(() => /"code": "field-name"/.test(document.querySelector('[data-event=error]')?.textContent), 'an event');
    assert.match(await page.evaluate(() => document.querySelector('#remark').textContent), /cannot be sealed/);
    assert.equal(await page.evaluate(() => document.querySelector('#opened').textContent), '');
  });

  scene('axe finds nothing, neither at first nor with a payload', async (visit) => {
    const page = await visit(`${recorder.origin}/playground`);
    await readied(page);
    assert.deepEqual(await axeFindings(page, recorder), []);
    await fillInCard(page, SHOPPER, '#live tillseal-card');
    await opened(page);
    assert.deepEqual(await axeFindings(page, recorder), []);
  });

  scene('Tab indents; after Escape it leaves the editor', async (visit) => {
    const page = await visit(`${recorder.origin}/playground`);
    await page.focus('#editor');
    await page.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'editor');
    await page.press('Escape');
    await page.press('Tab');
    assert.notEqual(await page.evaluate(() => document.activeElement.id), 'editor');
  });

  scene('the openers shown are those of docs/integrate, and the one that the page runs', async (visit) => {
    const page = await visit(`${recorder.origin}/playground`);
    const tabs = await page.evaluate(() => [...document.querySelectorAll('[role=tab]')].map(({ id, dataset }) => [id, dataset.file]));
    assert.equal(tabs.length, 7);
    for (const [id, file] of tabs) {
      await page.click(`#${id}`);
      const text = readFileSync(join(ROOT, file.startsWith('/integrate/') ? 'docs' : 'www', file), 'utf8').trim();
      await page.waitFor((text) => document.querySelector('#code').textContent === text, file, text);
      assert.equal(await page.evaluate((id) => document.getElementById(id).ariaSelected, id), 'true');
    }
  });
});
