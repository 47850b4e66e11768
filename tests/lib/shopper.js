// A made-up shopper: values whose every disguise can be searched for, and what she does on a page.

import assert from 'node:assert/strict';
import { cscLeaks, leaks, panLeaks } from './leaks.js';

/** The card number is in a range that networks keep for tests. Neither it nor the CSC turns up in versions or ports. */
export const SHOPPER = { number: '3714 496353 98431', expiry: '12/31', csc: '7391', email: 'zoe.quill+till@shop.example' };

/** What a server opens of that. */
export const OPENED = { 'cc-number': '371449635398431', 'cc-exp': '12/2031', 'cc-csc': '7391', email: SHOPPER.email };

/** Types into the inputs of these ids, key by key. */
export async function fillIn(page, values = SHOPPER) {
  for (const [id, text] of Object.entries(values)) await page.type(`#${id}`, text);
}

/** The same in the `<tillseal-card>` of a page, whose inputs have these ids too. */
export async function fillInCard(page, { number, expiry, csc, name } = SHOPPER, card = 'tillseal-card') {
  for (const [id, text] of Object.entries({ number, expiry, csc, name })) {
    if (text === undefined) continue;
    await page.focus(`${card} >>> #${id}`);
    await page.keys(text);
  }
}

/** Fails where a request, a header, a URL, a body or a line of the console holds what was typed, in any disguise. */
export function assertNothingLeaked(recorder, lines = []) {
  const places = { requests: recorder.bytes, console: [...lines, ...recorder.consoleLines].join('\n') };
  for (const [place, text] of Object.entries(places)) {
    const found = {
      PAN: panLeaks(text, SHOPPER.number),
      CSC: cscLeaks(text, SHOPPER.csc),
      email: leaks(text, SHOPPER.email),
    };
    assert.deepEqual(found, { PAN: [], CSC: [], email: [] }, `in the ${place}`);
  }
}
