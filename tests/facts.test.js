// What a page says of its browser: the words of the device, and whether user agent and client hints contradict each other.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { ROOT } from './lib/paths.js';

const { factsOf, hasGpc } = await import(pathToFileURL(join(ROOT, 'pkg/src/facts.js')).href);

const CHROME = (system) => `Mozilla/5.0 (${system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36`;
const SAFARI = 'AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3 Safari/605.1.15';
const WINDOWS = CHROME('Windows NT 10.0; Win64; x64');
const ANDROID = CHROME('Linux; Android 10; K').replace('Safari', 'Mobile Safari');
const MAC = `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${SAFARI}`;

/** The facts of a page with these globals, by their names. */
function factsWith(navigator, { canHover = true, screen = {}, tier = 3, has3ds = true } = {}) {
  const globals = { navigator, screen, innerWidth: 1280, matchMedia: () => ({ matches: canHover }) };
  const before = Object.keys(globals).map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)]);
  for (const [name, value] of Object.entries(globals)) Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  try {
    const [text, told, bits, ...numbers] = factsOf(tier, [true, false, has3ds]);
    const [browser, system, language, userAgent] = text.split('\0');
    const [isChosen, gpc, is3ds, webdriver, headless, contradiction, hover, java] = [0, 1, 2, 3, 4, 5, 6, 7].map((bit) => Boolean(bits >> bit & 1));
    return { browser, system, language, userAgent, tier: told, isChosen, gpc, has3ds: is3ds, webdriver, headless, contradiction, hover, java, numbers };
  } finally {
    for (const [name, property] of before) {
      if (property) Object.defineProperty(globalThis, name, property);
      else delete globalThis[name];
    }
  }
}

const hints = (platform, mobile = false, brand = 'Chromium') => ({ brands: [{ brand }], platform, mobile });

for (const [userAgent, browser, system, more] of [
  [WINDOWS, 'chrome', 'windows'],
  [`${WINDOWS} Edg/142.0.0.0`, 'chrome', 'windows'],
  [CHROME('X11; Linux x86_64'), 'chrome', 'linux'],
  [CHROME('X11; CrOS x86_64 14541.0.0'), 'chrome', 'cros'],
  [CHROME('Macintosh; Intel Mac OS X 10_15_7'), 'chrome', 'mac'],
  [ANDROID, 'chrome', 'android'],
  ['Mozilla/5.0 (Android 14; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0', 'firefox', 'android'],
  ['Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0', 'firefox', 'windows'],
  [MAC, 'safari', 'mac'],
  [MAC, 'safari', 'ipad', { maxTouchPoints: 5 }],
  ['Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) AppleWebKit/605.1.15 Version/18.3 Mobile/15E148 Safari/604.1', 'safari', 'iphone', { maxTouchPoints: 5 }],
  ['Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) AppleWebKit/605.1.15 CriOS/142.0 Mobile/15E148 Safari/604.1', 'crios', 'iphone', { maxTouchPoints: 5 }],
  ['Mozilla/5.0 (iPad; CPU OS 16_4 like Mac OS X) AppleWebKit/605.1.15 FxiOS/140.0 Mobile/15E148 Safari/605.1.15', 'fxios', 'ipad', { maxTouchPoints: 5 }],
  ['curl/8.9', 'other', 'other'],
]) {
  test(`${browser} on ${system}: ${userAgent.slice(0, 60)}`, () => {
    const facts = factsWith({ userAgent, ...more });
    assert.deepEqual([facts.browser, facts.system, facts.contradiction, facts.headless], [browser, system, false, false]);
  });
}

test('client hints that fit are no contradiction, others are', () => {
  const is = (userAgent, userAgentData, more) => factsWith({ userAgent, userAgentData, ...more }).contradiction;
  assert.equal(is(WINDOWS, hints('Windows')), false);
  assert.equal(is(ANDROID, hints('Android', true), { maxTouchPoints: 5 }), false);
  assert.equal(is(CHROME('Macintosh; Intel Mac OS X 10_15_7'), hints('macOS')), false);
  assert.equal(is(CHROME('X11; CrOS x86_64 14541.0.0'), hints('Chrome OS')), false);
  // A WebView has no brands, a new system is no word of ours.
  assert.equal(is(ANDROID, { brands: [], platform: '', mobile: false }), false);
  assert.equal(is(CHROME('Fuchsia'), hints('Fuchsia')), false);

  assert.equal(is(WINDOWS, hints('Linux')), true);
  assert.equal(is(WINDOWS, hints('Windows', true)), true);
  assert.equal(is(MAC, hints('macOS')), true);
});

test('a headless browser is found in either', () => {
  assert.equal(factsWith({ userAgent: WINDOWS.replace('Chrome', 'HeadlessChrome') }).headless, true);
  assert.equal(factsWith({ userAgent: WINDOWS, userAgentData: hints('Windows', false, 'HeadlessChrome') }).headless, true);
});

test('choices and facts have each their place', () => {
  const navigator = { userAgent: WINDOWS, language: 'en-GB', webdriver: true, maxTouchPoints: 2, javaEnabled() { return this === navigator; } };
  const facts = factsWith(navigator, { canHover: false, screen: { colorDepth: 30, height: 1080, width: 1920 } });
  assert.deepEqual(
    [facts.tier, facts.isChosen, facts.gpc, facts.has3ds, facts.webdriver, facts.hover, facts.java],
    [3, true, false, true, true, false, true],
  );
  assert.deepEqual([facts.language, facts.userAgent], ['en-GB', WINDOWS]);
  assert.deepEqual(facts.numbers, [2, 1280, new Date().getTimezoneOffset(), 30, 1080, 1920]);
});

test('a fact that is missing or refused is nothing, and the others are there', () => {
  const refuse = { get() { throw new Error('refused'); } };
  const facts = factsWith(Object.create({ userAgent: WINDOWS }, { language: refuse, javaEnabled: { value: () => { throw new Error('no plugins'); } } }));
  assert.deepEqual([facts.browser, facts.language, facts.java, facts.numbers.slice(3)], ['chrome', '', false, [undefined, undefined, undefined]]);
});

test('what nobody asks for is not read', () => {
  const reads = [];
  const spy = (name) => new Proxy({ userAgent: WINDOWS, language: 'en', javaEnabled: () => false }, {
    get(target, property) { reads.push(`${name}.${String(property)}`); return target[property]; },
  });
  const readBy = (tier, has3ds) => {
    reads.length = 0;
    factsWith(spy('navigator'), { screen: spy('screen'), tier, has3ds });
    return [...new Set(reads)].sort();
  };
  assert.deepEqual(readBy(1, false), []);
  assert.deepEqual(readBy(2, false), []);
  assert.deepEqual(
    readBy(1, true),
    ['navigator.javaEnabled', 'navigator.language', 'navigator.userAgent', 'screen.colorDepth', 'screen.height', 'screen.width'],
  );
  assert.deepEqual(readBy(3, false), ['navigator.language', 'navigator.maxTouchPoints', 'navigator.userAgent', 'navigator.userAgentData', 'navigator.webdriver']);
});

test('Global Privacy Control is on where the browser says so, and nowhere else', () => {
  const before = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  for (const [value, expected] of [[true, true], [false, false], [undefined, false], ['1', false]]) {
    Object.defineProperty(globalThis, 'navigator', { value: { globalPrivacyControl: value }, configurable: true, writable: true });
    assert.equal(hasGpc(), expected);
  }
  if (before) Object.defineProperty(globalThis, 'navigator', before);
  else delete globalThis.navigator;
});
