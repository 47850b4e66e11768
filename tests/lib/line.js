// What a field must show after each key, modelled without our code: characters, gaps between them, and how many fit.

import { loadModule } from './module.js';

/** Which characters a field keeps, where its gaps are, and how many characters it holds. */
const LAYOUTS = {
  'cc-number': (kept) => (/^3[47]/.test(kept) ? { gaps: [4, 10], most: 15 } : { gaps: [4, 8, 12, 16], most: 19 }),
  'cc-csc': () => ({ gaps: [], most: 4 }),
  iban: () => ({ gaps: [4, 8, 12, 16, 20, 24, 28, 32], most: 34 }),
};
/** Where the digits of ASCII, of Arabic, of Persian and of full width begin. */
const ZEROS = [0x30, 0x660, 0x6f0, 0xff10];

/** A field's text and selection, as a person sees them. */
export class Line {
  text = '';
  /** Where the selection began, and where the caret stands. */
  anchor = 0;
  caret = 0;

  static async of(token) {
    const { Checkout } = await loadModule();
    return new Line(token, new Checkout());
  }

  constructor(token, checkout) {
    this.token = token;
    this.checkout = checkout;
  }

  get selection() {
    return [Math.min(this.anchor, this.caret), Math.max(this.anchor, this.caret)];
  }

  get shown() {
    return { text: this.text, selection: this.selection };
  }

  /** What a key does, or several at once, as `Shift+Home`. */
  press(keys) {
    const [start, end] = this.selection;
    const isExtending = keys.startsWith('Shift+');
    const key = keys.replace('Shift+', '');
    if (key === 'Backspace') return this.#edit('deleteContentBackward');
    if (key === 'Delete') return this.#edit('deleteContentForward');
    if (key === 'Control+x') return this.#edit('deleteByCut');
    if (key === 'Control+a') return Object.assign(this, { anchor: 0, caret: this.text.length });
    if (key.length === 1) return this.insert(key);
    const aside = { ArrowLeft: -1, ArrowRight: 1 }[key];
    if (key === 'Home') this.caret = 0;
    else if (key === 'End') this.caret = this.text.length;
    else if (start !== end && !isExtending) this.caret = aside < 0 ? start : end;
    else this.caret = Math.max(0, Math.min(this.text.length, this.caret + aside));
    if (!isExtending) this.anchor = this.caret;
  }

  /** Types or pastes. */
  insert(text) {
    this.#edit('insertText', text.replace(/^\W*IBAN/, ''));
  }

  #edit(inputType, data = '') {
    const [start, end] = this.selection;
    const edited = this.token === 'cc-exp' ? this.#asked(inputType, data, start, end) : this.#worked(inputType, data, start, end);
    this.text = edited.text;
    this.anchor = this.caret = edited.caret;
  }

  /** A date has rules of its own, which the module's property tests hold: here we ask it. */
  #asked(inputType, data, start, end) {
    const answer = this.checkout.edit([this.token, inputType, data, this.text].join('\0'), start, end);
    const space = answer.indexOf(' ');
    return { caret: Number(answer.slice(0, space)), text: answer.slice(space + 1) };
  }

  #worked(inputType, data, start, end) {
    const before = this.#kept(this.text.slice(0, start));
    const typed = this.#kept(data);
    const after = this.#kept(this.text.slice(end));
    if (start === end && inputType === 'deleteContentBackward') before.pop();
    if (start === end && inputType === 'deleteContentForward') after.shift();
    for (;; typed.pop()) {
      const all = [...before, ...typed, ...after];
      const { gaps, most } = LAYOUTS[this.token](all.join(''));
      if (all.length > most && typed.length > 0) continue;
      const laid = (count, isBehindGap) =>
        all.slice(0, count).map((character, at) => (gaps.includes(at) ? ` ${character}` : character)).join('') +
        (isBehindGap && gaps.includes(count) && count < all.length ? ' ' : '');
      // Delete leaves the caret behind the gap, where the next character is; all else leaves it where the last one is.
      const caret = laid(before.length + typed.length, inputType === 'deleteContentForward').length;
      return { text: laid(all.length), caret };
    }
  }

  #kept(text) {
    return [...text].map((character) => {
      const zero = ZEROS.find((zero) => character.codePointAt(0) >= zero && character.codePointAt(0) < zero + 10);
      if (zero !== undefined) return String(character.codePointAt(0) - zero);
      return this.token === 'iban' && /[a-z]/i.test(character) ? character.toUpperCase() : '';
    }).filter(Boolean);
  }
}
