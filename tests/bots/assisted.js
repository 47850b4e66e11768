// People whose clicks are made for them, by screen readers and by voice.

import { missing, onDesktop } from './desktop.js';
import { person } from './person.js';
import { FIND } from './synthetic.js';

/** A field that assistive technology gives the focus to: no key and no pointer of that reaches the page. */
async function giveFocus({ session }, selector) {
  const { result } = await session.send('Runtime.evaluate', { expression: `(${FIND})(${JSON.stringify(selector)})` });
  await session.send('DOM.focus', { objectId: result.objectId });
}

/** The pointer is set down at the middle, and pressed for no time: a system tells of the one move before it. */
async function pressMiddle(human, selector) {
  const box = await human.box(selector);
  human.place = { x: Math.round(box.x + box.width / 2), y: Math.round(box.y + box.height / 2) };
  await human.mouse('mouseMoved');
  await human.press(0);
}

async function byFocus(visit, press, enter = (text) => visit.human.type(text)) {
  const { human, values, submit } = visit;
  for (const [selector, text] of Object.entries(values)) {
    await human.pause(900);
    await giveFocus(visit, selector);
    await human.pause(400);
    await enter(text);
  }
  await human.pause(900);
  await giveFocus(visit, submit);
  await human.pause(300);
  await press(human, submit);
}

/**
 * Speech control ("click Pay" of Voice Access, Voice Control, Dragon), and screen readers that route the mouse to their
 * object where it has no action (NVDA's `mouseHandler`, JAWS's "route JAWS to PC"): a press at the middle, held for no time.
 */
const spoken = person('speech control', (visit) => byFocus(visit, pressMiddle));

/** No hands at all: fields by their names, their texts by dictation. Of a bot that does the same, only the times differ. */
const handsFree = person('speech for everything', (visit) => byFocus(visit, pressMiddle, async (text) => {
  for (const phrase of text.match(/.{1,5}/g)) {
    await visit.human.pause(700);
    await visit.session.send('Input.insertText', { text: phrase });
  }
}));

/**
 * A real screen reader's calls (AT-SPI here; IAccessible2 of NVDA and JAWS, ACTION_CLICK of TalkBack and Switch Access end in
 * the same lines of Chromium): the focus by GrabFocus, the button by DoAction. Chromium then makes pointerdown, mousedown,
 * pointerup, mouseup, click itself, trusted, at the button's middle, without pointerover (Blink's
 * EventDispatcher::DispatchSimulatedClick, SimulatedClickCreationScope::kFromAccessibility). WebKit's counterpart is
 * AccessibilityObject::press. The keys are those of the desktop.
 */
const screenReader = {
  name: 'screen reader',
  missing,
  mayBeMissing: true,
  run: (url, { values, submit, seed }) => onDesktop(url, async ({ human, page, assistive }) => {
    for (const [selector, text] of Object.entries(values)) {
      await assistive.focus(await nameOf(page, selector));
      await human.pause(900);
      await human.type(text);
      await human.pause(600);
    }
    await assistive.act(await nameOf(page, submit));
  }, { seed }),
};

function nameOf(page, selector) {
  return page.$eval(selector, (element) => element.ariaLabel ?? (element.labels[0] ?? element).textContent.trim());
}

export const ASSISTED = [spoken, handsFree, screenReader];
