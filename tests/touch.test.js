// Typing on a small screen, with a touch keyboard's ways, and filled in by the browser itself.

import assert from 'node:assert/strict';
import { after, before, beforeEach } from 'node:test';
import { eachEngine } from './lib/engines.js';
import { FIELDS, PLACES, openField, randomKeys } from './lib/field.js';
import { startMerchant } from './lib/merchant.js';
import { scenesIn } from './lib/scenes.js';

const WIDTH = 320;
const VIEWPORT = '<meta name="viewport" content="width=device-width">';
const CARD = { number: '4111111111111111', name: 'Zoe Quill', expiryMonth: '12', expiryYear: '2031', cvc: '739' };

eachEngine((engine) => {
  let merchant;
  before(async () => { merchant = await startMerchant(); });
  beforeEach(() => merchant.reset());
  after(() => merchant?.close());
  const scene = scenesIn(engine);
  const isChromium = engine.name === 'Chromium';

  const atTheCheckout = async (visit, inputs, script) => {
    merchant.checkout({ inputs: VIEWPORT + inputs, script });
    const page = await visit(`${merchant.origin}/`);
    await page.waitFor(() => document.forms[0]?.dataset.ready, 'tillseal:ready');
    return page;
  };
  /** A phone's width, in Chromium its touch screen too. A window of WebKitGTK's is never so narrow: there, its page is. */
  const onAPhone = async (page) => {
    if (page.page) await page.page.setViewport({ width: WIDTH, height: 640, isMobile: isChromium, hasTouch: isChromium });
    else await page.evaluate((width) => { document.documentElement.style.width = `${width}px`; }, WIDTH);
    await page.waitFor((width) => document.body.getBoundingClientRect().right <= width, `a page ${WIDTH} px wide`, WIDTH);
  };
  const rightmost = () => {
    const insides = document.querySelector('tillseal-card')?.shadowRoot.querySelectorAll('*') ?? [];
    return Math.max(...[...document.querySelectorAll('body *'), ...insides].map((element) => element.getBoundingClientRect().right));
  };

  for (const [place, { inputs, at, ids }] of Object.entries(PLACES)) {
    scene(`${place}, ${WIDTH} px wide: random hands, and nothing to scroll sideways`, async (visit) => {
      const page = await atTheCheckout(visit, inputs);
      await onAPhone(page);
      for (const [id, { token, characters }] of Object.entries(FIELDS)) {
        if (!ids.includes(id)) continue;
        const field = await openField(page, token, at(id));
        if (isChromium) await page.page.tap(at(id));
        for (const key of randomKeys(characters, 320, 60)) await field.press(key);
        await field.empty();
        await field.type(token === 'iban' ? 'ie29aibk93115212345678' : '371449635398431');
      }
      assert.ok((await page.evaluate(rightmost)) <= WIDTH);
    });

    if (!isChromium) continue;

    scene(`${place}: the browser's own autofill, in its own light, and judged`, async (visit) => {
      const script = `form.dataset.heard = '';
        for (const type of ['keydown', 'beforeinput', 'input']) form.addEventListener(type, (event) => {
          form.dataset.heard += [type, event.isTrusted, event.key, event.inputType].join() + ' ';
        }, true);`;
      const page = await atTheCheckout(visit, inputs, script);
      const session = await page.page.createCDPSession();
      const input = await page.page.$(at('number'));
      const { frameTree } = await session.send('Page.getFrameTree');
      await session.send('Autofill.enable');
      await session.send('Autofill.trigger', { fieldId: await input.backendNodeId(), frameId: frameTree.frame.id, card: CARD });
      // The element's placeholder asks for two digits of the year.
      const filled = { number: '4111 1111 1111 1111', expiry: place === 'plain inputs' ? '12/2031' : '12/31', csc: '739' };
      for (const [id, value] of Object.entries(filled)) {
        const shown = () => page.page.$eval(at(id), (field) => ({
          value: field.value, isAutofilled: field.matches(':autofill'), state: field.dataset.state, isInvalid: field.ariaInvalid,
        }));
        await page.waitFor((id) => (document.querySelector(`#${id}`) ?? document.querySelector('tillseal-card').shadowRoot.getElementById(id)).value, id, id);
        assert.deepEqual(await shown(), { value, isAutofilled: true, state: 'valid', isInvalid: null });
        const field = await openField(page, FIELDS[id].token, at(id));
        await field.adopt();
        await field.press('End');
        await field.press('Backspace');
        await field.press('9');
      }
      const heard = await page.evaluate(() => document.forms[0].dataset.heard);
      // No name of a key, no inputType, no beforeinput (and out of a shadow root no keydown): what the shim must not rely on.
      assert.match(heard, /^(keydown,true,, )?input,true,, /);
    });

    scene(`${place}: an input method's composition`, async (visit) => {
      const page = await atTheCheckout(visit, inputs);
      const session = await page.page.createCDPSession();
      const field = await openField(page, 'cc-number', at('number'));
      await field.type('41');
      for (const text of ['１', '１１', '１１２']) {
        await session.send('Input.imeSetComposition', { text, selectionStart: text.length, selectionEnd: text.length });
        assert.equal((await field.shown()).text, `41${text}`, 'a composition is left alone');
      }
      await session.send('Input.insertText', { text: '１１２３' });
      assert.equal(await field.adopt(), '4111 23');
      for (const key of ['4', 'Backspace', 'Backspace', 'Backspace', '5']) await field.press(key);
      for (let tries = 0; (await field.shown()).text; tries += 1) {
        assert.ok(tries < 9, `undo ends at ${(await field.shown()).text}`);
        await page.press('Control+z');
      }
    });
  }
});
