// People who do not type what stands in their fields: clipboards, password managers, the browser, input methods, voices.

import { until } from '../lib/engines.js';
import { keyOf } from './keymap.js';
import { clickThrough, person } from './person.js';
import { ANNOUNCE, FIND } from './synthetic.js';

/** Copied in another tab, as from a vault on the web, and pasted with the key. */
const pastes = person('pastes with Control+V', async (visit) => {
  const { human, browser, page } = visit;
  const vault = await browser.newPage();
  await vault.setContent('<textarea id="vault"></textarea>');
  const copy = async (text) => {
    await vault.bringToFront();
    await vault.$eval('#vault', (area, text) => { area.value = text; area.focus(); area.select(); }, text);
    await vault.keyboard.down('Control');
    await vault.keyboard.press('c');
    await vault.keyboard.up('Control');
    await human.pause(500);
    await page.bringToFront();
    await human.pause(300);
  };
  await page.bringToFront();
  await clickThrough(visit, async (text) => {
    await copy(text);
    await human.strike('Control+v');
  });
});

/**
 * Bitwarden's order of events for each field (its insert-autofill-content.service.ts; 1Password's older scripts are its
 * forebears): click(), focus(), keydown, keyup, the value, keydown, keyup, input, change; 20 ms between fields. A content
 * script lives in an isolated world: so does this one.
 */
const VAULT = `async (values) => {
  const find = ${FIND};
  const keys = (field) => { for (const type of ['keydown', 'keyup']) field.dispatchEvent(new KeyboardEvent(type, { bubbles: true })); };
  for (const [selector, text] of Object.entries(values)) {
    const field = find(selector);
    await new Promise((done) => setTimeout(done, 20));
    field.click();
    field.focus();
    keys(field);
    field.value = text;
    keys(field);
    for (const type of ['input', 'change']) field.dispatchEvent(new Event(type, { bubbles: true }));
  }
}`;

async function inIsolatedWorld({ page, session }, script, values) {
  const { frameTree } = await session.send('Page.getFrameTree');
  const { executionContextId } = await session.send('Page.createIsolatedWorld', { frameId: frameTree.frame.id, worldName: 'extension' });
  const expression = `(${script})(${JSON.stringify(values)})`;
  const { exceptionDetails } = await session.send('Runtime.evaluate', { expression, contextId: executionContextId, awaitPromise: true });
  if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
  await page.bringToFront();
}

const extension = person('password manager, synthetic keys', async (visit) => {
  // Started by the manager's own shortcut or button: nothing of that is the page's to see.
  await visit.human.pause(1200);
  await inIsolatedWorld(visit, VAULT, visit.values);
  await visit.human.pause(1500);
  await visit.human.click(visit.submit);
});

/** A manager with fewer manners: the native setter, input, change; no keys, no clicks. */
const quietExtension = person('password manager, setter and input', async (visit) => {
  const script = ANNOUNCE.replace(/\n\s*find\(submit\)\.click\(\);/, '');
  await visit.human.pause(1200);
  await inIsolatedWorld(visit, script, visit.values);
  await visit.human.pause(1500);
  await visit.human.click(visit.submit);
});

/** The browser's own autofill of cards; what it does not fill in is typed. */
export async function autofill({ page, session, values }) {
  const tokens = {};
  for (const selector of Object.keys(values)) tokens[selector] = await page.$eval(selector, (field) => field.autocomplete);
  const [number] = Object.entries(tokens).find(([, token]) => token === 'cc-number') ?? [];
  const input = await page.$(number);
  const { frameTree } = await session.send('Page.getFrameTree');
  const text = (token) => values[Object.keys(tokens).find((selector) => tokens[selector] === token)] ?? '';
  const [month, year] = text('cc-exp').split('/');
  await session.send('Autofill.enable');
  await session.send('Autofill.trigger', {
    fieldId: await input.backendNodeId(),
    frameId: frameTree.frame.id,
    card: {
      number: text('cc-number').replaceAll(' ', ''), name: text('cc-name') || 'Zoe Quill', cvc: text('cc-csc'),
      expiryMonth: month, expiryYear: `20${year.slice(-2)}`,
    },
  });
  return Object.keys(tokens).filter((selector) => !tokens[selector].startsWith('cc-'));
}

const autofilled = person('browser autofill', async (visit) => {
  const { human, page, values, submit } = visit;
  const number = await cardField(visit);
  await human.click(number);
  // The choice is made in the browser's own list.
  await human.pause(1500);
  const left = await autofill(visit);
  await until(() => page.$eval(number, (field) => field.value), 'the card to be filled in');
  await human.pause(700);
  for (const selector of left) {
    await human.click(selector);
    await human.pause(300);
    await human.type(values[selector]);
  }
  await human.click(submit);
});

export async function cardField({ page, values }) {
  for (const selector of Object.keys(values)) {
    if (await page.$eval(selector, (field) => field.autocomplete === 'cc-number')) return selector;
  }
  throw new Error('no field for a card number');
}

/**
 * A Japanese input method in its usual mode: digits are composed at full width and taken over with Enter; every key that
 * the method takes is a keydown of 229 and "Process" (UI Events §4.3, Chromium on Windows and Linux).
 */
async function compose({ human, session }, text) {
  const wide = [...text.replaceAll(' ', '')].map((key) => String.fromCharCode(key.charCodeAt(0) + 0xfee0));
  for (let start = 0; start < wide.length; start += 4) {
    const part = wide.slice(start, start + 4);
    for (let length = 1; length <= part.length; length += 1) {
      const key = String.fromCharCode(part[length - 1].charCodeAt(0) - 0xfee0);
      const composed = part.slice(0, length).join('');
      await processed(session, key);
      await session.send('Input.imeSetComposition', { text: composed, selectionStart: length, selectionEnd: length });
      await human.pause(90, 0.25);
      await session.send('Input.dispatchKeyEvent', { type: 'keyUp', ...keyOf(key), text: undefined, unmodifiedText: undefined });
      await human.pause(110);
    }
    await processed(session, 'Enter');
    await session.send('Input.insertText', { text: part.join('') });
    await human.pause(90, 0.25);
    await session.send('Input.dispatchKeyEvent', { type: 'keyUp', key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 13 });
    await human.pause(250);
  }
}

function processed(session, key) {
  const { code } = keyOf(key);
  const taken = { key: 'Process', code, windowsVirtualKeyCode: 229, nativeVirtualKeyCode: 229 };
  return session.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', ...taken });
}

const inputMethod = person('input method', (visit) =>
  clickThrough(visit, (text) => (/[a-z]/i.test(text) ? visit.human.type(text) : compose(visit, text))));

/** As macOS hands dictation over: whole phrases, trusted, and no key. */
const dictates = person('dictation', (visit) => clickThrough(visit, async (text) => {
  for (const phrase of text.match(/.{1,5}/g)) {
    await visit.human.pause(700);
    await visit.session.send('Input.insertText', { text: phrase });
  }
}));

export const FILLED = [pastes, extension, quietExtension, autofilled, inputMethod, dictates];
