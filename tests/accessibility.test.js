// What a person hears and needs who does not see the form, or has no mouse: axe-core, the keyboard alone, each error said once.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, beforeEach } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { eachEngine, until } from './lib/engines.js';
import { startMerchant } from './lib/merchant.js';
import { scenesIn } from './lib/scenes.js';
import { OPENED, SHOPPER } from './lib/shopper.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'));
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

const EMAIL = '<p><label>Email <input id="email" type="email" autocomplete="email" required></label></p>';
const PLACES = {
  'plain inputs': {
    inputs: `<p><label>Card number <input id="number" autocomplete="cc-number" required></label></p>
      <p><label>Expiry date <input id="expiry" autocomplete="cc-exp" required></label></p>
      <p><label>Security code <input id="csc" autocomplete="cc-csc" required></label></p> ${EMAIL}`,
    at: (id) => `#${id}`,
  },
  '<tillseal-card>': {
    inputs: `<tillseal-card></tillseal-card> ${EMAIL}`,
    at: (id) => (id === 'email' ? '#email' : `tillseal-card >>> #${id}`),
  },
};

/** How the page is shown: its language, and what the system asks for. */
const LOOKS = {
  'as it is': {},
  'in Arabic': { lang: 'ar' },
  'in Hebrew': { lang: 'he' },
  'in the dark': { feature: { name: 'prefers-color-scheme', value: 'dark' } },
  'in forced colours': { feature: { name: 'forced-colors', value: 'active' } },
};

/** Keeps what a screen reader would say: changes of the live region, and where the focus lands on a field that is wrong. */
const LISTEN = `
  globalThis.heard = [];
  const regions = () => form.querySelectorAll(':scope > [role=status], :scope > [role=alert]');
  globalThis.listen = () => {
    globalThis.regionWasThere = regions().length === 2 && [...regions()].every((region) => region.textContent === '');
    for (const region of regions()) {
      new MutationObserver(() => { if (region.textContent) heard.push('region: ' + region.textContent); })
        .observe(region, { childList: true, characterData: true, subtree: true });
    }
    const onFocus = ({ target }) => {
      if (!target.matches('[aria-invalid=true]')) return;
      const describing = target.getAttribute('aria-describedby').split(' ').map((id) => target.getRootNode().getElementById(id));
      heard.push('focus: ' + describing.filter((place) => place.matches('[data-error-for]')).map((place) => place.textContent).join(' '));
    };
    for (const root of [document, document.querySelector('tillseal-card')?.shadowRoot]) root?.addEventListener('focus', onFocus, true);
  };`;

const WRONG = 'Check the card number: one of its digits is wrong.';
const MISSING = 'Please fill this in.';

/** What a person does, and what is heard of it. */
const ERRORS = {
  'a field is left': [[['number', SHOPPER.number.replace(/1$/, '2')], 'Tab'], [`region: ${WRONG}`]],
  'a field is left, and come back to': [
    [['number', SHOPPER.number.replace(/1$/, '2')], 'Tab', 'Shift+Tab'], [`region: ${WRONG}`, `focus: ${WRONG}`],
  ],
  'Enter in the wrong field': [
    [['email', SHOPPER.email], ['csc', '123'], ['expiry', '1231'], ['number', SHOPPER.number.replace(/1$/, '2')], 'Enter'],
    [`region: ${WRONG} The security code of this card has 4 digits.`],
  ],
  'Enter elsewhere': [
    [['number', SHOPPER.number], ['expiry', '1231'], ['email', SHOPPER.email], 'Enter'], [`focus: ${MISSING}`],
  ],
  'Enter with several fields missing': [
    [['email', SHOPPER.email], 'Enter'], [`focus: ${MISSING}`, `region: ${MISSING} ${MISSING}`],
  ],
  'a click on the button, out of the wrong field': [
    [['expiry', '1231'], ['csc', '7391'], ['email', SHOPPER.email], ['number', SHOPPER.number.replace(/1$/, '2')], 'click'], [`focus: ${WRONG}`],
  ],
  'an error is mended': [
    [['number', SHOPPER.number.replace(/1$/, '2')], 'Tab', 'Shift+Tab', 'End', 'Backspace', '1', 'Tab'], [`region: ${WRONG}`, `focus: ${WRONG}`],
  ],
  'nothing is wrong': [[['number', SHOPPER.number], 'Tab', '1', '2', '3', '1', 'Tab', '7', '3', '9', '1', 'Tab'], []],
};

/** Those of the errors that every engine is asked about. */
const CORE = ['a field is left', 'Enter with several fields missing', 'a click on the button, out of the wrong field', 'nothing is wrong'];

eachEngine((engine) => {
  let merchant;
  before(async () => { merchant = await startMerchant(); });
  beforeEach(() => merchant.reset());
  after(() => merchant?.close());
  const scene = scenesIn(engine);
  /** Colours can be asked for in Chromium alone, and what does not depend on the engine is asked there alone. */
  const isQuick = engine.name !== 'Chromium';

  const atTheCheckout = async (visit, inputs, { lang = 'en', feature } = {}) => {
    merchant.serve('/axe.js', { headers: { 'content-type': 'text/javascript' }, body: AXE });
    const dir = ['ar', 'he'].includes(lang) ? 'rtl' : 'ltr';
    const script = `import '/axe.js'; document.documentElement.lang = '${lang}'; document.dir = '${dir}';
      // axe-core takes a page without a colour for white.
      document.documentElement.style.background = 'Canvas'; ${LISTEN}`;
    merchant.checkout({ inputs: `<meta name="color-scheme" content="light dark"> ${inputs}`, script });
    const page = await visit('about:blank');
    if (feature) await (await page.page.createCDPSession()).send('Emulation.setEmulatedMedia', { features: [feature] });
    await page.goto(`${merchant.origin}/`);
    await page.waitFor(() => document.forms[0]?.dataset.ready, 'tillseal:ready');
    await page.evaluate(() => listen());
    return page;
  };
  const axe = async (page) => {
    const found = await page.evaluate(async (values) => {
      const { violations, passes } = await globalThis.axe.run(document, { runOnly: { type: 'tag', values } });
      const shown = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => html + failureSummary)}`);
      return { violations: shown, passes: passes.length };
    }, TAGS);
    assert.deepEqual(found.violations, []);
    assert.ok(found.passes > 10, `${found.passes} rules were of use`);
  };

  for (const [place, { inputs, at }] of Object.entries(PLACES)) {
    for (const [name, look] of Object.entries(LOOKS)) {
      if (isQuick && (look.feature || name === 'in Hebrew')) continue;
      scene(`${place}, ${name}: axe finds nothing, neither when empty nor in an error, nor in a choice of brands`, async (visit) => {
        const page = await atTheCheckout(visit, inputs, look);
        await axe(page);
        await page.focus(at('number'));
        await page.keys('371449635398432');
        await page.focus(at('csc'));
        await page.press('Enter');
        await page.waitFor(() => document.querySelector('form > [role=status]').textContent, 'an announcement');
        await axe(page);
        await page.focus(at('number'));
        await page.press('Control+a');
        await page.keys('4571000000000001');
        await page.press('Tab');
        await axe(page);
      });
    }

    scene(`${place}: a purchase by keyboard alone`, async (visit) => {
      const page = await atTheCheckout(visit, inputs);
      const order = [];
      for (const [id, text] of Object.entries(SHOPPER)) {
        await page.press('Tab');
        order.push(await page.evaluate(() => (document.activeElement.shadowRoot?.activeElement ?? document.activeElement).id));
        await page.keys(text.replaceAll(' ', ''));
        assert.equal(order.at(-1), id);
      }
      await page.press('Tab');
      assert.equal(await page.evaluate(() => document.activeElement.id), 'pay');
      await page.press('Shift+Tab');
      await page.press('Enter');
      await until(() => merchant.recorder.posts('/pay').length, 'a POST');
      assert.deepEqual((await merchant.opened(merchant.recorder.posts('/pay')[0])).fields, OPENED);
    });

    for (const [name, [steps, expected]] of Object.entries(ERRORS)) {
      if (isQuick && (place === 'plain inputs' || !CORE.includes(name))) continue;
      scene(`${place}: ${name}: it is heard once`, async (visit) => {
        const page = await atTheCheckout(visit, inputs);
        assert.ok(await page.evaluate(() => regionWasThere), 'the live region is there before its text');
        for (const step of steps) {
          if (step === 'click') {
            await page.click('#pay');
          } else if (typeof step === 'string') {
            await page.press(step);
          } else {
            await page.focus(at(step[0]));
            await page.keys(step[1].replaceAll(' ', ''));
          }
          // A person's pace: what is said is said before the next key.
          if (step.length > 1) await sleep(300);
        }
        assert.deepEqual(await page.evaluate(() => heard), expected);
        assert.deepEqual(merchant.recorder.posts('/pay'), []);
      });
    }
  }

  scene('a form that cannot be sealed says so once, in sight and aloud', async (visit) => {
    merchant.change('/.well-known/tillseal.jwks', { status: 404 });
    merchant.checkout({ inputs: PLACES['<tillseal-card>'].inputs, script: LISTEN });
    const page = await visit(`${merchant.origin}/`);
    await page.waitFor(() => document.forms[0]?.dataset.error, 'tillseal:error');
    await page.evaluate(() => listen());
    for (const [id, text] of Object.entries(SHOPPER)) {
      await page.focus(PLACES['<tillseal-card>'].at(id));
      await page.keys(text);
    }
    await page.press('Enter');
    await page.waitFor(() => heard.some((words) => /Nothing/.test(words)), 'an announcement');
    await sleep(300);
    const text = 'Nothing was sent: your details could not be encrypted. Check your connection and try again.';
    assert.deepEqual((await page.evaluate(() => heard)).filter((words) => !/One moment/.test(words)), [`region: ${text}`]);
    assert.ok(await page.evaluate((text) => document.forms[0].innerText.includes(text), text));
  });
});
