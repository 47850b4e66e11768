// What a keystroke in the card number takes of the main thread, with us and with a mask of others.

import { summary } from './statistics.js';

const PAN = '4539578763621486';
const ROUNDS = 25;
const TYPISTS = ['tillseal', 'imask'];

/** For each typist a summary of its keystrokes in milliseconds; real key events, in turn. */
export async function measureKeystrokes(browser, site) {
  const page = await browser.open(`${site.origin}/typing.html`);
  await page.waitFor(() => globalThis.bench?.isMasked && document.querySelector('#tillseal input').maxLength > 0, 'the form to be ready');
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const typist of TYPISTS) {
      await page.focus(`#${typist} input`);
      await page.keys(PAN);
      for (let digit = 0; digit < PAN.length; digit += 1) await page.press('Backspace');
    }
  }
  const times = await page.evaluate(() => globalThis.bench.times());
  await page.close();
  // The first round is cold code.
  return Object.fromEntries(TYPISTS.map((typist) => [typist, summary(times[typist].slice(2 * PAN.length))]));
}
