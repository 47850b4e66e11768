// axe-core in a page behind a recorder, which serves it as a script of the page's own.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'));
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** What axe-core finds wrong in the page as it stands. */
export function axeFindings(page, recorder) {
  recorder.answers.set('/axe.js', { status: 200, headers: { 'content-type': 'text/javascript' }, body: AXE });
  return page.evaluate(async (runOnly) => {
    await import('/axe.js');
    const { violations } = await globalThis.axe.run(document, { runOnly });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => html + failureSummary)}`);
  }, TAGS);
}
