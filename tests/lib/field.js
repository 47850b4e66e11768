// One field of a page beside its model: what is done to the one is done to the other, and then they are compared.

import assert from 'node:assert/strict';
import { Line } from './line.js';

const PLAIN = `
  <label>Card number <input id="number" autocomplete="cc-number"></label> <label>Expiry date <input id="expiry" autocomplete="cc-exp"></label>
  <label>Security code <input id="csc" autocomplete="cc-csc"></label>`;
/** The text area is for `paste`. */
const OTHERS = '<label>IBAN <input id="iban" data-seal="iban"></label> <textarea id="clipboard" aria-label="Clipboard"></textarea>';

/** The two ways to write a form, and where their fields are. The element has no IBAN. */
export const PLACES = {
  'plain inputs': { inputs: PLAIN + OTHERS, at: (id) => `#${id}`, ids: ['number', 'expiry', 'csc', 'iban'] },
  '<tillseal-card>': {
    inputs: `<tillseal-card></tillseal-card> ${OTHERS}`,
    at: (id) => `tillseal-card >>> #${id}`,
    ids: ['number', 'expiry', 'csc'],
  },
};

/** The fields, each with what keys a random hand hits. No brand is known whose numbers begin with 0, 1 or 7. */
export const FIELDS = {
  number: { token: 'cc-number', characters: '017' },
  expiry: { token: 'cc-exp', characters: '0123456789/' },
  csc: { token: 'cc-csc', characters: '0123456789' },
  iban: { token: 'iban', characters: 'DEfr0189' },
};

/** Keys of a random hand, the same for the same seed (xorshift32). */
export function* randomKeys(characters, seed, count) {
  const random = (below) => {
    seed ^= seed << 13;
    seed ^= seed >>> 17;
    seed ^= seed << 5;
    return (seed >>> 0) % below;
  };
  const others = ['Backspace', 'Backspace', 'Delete', 'ArrowLeft', 'ArrowLeft', 'ArrowRight', 'Home', 'End', 'Shift+ArrowLeft', 'Shift+ArrowRight'];
  for (let done = 0; done < count; done += 1) yield random(10) < 6 ? characters[random(characters.length)] : others[random(others.length)];
}

/** The field that has the focus, wherever its shadow root is. Runs in the page. */
function shownInPage() {
  let field = document.activeElement;
  while (field.shadowRoot) field = field.shadowRoot.activeElement;
  return { text: field.value, selection: [field.selectionStart, field.selectionEnd] };
}

/** Opens a field of a page, which ` >>> ` may lead to. */
export async function openField(page, token, selector) {
  const field = new Field(page, selector, await Line.of(token));
  await page.focus(selector);
  return field;
}

class Field {
  /** What was done, for whoever reads a failure. */
  #done = [];

  constructor(page, selector, line) {
    this.page = page;
    this.selector = selector;
    this.line = line;
  }

  shown() {
    return this.page.evaluate(shownInPage);
  }

  async isAsModelled() {
    assert.deepEqual(await this.shown(), this.line.shown, `${this.selector} after: ${this.#done.join(' ')}`);
  }

  async press(keys) {
    await this.page.press(keys);
    this.line.press(keys);
    this.#done.push(keys);
    await this.isAsModelled();
  }

  async type(text) {
    for (const character of text) await this.press(character);
  }

  /** Through the clipboard of the browser: copied from a text area, pasted by its key. */
  async paste(text) {
    const [start, end] = this.line.selection;
    await this.page.evaluate((text) => {
      const clipboard = document.querySelector('#clipboard');
      clipboard.value = text;
      clipboard.focus();
      clipboard.select();
    }, text);
    await this.page.press('Control+c');
    await this.page.focus(this.selector);
    await this.select(start, end);
    await this.page.press('Control+v');
    this.line.insert(text);
    this.#done.push(`paste ${JSON.stringify(text)}`);
    await this.isAsModelled();
  }

  async select(start, end = start) {
    await this.page.evaluate((start, end) => {
      let field = document.activeElement;
      while (field.shadowRoot) field = field.shadowRoot.activeElement;
      field.setSelectionRange(start, end);
    }, start, end);
    Object.assign(this.line, { anchor: start, caret: end });
  }

  /** Takes the browser's own word for what stands there now: after an undo, or a deletion by words. */
  async adopt() {
    const { text, selection: [anchor, caret] } = await this.shown();
    Object.assign(this.line, { text, anchor, caret });
    return text;
  }

  /** As the browser fills in: the value as a whole, and events without a key, an `inputType` or a `beforeinput`. */
  async fill(text) {
    await this.page.evaluate((selector, text) => {
      const field = selector.split(' >>> ').reduce((root, step) => (root.shadowRoot ?? root).querySelector(step), document);
      field.value = text;
      field.dispatchEvent(new Event('input', { bubbles: true, composed: true }));
      field.dispatchEvent(new Event('change', { bubbles: true }));
    }, this.selector, text);
  }

  async empty() {
    if (this.line.text) {
      await this.press('Control+a');
      await this.press('Backspace');
    }
  }
}
