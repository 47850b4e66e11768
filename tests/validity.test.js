// What is said of a field, and when: never while it may still become right, at the latest before anything is sealed.

import assert from 'node:assert/strict';
import { after, before, beforeEach } from 'node:test';
import { eachEngine, until } from './lib/engines.js';
import { startMerchant } from './lib/merchant.js';
import { scenesIn } from './lib/scenes.js';

const FIELDS = { number: 'autocomplete="cc-number"', expiry: 'autocomplete="cc-exp"', csc: 'autocomplete="cc-csc"', iban: 'data-seal="iban"' };
const OTHERS = { email: 'type="email" autocomplete="email"', tel: 'autocomplete="tel"', name: 'autocomplete="cc-name"' };
const labelled = (fields, more = '') => Object.entries(fields).map(([id, attributes]) => `<label>${id} <input id="${id}" ${attributes} ${more}></label>`).join(' ');
const PLAIN = `${labelled(FIELDS)} ${labelled(OTHERS)} <input id="elsewhere" aria-label="Elsewhere">`;
const CARD = labelled({ number: FIELDS.number, expiry: FIELDS.expiry, csc: FIELDS.csc });
const CHOICE = `${CARD} <label data-brand-choice hidden>Brand <select id="brand" autocomplete="cc-type"></select></label>`;
const ELEMENT = '<tillseal-card></tillseal-card>';
const at = (id) => `tillseal-card >>> #${id}`;

/** Field, what is typed, what is wrong with it, and what a shopper reads; `filled` where no key leads there. */
const FAULTS = [
  ['number', '4111', 'pan-incomplete', 'The card number is incomplete.'],
  ['number', '41111111111111111', 'pan-length', 'The card number has too few or too many digits.'],
  ['number', '4111111111111112', 'pan-check-digit', 'Check the card number: one of its digits is wrong.'],
  ['expiry', '123', 'expiry-incomplete', 'The expiry date is incomplete.'],
  ['expiry', '12203', 'expiry-shape', 'Enter the expiry date as month and year, such as 12/29.'],
  ['expiry', '0122', 'expiry-past', 'This card has expired. Please use another one.'],
  ['csc', '12', 'csc-incomplete', 'The security code is incomplete.'],
  ['csc', '12345', 'csc-shape', 'The security code has 3 or 4 digits.', 'filled'],
  ['iban', 'IE29', 'iban-incomplete', 'The IBAN is incomplete.'],
  ['iban', '12', 'iban-shape', 'Enter the IBAN as it stands on your bank card or statement.'],
  ['iban', 'IE29AIBK93115212345679', 'iban-check-digits', 'Check the IBAN: one of its characters is wrong.'],
  ['email', 'zoe', 'email-shape', 'Enter an email address, such as ada@example.com.'],
  ['tel', '12', 'tel-shape', 'Enter a phone number, such as +353 20 911 0000.'],
  ['name', 'Z'.repeat(1025), 'field-too-long', 'This is too long.', 'filled'],
];
/** What is right, key by key. */
const RIGHT = {
  number: ['4111111111111111', '378282246310005', '30569309025904', '6304000000000000', '2223000048400011', '6212345678901232', '4000000000000000006'],
  expiry: ['1231', '12/2031', '331', '1/31', '12/20'.concat('31')], csc: ['123', '1234'], iban: ['IE29AIBK93115212345678', 'NO9386011117947', 'MT84MALT011000012345MTLCAST001S'],
  email: ['zoe.quill+till@shop.example'], tel: ['+353 20 911 0000'],
};
const MESSAGES = {
  de: ['ltr', 'Die Kartennummer'], 'pt-BR': ['ltr', 'cartão'], 'zh-TW': ['ltr', '卡'], ar: ['rtl', 'البطاقة'], 'xx': ['ltr', 'The card number'],
};

const namesOf = { number: 'cc-number', expiry: 'cc-exp', csc: 'cc-csc', iban: 'iban', email: 'email', tel: 'tel', name: 'cc-name' };

/** Runs in the page. */
function seenInPage(selector) {
  const field = selector.split(' >>> ').reduce((root, step) => (root.shadowRoot ?? root).querySelector(step), document);
  const places = (field.getAttribute('aria-describedby') ?? '').split(' ').map((id) => id && field.getRootNode().getElementById(id));
  return {
    state: field.dataset.state,
    isInvalid: field.getAttribute('aria-invalid') === 'true',
    said: places.filter((place) => place && place.matches('[data-error-for]')).map((place) => place.textContent).join(),
    custom: field.validity.customError ? field.validationMessage : '',
    isValid: field.validity.valid,
  };
}

eachEngine((engine) => {
  let merchant, recorder;
  before(async () => {
    merchant = await startMerchant();
    recorder = merchant.recorder;
  });
  beforeEach(() => merchant.reset());
  after(() => merchant?.close());
  const scene = scenesIn(engine);
  /** What does not depend on the engine. */
  const once = engine.name === 'Chromium' ? scene : () => {};

  const atTheCheckout = async (visit, inputs, given = {}) => {
    const script = `globalThis.changes = []; form.addEventListener('tillseal:change', ({ detail }) => changes.push(detail)); ${given.script ?? ''}`;
    merchant.checkout({ ...given, inputs, script });
    const page = await visit(`${merchant.origin}/`);
    await page.waitFor(() => document.forms[0]?.dataset.ready, 'tillseal:ready');
    return page;
  };
  const type = async (page, selector, text) => {
    await page.focus(selector);
    await page.press('Control+a');
    await page.press('Backspace');
    await page.keys(text);
  };
  const seen = (page, selector) => page.evaluate(seenInPage, selector);
  const said = async (page, selector) => (await seen(page, selector)).said;
  const focused = (page) => page.evaluate(() => (document.activeElement.shadowRoot?.activeElement ?? document.activeElement).id);
  const opened = async () => {
    await until(() => recorder.posts('/pay').length, 'a POST');
    return (await merchant.opened(recorder.posts('/pay').at(-1))).fields;
  };
  const isStopped = async (page, code) => {
    const told = JSON.parse(await page.waitFor(() => document.forms[0].dataset.error, 'tillseal:error'));
    assert.equal(told.code, code);
    assert.deepEqual(recorder.posts('/pay').map(String), []);
  };

  scene('every fault: told when the field is left, not before, and cleared while it is mended', async (visit) => {
    const page = await atTheCheckout(visit, PLAIN);
    for (const [id, text, code, message, isFilled] of FAULTS) {
      await type(page, `#${id}`, isFilled ? '' : text);
      if (isFilled) await page.evaluate((id, text) => {
        const field = document.getElementById(id);
        field.value = text;
        field.dispatchEvent(new Event('input', { bubbles: true }));
      }, id, text);
      const before = await seen(page, `#${id}`);
      assert.deepEqual([before.said, before.isInvalid, before.state, before.isValid], ['', false, 'typing', false], `${id} ${text}`);
      await page.focus('#elsewhere');
      assert.deepEqual(await seen(page, `#${id}`), { state: 'invalid', isInvalid: true, said: message, custom: message, isValid: false });
      assert.equal(await page.evaluate(() => document.forms[0].checkValidity()), false);
      assert.equal(await page.evaluate((id) => changes.findLast(({ field }) => field === id)?.code, namesOf[id]), code);
      await type(page, `#${id}`, (RIGHT[id] ?? ['Zoe'])[0]);
      const after = await seen(page, `#${id}`);
      assert.deepEqual([after.said, after.isInvalid, after.state, after.custom], ['', false, 'valid', ''], `${id} mended`);
      await type(page, `#${id}`, '');
    }
  });

  scene('never an error while a prefix may become right', async (visit) => {
    const page = await atTheCheckout(visit, PLAIN);
    for (const [id, values] of Object.entries(RIGHT)) {
      for (const value of values) {
        for (const character of value) {
          await page.focus(`#${id}`);
          await page.keys(character);
          const { state, isInvalid, said } = await seen(page, `#${id}`);
          assert.ok(state !== 'invalid' && !isInvalid && !said, `${id} ${value}: ${state} ${said}`);
        }
        assert.equal((await seen(page, `#${id}`)).state, 'valid', value);
        await type(page, `#${id}`, '');
      }
    }
    const codes = await page.evaluate(() => [...new Set(changes.map(({ code }) => code))].sort());
    assert.deepEqual(codes.filter((code) => !/-incomplete$|^email-shape$|^tel-shape$|^$/.test(code)), []);
  });

  scene('tillseal:change says what changed, and never a value', async (visit) => {
    for (const [inputs, selector] of [[CARD, (id) => `#${id}`], [ELEMENT, at]]) {
      const page = await atTheCheckout(visit, inputs);
      await type(page, selector('number'), '371449635398431');
      await type(page, selector('expiry'), '1231');
      await type(page, selector('csc'), '7391');
      const changes = await page.evaluate(() => globalThis.changes.map((detail) => ({ ...detail, brand: detail.brand ?? null })));
      for (const detail of changes) assert.deepEqual(Object.keys(detail).sort(), ['brand', 'code', 'complete', 'field', 'valid']);
      const last = changes.findLast(({ field }) => field === 'cc-number');
      assert.deepEqual(last, { field: 'cc-number', valid: true, code: '', brand: 'american-express', complete: true });
      assert.deepEqual(new Set(changes.map(({ field }) => field)), new Set(['cc-number', 'cc-exp', 'cc-csc']));
      assert.doesNotMatch(JSON.stringify(changes), /\d/);
      assert.ok(changes.length < 14, `${changes.length} events`);
    }
  });

  scene('a card of two brands: the shopper chooses, and the choice is sealed', async (visit) => {
    for (const [inputs, selector] of [[CHOICE, (id) => `#${id}`], [ELEMENT, at]]) {
      const page = await atTheCheckout(visit, inputs);
      const choice = () => page.evaluate((selector) => {
        const select = selector.split(' >>> ').reduce((root, step) => (root.shadowRoot ?? root).querySelector(step), document);
        return { isShown: select.checkVisibility(), offered: [...select.options].map(({ value, text }) => `${value} ${text}`) };
      }, selector('brand'));
      const NONE = { isShown: false, offered: [] };
      assert.deepEqual(await choice(), NONE);
      await type(page, selector('expiry'), '1231');
      await type(page, selector('csc'), '123');
      await type(page, selector('number'), '457100000000000');
      assert.deepEqual(await choice(), NONE);
      await page.keys('1');
      assert.deepEqual(await choice(), { isShown: true, offered: ['visa Visa', 'dankort Dankort'] });
      await page.press('Backspace');
      assert.deepEqual(await choice(), NONE);
      await page.keys('1');
      await page.focus(selector('brand'));
      await page.press('ArrowDown');
      await page.press('Tab');
      assert.equal((await page.evaluate(() => changes.findLast(({ field }) => field === 'cc-number'))).valid, true);
      await page.click('#pay');
      assert.deepEqual(await opened(), { 'cc-number': '4571000000000001', 'cc-exp': '12/2031', 'cc-csc': '123', 'cc-type': 'dankort' });
      recorder.requests.length = 0;
    }
  });

  scene('without a choice no brand is sealed', async (visit) => {
    for (const [inputs, selector] of [[CHOICE, (id) => `#${id}`], [ELEMENT, at]]) {
      const page = await atTheCheckout(visit, inputs);
      await type(page, selector('number'), '4111111111111111');
      await type(page, selector('expiry'), '1231');
      await type(page, selector('csc'), '123');
      await page.click('#pay');
      assert.deepEqual(await opened(), { 'cc-number': '4111111111111111', 'cc-exp': '12/2031', 'cc-csc': '123' });
      recorder.requests.length = 0;
    }
  });

  scene('a submit shows everything that is wrong, and goes to the first', async (visit) => {
    for (const [inputs, selector] of [[labelled({ number: FIELDS.number, expiry: FIELDS.expiry, csc: FIELDS.csc }, 'required'), (id) => `#${id}`], [ELEMENT, at]]) {
      const page = await atTheCheckout(visit, inputs);
      await type(page, selector('number'), '4111111111111111');
      await page.click('#pay');
      await isStopped(page, 'required');
      assert.equal(await focused(page), 'expiry');
      assert.deepEqual([await said(page, selector('number')), await said(page, selector('expiry')), await said(page, selector('csc'))],
        ['', 'Please fill this in.', 'Please fill this in.']);
      await page.keys('1231');
      assert.equal(await said(page, selector('expiry')), '');
      await type(page, selector('csc'), '123');
      await page.press('Enter');
      await opened();
      recorder.requests.length = 0;
    }
  });

  scene('the security code is judged anew when the brand changes', async (visit) => {
    for (const [inputs, selector] of [[CARD, (id) => `#${id}`], [ELEMENT, at]]) {
      const page = await atTheCheckout(visit, inputs);
      await type(page, selector('csc'), '123');
      await type(page, selector('number'), '4');
      assert.equal((await seen(page, selector('csc'))).state, 'valid');
      await type(page, selector('number'), '37');
      assert.equal((await seen(page, selector('csc'))).isValid, false);
      assert.equal((await seen(page, selector('csc'))).custom, 'The security code of this card has 4 digits.');
      await type(page, selector('number'), '4');
      assert.deepEqual(await seen(page, selector('csc')), { state: 'valid', isInvalid: false, said: '', custom: '', isValid: true });
    }
  });

  scene("the element's states, and its brand", async (visit) => {
    const page = await atTheCheckout(visit, ELEMENT);
    const states = () => page.evaluate(() => {
      const card = document.querySelector('tillseal-card');
      const custom = ['empty', 'typing', 'valid', 'invalid'].filter((state) => card.matches(`:state(${state})`)).join();
      return [card.dataset.state, custom, card.dataset.brand, card.matches(':invalid'), document.forms[0].checkValidity()];
    });
    assert.deepEqual(await states(), ['empty', 'empty', '', true, false]);
    await type(page, at('number'), '4111');
    assert.deepEqual(await states(), ['typing', 'typing', 'visa', true, false]);
    await page.press('Tab');
    assert.deepEqual(await states(), ['invalid', 'invalid', 'visa', true, false]);
    await page.press('Shift+Tab');
    await page.press('End');
    await page.keys('1');
    assert.deepEqual(await states(), ['typing', 'typing', 'visa', true, false]);
    await page.keys('11111111111');
    await type(page, at('expiry'), '1231');
    await type(page, at('csc'), '123');
    assert.deepEqual(await states(), ['valid', 'valid', 'visa', false, true]);
    await page.evaluate(() => document.forms[0].reset());
    await page.waitFor(() => document.querySelector('tillseal-card').dataset.state === 'empty', 'a reset');
    assert.deepEqual(await states(), ['empty', 'empty', '', true, false]);
  });

  scene('a form inside a shadow root', async (visit) => {
    merchant.checkout({ attributes: '', inputs: '', script: `
      const root = document.body.appendChild(document.createElement('div')).attachShadow({ mode: 'open' });
      const inner = root.appendChild(document.createElement('form'));
      Object.assign(inner, { id: 'inner', method: 'post', action: '/pay' });
      const email = Object.assign(document.createElement('input'), { id: 'email', autocomplete: 'email', title: 'Email' });
      inner.append(email, document.createElement('tillseal-card'), Object.assign(document.createElement('button'), { textContent: 'Pay' }));
      inner.dataset.tillseal = '/.well-known/tillseal.jwks';
      inner.addEventListener('tillseal:ready', () => { root.host.dataset.ready = ''; });
      root.host.id = 'host';` });
    const page = await visit(`${merchant.origin}/`);
    const inside = (id) => `#host >>> tillseal-card >>> #${id}`;
    await page.waitFor(() => 'ready' in document.querySelector('#host').dataset, 'tillseal:ready');
    await type(page, inside('number'), '4111111111111112');
    await page.press('Tab');
    assert.equal(await said(page, inside('number')), 'Check the card number: one of its digits is wrong.');
    await type(page, inside('number'), '4111111111111111');
    await type(page, '#host >>> #email', 'zoe@shop.example');
    await type(page, inside('expiry'), '1231');
    await type(page, inside('csc'), '123');
    await page.press('Enter');
    assert.deepEqual(await opened(), { 'cc-number': '4111111111111111', 'cc-exp': '12/2031', 'cc-csc': '123', email: 'zoe@shop.example' });
  });

  once("the author's own places, words and complaints", async (visit) => {
    const inputs = `${labelled({ number: `${FIELDS.number} data-message-pan-check-digit="Look again" aria-describedby="help"`, csc: FIELDS.csc })}
      <p id="help">Help</p> <p id="own" data-error-for="cc-number" hidden></p> ${labelled({ expiry: FIELDS.expiry })}`;
    const page = await atTheCheckout(visit, inputs, {
      attributes: 'data-message-expiry-past="Too old"',
      script: `import { attach } from '/tillseal/tillseal.js';
        attach(form, { key: '/.well-known/tillseal.jwks', messages: { 'csc-length': 'This card wants {n}.', 'expiry-past': 'Not this one' } });
        form.expiry.setCustomValidity('Mine');`,
    });
    await type(page, '#number', '371449635398432');
    await type(page, '#csc', '123');
    await type(page, '#expiry', '0122');
    await page.press('Tab');
    const own = await page.evaluate(() => [document.querySelector('#own').textContent, document.querySelector('#own').hidden, document.forms[0].number.getAttribute('aria-describedby')]);
    assert.deepEqual(own, ['Look again', false, 'help own']);
    assert.equal(await said(page, '#csc'), 'This card wants 4.');
    assert.deepEqual([await said(page, '#expiry'), (await seen(page, '#expiry')).custom], ['Too old', 'Mine']);
  });

  once('only brands that the merchant takes', async (visit) => {
    for (const [inputs, attributes, selector] of [
      [CARD, 'data-brands="visa dankort"', '#number'],
      [CARD.replace('id="number"', 'id="number" data-brands="visa,dankort"'), '', '#number'],
      ['<tillseal-card brands="visa dankort"></tillseal-card>', '', at('number')],
    ]) {
      const page = await atTheCheckout(visit, inputs, { attributes: `data-tillseal="/.well-known/tillseal.jwks" ${attributes}` });
      await type(page, selector, '37');
      await page.press('Tab');
      assert.equal(await said(page, selector), 'This kind of card is not accepted here. Please use another one.');
      await type(page, selector, '4571000000000001');
      await page.press('Tab');
      assert.equal((await seen(page, selector)).state, 'valid');
    }
  });

  for (const [lang, [dir, words]] of Object.entries(MESSAGES)) {
    once(`in the language ${lang}`, async (visit) => {
      const page = await atTheCheckout(visit, ELEMENT, { script: `document.documentElement.lang = '${lang}'; document.dir = '${dir}';` });
      await page.waitFor(() => document.querySelector('tillseal-card').shadowRoot.querySelector('label').textContent, 'labels');
      await type(page, at('number'), '4111');
      await page.press('Tab');
      assert.ok((await said(page, at('number'))).includes(words), await said(page, at('number')));
      assert.equal(recorder.requests.filter(({ path }) => path.startsWith('/tillseal/lang/')).length, lang === 'xx' ? 0 : 1);
      const [field, label] = await page.evaluate(() => ['input', 'label'].map((name) => getComputedStyle(document.querySelector('tillseal-card').shadowRoot.querySelector(name)).direction));
      assert.deepEqual([field, label], ['ltr', dir]);
    });
  }

  once('novalidate and formnovalidate: nothing is judged, and what cannot be sealed is refused', async (visit) => {
    const given = [['novalidate', ''], ['', 'formnovalidate']];
    for (const [attributes, button] of given) {
      const page = await atTheCheckout(visit, labelled({ number: FIELDS.number, name: 'autocomplete="cc-name" required', iban: FIELDS.iban }), {
        attributes: `data-tillseal="/.well-known/tillseal.jwks" ${attributes}`, buttons: `<button id="pay" ${button}>Pay</button>`,
      });
      await type(page, '#iban', 'IE29');
      await type(page, '#number', '4111111111111112');
      await page.click('#pay');
      await isStopped(page, 'pan-check-digit');
      assert.equal(await said(page, '#number'), 'Check the card number: one of its digits is wrong.');
      await type(page, '#number', '4111111111111111');
      await page.click('#pay');
      assert.deepEqual(await opened(), { 'cc-number': '4111111111111111', iban: 'IE29' });
      recorder.requests.length = 0;
    }
  });

  once("other controls are the browser's, and stop the submit too", async (visit) => {
    const page = await atTheCheckout(visit, `${labelled({ number: FIELDS.number, age: 'type="number" max="9" name="age"' })}`);
    await type(page, '#number', '4111111111111111');
    await type(page, '#age', '10');
    await page.click('#pay');
    await page.waitFor(() => document.activeElement.id === 'age', 'the focus on it');
    assert.deepEqual(await page.evaluate(() => document.forms[0].age.hasAttribute('aria-invalid')), false);
    assert.deepEqual(recorder.posts('/pay'), []);
    await type(page, '#age', '9');
    await page.click('#pay');
    await opened();
    assert.equal(recorder.posts('/pay')[0].get('age'), '9');
  });

  once('data-plain leaves an input alone, or a form; what cannot be sealed is refused, and the shopper is told', async (visit) => {
    const field = '<label>Card number <input id="number" autocomplete="cc-number" data-plain></label>';
    for (const [inputs, attributes] of [[field, ''], [labelled({ number: FIELDS.number }), 'data-plain']]) {
      const page = await atTheCheckout(visit, inputs, { attributes: `data-tillseal="/.well-known/tillseal.jwks" ${attributes}` });
      await type(page, '#number', '4111-1111x');
      await page.press('Tab');
      const { value, attributes: count } = await page.evaluate(() => ({ value: document.forms[0].number.value, attributes: document.forms[0].number.attributes.length }));
      assert.deepEqual([value, count], ['4111-1111x', inputs === field ? 3 : 2]);
      await page.click('#pay');
      await isStopped(page, 'pan-digits');
      await page.waitFor(() => document.forms[0].innerText.includes('A card number has digits only.'), 'a word to the shopper');
      await type(page, '#number', '4111-1111-1111-1111');
      await page.click('#pay');
      assert.deepEqual(await opened(), { 'cc-number': '4111111111111111' });
      recorder.requests.length = 0;
    }
  });

  once('a reset clears what was said; a disabled fieldset is neither judged nor sealed', async (visit) => {
    for (const [inputs, selector] of [[CARD, (id) => `#${id}`], [ELEMENT, at]]) {
      const page = await atTheCheckout(visit, `<fieldset>${inputs}</fieldset> ${labelled({ email: OTHERS.email })}`);
      await type(page, selector('number'), '4111');
      await page.focus('#email');
      assert.notEqual(await said(page, selector('number')), '');
      await page.evaluate(() => document.forms[0].reset());
      await until(async () => (await seen(page, selector('number'))).state === 'empty', 'a reset');
      assert.deepEqual(await seen(page, selector('number')), { state: 'empty', isInvalid: false, said: '', custom: '', isValid: inputs === CARD });
      await type(page, selector('number'), '4111');
      await page.evaluate(() => { document.querySelector('fieldset').disabled = true; });
      await type(page, '#email', 'zoe@shop.example');
      await page.press('Enter');
      assert.deepEqual(await opened(), { email: 'zoe@shop.example' });
      recorder.requests.length = 0;
    }
  });
});
