// Checkout sessions: what is sealed under one, and that a form whose session does not hold stays closed.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { Checkout as StandIn } from '../pkg/src/fallback.js';
import { eachEngine } from './lib/engines.js';
import { jwks, newKey, openSealed, publicPart } from './lib/keys.js';
import { startMerchant } from './lib/merchant.js';
import { checkoutFor, loadModule, missingModule, prepare } from './lib/module.js';
import { ROOT } from './lib/paths.js';
import { scenesIn } from './lib/scenes.js';
import { TYPE, YEAR, claimsFor, encoded, flip, forge, issue, newSigningKey, now, recipient } from './lib/sessions.js';
import { OPENED, SHOPPER, assertNothingLeaked, fillIn } from './lib/shopper.js';

const JWKS = '/.well-known/tillseal.jwks';

/** The shopper's clock as the page sees it, set wrong before Tillseal's script runs: neither Chromium nor Firefox starts under libfaketime. */
const clockOff = (seconds) => `
  const Real = Date;
  globalThis.Date = class extends Real {
    constructor(...parts) { parts.length ? super(...parts) : super(Real.now() + ${seconds * 1000}); }
    static now() { return Real.now() + ${seconds * 1000}; }
  };`;

/** Lets a test make time pass: `skip` milliseconds. */
const STOPWATCH = `
  globalThis.skip = 0;
  const real = performance.now.bind(performance);
  performance.now = () => real() + skip;`;

/** What is no session for this page, with the code that says so: made of good claims and of the key that signs. */
const REFUSED = {
  'a forged signature': ['session-signature', async (claims, key) => flip(await issue(claims, key), -50)],
  'an altered order': ['session-signature', async (claims, key) => {
    const [header, , signature] = (await issue(claims, key)).split('.');
    return [header, encoded({ ...claims, order: { ...claims.order, amount: 1 } }), signature].join('.');
  }],
  'alg none': ['session-malformed', (claims) => `${encoded({ alg: 'none', typ: TYPE })}.${encoded(claims)}.`],
  'alg none, and a good signature': ['session-signature', (claims, key) => forge(claims, key, { alg: 'none' })],
  'HS256, keyed with the public key': ['session-malformed', (claims, key) => {
    const signed = `${encoded({ alg: 'HS256', typ: TYPE, kid: key.kid })}.${encoded(claims)}`;
    return `${signed}.${createHmac('sha256', JSON.stringify(publicPart(key))).update(signed).digest('base64url')}`;
  }],
  'HS256, and a good signature': ['session-signature', (claims, key) => forge(claims, key, { alg: 'HS256' })],
  'another key': ['session-signature', async (claims) => issue(claims, await newSigningKey())],
  'another key under the name of ours': ['session-signature', async (claims, key) => issue(claims, { ...await newSigningKey(), kid: key.kid })],
  'a key of the set that is not for signing': ['session-signature', (claims, _, sealing) => forge(claims, sealing)],
  'a receipt': ['session-malformed', (claims, key) => forge(claims, key, { typ: 'tillseal-receipt+jwt' })],
  'a session for another origin': ['session-audience', (claims, key) => issue({ ...claims, aud: 'https://other.example' }, key)],
  'a session that ended, by the server\'s Date': ['session-expired', (claims, key) => issue({ ...claims, iat: now() - 1860, exp: now() - 60 }, key)],
  'an empty session': ['session-malformed', () => ''],
};

eachEngine((engine) => {
  let merchant, recorder, signing;
  before(async () => {
    merchant = await startMerchant({ listenToConsole: engine.consoleInPage });
    recorder = merchant.recorder;
  });
  beforeEach(async () => {
    await merchant.reset();
    signing = await newSigningKey();
    publish();
  });
  after(() => merchant?.close());
  const scene = scenesIn(engine);

  const publish = (...headers) => {
    merchant.publish({ keys: [...jwks(merchant.key).keys, publicPart(signing)] });
    for (const header of headers) Object.assign(recorder.answers.get(JWKS).headers, header);
  };
  const claims = (changes) => claimsFor(merchant.origin, [recipient(merchant.key)], changes);
  const open = async (visit, session, { attributes = '', ...page } = {}) => {
    merchant.checkout({ attributes: `data-tillseal="${JWKS}" data-session="${session}" ${attributes}`, ...page });
    return visit(`${merchant.origin}/`);
  };
  const isReady = (page) => page.waitFor(() => document.forms[0]?.dataset.ready, 'tillseal:ready');
  const isTold = async (page, code) => {
    const error = JSON.parse(await page.waitFor(() => document.forms[0]?.dataset.error, 'tillseal:error'));
    assert.equal(error.code, code);
    assert.ok(error.message.length > 10, error.message);
  };
  /** A submit is stopped and says why; an entry list that nobody can stop is empty. */
  const isClosed = async (page, code) => {
    await page.evaluate(() => { delete document.forms[0].dataset.error; });
    await page.click('#pay');
    await isTold(page, code);
    await sleep(200);
    assert.deepEqual(await page.evaluate(() => [...new FormData(document.forms[0]).keys()]), []);
    assert.deepEqual(recorder.posts('/pay').map(String), [], 'what was posted');
    assertNothingLeaked(recorder, page.console);
  };
  const paid = async (page) => {
    await page.click('#pay');
    await page.waitFor(() => location.pathname === '/pay', 'the paid page');
    assertNothingLeaked(recorder, page.console);
    return recorder.posts('/pay').at(-1);
  };

  scene('the payload carries the session, and time is the server\'s', async (visit) => {
    const session = await issue(claims(), signing);
    const page = await open(visit, session);
    await fillIn(page);
    const body = await paid(page);
    const opened = await merchant.opened(body);
    assert.deepEqual(Object.keys(opened).slice(0, 6), ['v', 'jti', 'iat', 'origin', 'session', 'fields']);
    assert.equal(opened.session, session);
    assert.deepEqual(opened.fields, OPENED);
    assert.ok(Math.abs(opened.iat - now()) <= 60, `${opened.iat}`);
  });

  scene('its recipients and its policy take the place of the page\'s', async (visit) => {
    const [processor, shop] = [await newKey('HPKE-7'), await newKey()];
    const recipients = [recipient(processor, ['cc-*'], 'processor'), recipient(shop, ['email', 'signals'], 'shop')];
    const session = await issue(claims({ recipients, policy: { signals: 'essential', threeDS: true } }), signing);
    const page = await open(visit, session, { attributes: 'data-signals="none"' });
    await fillIn(page);
    const body = await paid(page);
    assert.deepEqual([...body.keys()], ['sealed-processor', 'sealed-shop']);
    const { email, ...card } = OPENED;
    const parts = [await merchant.opened(body, 'sealed-processor', processor), await merchant.opened(body, 'sealed-shop', shop)];
    assert.deepEqual(parts.map(({ fields }) => fields), [card, { email }]);
    assert.deepEqual(parts.map((part) => part.session), [session, session]);
    assert.equal(parts[0].signals, undefined);
    assert.equal(parts[1].signals.tier, 'essential');
    assert.ok(parts[1].signals.browser, '3-D Secure');
  });

  scene('a key set in the browser\'s cache is asked for again', async (visit) => {
    const cached = { 'cache-control': 'public, max-age=300' };
    merchant.publish(jwks(merchant.key));
    Object.assign(recorder.answers.get(JWKS).headers, cached);
    merchant.checkout();
    await isReady(await visit(`${merchant.origin}/`));
    publish(cached);
    const session = await issue(claims(), signing);
    const page = await open(visit, session);
    await fillIn(page);
    assert.equal((await merchant.opened(await paid(page))).session, session);
  });

  scene('a policy that says nothing leaves the page its own', async (visit) => {
    const { policy, ...others } = claims();
    const page = await open(visit, await issue(others, signing), { attributes: 'data-signals="none"' });
    await fillIn(page);
    assert.equal((await merchant.opened(await paid(page))).signals, undefined);
  });

  scene('a pinned key holds for the session\'s recipients', async (visit) => {
    const page = await open(visit, await issue(claims(), signing), { attributes: `data-kid="${merchant.key.kid}"` });
    await fillIn(page);
    assert.deepEqual((await merchant.opened(await paid(page))).fields, OPENED);
    recorder.requests.length = 0;
    const recipients = [recipient(merchant.key, ['cc-*']), recipient(await newKey(), ['*'], 'other')];
    const second = await open(visit, await issue(claims({ recipients }), signing), { attributes: `data-kid="${merchant.key.kid}"` });
    await fillIn(second);
    await isTold(second, 'key-pin');
    await isClosed(second, 'key-pin');
  });

  for (const [name, [code, make]] of Object.entries(REFUSED)) {
    scene(`${name} is refused`, async (visit) => {
      const page = await open(visit, await make(claims(), signing, merchant.key));
      await fillIn(page, { number: SHOPPER.number, csc: SHOPPER.csc });
      await isTold(page, code);
      await isClosed(page, code);
    });
  }

  scene('a session ends while the page is open', async (visit) => {
    // The Date of the answer is of no help: it is older than the session.
    const iat = now() - 86_400;
    publish({ date: new Date((iat - 60) * 1000).toUTCString() });
    const page = await open(visit, await issue(claims({ iat, lifetime: 3 }), signing));
    await fillIn(page);
    await sleep(3000);
    await isClosed(page, 'session-expired');
  });

  scene('a new session takes the place of one that ended; the old one stays ended', async (visit) => {
    const script = `${STOPWATCH} import('/tillseal/tillseal.js').then((tillseal) => { globalThis.attach = tillseal.attach; });`;
    const old = await issue(claims({ lifetime: 60 }), signing);
    const page = await open(visit, old, { script });
    await isReady(page);
    await fillIn(page);
    await page.evaluate(() => { globalThis.skip = 120_000; });
    await isClosed(page, 'session-expired');
    const again = await page.evaluate(() => globalThis.attach(document.forms[0]).then(() => 'attached', (error) => error.code));
    assert.equal(again, 'session-expired');
    await isClosed(page, 'session-expired');
    const next = await issue(claims(), signing);
    await page.evaluate((session) => globalThis.attach(document.forms[0], { session }).then(() => true), next);
    assert.equal((await merchant.opened(await paid(page))).session, next);
  });

  for (const [name, seconds] of [['ahead', YEAR], ['behind', -YEAR]]) {
    scene(`a clock that is a year ${name}: a good session seals, at the server's time`, async (visit) => {
      const page = await open(visit, await issue(claims(), signing), { script: clockOff(seconds) });
      await page.waitFor((time) => Math.abs(Date.now() / 1000 - time) < 60, 'a clock that is wrong', now() + seconds);
      // A card that is good until the end of this month.
      const today = new Date();
      const expiry = `${String(today.getMonth() + 1).padStart(2, '0')}/${today.getFullYear() % 100}`;
      await fillIn(page, { ...SHOPPER, expiry });
      const { iat } = await merchant.opened(await paid(page));
      assert.ok(Math.abs(iat - now()) <= 60, `${iat - now()}`);
    });

    scene(`a clock that is a year ${name}: a session that ended is refused`, async (visit) => {
      const session = await issue(claims({ iat: now() - 1860 }), signing);
      const page = await open(visit, session, { script: clockOff(seconds) });
      await fillIn(page);
      await isClosed(page, 'session-expired');
    });

    scene(`a clock that is a year ${name}: a session ends while the page is open`, async (visit) => {
      const page = await open(visit, await issue(claims({ lifetime: 60 }), signing), { script: clockOff(seconds) + STOPWATCH });
      await isReady(page);
      await fillIn(page);
      await page.evaluate(() => { globalThis.skip = 60_000; });
      await isClosed(page, 'session-expired');
    });
  }

  scene('without WebAssembly it is the same', async (visit) => {
    const session = await issue(claims(), signing);
    const script = 'delete globalThis.WebAssembly;';
    const page = await open(visit, session, { script });
    await fillIn(page);
    const opened = await merchant.opened(await paid(page));
    assert.deepEqual([opened.session, opened.fields], [session, OPENED]);
    recorder.requests.length = 0;
    const second = await open(visit, flip(session, -50), { script });
    await fillIn(second);
    await isClosed(second, 'session-signature');
  });

  scene('without WebCrypto nobody can tell: it is refused', async (visit) => {
    const script = 'Object.defineProperty(Crypto.prototype, "subtle", { value: undefined });';
    const page = await open(visit, await issue(claims(), signing), { script });
    await fillIn(page);
    await isClosed(page, 'unsupported');
  });

  scene('the key set cannot be loaded: nothing is sealed', async (visit) => {
    merchant.change(JWKS, { status: 404 });
    const page = await open(visit, await issue(claims(), signing));
    await fillIn(page);
    await isClosed(page, 'key-load');
  });
});

describe('openSession', { skip: missingModule }, () => {
  const ORIGIN = 'https://shop.example';
  let openSession, signing, sealing, keys, claims;
  before(async () => {
    globalThis.location = { origin: ORIGIN };
    ({ openSession } = await import(pathToFileURL(join(ROOT, 'target/pkg/src/session.js'))));
    [signing, sealing] = [await newSigningKey(), await newKey()];
    keys = { keys: [publicPart(sealing), publicPart(signing)] };
    claims = claimsFor(ORIGIN, [recipient(sealing)]);
  });
  after(() => { delete globalThis.location; });
  const outcome = (session, set = keys) => openSession(session, set).then(() => 'opened', ({ code }) => code);

  test('gives recipients, a clock and the end', async () => {
    const [recipients, clock, end] = await openSession(await issue(claims, signing), keys);
    assert.deepEqual([recipients, end], [JSON.parse(JSON.stringify(claims.recipients)), claims.exp]);
    assert.ok(clock() >= claims.iat && clock() < claims.iat + 5, `${clock()}`);
  });

  test('each character counts', async () => {
    const session = await issue(claims, signing);
    for (let at = 0; at < session.length; at += 1) {
      assert.notEqual(await outcome(flip(session, at)), 'opened', `character ${at}`);
      assert.notEqual(await outcome(session.slice(0, at)), 'opened', `cut at ${at}`);
    }
    // The same bytes in another spelling: base64url's last character has four bits to spare.
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const spelt = session.slice(0, -1) + alphabet[alphabet.indexOf(session.at(-1)) + 1];
    assert.deepEqual(Buffer.from(spelt.split('.')[2], 'base64url'), Buffer.from(session.split('.')[2], 'base64url'));
    for (const other of [spelt, `${session}=`, `${session}==`, `${session}.`, ` ${session}`, `${session}\n`, `${session}\0`]) {
      assert.equal(await outcome(other), 'session-malformed', JSON.stringify(other.slice(-4)));
    }
    assert.equal(await outcome(session), 'opened');
  });

  for (const [name, header, code] of [
    ['crit', { crit: ['exp'] }, 'session-malformed'],
    ['a key of its own', { jwk: { kty: 'EC' } }, 'session-malformed'],
    ['no typ', { typ: undefined }, 'session-malformed'],
    ['typ JWT', { typ: 'JWT' }, 'session-malformed'],
    ['typ in capitals', { typ: TYPE.toUpperCase() }, 'session-malformed'],
    ['no kid', { kid: undefined }, 'session-signature'],
    ['an unknown kid', { kid: 'x' }, 'session-signature'],
    ['no alg', { alg: undefined }, 'session-signature'],
    ['alg ES384', { alg: 'ES384' }, 'session-signature'],
  ]) {
    test(`a header with ${name}`, async () => assert.equal(await outcome(forge(claims, signing, header)), code));
  }

  test('neither header nor key names an algorithm', async () => {
    const set = { keys: [{ ...publicPart(signing), alg: undefined }] };
    assert.equal(await outcome(forge(claims, signing, { alg: undefined }), set), 'session-signature');
  });

  for (const [name, changes, code] of [
    ['no recipients', { recipients: undefined }, 'session-malformed'],
    ['an empty list of recipients', { recipients: [] }, 'session-malformed'],
    ['a recipient without fields', { recipients: [{ key: {} }] }, 'session-malformed'],
    ['a recipient whose fields are a text', { recipients: [{ key: {}, fields: '*' }] }, 'session-malformed'],
    ['no audience', { aud: undefined }, 'session-audience'],
    ['several audiences', { aud: [ORIGIN] }, 'session-audience'],
    ['an audience with a slash', { aud: `${ORIGIN}/` }, 'session-audience'],
    ['no end', { exp: undefined }, 'session-expired'],
    ['no beginning', { iat: undefined }, 'session-expired'],
    ['an end before its beginning', { exp: 5, iat: 6 }, 'session-expired'],
    ['more than 8 KiB', { iss: 'x'.repeat(8192) }, 'session-malformed'],
  ]) {
    test(`claims with ${name}`, async () => assert.equal(await outcome(await issue({ ...claims, ...changes }, signing)), code));
  }

  for (const [name, set, code] of [
    ['is empty', () => ({ keys: [] }), 'session-signature'],
    ['has the key for sealing', () => ({ keys: [{ ...publicPart(signing), use: 'enc' }] }), 'session-signature'],
    ['has the key without use', () => ({ keys: [{ ...publicPart(signing), use: undefined }] }), 'session-signature'],
    ['has the key for ECDH', () => ({ keys: [{ ...publicPart(signing), alg: 'ECDH-ES' }] }), 'session-signature'],
    ['has the key off the curve', () => ({ keys: [{ ...publicPart(signing), y: flip(signing.y, 5) }] }), 'session-signature'],
    ['has the key on another curve', () => ({ keys: [{ ...publicPart(signing), crv: 'P-384' }] }), 'session-signature'],
    ['is the key alone', () => publicPart(signing), 'opened'],
  ]) {
    test(`a key set that ${name}`, async () => assert.equal(await outcome(await issue(claims, signing), set()), code));
  }

  test('what is no token at all', async () => {
    for (const text of ['x', '..', 'a.b.c', encoded({}), `${encoded(null)}.${encoded(null)}.${'A'.repeat(86)}`, null]) {
      assert.equal(await outcome(text), 'session-malformed', `${text}`);
    }
  });
});

test('module and stand-in write the same claims', { skip: missingModule }, async () => {
  const key = await newKey();
  const module = checkoutFor(await loadModule(), key);
  prepare(module);
  const standIn = new StandIn();
  const members = ['kty', 'crv', 'x', 'y', 'alg', 'kid'].map((member) => key[member]);
  await standIn.add([members.join(' '), '', '*'].join('\0'));
  for (const page of ['https://shop.example', 'https://shop.example\0', 'https://shop.example\0a.b.c']) {
    prepare(module);
    await standIn.prepare();
    const texts = [];
    for (const checkout of [module, standIn]) {
      checkout.input('\0email\0zoe@shop.example');
      const { jti, ...claims } = await openSealed(checkout.seal(1795459200, page).trim(), key);
      texts.push(JSON.stringify(claims));
    }
    const session = page.endsWith('c') ? '"session":"a.b.c",' : '';
    const expected = `{"v":1,"iat":1795459200,"origin":"https://shop.example",${session}"fields":{"email":"zoe@shop.example"}}`;
    assert.deepEqual(texts, [expected, expected], JSON.stringify(page));
  }
  module.free();
});
