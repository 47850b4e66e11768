// People with odd pointers: fingers, hands that shake, pads, gazes, far machines.

import { setTimeout as sleep } from 'node:timers/promises';
import { TREMBLING, TYPIST, aim } from './hand.js';
import { clickThrough, person } from './person.js';
import { strokeTo } from './recorded.js';

/** A finger: no hover, a contact of some width, a wobble below what is a scroll. */
class Finger {
  constructor(human) {
    this.human = human;
  }

  send(type, touchPoints) {
    return this.human.session.send('Input.dispatchTouchEvent', { type, touchPoints, timestamp: this.human.stamp() });
  }

  async tap(selector) {
    const { human } = this;
    const box = await this.bringInView(selector);
    const { x, y } = aim(box, human.random);
    const contact = { radiusX: human.random.uniform(9, 16), radiusY: human.random.uniform(9, 16), force: human.random.uniform(0.3, 0.8) };
    await human.play([{ t: 0 }, { t: human.random.logNormal(72, 0.3), isUp: true }], ({ isUp }) =>
      (isUp ? this.send('touchEnd', []) : this.send('touchStart', [{ x, y, ...contact }])));
  }

  async bringInView(selector) {
    const { human } = this;
    for (let tries = 0; tries < 10; tries += 1) {
      const box = await human.box(selector);
      if (box.y > 80 && box.y + box.height < 600) return box;
      await this.swipe(box.y > 600 ? -1 : 1);
      await human.pause(500);
    }
    return human.box(selector);
  }

  async swipe(direction) {
    const { random } = this.human;
    const x = random.uniform(180, 300);
    const start = direction < 0 ? 560 : 260;
    const [from, to] = [{ x, y: start }, { x, y: start + direction * 300 }];
    const moves = strokeTo(from, to, random, 'human_tel').map((move) => ({ ...move, type: 'touchMove' }));
    const steps = [{ ...from, t: 0, type: 'touchStart' }, ...moves, { t: moves.at(-1).t + 8, type: 'touchEnd' }];
    await this.human.play(steps, ({ type, x, y }) =>
      this.send(type, type === 'touchEnd' ? [] : [{ x, y, radiusX: 12, radiusY: 12, force: 0.5 }]));
  }
}

/** Android's keyboard: a keydown that names no key (229, "Unidentified"), the text from the keyboard itself, a keyup. */
async function softKey({ session }, text) {
  const key = { key: 'Unidentified', code: '', windowsVirtualKeyCode: 229, nativeVirtualKeyCode: 229 };
  await session.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', ...key });
  await session.send('Input.insertText', { text });
  await session.send('Input.dispatchKeyEvent', { type: 'keyUp', ...key });
}

const touches = person('touch', async ({ human, values, submit }) => {
  const finger = new Finger(human);
  for (const [selector, text] of Object.entries(values)) {
    await finger.tap(selector);
    await human.pause(700);
    for (const character of text) {
      await softKey(human, character);
      await human.pause(170);
    }
    await human.pause(500);
  }
  await finger.tap(submit);
}, { isMobile: true });

/** No recording is of a hand with Parkinson's: a tremor of our own lies on that of others. */
const trembles = person('tremor', async (visit) => {
  const { human, submit } = visit;
  await clickThrough({ ...visit, submit: Object.keys(visit.values)[0] });
  // Beside the button at first.
  const box = await human.bringInView(submit);
  await human.moveTo({ x: box.x + box.width + 9, y: box.y + box.height / 2 }, 30);
  await human.press();
  await human.pause(500);
  await human.click(submit);
}, { device: TREMBLING, hold: 170, typist: { flight: 260, spread: 0.55, dwell: 170, dwellSpread: 0.5, typos: 0.08 } });

/** A switch or a dwell clicker set to double clicks: two presses, a few ms each, the pointer as still as a stone. */
const doubleClicks = person('double clicks by a switch', async (visit) => {
  const { human, values, submit } = visit;
  const twice = async (selector) => {
    const box = await human.bringInView(selector);
    await human.moveTo(aim(box, human.random), Math.min(box.width, box.height));
    await sleep(1000);
    await human.press(human.random.uniform(4, 12));
    await sleep(60);
    await human.press(human.random.uniform(4, 12), 2);
  };
  for (const [selector, text] of Object.entries(values)) {
    await twice(selector);
    await human.pause(400);
    await human.type(text);
  }
  await twice(submit);
});

/** A pad that clicks when it is tapped: nothing between down and up. */
const pad = person('tap to click', (visit) => clickThrough(visit), { hold: 0.4, group: 'human_pc2_pad' });

/** A far screen (RDP, VNC): recorded inside of a virtual machine, where a report comes every 50 ms. */
const LATE = { ...TYPIST, dwell: 60, dwellSpread: 0.6 };
const farAway = person('remote desktop', (visit) => clickThrough(visit), { group: 'human_vm', typist: LATE });

/** An eye tracker: the pointer is set down where the gaze rests, one report, and pressed for a moment; keys as usual. */
const gazes = person('eye tracker', async (visit) => {
  const { human, values, submit } = visit;
  const look = async (selector) => {
    const box = await human.bringInView(selector);
    const { x, y } = aim(box, human.random);
    human.place = { x: Math.round(x), y: Math.round(y) };
    await human.mouse('mouseMoved');
    await human.pause(700);
    await human.press(human.random.uniform(0, 3));
    await human.pause(300);
  };
  for (const [selector, text] of Object.entries(values)) {
    await look(selector);
    await human.type(text);
  }
  await look(submit);
}, { typist: { ...TYPIST, dwell: 70 } });

export const POINTERS = [touches, trembles, doubleClicks, pad, farAway, gazes];
