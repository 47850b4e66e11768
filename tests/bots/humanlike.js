// Bots that hide: a browser without its flags, and hands that move and type as people's do.

import { createCursor } from 'ghost-cursor';
import { DEADLINE, launchUnflagged, leftBehind, openUnflagged, withBrowser } from './chromium.js';
import { onDesktop } from './desktop.js';
import { Human } from './human.js';
import { RecordedHand } from './recorded.js';

/** Reads, moves, clicks, types and corrects as hand.js plans it; every random choice is its own. */
const byHand = (Hand) => (url, { values, submit, seed }) => withBrowser(launchUnflagged, async (browser) => {
  const tab = await openUnflagged(browser, url);
  const human = new Hand(tab, { seed });
  await human.pause(900);
  await shop(human, values, submit);
  await leftBehind(url, () => tab.page.url());
});

/** The same hand at the mouse and keyboard of a screen: no page can tell it from a shopper by the way its events came. */
function atDesk(url, { values, submit, seed }) {
  return onDesktop(url, ({ human }) => shop(human, values, submit), { seed });
}

async function shop(human, values, submit) {
  const { random } = human;
  await human.moveTo({ x: random.uniform(300, 800), y: random.uniform(250, 500) }, 300);
  await human.turnWheel(1, random.chance(0.5) ? 3 : 2);
  await human.pause(700);
  for (const [selector, text] of Object.entries(values)) {
    await human.click(selector);
    await human.pause(380);
    await human.type(text);
    await human.pause(420);
    // The hand goes back to the mouse, and rests on it.
    if (random.chance(0.3)) await human.moveTo({ x: human.place.x + random.normal(0, 60), y: human.place.y + random.normal(20, 30) }, 120);
  }
  // A look at what was typed.
  await human.turnWheel(-1, 1);
  await human.pause(800);
  await human.click(submit, 260);
}

/** The public library's paths and clicks, and keys with a dwell and a pause each. */
function byGhostCursor(url, { values, submit, seed }) {
  return withBrowser(launchUnflagged, async (browser) => {
    const tab = await openUnflagged(browser, url);
    const { page } = tab;
    const { random } = new Human(tab, { seed });
    const cursor = createCursor(page, { x: 300, y: 5 });
    const unhurried = { moveDelay: 400, hesitate: 120, waitForClick: 90 };
    page.setDefaultTimeout(DEADLINE);
    for (const [selector, text] of Object.entries(values)) {
      await cursor.click(await page.$(selector), unhurried);
      for (const character of text) {
        await page.keyboard.press(character, { delay: random.logNormal(85, 0.3) });
        await new Promise((done) => { setTimeout(done, random.logNormal(95, 0.4)); });
      }
    }
    await cursor.click(await page.$(submit), unhurried);
    await leftBehind(url, () => page.url());
  });
}

export const humanLike = {
  'a hand over CDP': byHand(Human),
  // Whoever hides may have recordings as well as we do.
  'recorded strokes over CDP': byHand(RecordedHand),
  'a hand at a desktop': atDesk,
  'ghost-cursor': byGhostCursor,
};
