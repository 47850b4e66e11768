// One driver for three browser engines: Chromium over CDP, Firefox over WebDriver BiDi, WebKitGTK over WebDriver.
//
// Every engine gives pages with the same methods: goto, url, type, keys, click, focus, press, select, evaluate, waitFor, screenshot,
// close, and `console`: the lines that its console got.

import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import puppeteer from 'puppeteer-core';
import { focusOn } from './focus.js';
import { which } from './paths.js';
import { MINI_BROWSER, launchWebKit } from './webkit.js';

const CHROMIUM = which('chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome');
const FIREFOX = which('firefox-esr', 'firefox');
const DEADLINE = 20_000;

/** The engines, each with why it cannot be used here, if it cannot. */
export const ENGINES = [
  { name: 'Chromium', launch: launchChromium, missing: lacking(CHROMIUM, 'Chromium', 'chromium') },
  { name: 'Firefox', launch: launchFirefox, missing: lacking(FIREFOX, 'Firefox', 'firefox-esr') },
  {
    name: 'WebKitGTK',
    consoleInPage: true,
    launch: launchWebKit,
    missing: lacking(
      which('WebKitWebDriver') && which(MINI_BROWSER) && which('Xvfb'),
      'WebKitGTK',
      'webkit2gtk-driver xvfb',
    ),
  },
];

/** A suite for each engine. Under CI=true a missing engine is a failure, else a skip that says how to get it. */
export function eachEngine(body, engines = ENGINES) {
  for (const engine of engines) {
    describe(engine.name, () => {
      if (!engine.missing) return body(engine);
      const isFailure = process.env.CI === 'true';
      test('is installed', { skip: !isFailure && engine.missing }, () => { throw new Error(engine.missing); });
    });
  }
}

/** Calls `probe` until it gives something true; fails after the deadline with what it last gave. */
export async function until(probe, what, deadline = DEADLINE) {
  const end = Date.now() + deadline;
  for (;;) {
    const found = await probe();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited ${deadline} ms in vain for ${what}`);
    await sleep(25);
  }
}

function lacking(found, name, packages) {
  return found ? undefined : `${name} is not installed: apt-get install ${packages}`;
}

async function launchChromium({ scripting = true } = {}) {
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const quiet = ['--disable-background-networking', '--disable-component-update', '--no-first-run'];
  const browser = await puppeteer.launch({
    executablePath: CHROMIUM,
    headless: true,
    args: ['--disable-gpu', ...quiet, ...asRoot],
  });
  return new PuppeteerBrowser(browser, scripting);
}

async function launchFirefox({ scripting = true } = {}) {
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: FIREFOX,
    headless: true,
    extraPrefsFirefox: {
      // Nothing of the browser's own shall cross the network.
      'network.captive-portal-service.enabled': false,
      'network.connectivity-service.enabled': false,
      'javascript.enabled': scripting,
    },
  });
  return new PuppeteerBrowser(browser);
}

class PuppeteerBrowser {
  constructor(browser, scripting = true) {
    this.browser = browser;
    this.scripting = scripting;
  }

  async open(url) {
    const page = await this.browser.newPage();
    page.setDefaultTimeout(DEADLINE);
    if (!this.scripting) await page.setJavaScriptEnabled(false);
    const opened = new PuppeteerPage(page);
    await opened.goto(url);
    return opened;
  }

  async close() {
    await this.browser.close();
  }
}

class PuppeteerPage {
  console = [];

  constructor(page) {
    this.page = page;
    page.on('console', (message) => this.console.push(message.text()));
    page.on('pageerror', (error) => this.console.push(String(error)));
  }

  async goto(url) {
    await this.page.goto(url, { waitUntil: 'load' });
  }

  /** Asked in the page: Puppeteer's own answer lags behind in Firefox. */
  url() {
    return this.evaluate(() => location.href);
  }

  async type(selector, text) {
    await this.page.type(selector, text);
  }

  /** Types into what has the focus. */
  async keys(text) {
    await this.page.keyboard.type(text);
  }

  /** A key, or several held together: `Control+z`. */
  async press(keys) {
    const held = keys.split('+');
    const key = held.pop();
    for (const modifier of held) await this.page.keyboard.down(modifier);
    await this.page.keyboard.press(key);
    for (const modifier of held) await this.page.keyboard.up(modifier);
  }

  focus(selector) {
    return this.evaluate(focusOn, selector);
  }

  async click(selector) {
    await this.page.click(selector);
  }

  async select(selector, value) {
    await this.page.select(selector, value);
  }

  /** Runs a function in the page and gives what it returns, promises awaited. */
  evaluate(body, ...values) {
    return this.page.evaluate(body, ...values);
  }

  waitFor(body, what = String(body), ...values) {
    return until(() => this.evaluate(body, ...values).catch(ifNavigating), what);
  }

  async screenshot(path, { width = 1280, height = 900 } = {}) {
    mkdirSync(dirname(path), { recursive: true });
    await this.page.setViewport({ width, height });
    await this.page.screenshot({ path });
  }

  async close() {
    await this.page.close();
  }
}

/** A page that is being left has no context to ask: ask again. */
function ifNavigating(error) {
  if (/context|navigat|detached|destroyed|no such frame|DiscardedBrowsingContext/i.test(String(error))) return undefined;
  throw error;
}
