// Keys of a US keyboard as the DevTools protocol names them.

import { needsShift } from './hand.js';

const NAMED = {
  Shift: { code: 'ShiftLeft', keyCode: 16, location: 1 },
  Control: { code: 'ControlLeft', keyCode: 17, location: 1 },
  Backspace: { code: 'Backspace', keyCode: 8 },
  Tab: { code: 'Tab', keyCode: 9 },
  Enter: { code: 'Enter', keyCode: 13, text: '\r' },
};
const SYMBOLS = {
  '-': ['Minus', 189, '_'], '=': ['Equal', 187, '+'], '[': ['BracketLeft', 219, '{'], ']': ['BracketRight', 221, '}'],
  '\\': ['Backslash', 220, '|'], ';': ['Semicolon', 186, ':'], "'": ['Quote', 222, '"'], '`': ['Backquote', 192, '~'],
  ',': ['Comma', 188, '<'], '.': ['Period', 190, '>'], '/': ['Slash', 191, '?'],
};
const ABOVE_DIGITS = ')!@#$%^&*(';

/** The parameters of `Input.dispatchKeyEvent`, or undefined for what the keyboard does not have. */
export function keyOf(key) {
  if (NAMED[key]) return parameters(key, NAMED[key]);
  if (key === ' ') return parameters(key, { code: 'Space', keyCode: 32, text: ' ' });
  if (/^[a-z]$/i.test(key)) {
    const upper = key.toUpperCase();
    return parameters(key, { code: `Key${upper}`, keyCode: upper.charCodeAt(0), text: key });
  }
  const digit = /^\d$/.test(key) ? Number(key) : ABOVE_DIGITS.indexOf(key);
  if (digit >= 0) return parameters(key, { code: `Digit${digit}`, keyCode: 48 + digit, text: key });
  for (const [plain, [code, keyCode, shifted]] of Object.entries(SYMBOLS)) {
    if (key === plain || key === shifted) return parameters(key, { code, keyCode, text: key });
  }
  return undefined;
}

function parameters(key, { code, keyCode, text, location }) {
  const plain = needsShift(key) && text?.length === 1 ? plainOf(key) : text;
  return {
    key, code, windowsVirtualKeyCode: keyCode, nativeVirtualKeyCode: keyCode,
    ...(text && { text, unmodifiedText: plain }), ...(location && { location }),
  };
}

function plainOf(key) {
  const digit = ABOVE_DIGITS.indexOf(key);
  if (digit >= 0) return String(digit);
  for (const [plain, [, , shifted]] of Object.entries(SYMBOLS)) if (shifted === key) return plain;
  return key.toLowerCase();
}
