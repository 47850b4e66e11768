// A small WebDriver client for WebKitGTK: its MiniBrowser, driven by WebKitWebDriver on a display of its own.

import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { start, stop } from './children.js';
import { focusOn } from './focus.js';
import { which } from './paths.js';

const DEADLINE = 20_000;
/** The member of a WebDriver element reference (W3C WebDriver §12.1). */
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';
/** W3C WebDriver §17.4.2. */
const KEYS = {
  Backspace: '\ue003', Tab: '\ue004', Enter: '\ue007', Shift: '\ue008', Control: '\ue009', Escape: '\ue00c', Space: ' ',
  End: '\ue010', Home: '\ue011', ArrowLeft: '\ue012', ArrowUp: '\ue013', ArrowRight: '\ue014', ArrowDown: '\ue015', Delete: '\ue017',
};

export const MINI_BROWSER =
  which(
    '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser',
    '/usr/lib/aarch64-linux-gnu/webkit2gtk-4.1/MiniBrowser',
    '/usr/libexec/webkit2gtk-4.1/MiniBrowser',
  ) ?? 'MiniBrowser';

export async function launchWebKit() {
  const display = await startDisplay();
  const port = await freePort();
  const environment = { ...process.env, DISPLAY: display.name, LIBGL_ALWAYS_SOFTWARE: '1' };
  const driver = start('WebKitWebDriver', [`--port=${port}`], { env: environment, stdio: 'ignore' });
  const browser = new WebKitBrowser(display, driver, `http://127.0.0.1:${port}`);
  try {
    await browser.start();
  } catch (error) {
    await browser.close();
    throw error;
  }
  return browser;
}

class WebKitBrowser {
  constructor(display, driver, address) {
    this.display = display;
    this.driver = driver;
    this.address = address;
  }

  async start() {
    for (const end = Date.now() + DEADLINE; ;) {
      const status = await fetch(`${this.address}/status`).catch(() => undefined);
      if (status?.ok) break;
      if (Date.now() > end) throw new Error('WebKitWebDriver does not answer');
      await sleep(50);
    }
    const options = { binary: MINI_BROWSER, args: ['--automation'] };
    const alwaysMatch = { 'webkitgtk:browserOptions': options };
    const session = await this.call('POST', '/session', { capabilities: { alwaysMatch } });
    this.session = `/session/${session.sessionId}`;
    await this.command('POST', '/timeouts', { script: DEADLINE, pageLoad: DEADLINE, implicit: 0 });
  }

  async open(url) {
    const page = new WebKitPage(this);
    await page.goto(url);
    return page;
  }

  async close() {
    if (this.session) await this.call('DELETE', this.session).catch(() => {});
    await stop(this.driver);
    await stop(this.display.server);
  }

  command(method, path, body) {
    return this.call(method, this.session + path, body);
  }

  async call(method, path, body) {
    const response = await fetch(this.address + path, {
      method,
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(2 * DEADLINE),
    });
    const { value } = await response.json();
    if (!response.ok) throw new Error(`${value.error}: ${value.message}`);
    return value;
  }
}

/** WebDriver has one window; a page is that window from now on. */
class WebKitPage {
  /** WebDriver has no console: the recorder listens in the page instead (`recorder.consoleLines`). */
  console = [];

  constructor(browser) {
    this.browser = browser;
  }

  async goto(url) {
    await this.browser.command('POST', '/url', { url });
  }

  url() {
    return this.browser.command('GET', '/url');
  }

  async type(selector, text) {
    await this.#on(selector, 'value', { text });
  }

  async keys(text) {
    await this.#act([...text].flatMap((value) => [{ type: 'keyDown', value }, { type: 'keyUp', value }]));
  }

  async press(keys) {
    const values = keys.split('+').map((key) => KEYS[key] ?? key);
    const ups = [...values].reverse().map((value) => ({ type: 'keyUp', value }));
    await this.#act([...values.map((value) => ({ type: 'keyDown', value })), ...ups]);
  }

  focus(selector) {
    return this.evaluate(focusOn, selector);
  }

  async click(selector) {
    await this.#on(selector, 'click', {});
  }

  async select(selector, value) {
    await this.#on(`${selector} option[value="${value}"]`, 'click', {});
  }

  evaluate(body, ...values) {
    const script = `const done = arguments[arguments.length - 1];
      Promise.resolve((${body})(...[...arguments].slice(0, -1)))
        .then((value) => done({ value }), (error) => done({ error: String(error) }));`;
    return this.browser.command('POST', '/execute/async', { script, args: values }).then(({ value, error }) => {
      if (error) throw new Error(error);
      return value;
    });
  }

  async waitFor(body, what = String(body), ...values) {
    for (const end = Date.now() + DEADLINE; ;) {
      // A page that is being left has nobody to ask: ask again.
      const found = await this.evaluate(body, ...values).catch(() => undefined);
      if (found) return found;
      if (Date.now() > end) throw new Error(`waited ${DEADLINE} ms in vain for ${what}`);
      await sleep(25);
    }
  }

  async screenshot(path, { width = 1280, height = 900 } = {}) {
    mkdirSync(dirname(path), { recursive: true });
    await this.browser.command('POST', '/window/rect', { width, height });
    const image = await this.browser.command('GET', '/screenshot');
    writeFileSync(path, Buffer.from(image, 'base64'));
  }

  async close() {
    await this.goto('about:blank');
  }

  async #act(actions) {
    await this.browser.command('POST', '/actions', { actions: [{ type: 'key', id: 'keyboard', actions }] });
  }

  async #on(selector, action, body) {
    const element = await this.browser.command('POST', '/element', { using: 'css selector', value: selector });
    await this.browser.command('POST', `/element/${element[ELEMENT]}/${action}`, body);
  }
}

/** An X server on a display number that it chooses itself. */
async function startDisplay() {
  const screen = ['-screen', '0', '1400x1200x24', '-nolisten', 'tcp'];
  const server = start('Xvfb', ['-displayfd', '3', ...screen], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  const number = await new Promise((done, failed) => {
    server.stdio[3].once('data', (text) => done(String(text).trim()));
    server.once('exit', () => failed(new Error('Xvfb did not start')));
  });
  return { server, name: `:${number}` };
}

function freePort() {
  return new Promise((done, failed) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => done(port));
    });
    probe.once('error', failed);
  });
}
