// A hand at a page of Chromium's, over the DevTools protocol: plans of hand.js, played at their times.
//
// What the plans cannot hide is the way in: the protocol's events are trusted, pass the same queues as a device's and are
// coalesced by the same frames, but none has been through an operating system.

import { setTimeout as sleep } from 'node:timers/promises';
import { MOUSE, TYPIST, aim, keyStrokes, pointerPath } from './hand.js';
import { keyOf } from './keymap.js';
import { randomFrom } from './random.js';

const MODIFIERS = { Alt: 1, Control: 2, Meta: 4, Shift: 8 };

export class Human {
  held = new Set();

  constructor({ page, session }, { seed, device = MOUSE, typist = TYPIST, hold = 92 } = {}) {
    Object.assign(this, { page, session, device, typist, hold, random: randomFrom(seed) });
    // The pointer comes in from the browser's own bars.
    this.place = { x: Math.round(this.random.uniform(200, 700)), y: 2 };
  }

  pause(median, sigma = 0.35) {
    return sleep(this.random.logNormal(median, sigma));
  }

  /** X11, Wayland and most drivers stamp events in whole ms; the protocol would do so more finely, and be known by it. */
  stamp() {
    return Date.now() / 1000;
  }

  /** Plays steps at their times; a step that is late is played at once, as a queue would. None waits for the page's answer. */
  async play(steps, act) {
    const start = performance.now();
    const began = Date.now();
    const sent = [];
    for (const step of steps) {
      const wait = start + step.t - performance.now();
      if (wait > 0.5) await sleep(wait);
      this.planned = began + step.t;
      sent.push(act(step));
    }
    this.planned = undefined;
    // A page that is left in the midst of a step has no more answers.
    await Promise.allSettled(sent);
  }

  mouse(type, more = {}) {
    const { x, y } = this.place;
    const place = { x: Math.round(x), y: Math.round(y) };
    const event = { type, ...place, button: 'none', buttons: 0, pointerType: 'mouse', timestamp: this.stamp(), ...more };
    return this.session.send('Input.dispatchMouseEvent', event);
  }

  async moveTo(to, width = 40) {
    await this.play(pointerPath(this.place, to, width, this.random, this.device), (step) => {
      // A mouse reports whole pixels, and only when there is something new.
      const next = { x: Math.round(step.x), y: Math.round(step.y) };
      if (next.x === this.place.x && next.y === this.place.y) return undefined;
      this.place = next;
      return this.mouse('mouseMoved');
    });
  }

  /** Down, and up after a while; the hand slips by a pixel at times. */
  async press(hold = this.random.logNormal(this.hold, 0.22), clickCount = 1) {
    await this.play([{ t: 0 }, { t: hold * 0.6, slips: this.random.chance(0.15) }, { t: hold, isUp: true }], (step) => {
      if (step.slips) {
        this.place = { ...this.place, x: this.place.x + 1 };
        return this.mouse('mouseMoved', { button: 'left', buttons: 1, force: 0.5 });
      }
      if (step.slips === false) return undefined;
      const button = { button: 'left', clickCount };
      return step.isUp ? this.mouse('mouseReleased', button) : this.mouse('mousePressed', { ...button, buttons: 1, force: 0.5 });
    });
  }

  async box(selector) {
    // An element that a module has yet to define has no insides at first.
    const element = (await this.page.$(selector)) ?? (await this.page.waitForSelector(selector));
    return element.boundingBox();
  }

  /** How much of the page can be seen. */
  view() {
    return this.page.evaluate(() => ({ width: innerWidth, height: innerHeight }));
  }

  /** Turns the wheel until the box is well inside the window. */
  async bringInView(selector) {
    for (let tries = 0; tries < 12; tries += 1) {
      const box = await this.box(selector);
      const { height } = await this.view();
      if (box.y > 60 && box.y + box.height < height - 60) return box;
      await this.turnWheel(box.y < 60 ? -1 : 1, Math.ceil(Math.min(4, Math.abs(box.y - height / 2) / 110)));
      await this.pause(350);
    }
    return this.box(selector);
  }

  async turnWheel(direction, notches) {
    const steps = [];
    for (let t = 0, left = notches; left > 0; left -= 1, t += this.random.uniform(45, 160)) steps.push({ t });
    await this.play(steps, () => this.mouse('mouseWheel', { deltaX: 0, deltaY: direction * 120 }));
  }

  async click(selector, settle = 130) {
    const box = await this.bringInView(selector);
    await this.moveTo(aim(box, this.random), Math.min(box.width, box.height));
    await this.pause(settle);
    await this.press();
  }

  key(isDown, name) {
    const key = keyOf(name);
    if (!key) return isDown ? this.session.send('Input.insertText', { text: name }) : undefined;
    if (isDown) this.held.add(name);
    else this.held.delete(name);
    const modifiers = [...this.held].reduce((all, held) => all | (MODIFIERS[held] ?? 0), 0);
    const { text, unmodifiedText, ...rest } = key;
    const isTyping = text && !(modifiers & MODIFIERS.Control);
    const type = !isDown ? 'keyUp' : isTyping ? 'keyDown' : 'rawKeyDown';
    const typed = isDown && isTyping && { text, unmodifiedText };
    return this.session.send('Input.dispatchKeyEvent', { type, modifiers, timestamp: this.stamp(), ...rest, ...typed });
  }

  type(text) {
    return this.play(keyStrokes(text, this.random, this.typist), ({ isDown, key }) => this.key(isDown, key));
  }

  /** One key, or a chord: `Control+v`. */
  async strike(keys, dwell = this.random.logNormal(this.typist.dwell, 0.25)) {
    const names = keys.split('+');
    const gap = names.length > 1 ? this.random.uniform(60, 140) : 0;
    const steps = names.map((key, place) => ({ t: place * gap, isDown: true, key }));
    const end = steps.at(-1).t + dwell;
    steps.push(...[...names].reverse().map((key, place) => ({ t: end + place * gap * 0.5, isDown: false, key })));
    await this.play(steps, ({ isDown, key }) => this.key(isDown, key));
  }
}
