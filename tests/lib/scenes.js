// One browser for a suite, one page for a test, and a picture of what stood there when the test failed.

import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { SCRATCH } from './paths.js';

const TEST_DEADLINE = 60_000;

/** Gives `scene(name, body)`: a test whose body gets `visit(url)`, which opens a page in the suite's browser. */
export function scenesIn(engine, options) {
  let browser;
  before(async () => { browser = await engine.launch(options); }, { timeout: TEST_DEADLINE });
  after(async () => { await browser?.close(); });

  return function scene(name, body) {
    test(name, { timeout: TEST_DEADLINE }, async () => {
      let page;
      const visit = async (url) => {
        page = await browser.open(url);
        return page;
      };
      try {
        await body(visit);
      } catch (error) {
        const picture = join(SCRATCH, 'failures', `${engine.name} ${name}.png`.replace(/[^\w.-]+/g, '-'));
        const isTaken = await page?.screenshot(picture).then(() => true, () => false);
        if (isTaken) console.error(`what stood there: ${picture}`);
        throw error;
      } finally {
        await page?.close().catch(() => {});
      }
    });
  };
}
