// A browser with a window on a screen, and the screen's own mouse and keyboard: what its page hears has come the whole way.
//
// The debugging port is there to ask where things are, and not to act.

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { start, stop } from '../lib/children.js';
import { which } from '../lib/paths.js';
import { launchUnflagged, leftBehind } from './chromium.js';
import { Human } from './human.js';

const run = promisify(execFile);
const DEVICE = new URL('device.py', import.meta.url).pathname;
const KEYSYMS = { Shift: 0xffe1, Control: 0xffe3, Backspace: 0xff08, Tab: 0xff09, Enter: 0xff0d };

export const missing = ['Xvfb', 'python3', 'dbus-daemon', 'gdbus'].every((program) => which(program))
  ? undefined
  : 'a desktop is not installed: apt-get install xvfb python3 dbus libglib2.0-bin at-spi2-core libxtst6';

/** Runs a body with a page on a desktop of its own, and waits for the page after it. */
export async function onDesktop(url, body, { seed, ...hands } = {}) {
  const runtime = mkdtempSync(join(tmpdir(), 'desktop-'));
  const children = [];
  const begin = (...command) => { const child = start(...command); children.unshift(child); return child; };
  let browser;
  try {
    const screen = ['-screen', '0', '1600x1100x24', '-nolisten', 'tcp'];
    const server = begin('Xvfb', ['-displayfd', '3', ...screen], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
    const DISPLAY = `:${await firstLine(server.stdio[3])}`;
    const bus = begin('dbus-daemon', ['--session', '--print-address', '--nofork'], {
      env: { ...process.env, DISPLAY, XDG_RUNTIME_DIR: runtime }, stdio: ['ignore', 'pipe', 'ignore'],
    });
    const env = {
      ...process.env, DISPLAY, XDG_RUNTIME_DIR: runtime, DBUS_SESSION_BUS_ADDRESS: await firstLine(bus.stdout),
      // Without these, Chromium does not load the bridge to assistive technology.
      ACCESSIBILITY_ENABLED: '1', GNOME_ACCESSIBILITY: '1',
    };
    const assistive = new Assistive(env);
    await assistive.connect();
    browser = await launchUnflagged({ headless: false, env, args: ['--force-renderer-accessibility', '--test-type'] });
    const [page] = await browser.pages();
    const device = begin('python3', [DEVICE], { env, stdio: ['pipe', 'ignore', 'inherit'] });
    await page.goto(url, { waitUntil: 'load' });
    await sleep(500);
    device.stdin.write('focus\n');
    const human = new HumanAtDesk({ page, device, corner: await page.evaluate(cornerOfPage) }, { seed, ...hands });
    await human.pause(900);
    await body({ human, page, assistive });
    await leftBehind(url, () => page.url());
  } finally {
    await browser?.close().catch(() => browser.process()?.kill('SIGKILL'));
    for (const child of children) await stop(child);
    rmSync(runtime, { recursive: true, force: true });
  }
}

function firstLine(stream) {
  return new Promise((done, failed) => {
    stream.once('data', (text) => done(String(text).trim().split('\n')[0]));
    stream.once('end', () => failed(new Error('a program of the desktop did not start')));
  });
}

/** Runs in the page: where its upper left corner is on the screen. */
function cornerOfPage() {
  return { x: screenX + (outerWidth - innerWidth) / 2, y: screenY + outerHeight - innerHeight };
}

class HumanAtDesk extends Human {
  constructor({ page, device, corner }, options) {
    super({ page }, options);
    Object.assign(this, { hardware: device, corner });
  }

  tell(...words) {
    this.hardware.stdin.write(`${words.join(' ')}\n`);
  }

  mouse(type, { deltaY } = {}) {
    if (type === 'mousePressed') this.tell('press', 1);
    else if (type === 'mouseReleased') this.tell('release', 1);
    else if (type === 'mouseMoved') this.tell('move', Math.round(this.place.x + this.corner.x), Math.round(this.place.y + this.corner.y));
    else if (type === 'mouseWheel') for (const action of ['press', 'release']) this.tell(action, deltaY > 0 ? 5 : 4);
  }

  key(isDown, name) {
    this.tell(isDown ? 'down' : 'up', KEYSYMS[name] ?? name.codePointAt(0));
  }
}

const ROOT = '/org/a11y/atspi/accessible/root';

/** What gdbus prints of references: `(':1.2', objectpath '/org/…')`, the words in the first alone. */
function placesIn(answer) {
  return [...answer.matchAll(/'(:[\d.]+)', (?:objectpath )?'([^']+)'/g)].map(([, dest, path]) => ({ dest, path }));
}

/** What a screen reader does to a page: AT-SPI's calls, by gdbus. */
class Assistive {
  constructor(env) {
    this.env = env;
  }

  async connect() {
    const session = ['--session', '--dest', 'org.a11y.Bus', '--object-path', '/org/a11y/bus'];
    const answer = await this.#gdbus(...session, '--method', 'org.a11y.Bus.GetAddress');
    [, this.address] = answer.match(/'([^']+)'/);
    await this.#gdbus(...session, '--method', 'org.freedesktop.DBus.Properties.Set', 'org.a11y.Status', 'IsEnabled', '<true>');
  }

  /** Focuses what has this name, as a screen reader's cursor does. */
  focus(name) {
    return this.#onNamed(name, 'org.a11y.atspi.Component.GrabFocus');
  }

  /** Does what it is there for: a button's press, as Enter in a screen reader's browse mode asks for it. */
  act(name) {
    return this.#onNamed(name, 'org.a11y.atspi.Action.DoAction', '0');
  }

  async #onNamed(name, method, ...words) {
    this.widgets ??= await this.#allWidgets();
    const place = this.widgets.get(name);
    if (!place) throw new Error(`no accessible is named ${name}, but ${[...this.widgets.keys()].join(', ')}`);
    return this.#ask(place, method, ...words);
  }

  /** Every named widget of the one browser on this bus. */
  async #allWidgets() {
    const registry = { dest: 'org.a11y.atspi.Registry', path: ROOT };
    const widgets = new Map();
    let places = placesIn(await this.#ask(registry, 'org.a11y.atspi.Accessible.GetChildren'));
    while (places.length > 0) {
      const next = [];
      // A handful at a time: each question is a program of its own.
      for (let start = 0; start < places.length; start += 4) {
        const found = await Promise.all(places.slice(start, start + 4).map((place) => this.#look(place, widgets)));
        next.push(...found.flat());
      }
      places = next;
    }
    return widgets;
  }

  async #look(place, widgets) {
    const [name, role, children] = await Promise.all([
      this.#ask(place, 'org.freedesktop.DBus.Properties.Get', 'org.a11y.atspi.Accessible', 'Name'),
      this.#ask(place, 'org.a11y.atspi.Accessible.GetRoleName'),
      this.#ask(place, 'org.a11y.atspi.Accessible.GetChildren'),
    ]);
    // A text of the same words is no widget.
    if (/button|entry|text box|password|combo/.test(role)) widgets.set(name.match(/<['"](.*)['"]>/)?.[1] ?? '', place);
    return placesIn(children);
  }

  #ask({ dest, path }, method, ...words) {
    return this.#gdbus('--address', this.address, '--dest', dest, '--object-path', path, '--method', method, ...words);
  }

  async #gdbus(...words) {
    const { stdout } = await run('gdbus', ['call', ...words], { env: this.env });
    return stdout;
  }
}
