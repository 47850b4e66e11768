// People at odd keyboards, or with nothing but one.

import { setTimeout as sleep } from 'node:timers/promises';
import { autofill, cardField } from './filled.js';
import { TYPIST } from './hand.js';
import { clickThrough, person } from './person.js';
import { FIND } from './synthetic.js';

const isThere = ({ page }, selector) => page.evaluate(`(() => {
  let active = document.activeElement;
  while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
  return active === (${FIND})(${JSON.stringify(selector)});
})()`);

/** Tab to each field, and Enter in the last: the browser clicks the button itself. */
const noPointer = person('keyboard only', async (visit) => {
  const { human, values } = visit;
  for (const [selector, text] of Object.entries(values)) {
    for (let tries = 0; tries < 60 && !(await isThere(visit, selector)); tries += 1) {
      await human.pause(230);
      await human.strike('Tab');
    }
    await human.pause(320);
    await human.type(text);
  }
  await human.pause(600);
  await human.strike('Enter');
});

/** One finger, and a look at the keyboard for every key. The card is the browser's, so that it ends within a minute. */
const slow = person('slow typist', async (visit) => {
  const { human, values, submit } = visit;
  await human.click(await cardField(visit));
  await human.pause(1500);
  for (const selector of await autofill(visit)) {
    await human.click(selector);
    await human.pause(600);
    // Addresses of the demo shop would be another minute: those are quicker, the email is not.
    human.typist = values[selector].includes('@') ? SLOW : TYPIST;
    await human.type(values[selector]);
  }
  await human.click(submit);
});
const SLOW = { flight: 850, spread: 0.3, dwell: 190, dwellSpread: 0.35, typos: 0 };

/** Half of it, then another tab for a look at the card's statement, then the rest. */
const returns = person('returning tab', async (visit) => {
  const { human, values, browser, page } = visit;
  let left = Math.ceil(Object.keys(values).length / 2);
  await clickThrough(visit, async (text) => {
    await human.type(text);
    left -= 1;
    if (left !== 0) return;
    const other = await browser.newPage();
    await other.bringToFront();
    await sleep(4000);
    await page.bringToFront();
    await human.pause(600);
  });
});

/**
 * KeePass and its like, text expanders, scanners: a program behind the keyboard's driver. Trusted keys, each up as soon as
 * it is down, as many as the queue takes: what `type` of an automation tool sends, but from an honest machine.
 */
const PROGRAM = { flight: 3, spread: 0.3, dwell: 1, dwellSpread: 0.3, typos: 0 };
const autoType = person('auto-type', (visit) => clickThrough(visit), { typist: PROGRAM });

/** The same with a whole entry in one go, as KeePass's `{TAB}` and `{ENTER}` have it: nothing but the first field was clicked. */
const autoTypesAll = person('auto-type with Tab', async (visit) => {
  const { human, values } = visit;
  const [first, ...others] = Object.keys(values);
  await human.click(first);
  await human.pause(2500);
  await human.type(values[first]);
  for (const selector of others) {
    await human.strike('Tab', 1);
    // The entry was written for this form.
    for (let tries = 0; tries < 60 && !(await isThere(visit, selector)); tries += 1) await human.strike('Tab', 1);
    await human.type(values[selector]);
  }
  await human.strike('Enter', 1);
}, { typist: PROGRAM });

/** A keyboard on the screen, of Windows or GNOME: the pointer leaves the page, and keys come that nobody held down. */
const onScreen = person('on-screen keyboard', async (visit) => {
  const { human } = visit;
  await clickThrough(visit, async (text) => {
    await human.moveTo({ x: human.random.uniform(300, 900), y: 868 }, 60);
    await human.type(text);
  });
}, { typist: { flight: 430, spread: 0.35, dwell: 1.5, dwellSpread: 0.2, typos: 0 } });

export const KEYBOARDS = [noPointer, slow, returns, autoType, autoTypesAll, onScreen];
