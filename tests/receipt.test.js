// The receipt in real browsers: what is downloaded is what the shop signed, and the page that checks it takes nothing else for one.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach } from 'node:test';
import { axeFindings } from './lib/axe.js';
import { ENGINES, eachEngine, until } from './lib/engines.js';
import { scenesIn } from './lib/scenes.js';
import { flip } from './lib/sessions.js';
import { startShop } from './lib/shop.js';

const JWKS = '/.well-known/tillseal.jwks';

const isReady = (page) => page.waitFor(() => document.querySelector('#state').dataset.state === 'ready', 'the module');

/** Pays as a person does; the page then shows the receipt. */
async function pay(page, origin) {
  await page.goto(`${origin}/`);
  await isReady(page);
  await page.click('#fill');
  await page.click('#pay');
  await page.waitFor(() => location.pathname.startsWith('/receipt/'), 'the receipt');
}

/** What the link on a receipt page downloads. */
async function download(page) {
  const { href, name } = await page.evaluate(() => {
    const link = document.querySelector('#download');
    return { href: link.href, name: link.download };
  });
  const answer = await fetch(href);
  assert.equal(answer.headers.get('content-type'), 'application/jwt');
  assert.equal(answer.headers.get('content-disposition'), `attachment; filename="${name}"`);
  return { name, token: await answer.text() };
}

/** Offers a text, by whatever way the function goes in the page, and gives what the page then says. */
async function checked(page, offer, ...values) {
  await page.evaluate(() => { document.querySelector('#headline').textContent = ''; });
  await page.evaluate(offer, ...values);
  return found(page);
}

async function found(page) {
  await page.waitFor(() => document.querySelector('#headline')?.textContent && document.querySelector('#result').dataset.state !== 'none', 'a finding');
  return page.evaluate(() => {
    const icons = [...document.querySelectorAll('.seal path')].filter((path) => getComputedStyle(path).display !== 'none');
    return {
      state: document.querySelector('#result').dataset.state,
      icons: icons.map((path) => path.getAttribute('class')),
      headline: document.querySelector('#headline').textContent,
      facts: Object.fromEntries([...document.querySelectorAll('#facts div')].map((pair) => [...pair.children].map(({ textContent }) => textContent))),
    };
  });
}

/** In the page: writes it and presses the button. */
const write = (text) => {
  document.querySelector('#text').value = text;
  document.querySelector('#check').click();
};
/** In the page: as a file that is chosen. */
const choose = (text) => {
  const files = new DataTransfer();
  files.items.add(new File([text], 'receipt.jwt'));
  const input = document.querySelector('#file');
  input.files = files.files;
  input.dispatchEvent(new Event('change', { bubbles: true }));
};
/** In the page: as a file that is let go over it. */
const drop = (text) => {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([text], 'receipt.jwt'));
  const event = new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true });
  document.querySelector('#drop').dispatchEvent(event);
  if (!event.defaultPrevented) throw new Error('the browser would open the file');
};

eachEngine((engine) => {
  let shop, other, recorder;
  before(async () => {
    shop = await startShop({ listenToConsole: engine.consoleInPage });
    other = await startShop();
    recorder = shop.recorder;
  });
  beforeEach(() => recorder.reset());
  after(async () => {
    await shop?.close();
    await other?.close();
  });
  const scene = scenesIn(engine);

  scene('what is downloaded is what the page shows and verifies, and nothing is sent for it', async (visit) => {
    const page = await visit('about:blank');
    await pay(page, recorder.origin);
    const { name, token } = await download(page);
    const shown = await page.evaluate(() => [...document.querySelectorAll('#proof dd')].map(({ textContent }) => textContent));
    assert.equal(name, `receipt-${shown[0]}.jwt`);
    assert.equal(await page.evaluate(() => document.querySelector('#check').hash), `#${token}`);

    recorder.requests.length = 0;
    await page.click('#check');
    await page.waitFor(() => location.pathname === '/verify', 'the page');
    const { state, icons, headline, facts } = await found(page);
    assert.deepEqual([state, icons, headline], ['good', ['good'], 'Genuine']);
    assert.equal(await page.evaluate(() => document.querySelector('#text').value), token);
    assert.equal(await page.evaluate(() => location.hash), '', 'the address bar does not keep it');
    const claims = JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
    const time = await page.evaluate((iat) => new Intl.DateTimeFormat('en', { dateStyle: 'long', timeStyle: 'long' }).format(iat * 1000), claims.iat);
    assert.deepEqual(facts, {
      Order: shown[0],
      Amount: '€144.50',
      Time: time,
      Card: '•••• 4242',
      Verdict: shown[2],
      'Paid at': recorder.origin,
      'In the audit log': `Entry ${claims.audit.position} of ${claims.audit.log}`,
      'Fingerprint of that entry': claims.audit.leaf,
    });
    assert.equal(shown[1], facts.Amount);
    assert.equal(shown[3], facts['In the audit log']);
    assert.equal(shown[4], claims.audit.leaf);

    for (const way of [write, choose, drop]) {
      assert.equal((await checked(page, write, 'x')).state, 'bad');
      assert.deepEqual((await checked(page, way, token)).facts, facts, way.name);
    }
    const asked = recorder.requests.filter(({ path }) => path !== '/verify' && !path.startsWith('/pages/') && path !== '/favicon.ico');
    assert.deepEqual([...new Set(asked.map(({ method, url }) => `${method} ${url}`))], [`GET ${JWKS}`]);
    assert.ok(recorder.requests.every(({ method, url, body }) => method === 'GET' && body === '' && !url.includes(token.slice(0, 20))));
    assert.ok(!recorder.bytes.includes(token.split('.')[2]), 'no header has it either');
    assert.deepEqual(recorder.violations, []);
  });

  scene('what is no receipt of this shop is told for what it is', async (visit) => {
    const page = await visit('about:blank');
    await pay(page, other.recorder.origin);
    const theirs = (await download(page)).token;
    await pay(page, recorder.origin);
    const { token } = await download(page);
    const session = (await (await fetch(`${recorder.origin}/`)).text()).match(/data-session="([^"]+)"/)[1];
    const [head, , signature] = token.split('.');
    const more = JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
    more.order.amount *= 10;
    const dearer = [head, Buffer.from(JSON.stringify(more)).toString('base64url'), signature].join('.');

    await page.goto(`${recorder.origin}/verify`);
    await page.waitFor(() => document.querySelector('#result').dataset.state === 'none', 'the page');
    for (const [text, headline] of [
      [flip(token, head.length + 40), 'Altered, or forged'],
      [dearer, 'Altered, or forged'],
      [flip(token, -10), 'Altered, or forged'],
      [theirs, 'Not signed by this shop'],
      [session, 'A session, not a receipt'],
      [token.slice(0, -1), 'Not a receipt'],
      ['I paid, I swear.', 'Not a receipt'],
    ]) {
      const finding = await checked(page, write, text);
      assert.deepEqual(finding, { state: 'bad', icons: ['bad'], headline, facts: {} }, text);
    }
    recorder.answers.set(JWKS, { status: 503 });
    assert.deepEqual((await checked(page, write, token)).state, 'unknown');
    recorder.answers.clear();
    assert.deepEqual((await checked(page, write, token)).state, 'good');
    assert.deepEqual(recorder.violations, []);
  });

  scene('currencies have as many minor units as they have', async (visit) => {
    const page = await visit(`${recorder.origin}/verify`);
    const texts = await page.evaluate(async () => {
      const { moneyOf } = await import('/pages/money.js');
      return [['EUR', 1999], ['JPY', 1999], ['KWD', 1999], ['USD', 5]].map(([currency, amount]) => moneyOf({ currency, amount }).replace(/\s/, ' '));
    });
    assert.deepEqual(texts, ['€19.99', '¥1,999', 'KWD 1.999', '$0.05']);
  });

  if (engine !== ENGINES[0]) return;

  scene('a click downloads the very file', async (visit) => {
    const page = await visit('about:blank');
    await pay(page, recorder.origin);
    const { name, token } = await download(page);
    const folder = mkdtempSync(join(tmpdir(), 'receipt-'));
    try {
      const session = await page.page.createCDPSession();
      await session.send('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath: folder });
      await page.click('#download');
      const read = () => { try { return readFileSync(join(folder, name), 'utf8'); } catch { return undefined; } };
      assert.equal(await until(read, name), token);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  scene('by keyboard alone, and said aloud', async (visit) => {
    const page = await visit('about:blank');
    await pay(page, recorder.origin);
    const { token } = await download(page);
    await page.goto(`${recorder.origin}/verify`);
    const focused = () => page.evaluate(() => document.activeElement.id);
    await page.press('Tab');
    await page.press('Enter');
    assert.equal(await focused(), 'text', 'the skip link');
    await page.press('Shift+Tab');
    assert.equal(await focused(), 'file');
    await page.press('Tab');
    await page.evaluate((text) => { document.execCommand('insertText', false, text); }, token);
    await page.press('Tab');
    assert.equal(await focused(), 'check');
    await page.press('Enter');
    assert.equal((await found(page)).headline, 'Genuine');
    const said = await page.evaluate(() => document.querySelector('[role=status]').textContent.replace(/\s+/g, ' ').trim());
    assert.equal(said, 'Genuine This shop’s server signed it, and nothing in it was changed since.');
  });

  for (const dir of ['ltr', 'rtl']) {
    for (const scheme of ['light', 'dark']) {
      scene(`axe finds nothing, ${dir} and ${scheme}: neither at first, nor for good, nor for bad`, async (visit) => {
        const page = await visit('about:blank');
        await pay(page, recorder.origin);
        const { token } = await download(page);
        await page.page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
        assert.deepEqual(await axeFindings(page, recorder), []);
        await page.goto(`${recorder.origin}/verify`);
        await page.evaluate((dir) => { document.documentElement.dir = dir; }, dir);
        assert.deepEqual(await axeFindings(page, recorder), []);
        for (const [text, state] of [[token, 'good'], [flip(token, -10), 'bad']]) {
          assert.equal((await checked(page, write, text)).state, state);
          await page.evaluate(() => { document.querySelector('#whole').open = true; });
          assert.deepEqual(await axeFindings(page, recorder), []);
        }
      });
    }
  }
});
