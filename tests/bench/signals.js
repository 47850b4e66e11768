// What the record of how a form was filled costs: per event, at the submit, and in the payload.

import { summary } from './statistics.js';

const MOVES = 1500;
const CLOSINGS = 200;

/** Summaries in milliseconds of {event, empty, closing}, the longest task, and the claim's {bytes}; real events, in an engine that Puppeteer drives. */
export async function measureSignals(browser, site) {
  const page = await browser.open(`${site.origin}/collecting.html`);
  await page.waitFor(() => globalThis.bench, 'the page');
  await page.evaluate((count) => globalThis.bench.close(count), CLOSINGS);
  await fill(page, 200);
  // So far in cold code, and with the tasks of getting ready.
  await page.evaluate(() => [globalThis.bench.times(), globalThis.bench.emptyTimes(), globalThis.bench.longTasks()]);
  await fill(page, MOVES);
  const [events, emptyEvents, longTasks, closings, bytes] = await page.evaluate(() => {
    const { bench } = globalThis;
    const [events, emptyEvents] = [bench.times(), bench.emptyTimes()];
    const longTasks = bench.longTasks();
    return [events, emptyEvents, longTasks, bench.closing(), bench.bytes()];
  });
  await page.close();
  return { event: summary(events), empty: summary(emptyEvents), closing: summary(closings), longTasks: longTasks.length, bytes };
}

/** Moves about, presses, and types into every field. */
async function fill(page, moves) {
  const { mouse } = page.page;
  for (let move = 0; move < moves; move += 1) {
    await mouse.move(400 + 300 * Math.sin(move / 17), 300 + 200 * Math.cos(move / 11));
  }
  const count = await page.evaluate(() => document.forms[0].length);
  for (let index = 0; index < count; index += 1) {
    await page.click(`input:nth-of-type(${index + 1})`);
    await page.keys('12');
    await page.press('Backspace');
    await page.press('Backspace');
  }
}
