// How the form was filled, as payloads of real browsers tell it: how much, to whom, and never what was typed.
// `openSealed` compares each claim with docs/signals.json.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { eachEngine, until } from './lib/engines.js';
import { newKey, publicPart } from './lib/keys.js';
import { cscLeaks, leaks, panLeaks } from './lib/leaks.js';
import { assertInManifest } from './lib/manifest.js';
import { INPUTS, startMerchant } from './lib/merchant.js';
import { scenesIn } from './lib/scenes.js';
import { SHOPPER, assertNothingLeaked, fillIn, fillInCard } from './lib/shopper.js';

const JWKS = '/.well-known/tillseal.jwks';
const WASM = '/tillseal/tillseal.wasm';
const SEALED = `data-tillseal="${JWKS}"`;
const ATTACH = "import { attach } from '/tillseal/tillseal.js';";
const GPC = "Object.defineProperty(navigator, 'globalPrivacyControl', { value: true, configurable: true });";

const ESSENTIAL = ['v', 'tier', 'choice', 'gpc', 'integrity'];
const BEHAVIOUR = [...ESSENTIAL, 'fields', 'keys', 'pointer', 'session'];
const MEMBERS = { essential: ESSENTIAL, behaviour: BEHAVIOUR, device: [...BEHAVIOUR, 'automation', 'device'] };

/** The members of a claim, but `path`, which is there where the pointer moved enough. */
const membersOf = (signals) => Object.keys(signals).filter((name) => name !== 'path');

test('what the manifest does not list is found', () => {
  const claim = { v: 1, tier: 'behaviour', choice: 'default', gpc: 0, integrity: { noAction: 1 }, fields: { email: { entry: 'typed', time: 3 } } };
  assertInManifest(claim);
  for (const [changes, name] of [
    [{ v: 2 }, 'signals.v'],
    [{ gpc: true }, 'signals.gpc'],
    [{ gpc: undefined }, 'signals.gpc'],
    [{ tier: 'none' }, 'signals.tier'],
    [{ choice: 'page' }, 'signals.choice'],
    [{ tier: 'essential' }, 'signals.fields'],
    [{ tier: 'essential', fields: {} }, 'signals.fields'],
    [{ device: {} }, 'signals.device'],
    [{ claim: {} }, 'signals.claim'],
    [{ screen: {} }, 'signals.screen'],
    [{ session: 3 }, 'signals.session'],
    [{ integrity: { noAction: 0 } }, 'signals.integrity.noAction'],
    [{ integrity: { scriptedInput: 2 } }, 'signals.integrity.scriptedInput'],
    [{ integrity: { scriptedInput: '1' } }, 'signals.integrity.scriptedInput'],
    [{ keys: { last: 1 } }, 'signals.keys.last'],
    [{ pointer: { tool: 'pen' } }, 'signals.pointer.tool'],
    [{ browser: { browserTZ: 60 } }, 'signals.browser.browserTZ'],
    [{ browser: { browserJavaEnabled: 'true' } }, 'signals.browser.browserJavaEnabled'],
    [{ tier: 'device', device: { timeZone: 5.5 } }, 'signals.device.timeZone'],
    [{ tier: 'device', device: { language: 'de-AT' } }, 'signals.device.language'],
    [{ fields: { email: { entry: 'typed', value: 'a' } } }, 'signals.fields.email.value'],
  ]) {
    const changed = JSON.parse(JSON.stringify({ ...claim, ...changes }));
    assert.throws(() => assertInManifest(changed), (error) => error.message.startsWith(`${name} `), `${name} of ${JSON.stringify(changes)}`);
  }
});

eachEngine((engine) => {
  let merchant, recorder;
  before(async () => {
    merchant = await startMerchant({ listenToConsole: engine.consoleInPage });
    recorder = merchant.recorder;
  });
  beforeEach(() => merchant.reset());
  after(() => merchant?.close());
  const scene = scenesIn(engine);

  const isReady = (page) => page.waitFor(() => document.forms[0]?.dataset.ready, 'tillseal:ready');
  const posted = async () => {
    await until(() => recorder.posts('/pay').length > 0, 'a POST');
    return recorder.posts('/pay').at(-1);
  };
  /** Opens a checkout and waits for `tillseal:ready`. */
  const atTheCheckout = async (visit, given) => {
    merchant.checkout(given);
    const page = await visit(`${merchant.origin}/`);
    await isReady(page);
    return page;
  };
  /** The claims of what the page sends. */
  const paid = async (page) => {
    await page.click('#pay');
    return merchant.opened(await posted());
  };
  /** Whether the page printed this. */
  const isPrinted = (page, words) => until(() => [...page.console, ...recorder.consoleLines].some((line) => line.includes(words)), words);
  const given = (attributes, script = '') => ({ attributes: `${SEALED} ${attributes}`, script });
  const attached = (options, before = '') => ({
    attributes: '',
    script: `${ATTACH} ${before} form.checkout = await attach(form, { key: '${JWKS}', ...${JSON.stringify(options)} });`,
  });

  for (const [how, checkout] of Object.entries({
    'data-signals': (tier) => given(`data-signals="${tier}"`),
    'the option': (signals) => attached({ signals }),
  })) {
    for (const tier of ['essential', 'behaviour', 'device']) {
      scene(`${how} chooses ${tier}`, async (visit) => {
        const page = await atTheCheckout(visit, checkout(tier));
        await fillIn(page);
        const { signals } = await paid(page);
        assert.deepEqual(membersOf(signals), MEMBERS[tier]);
        assert.deepEqual([signals.tier, signals.choice, signals.gpc], [tier, 'merchant', 0]);
      });
    }

    scene(`${how} chooses none: there is no claim`, async (visit) => {
      const page = await atTheCheckout(visit, checkout('none'));
      await fillIn(page);
      assert.deepEqual(Object.keys(await paid(page)), ['v', 'jti', 'iat', 'origin', 'fields']);
    });
  }

  scene('who chooses nothing gets all, and the claim says that nobody chose', async (visit) => {
    const page = await atTheCheckout(visit, given(''));
    await fillIn(page);
    const { signals } = await paid(page);
    assert.deepEqual(membersOf(signals), MEMBERS.device);
    assert.deepEqual([signals.tier, signals.choice, signals.gpc], ['device', 'default', 0]);
    for (const name of ['cc-number', 'cc-exp', 'cc-csc', 'email']) assert.equal(signals.fields[name].entry, 'typed', name);
    assert.ok(signals.keys.count >= 30, JSON.stringify(signals.keys));
    assert.equal(signals.integrity.noAction, undefined);
    assert.equal(signals.device.browser, { Chromium: 'chrome', Firefox: 'firefox', WebKitGTK: 'safari' }[engine.name]);
    assert.equal(signals.device.system, 'linux');
  });

  scene('a word that is no tier is told to the developer, and nothing is collected', async (visit) => {
    const page = await atTheCheckout(visit, given('data-signals="everything"'));
    await fillIn(page);
    assert.equal((await paid(page)).signals, undefined);
    await isPrinted(page, 'signals "everything"');
  });

  scene('Global Privacy Control lowers what nobody chose', async (visit) => {
    const page = await atTheCheckout(visit, given('', GPC));
    await fillIn(page);
    const { signals } = await paid(page);
    assert.deepEqual(membersOf(signals), MEMBERS.essential);
    assert.deepEqual([signals.tier, signals.choice, signals.gpc], ['essential', 'default', 1]);
  });

  for (const [how, checkout] of Object.entries({
    'data-signals': given('data-signals="behaviour"', GPC),
    'the option': attached({ signals: 'behaviour' }, GPC),
  })) {
    scene(`${how} wins over Global Privacy Control, and the claim records both`, async (visit) => {
      const page = await atTheCheckout(visit, checkout);
      await fillIn(page);
      const { signals } = await paid(page);
      assert.deepEqual(membersOf(signals), MEMBERS.behaviour);
      assert.deepEqual([signals.tier, signals.choice, signals.gpc], ['behaviour', 'merchant', 1]);
    });
  }

  for (const [how, checkout] of Object.entries({
    'data-3ds': given('data-signals="essential" data-3ds'),
    'the option threeDS': attached({ signals: 'essential', threeDS: true }),
  })) {
    scene(`${how} adds the browser data of 3-D Secure`, async (visit) => {
      const page = await atTheCheckout(visit, checkout);
      const told = await page.evaluate(() => [navigator.userAgent, screen.width, screen.height, new Date().getTimezoneOffset()].map(String));
      await fillIn(page);
      const { signals } = await paid(page);
      assert.deepEqual(Object.keys(signals), [...ESSENTIAL, 'browser']);
      const { browserUserAgent, browserScreenWidth, browserScreenHeight, browserTZ, browserJavascriptEnabled } = signals.browser;
      assert.deepEqual([browserUserAgent, browserScreenWidth, browserScreenHeight, browserTZ], told);
      assert.equal(browserJavascriptEnabled, true);
    });
  }

  scene('of several recipients those of * and of signals get the claim', async (visit) => {
    const [processor, shop, risk] = [await newKey('HPKE-7'), await newKey(), await newKey()];
    const recipients = [
      { name: 'processor', key: publicPart(processor), fields: ['cc-*'] },
      { name: 'shop', key: publicPart(shop), fields: ['*'] },
      { name: 'risk', key: publicPart(risk), fields: ['signals'] },
      { name: 'mail', key: JWKS, fields: ['email', 'signals-too'] },
    ];
    const page = await atTheCheckout(visit, {
      attributes: '',
      script: `${ATTACH} attach(form, { signals: 'device', recipients: ${JSON.stringify(recipients)} });`,
    });
    await fillIn(page);
    await page.click('#pay');
    const body = await posted();
    const opened = {
      processor: await merchant.opened(body, 'sealed-processor', processor),
      shop: await merchant.opened(body, 'sealed-shop', shop),
      risk: await merchant.opened(body, 'sealed-risk', risk),
      mail: await merchant.opened(body, 'sealed-mail'),
    };
    assert.equal(opened.processor.signals, undefined);
    assert.equal(opened.mail.signals, undefined);
    assert.deepEqual(membersOf(opened.shop.signals), MEMBERS.device);
    assert.deepEqual(opened.risk.signals, opened.shop.signals);
    assert.deepEqual(opened.risk.fields, {});
  });

  scene('checkout.signals tells the page what a payload would say', async (visit) => {
    const page = await atTheCheckout(visit, attached({ signals: 'behaviour' }));
    const now = () => page.evaluate(() => document.forms[0].checkout.signals);
    const before = await now();
    assertInManifest(before);
    assert.deepEqual([before.fields['cc-number'].entry, before.integrity.noAction], ['none', 1]);
    await fillIn(page);
    const told = await now();
    assertInManifest(told);
    assert.equal(told.fields['cc-number'].entry, 'typed');
    const { signals } = await paid(page);
    assert.deepEqual(signals.fields['cc-number'].entry, told.fields['cc-number'].entry);
    assert.deepEqual(signals.keys, told.keys);
  });

  scene('checkout.signals is nothing where nothing is collected', async (visit) => {
    const page = await atTheCheckout(visit, attached({ signals: 'none' }));
    await fillIn(page);
    assert.equal(await page.evaluate(() => typeof document.forms[0].checkout.signals), 'undefined');
  });

  scene('nothing is stored, and no request is made', async (visit) => {
    const asked = [];
    for (const tier of ['none', 'device']) {
      await merchant.reset();
      const page = await atTheCheckout(visit, given(`data-signals="${tier}" data-3ds`));
      await fillIn(page);
      const stored = await page.evaluate(async () => ({
        cookies: document.cookie,
        local: localStorage.length,
        session: sessionStorage.length,
        databases: (await indexedDB.databases()).length,
        caches: (await caches.keys()).length,
        workers: (await navigator.serviceWorker?.getRegistrations())?.length ?? 0,
        name: window.name,
      }));
      assert.deepEqual(stored, { cookies: '', local: 0, session: 0, databases: 0, caches: 0, workers: 0, name: '' });
      await paid(page);
      await page.waitFor(() => location.pathname === '/pay');
      for (const { headers } of recorder.requests) assert.equal(headers.cookie, undefined);
      asked.push(recorder.requests.map(({ method, path }) => `${method} ${path}`).filter((request) => request !== 'GET /favicon.ico').sort());
      assert.deepEqual(recorder.violations, []);
    }
    const [without, withSignals] = asked;
    assert.ok(without.includes(`GET ${WASM}`));
    assert.deepEqual(withSignals, without);
  });

  scene('neither a key nor a value is in the claim', async (visit) => {
    const notes = { note: 'qzxjvkwyhg' };
    const page = await atTheCheckout(visit, {
      ...given('data-signals="device"'),
      inputs: `${INPUTS} <input id="note" data-seal="note">`,
    });
    await fillIn(page, { ...SHOPPER, ...notes });
    // Moved, corrected and copied too: none of it may leave a trace of the text.
    await page.press('Backspace');
    await page.keys('g');
    await page.click('#email');
    const { fields, signals } = await paid(page);
    assert.equal(fields.note, notes.note);
    const text = JSON.stringify(signals);
    const found = [panLeaks(text, SHOPPER.number), cscLeaks(text, SHOPPER.csc), leaks(text, SHOPPER.email), leaks(text, notes.note)];
    assert.deepEqual(found, [[], [], [], []]);
    for (const trace of ['qzx', 'zxj', 'xjv', 'jvk', 'quill', '2031', '12/31', 'Key', 'Digit', 'Backspace']) assert.ok(!text.includes(trace), trace);
    assert.equal(signals.fields.note.corrections, 1);
    assertNothingLeaked(recorder, page.console);
  });

  scene('a <tillseal-card> tells of the fields inside of its shadow root', async (visit) => {
    const page = await atTheCheckout(visit, {
      ...given('data-signals="device"'),
      inputs: '<tillseal-card holder></tillseal-card> <input id="email" type="email" autocomplete="email">',
    });
    await fillInCard(page, { ...SHOPPER, name: 'Z QUILL' });
    // A person who comes back is seen by what she does there: inside of one shadow root the focus moves unseen.
    await page.focus('tillseal-card >>> #csc');
    await page.press('End');
    await fillIn(page, { email: SHOPPER.email });
    const { fields, signals } = await paid(page);
    assert.deepEqual(Object.keys(fields).filter((name) => !(name in signals.fields)), []);
    for (const name of ['cc-number', 'cc-exp', 'cc-csc', 'cc-name', 'email']) assert.equal(signals.fields[name].entry, 'typed', name);
    assert.equal(signals.fields['cc-csc'].returns, 1);
    assert.equal(signals.fields['cc-exp'].returns, undefined);
    assert.equal(signals.session.backwardSteps, 1);
    assert.ok(signals.keys.count >= 30, JSON.stringify(signals.keys));
    assert.equal(signals.integrity.silentChange, undefined);
    assert.equal(signals.integrity.scriptedInput, undefined);
  });

  scene('fields that come later are told of', async (visit) => {
    const page = await atTheCheckout(visit, given('data-signals="behaviour"'));
    await fillIn(page);
    await page.evaluate(() => {
      for (const name of ['late', 'untouched', 'set']) {
        const input = Object.assign(document.createElement('input'), { id: name });
        input.setAttribute('data-seal', name);
        document.forms[0].prepend(input);
      }
      // Watched first, then changed.
      document.querySelector('#set').focus();
      document.querySelector('#set').value = 'by a script';
    });
    await page.type('#late', 'as typed');
    const { fields, signals } = await paid(page);
    assert.equal(fields.late, 'as typed');
    assert.deepEqual([signals.fields.late.entry, signals.fields.untouched.entry, signals.fields.set.entry], ['typed', 'none', 'script']);
    assert.equal(signals.integrity.silentChange, 1);
  });

  // WebDriver's one window of WebKitGTK never goes out of sight.
  if (engine.name !== 'WebKitGTK') {
    scene('a look at another tab is told as such', async (visit) => {
      const page = await atTheCheckout(visit, attached({ signals: 'behaviour' }));
      await page.click('#number');
      await page.keys('3714');
      const other = await page.page.browser().newPage();
      await other.bringToFront();
      await page.waitFor(() => document.hidden, 'the page to go out of sight');
      await sleep(1200);
      await page.page.bringToFront();
      await page.waitFor(() => !document.hidden, 'the page to come back');
      await other.close();
      await page.keys('49');
      const { fields, session, integrity } = await page.evaluate(() => document.forms[0].checkout.signals);
      assert.equal(session.departures, 1);
      assert.equal(integrity.causelessFocus, undefined, 'the browser gave the focus back');
      assert.equal(fields['cc-number'].returns, undefined, 'she never went to another field');
      assert.equal(fields['cc-number'].hidden, 1);
    });
  }

  scene('an undo is no silent change', async (visit) => {
    const page = await atTheCheckout(visit, {
      ...given('data-signals="behaviour"'),
      inputs: `${INPUTS} <input id="note" data-seal="note">`,
    });
    await fillIn(page);
    await page.focus('#note');
    await page.keys('taken back');
    // WebKitGTK's MiniBrowser has no key for it: there, the command that such a key gives.
    if (engine.name === 'WebKitGTK') await page.evaluate(() => { document.execCommand('undo'); });
    else await page.press('Control+z');
    await page.waitFor(() => document.querySelector('#note').value.length < 10, 'the undo');
    const { signals } = await paid(page);
    assert.equal(signals.integrity.silentChange, undefined);
    assert.equal(signals.fields.note.entry, 'typed');
  });

  scene('what happens before the module is there is not lost', async (visit) => {
    merchant.checkout(given('data-signals="behaviour"'));
    merchant.change(WASM, { delay: 3000 });
    const page = await visit(`${merchant.origin}/`);
    await page.waitFor(() => !!globalThis.customElements.get('tillseal-card'), 'the script');
    await fillIn(page);
    await page.evaluate(() => { document.querySelector('#email').dispatchEvent(new Event('input', { bubbles: true })); });
    assert.ok(await page.evaluate(() => !document.forms[0].dataset.ready), 'it was typed before');
    await isReady(page);
    const { signals } = await paid(page);
    for (const name of ['cc-number', 'cc-exp', 'cc-csc']) assert.equal(signals.fields[name].entry, 'typed', name);
    assert.equal(signals.fields.email.entry, 'mixed');
    assert.ok(signals.keys.count >= 30, JSON.stringify(signals.keys));
    assert.equal(signals.integrity.scriptedInput, 1);
    assert.equal(signals.integrity.noAction, undefined);
  });

  scene('controls that are not sealed take no room, and one name is told once', async (visit) => {
    const clutter = '<button type="button">Test card</button><input type="hidden" name="a">'.repeat(20);
    const radio = '<input type="radio" data-seal="gift" value="1"><input type="radio" data-seal="gift" value="2" checked>';
    const page = await atTheCheckout(visit, { ...given('data-signals="behaviour"'), inputs: `${clutter}${radio}${INPUTS}` });
    await fillIn(page);
    const { signals } = await paid(page);
    assert.deepEqual(Object.keys(signals.fields), ['gift', 'cc-number', 'cc-exp', 'cc-csc', 'email']);
    assert.equal(signals.fields['cc-number'].entry, 'typed');
  });

  scene('what a script writes before the module is there is told of its field', async (visit) => {
    merchant.checkout(given('data-signals="behaviour"'));
    merchant.change(WASM, { delay: 2000 });
    const page = await visit(`${merchant.origin}/`);
    await page.waitFor(() => !!globalThis.customElements.get('tillseal-card'), 'the script');
    await page.evaluate((email) => { document.querySelector('#email').value = email; }, SHOPPER.email);
    await isReady(page);
    const { number, expiry, csc } = SHOPPER;
    await fillIn(page, { number, expiry, csc });
    const { signals } = await paid(page);
    assert.equal(signals.integrity.silentChange, 1);
    assert.equal(signals.fields.email.entry, 'script');
  });
});
