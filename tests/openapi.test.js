// docs/openapi.json against the running server: each answer that the file has is given by real requests, and none that it lacks.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { CompactEncrypt, importJWK } from 'jose';
import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from './lib/engines.js';
import { newKey, publicPart } from './lib/keys.js';
import { answers, assertInFile, isInRequests, isOpenApi } from './lib/openapi.js';
import { ROOT } from './lib/paths.js';
import { ORIGIN, Serve, exchange, raw, token } from './lib/serve.js';
import { claimsFor, flip, forge, issue, newSigningKey, now, recipient } from './lib/sessions.js';

/** What no request brings about here, and why. */
const OUT_OF_REACH = {
  'hsm-unavailable': 'it takes an HSM: crates/server/tests/keys/hsm.rs',
  random: 'it takes a system without randomness',
};
/** Nothing that these do takes a second. */
const QUICK = /^(GET \/v1\/|GET \/metrics|POST \/v1\/sessions).* request-timeout$/;

const FIELDS = { 'cc-number': '4111111111111111', 'cc-exp': '12/29', 'cc-csc': '7391', email: 'ada.lovelace@mail.example' };
const ORDER = { id: 'order 1', amount: 1999, currency: 'EUR' };
const BROWSER = {
  browserJavaEnabled: false,
  browserJavascriptEnabled: true,
  browserLanguage: 'en-GB',
  browserColorDepth: '24',
  browserScreenHeight: '1080',
  browserScreenWidth: '1920',
  browserTZ: '-330',
  browserUserAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
};
const SIGNALS = { v: 1, tier: 'essential', choice: 'default', gpc: 0, browser: BROWSER, integrity: {} };

const seen = new Set();

/** Asks, and holds the answer against the file. */
async function ask(serve, request) {
  const answer = await exchange(serve.port, request);
  seen.add(await assertInFile(request, answer));
  return answer;
}

const posted = (path, value, headers = {}) => ({
  method: 'POST',
  path,
  headers: { 'content-type': 'application/json', ...headers },
  body: typeof value === 'string' ? value : JSON.stringify(value),
});
const open = (serve, sealed, more = {}) => ask(serve, posted('/v1/open', { sealed, origin: ORIGIN, ...more }));

async function refused(answer, status, code) {
  const { status: told, body } = await answer;
  assert.deepEqual([told, JSON.parse(body).code], [status, code], `${body}`);
}

/** The claims of a payload. */
const claims = (changes) => ({ v: 1, jti: randomBytes(16).toString('base64url'), iat: now(), origin: ORIGIN, fields: FIELDS, ...changes });

async function seal(key, plaintext, header = {}) {
  const text = typeof plaintext === 'string' ? plaintext : JSON.stringify(plaintext);
  return new CompactEncrypt(Buffer.from(text))
    .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', kid: key.kid, ...header })
    .encrypt(await importJWK(publicPart(key), 'ECDH-ES'));
}

const GUARDED = [
  posted('/v1/open', {}),
  posted('/v1/sessions', {}),
  { path: '/v1/keys' },
  { path: '/metrics' },
  { path: '/v1/audit/checkpoint' },
  { path: '/v1/audit/tile/0/000' },
  { path: '/v1/audit/proof/0' },
];
const ALL = [...GUARDED, { path: '/.well-known/tillseal.jwks' }, { path: '/healthz' }, { path: '/readyz' }];

test('the file is OpenAPI 3.1', async () => {
  const { valid, errors } = await isOpenApi();
  assert.ok(valid, JSON.stringify(errors, null, 1));
});

test('docs/errors.md lists the same codes with the same statuses', () => {
  const listed = new Set();
  let hasStatus = false;
  for (const line of readFileSync(join(ROOT, 'docs/errors.md'), 'utf8').split('\n')) {
    const cells = line.split('|').slice(1, -1).map((cell) => cell.trim());
    if (cells[0] === 'code') hasStatus = cells.at(-1) === 'HTTP';
    const [, code] = cells[0]?.match(/^`(.*)`$/) ?? [];
    if (!hasStatus || !code) continue;
    for (const status of cells.at(-1).split(', ')) listed.add(`${status} ${code}`);
  }
  const inFile = new Set([...answers()].map((answer) => answer.match(/\d{3} \S+$/)?.[0]).filter(Boolean));
  assert.deepEqual([...inFile].sort(), [...listed].sort());
});

describe('a server that asks for no token', () => {
  let serve, key, retired, revoked, signing;
  before(async () => {
    [key, signing] = [await newKey(), { ...await newSigningKey(), tillseal_state: 'active', iat: 1 }];
    retired = { ...await newKey(), tillseal_state: 'decrypt-only', exp: now() - 60 };
    revoked = { ...await newKey(), tillseal_state: 'revoked' };
    serve = await Serve.start([key, retired, revoked, signing]);
  });
  after(() => serve?.close());
  const session = async (changes) => {
    const request = { origin: ORIGIN, order: ORDER, ...changes };
    assert.ok(await isInRequests('/v1/sessions', request));
    return JSON.parse((await ask(serve, posted('/v1/sessions', request))).body).session;
  };

  test('nothing is signed yet', async (t) => {
    const early = await Serve.start([key, signing]);
    t.after(() => early.close());
    // The server signs again each second: the question must come sooner.
    await until(async () => {
      await early.alter('DELETE FROM tiles');
      await early.alter('UPDATE checkpoint SET size = 0, note = NULL');
      return (await ask(early, { path: '/v1/audit/checkpoint' })).status === 404;
    }, 'an answer before the first signature');
  });

  test('a payload, with all that may come with it', async () => {
    const bare = JSON.parse((await open(serve, await seal(key, claims()))).body);
    assert.deepEqual(bare.fields, FIELDS);
    const sealed = await seal(key, claims({ session: await session({ policy: { signals: 'essential', threeDS: true }, lifetime: 60 }), signals: SIGNALS }));
    const request = { order: ORDER, shopper: { accept: '*/*', ip: '203.0.113.7' } };
    assert.ok(await isInRequests('/v1/open', { sealed, origin: ORIGIN, ...request }));
    const full = JSON.parse((await open(serve, sealed, request)).body);
    assert.deepEqual([full.order, full.browser.browserIP], [ORDER, '203.0.113.7']);
  });

  test('a session with recipients', async () => {
    const recipients = [recipient(await newKey('HPKE-7'), ['cc-*'], 'processor'), recipient(key, ['email', 'signals'])];
    assert.ok(await session({ recipients: JSON.parse(JSON.stringify(recipients)) }));
  });

  test('keys, log, metrics, health', async () => {
    await until(async () => (await exchange(serve.port, { path: '/v1/audit/proof/0' })).status === 200, 'a checkpoint');
    const { headers } = await ask(serve, { path: '/.well-known/tillseal.jwks' });
    assert.equal((await ask(serve, { path: '/.well-known/tillseal.jwks', headers: { 'if-none-match': headers.etag } })).status, 304);
    const size = Number((await ask(serve, { path: '/v1/audit/checkpoint' })).body.toString().split('\n')[1]);
    for (const path of ['/v1/keys', '/v1/audit/proof/0', `/v1/audit/tile/0/000.p/${size}`, `/v1/audit/tile/entries/000.p/${size}`, '/metrics', '/healthz', '/readyz']) {
      assert.equal((await ask(serve, { path })).status, 200, path);
      assert.equal((await ask(serve, { method: 'HEAD', path })).status, 200, path);
    }
    for (const [path, code] of [
      ['/v1/audit/proof/999999', 'audit-position'],
      ['/v1/audit/proof/-1', 'request-path'],
      ['/v1/audit/proof/%ff', 'request-path'],
      ['/v1/audit/tile/0/999', 'audit-position'],
      ['/v1/audit/tile/0/0', 'request-path'],
      ['/v1/audit/%ff', 'request-path'],
      ['/nothing', 'request-path'],
    ]) await refused(ask(serve, { path }), 404, code);
  });

  test('each refusal of a payload', async () => {
    const good = await seal(key, claims());
    const signed = await issue(claimsFor(ORIGIN, [recipient(key)], { order: ORDER }), signing);
    const under = async (text, changes) => seal(key, claims({ session: text, ...changes }));
    const made = async (changes) => under(await issue(claimsFor(ORIGIN, [recipient(key)], changes), signing));
    for (const [status, code, sealed, more] of [
      [400, 'request-malformed', good, { more: 1 }],
      [400, 'request-malformed', good, { order: { ...ORDER, currency: 'eur' } }],
      [400, 'request-malformed', good, { shopper: { accept: '*/*', ip: 'nowhere' } }],
      [400, 'sealed-malformed', 'x'],
      [400, 'sealed-header', await seal(key, claims(), { typ: 'JWT' })],
      [413, 'sealed-too-long', 'A'.repeat(94_209)],
      [422, 'sealed-algorithm', `${Buffer.from(JSON.stringify({ alg: 'RSA-OAEP', enc: 'A256GCM', kid: key.kid })).toString('base64url')}${good.slice(good.indexOf('.'))}`],
      [422, 'kid-unknown', await seal(await newKey(), claims())],
      [422, 'kid-retired', await seal(retired, claims())],
      [422, 'kid-revoked', await seal(revoked, claims())],
      [422, 'sealed-undecryptable', flip(good, good.lastIndexOf('.') - 5)],
      [422, 'sealed-claims', await seal(key, '{}'.padEnd(512))],
      [422, 'origin-mismatch', await seal(key, claims({ origin: 'https://other.example' }))],
      [403, 'request-origin', good, { origin: 'https://other.example' }],
      [422, 'stale', await seal(key, claims({ iat: now() - 3600 }))],
      [422, 'future', await seal(key, claims({ iat: now() + 3600 }))],
      [422, 'session-malformed', await under('x')],
      [422, 'session-signature', await under(flip(signed, -50))],
      [422, 'session-audience', await under(await issue(claimsFor('https://other.example', [recipient(key)]), signing))],
      [422, 'session-expired', await made({ iat: now() - 3600 })],
      [422, 'session-future', await made({ iat: now() + 3600 })],
      [422, 'session-malformed', await under(forge(claimsFor(ORIGIN, []), signing, { typ: 'tillseal-receipt+jwt' }))],
      [422, 'order-mismatch', await under(signed), { order: { ...ORDER, amount: 1 } }],
    ]) await refused(open(serve, sealed, more), status, code);
    assert.equal((await open(serve, good)).status, 200);
    await refused(open(serve, good), 409, 'replayed');
    assert.equal((await open(serve, await under(signed))).status, 200);
    await refused(open(serve, await under(signed)), 409, 'session-used');
  });

  test('each refusal of a session', async () => {
    for (const [status, code, request] of [
      [400, 'request-malformed', '{'],
      [403, 'request-origin', { origin: 'https://other.example', order: ORDER }],
      [422, 'session-request', { origin: ORIGIN, order: ORDER, lifetime: 0 }],
    ]) {
      assert.ok(code === 'request-origin' || !(await isInRequests('/v1/sessions', request)), code);
      await refused(ask(serve, posted('/v1/sessions', request)), status, code);
    }
  });

  test('the wrong method, type, length', async () => {
    for (const request of ALL) {
      const other = request.method === 'POST' ? 'GET' : 'POST';
      for (const method of [other, 'DELETE', 'OPTIONS', 'PROPFIND']) {
        const answer = ask(serve, { ...request, method });
        await refused(answer, 405, 'request-method');
        assert.ok((await answer).headers.allow, method);
      }
      await refused(ask(serve, { ...request, body: undefined, headers: { ...request.headers, 'content-length': 200_000 } }), 413, 'request-too-large');
    }
    for (const path of ['/v1/open', '/v1/sessions']) {
      await refused(ask(serve, posted(path, {}, { 'content-type': 'text/plain' })), 415, 'request-media-type');
    }
  });

  test('a store that does not answer', async () => {
    const unlock = await serve.lock();
    await refused(open(serve, await seal(key, claims())), 503, 'store-unavailable');
    await unlock();
    assert.equal((await open(serve, await seal(key, claims()))).status, 200);
  });

  test('no key to sign with, and then none to seal to', async () => {
    rmSync(join(serve.keys, `${signing.kid}.jwk.json`));
    await until(async () => !(await exchange(serve.port, { path: '/.well-known/tillseal.jwks' })).body.includes(signing.kid), 'the key to go');
    await refused(open(serve, await seal(key, claims())), 503, 'key-none');
    await refused(ask(serve, posted('/v1/sessions', { origin: ORIGIN, order: ORDER })), 503, 'key-none');
    await until(async () => (await exchange(serve.port, { path: '/readyz' })).status === 503, 'not ready');
    await refused(ask(serve, { path: '/readyz' }), 503, 'not-ready');
    serve.addKey(signing);
    await until(async () => (await exchange(serve.port, { path: '/readyz' })).status === 200, 'ready');
  });

  test('a log that does not hold together, and one that is gone', async () => {
    await serve.alter('UPDATE tiles SET hashes = zeroblob(length(hashes))');
    await refused(ask(serve, { path: '/v1/audit/proof/0' }), 500, 'internal');
    await serve.alter('ALTER TABLE checkpoint RENAME TO gone');
    for (const path of ['checkpoint', 'tile/0/000', 'proof/0']) {
      await refused(ask(serve, { path: `/v1/audit/${path}` }), 503, 'store-unavailable');
    }
    await serve.alter('ALTER TABLE gone RENAME TO checkpoint');
  });
});

test('a server that demands sessions', async (t) => {
  const key = await newKey();
  const serve = await Serve.start([key], '[sessions]\nrequired = true');
  t.after(() => serve.close());
  await refused(open(serve, await seal(key, claims())), 422, 'session-missing');
});

test('a server that demands tokens', async (t) => {
  const [one, other, ops] = [token('one', 'open'), token('other', 'sessions'), token('ops', 'admin')];
  const limits = '[limits]\nrequests_per_second = 1\nburst = 24\n';
  const serve = await Serve.start([await newKey()], limits + one.table + other.table + ops.table);
  t.after(() => serve.close(ops.text));
  const as = (request, { text }) => ask(serve, { ...request, headers: { ...request.headers, authorization: `Bearer ${text}` } });
  for (const request of GUARDED) {
    await refused(ask(serve, request), 401, 'unauthorized');
    await refused(as(request, request.path === '/v1/open' ? other : one), 403, 'forbidden');
  }
  for (const request of GUARDED) {
    const scope = { '/v1/open': one, '/v1/sessions': other }[request.path] ?? ops;
    const statuses = await Promise.all(Array.from({ length: 40 }, async () => (await as(request, scope)).status));
    assert.ok(statuses.includes(429), `${request.path}: ${statuses}`);
    assert.ok(!statuses.includes(401) && !statuses.includes(403), `${request.path}: ${statuses}`);
  }
  // For the metrics.
  await sleep(1100);
});

test('a server that is busy, and clients that are slow', async (t) => {
  const key = await newKey();
  const serve = await Serve.start([key], '[limits]\nin_flight = 1\nbody_seconds = 1\nrequest_seconds = 1');
  t.after(() => serve.close());
  for (const path of ['/v1/open', '/v1/sessions']) {
    await refused(ask(serve, { ...posted(path, ['{', '}']), body: ['{', '}'], pause: 1600 }), 408, 'request-timeout');
  }
  const unlock = await serve.lock();
  const slow = open(serve, await seal(key, claims()));
  await sleep(300);
  await Promise.all(GUARDED.map((request) => refused(ask(serve, request), 503, 'overloaded')));
  await refused(slow, 503, 'request-timeout');
  await refused(ask(serve, { path: '/readyz' }), 503, 'request-timeout');
  await unlock();
});

describe('whatever comes', () => {
  /** mulberry32: the same requests in each run. */
  let state = 20_261_126;
  const random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (count) => Math.floor(random() * count);
  const one = (list) => list[below(list.length)];
  const noise = (length) => Buffer.from(Array.from({ length }, () => below(256)));

  const ODD = [null, true, 0, -1, 1e308, 2 ** 53, 0.5, '', '\0', '\ud800', 'x'.repeat(5000), '../../etc/passwd', "' OR 1=1 --", [], {}, [[[[[[]]]]]], { __proto__: null, constructor: 1 }];
  /** A value with one place in it changed. */
  const mutated = (value) => {
    if (value === null || typeof value !== 'object' || random() < 0.2) return one(ODD);
    const copy = structuredClone(value);
    const names = Object.keys(copy);
    if (names.length === 0 || random() < 0.1) return Array.isArray(copy) ? [...copy, one(ODD)] : { ...copy, more: one(ODD) };
    const name = one(names);
    if (random() < 0.15) delete copy[name];
    else copy[name] = mutated(copy[name]);
    return copy;
  };
  const spoilt = (text) => {
    const bytes = Buffer.from(text);
    switch (below(5)) {
      case 0: return bytes.subarray(0, below(bytes.length + 1));
      case 1: return Buffer.concat([bytes, noise(below(20))]);
      case 2: if (bytes.length) bytes[below(bytes.length)] = below(256); return bytes;
      case 3: return Buffer.concat([Buffer.from('['.repeat(below(20_000))), bytes]);
      default: return bytes;
    }
  };
  const PATHS = ['/v1/open', '/v1/sessions', '/v1/keys', '/v1/audit/checkpoint', '/v1/audit/tile/0/000', '/v1/audit/tile/entries/000.p/1', '/v1/audit/proof/0', '/healthz', '/readyz', '/metrics', '/.well-known/tillseal.jwks', '/'];
  const METHODS = ['GET', 'POST', 'POST', 'POST', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE', 'X'];
  const SEGMENTS = ['%00', '%ff', '..', '%2e%2e', '%2F', '//', '~', '-1', '18446744073709551616', '000.p/0', '000.p/256', 'x001/000', 'é', '?a=b', ';', ':'];
  const HEADERS = {
    'content-type': ['application/json', 'application/json; charset=utf-16', 'text/plain', '', 'a/b/c', '\xff'],
    authorization: ['Bearer', 'Bearer x', 'Basic eDp4', '\xfe'],
    'if-none-match': ['*', '"', 'W/"x", *'],
    'transfer-encoding': ['chunked', 'gzip', 'chunked, chunked'],
    'content-encoding': ['gzip', 'br'],
    expect: ['100-continue', 'x'],
    range: ['bytes=0-0'],
    'x-forwarded-for': ['127.0.0.1', 'x'.repeat(1000)],
    host: ['', 'a b', undefined],
    connection: ['upgrade', 'close, x'],
    upgrade: ['h2c', 'websocket'],
  };

  test('malformed requests get answers that the file has, soon, and never a 500', async (t) => {
    const key = await newKey();
    const serve = await Serve.start([key], '[limits]\nheader_seconds = 1\nbody_seconds = 1');
    t.after(() => serve.close());
    const valid = {
      '/v1/open': { sealed: await seal(key, claims()), origin: ORIGIN, order: ORDER, shopper: { accept: '*/*', ip: '203.0.113.7' } },
      '/v1/sessions': { origin: ORIGIN, order: ORDER, recipients: [JSON.parse(JSON.stringify(recipient(key)))], policy: { signals: 'none', threeDS: true }, lifetime: 60 },
    };
    const before = serve.peak;
    const deadline = Date.now() + 15_000;
    const counts = {};
    let slowest = 0;
    const client = async () => {
      while (Date.now() < deadline) {
        const kind = below(25);
        const path = one(PATHS) + (random() < 0.3 ? (random() < 0.5 ? '/' : '') + one(SEGMENTS) : '');
        const value = valid[path] ?? one(Object.values(valid));
        const headers = { 'content-type': 'application/json' };
        for (let more = below(3); more > 0; more -= 1) {
          const name = one(Object.keys(HEADERS));
          headers[name] = one(HEADERS[name]);
        }
        const request = { method: one(METHODS), path, headers, body: random() < 0.7 ? spoilt(JSON.stringify(mutated(value))) : undefined };
        const start = Date.now();
        const answer = kind === 0
          ? await raw(serve.port, [noise(below(3000))].concat(random() < 0.5 ? [Buffer.from('\r\n\r\n')] : []))
          : await exchange(serve.port, request);
        slowest = Math.max(slowest, Date.now() - start);
        counts[answer.status] = (counts[answer.status] ?? 0) + 1;
        assert.notEqual(answer.status, 500);
        // Hyper answers what is no HTTP, without a body.
        const isBare = answer.body.length === 0 && [0, 400, 431, 505].includes(answer.status);
        if (kind > 0 && !isBare) await assertInFile(request, answer);
      }
    };
    await Promise.all(Array.from({ length: 12 }, client));
    const alive = await open(serve, await seal(key, claims()));
    assert.equal(alive.status, 200);
    assert.ok(!serve.log.includes('a fault in the program') && !serve.log.includes('panicked'), serve.log.slice(-2000));
    assert.ok(slowest < 5000, `${slowest} ms`);
    assert.ok(serve.peak < before + 48 * 1024, `${before} KiB before, ${serve.peak} KiB at the most`);
    console.log(`answers ${JSON.stringify(counts)}, the slowest after ${slowest} ms, ${before} to ${serve.peak} KiB`);
    assert.ok(Object.values(counts).reduce((sum, count) => sum + count) > 1000);
  });
});

test('every answer of the file was given', () => {
  const missing = [...answers()].filter((answer) => !seen.has(answer));
  const reached = missing.filter((answer) => !QUICK.test(answer) && !(answer.split(' ').at(-1) in OUT_OF_REACH));
  assert.deepEqual(reached, []);
});
