// What the server makes of how a form was filled, in real browsers: the attack lab, the receipt's verdict, and the panel beside the
// checkout that shows what is recorded.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { axeFindings } from './lib/axe.js';
import { ENGINES, eachEngine } from './lib/engines.js';
import { ROOT } from './lib/paths.js';
import { scenesIn } from './lib/scenes.js';
import { startShop } from './lib/shop.js';
import { SHOPPER, assertNothingLeaked, fillIn } from './lib/shopper.js';

const { linesOf, wordsOf } = await import(pathToFileURL(join(ROOT, 'www/pages/told.js')).href);
const MANIFEST = JSON.parse(readFileSync(join(ROOT, 'docs/signals.json'), 'utf8'));
/** Who types, with a card that the attacks do not use. */
const TYPED = { name: 'Zoe Quill', ...SHOPPER };

/** Starts an attack, and gives the verdict that the page then shows. */
async function attack(page, name) {
  await page.evaluate(() => { document.querySelector('#raw').textContent = ''; });
  await page.click(`[data-attack=${name}]`);
  return verdict(page);
}

async function verdict(page) {
  await page.waitFor(() => document.querySelector('#raw').textContent, 'a verdict');
  return page.evaluate(() => ({
    leaning: document.querySelector('#likelihood').dataset.leaning,
    sentence: document.querySelector('#sentence').textContent,
    now: Number(document.querySelector('#gauge').ariaValueNow),
    codes: [...document.querySelectorAll('#reasons code')].map(({ textContent }) => textContent),
    changes: document.querySelector('#changed').hidden ? '' : document.querySelector('#changed').innerText,
    signals: JSON.parse(document.querySelector('#raw').textContent),
  }));
}

/** The panel of the checkout: what it says, and each value by its group and name. In the page. */
const told = () => {
  const values = {};
  for (const body of document.querySelectorAll('#watch-values tbody')) {
    const group = body.querySelector('[scope=rowgroup]').textContent;
    for (const row of body.querySelectorAll('tr:has([scope=row])')) {
      values[`${group} ${row.querySelector('code').textContent}`] = [...row.querySelectorAll('td span')].map(({ textContent }) => textContent);
    }
  }
  return { remark: document.querySelector('#watch-remark').textContent, values };
};

test('a value is told in words', () => {
  const count = { name: 'n', type: 'bucket', unit: 'count', edges: [0, 1, 2, 5], meaning: '' };
  const time = { name: 'n', type: 'bucket', unit: 'milliseconds', edges: [0, 10, 40], meaning: '' };
  const isSo = { name: 'n', type: 'bucket', unit: 'yes or no', edges: [0, 1], meaning: '' };
  const hours = { name: 'n', type: 'number', unit: 'hours', meaning: '' };
  assert.deepEqual([undefined, 1, 2, 5].map((value) => wordsOf(count, value)), ['none', '1', '2–4', '5 or more']);
  assert.deepEqual([undefined, 10, 40].map((value) => wordsOf(time, value)), ['none, or under 10\u00a0ms', '10–40\u00a0ms', '40\u00a0ms or more']);
  assert.deepEqual([undefined, 1].map((value) => wordsOf(isSo, value)), ['no', 'yes']);
  assert.deepEqual([-3, 0].map((value) => wordsOf(hours, value)), ['-3\u00a0h', '0\u00a0h']);
  assert.equal(wordsOf({ name: 'n', type: 'word', meaning: '' }, 'typed'), 'typed');
});

test('a tier is told by the groups that the claim has', () => {
  const parts = linesOf(MANIFEST, { tier: 'essential', integrity: { noAction: 1 } });
  assert.deepEqual(parts.map(({ group }) => group.name), ['integrity']);
  assert.deepEqual(parts[0].lines.filter(({ isZero }) => !isZero).map(({ code, words }) => [code, words]), [['noAction', ['yes']]]);
});

eachEngine((engine) => {
  let shop, recorder;
  before(async () => {
    shop = await startShop({ listenToConsole: engine.consoleInPage });
    recorder = shop.recorder;
  });
  beforeEach(() => recorder.reset());
  after(() => shop?.close());
  const scene = scenesIn(engine);
  const isReady = (page) => page.waitFor(() => document.querySelector('#state').dataset.state === 'ready', 'the module');

  scene('programs that fill in the form are flagged, each for what it does', async (visit) => {
    const page = await visit(`${recorder.origin}/lab`);
    const script = await attack(page, 'script');
    assert.equal(script.leaning, 'program', JSON.stringify(script));
    assert.match(script.sentence, /^(over 9|9)\d\u00a0% likely a program$/);
    assert.ok(script.now >= 90, script.now);
    assert.ok(script.codes.includes('no-action'), script.codes);
    assert.equal(script.changes, '', 'there is no verdict before the first');
    assert.equal(script.signals.integrity.silentChange, 3);
    assert.equal(script.signals.integrity.scriptedInput, undefined);

    const events = await attack(page, 'events');
    assert.equal(events.leaning, 'program', JSON.stringify(events));
    assert.equal(events.signals.integrity.scriptedInput, 5);
    assert.equal(events.signals.integrity.silentChange, undefined);
    assert.match(events.changes, /integrity scriptedInput\s+none\s+5–19/);
    assert.match(events.changes, /integrity silentChange\s+3–7\s+none/);

    const keys = await attack(page, 'keys');
    assert.equal(keys.leaning, 'program', JSON.stringify(keys));
    assert.equal(keys.signals.integrity.scriptedInput, 20);

    const mouse = await attack(page, 'mouse');
    assert.equal(mouse.leaning, 'program', JSON.stringify(mouse));
    assert.equal(mouse.signals.integrity.scriptedAction, 20);
    assert.equal(mouse.signals.pointer.moves, undefined, 'a made-up mouse is none');

    assert.equal(recorder.posts('/lab').length, 4);
    assert.ok(recorder.posts('/lab').every((body) => [...body.keys()].join() === 'sealed'));
    assert.deepEqual(recorder.violations, []);
  });

  scene('each cheat is refused, for what it is', async (visit) => {
    const page = await visit(`${recorder.origin}/lab`);
    const cheat = async (name, lines) => {
      await page.click(`[data-cheat=${name}]`);
      const shown = (name) => !document.querySelector(`[data-cheat=${name}]`).hasAttribute('data-busy');
      await page.waitFor(shown, name, name);
      const answers = await page.evaluate((name) =>
        [...document.querySelectorAll(`li:has([data-cheat=${name}]) .answers li`)].map((line) => line.querySelector('code').textContent), name);
      assert.deepEqual(answers, lines);
    };
    await cheat('replay', ['201', '409 replayed']);
    await cheat('second', ['201', '409 session-used']);
    await cheat('swap', ['422 order-mismatch']);
    await cheat('alter', ['201', 'genuine', 'signature']);
    if (engine === ENGINES[0]) assert.deepEqual(await axeFindings(page, recorder), []);
    assert.deepEqual(recorder.violations, []);
  });

  scene('who fills it in by hand is not taken for a script, and nobody sees what was typed', async (visit) => {
    const page = await visit(`${recorder.origin}/lab`);
    await fillIn(page, TYPED);
    await page.click('#judge');
    const { codes, signals } = await verdict(page);
    assert.deepEqual(codes.filter((code) => ['no-action', 'silent-change', 'script-filled', 'scripted-action'].includes(code)), []);
    assert.equal(signals.fields['cc-number'].entry, 'typed');
    assert.equal(signals.keys.count, 30);
    assertNothingLeaked(recorder, [...page.console, shop.output, JSON.stringify(signals)]);

    await page.click('#reset');
    await page.waitFor(() => document.querySelector('#name').value === '' && !document.querySelector('#result').dataset.has, 'the reset');
    assert.deepEqual(recorder.violations, []);
  });

  scene('the receipt shows the verdict, and the browser data of 3-D Secure', async (visit) => {
    const page = await visit(`${recorder.origin}/`);
    await isReady(page);
    await page.click('#fill');
    await page.click('#pay');
    await page.waitFor(() => location.pathname.startsWith('/receipt/'), 'the receipt');
    const shown = await page.evaluate(() => ({
      sentence: document.querySelector('#verdict .likely').textContent,
      reasons: document.querySelectorAll('#verdict .reasons li').length,
      choice: document.querySelector('#verdict .choice').textContent,
      values: document.querySelector('#verdict .told').textContent,
      threeDS: JSON.parse(document.querySelector('#three-ds pre').textContent),
      userAgent: navigator.userAgent,
      width: String(screen.width),
    }));
    assert.match(shown.sentence, /\d+\u00a0% likely a program/);
    assert.equal(shown.reasons, 3);
    assert.match(shown.choice, /device, by default.*not sent/);
    assert.match(shown.values, /changes of a field that a script announced.*scriptedInput5–19/);
    const { threeDS } = shown;
    assert.deepEqual([threeDS.browserUserAgent, threeDS.browserScreenWidth], [shown.userAgent, shown.width]);
    assert.equal(threeDS.browserIP, '127.0.0.1');
    assert.match(threeDS.browserAcceptHeader, /text\/html/);
    assert.deepEqual(recorder.violations, []);
  });

  scene('the panel shows what is recorded, and the tier decides what that is', async (visit) => {
    const page = await visit(`${recorder.origin}/`);
    await isReady(page);
    await page.type('#email', SHOPPER.email);
    await page.click('#watch summary');
    await page.waitFor(() => !!document.querySelector('#watch-values table'), 'the values');
    const typed = await page.evaluate(told);
    assert.match(typed.remark, /^Now: device, the default\. /);
    assert.equal(typed.values['fields email'][0], 'typed', 'what was typed before it was opened counts');
    assert.deepEqual(typed.values['keys count'], ['10–29']);
    assert.deepEqual(typed.values['browser browserJavascriptEnabled'], ['yes']);
    assert.ok('device system' in typed.values && 'integrity noAction' in typed.values);

    await page.click('[name=tier][value=essential]');
    await page.waitFor(() => /^Now: essential, chosen here/.test(document.querySelector('#watch-remark').textContent), 'the tier');
    const essential = await page.evaluate(told);
    assert.deepEqual([...new Set(Object.keys(essential.values).map((key) => key.split(' ')[0]))].sort(), ['browser', 'integrity']);

    await page.click('[name=tier][value=behaviour]');
    await page.waitFor(() => /^Now: behaviour/.test(document.querySelector('#watch-remark').textContent), 'the tier');
    await page.type('#tel', '1');
    const isTyped = () => [...document.querySelectorAll('#watch-values td')].some(({ textContent }) => /^typed/.test(textContent));
    await page.waitFor(isTyped, 'the field');
    const behaviour = await page.evaluate(told);
    assert.deepEqual([behaviour.values['fields tel'][0], behaviour.values['keys count']], ['typed', ['1–9']]);
    assert.ok(!('device system' in behaviour.values));

    // And so it is sealed.
    await page.click('#fill');
    await page.click('#pay');
    await page.waitFor(() => location.pathname.startsWith('/receipt/'), 'the receipt');
    assert.match(await page.evaluate(() => document.querySelector('.choice').textContent), /behaviour, as the shop chose/);
    assert.deepEqual(recorder.violations, []);
  });

  if (engine !== ENGINES[0]) return;

  scene('axe finds nothing in the lab, the open panel and the receipt', async (visit) => {
    const page = await visit(`${recorder.origin}/lab`);
    await page.waitFor(() => !!customElements.get('tillseal-card'), 'the module');
    assert.deepEqual(await axeFindings(page, recorder), []);
    await attack(page, 'script');
    await attack(page, 'mouse');
    const unfold = () => { for (const details of document.querySelectorAll('details')) details.open = true; };
    await page.evaluate(unfold);
    assert.deepEqual(await axeFindings(page, recorder), []);

    for (const lang of ['en', 'ar']) {
      await page.goto(`${recorder.origin}/?lang=${lang}`);
      await isReady(page);
      await page.click('#watch summary');
      await page.click('[name=tier][value=behaviour]');
      await page.waitFor(() => /^Now: behaviour/.test(document.querySelector('#watch-remark').textContent), 'the tier');
      assert.deepEqual(await axeFindings(page, recorder), []);
    }

    await page.click('#fill');
    await page.click('#pay');
    await page.waitFor(() => location.pathname.startsWith('/receipt/'), 'the receipt');
    await page.evaluate(unfold);
    assert.deepEqual(await axeFindings(page, recorder), []);
  });

  scene('the lab takes what the shop would take, and nothing else', async (visit) => {
    const page = await visit(`${recorder.origin}/lab`);
    await attack(page, 'script');
    const { body } = recorder.requests.find(({ method }) => method === 'POST');
    const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' };
    const post = async (body) => {
      const answer = await fetch(`${recorder.origin}/lab`, { method: 'POST', body, headers });
      return { status: answer.status, ...(await answer.json()) };
    };
    assert.equal((await post('')).code, 'sealed-missing');
    assert.equal((await post(`${body.slice(0, -6)}AAAAAA`)).status, 422);
    const judged = await post(body);
    assert.deepEqual([judged.status, judged.flagged, judged.automation.reasons.length], [200, true, 3]);

    // Again and again, because nothing is kept; and the shop takes none of it, because it came from no checkout.
    assert.deepEqual(await post(body), judged);
    const paid = await fetch(`${recorder.origin}/pay`, { method: 'POST', body, headers });
    assert.deepEqual([paid.status, (await paid.json()).code], [422, 'session-missing']);

    recorder.answers.set('/lab', { status: 422, headers: { 'content-type': 'application/problem+json' }, body: '{"detail":"Too old."}' });
    await page.click('[data-attack=script]');
    const words = await page.waitFor(() => document.querySelector('#failure').textContent, 'the refusal');
    assert.equal(words, 'There is no verdict. Too old.');
  });
});
