// What every honest visitor here has in common: a browser, a hand, a form, and the way out of it.
//
// Their pointers replay recordings (recorded.js), their keys are planned by hand.js.
//
// They come in the same browser without flags as the human-like bots. That is not honest of the browser: a debugging port
// is behind each of them, and what it leaves (no device in any operating system, no window on a screen) a real visitor
// would not have. It keeps the comparison fair: a rule that tells these people from those bots tells hands, not flags.

import { launchUnflagged, leftBehind, openUnflagged, withBrowser } from './chromium.js';
import { RecordedHand } from './recorded.js';

/** A visitor whose `fill({human, values, submit, browser, page, session})` ends with the form on its way. */
export function person(name, fill, { isMobile, ...hands } = {}) {
  const run = (url, { values, submit, seed }) => withBrowser(launchUnflagged, async (browser) => {
    const tab = await openUnflagged(browser, url, { isMobile });
    const human = new RecordedHand(tab, { seed, ...hands });
    await human.pause(900);
    await fill({ human, values, submit, browser, ...tab });
    await leftBehind(url, () => tab.page.url());
  });
  return { name, run };
}

/** Fills in field after field: a click, a text by `enter(text, selector)`, and the button at the end. */
export async function clickThrough({ human, values, submit }, enter = (text) => human.type(text)) {
  for (const [selector, text] of Object.entries(values)) {
    await human.click(selector);
    await human.pause(380);
    await enter(text, selector);
    await human.pause(420);
  }
  await human.click(submit);
}
