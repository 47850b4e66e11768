// What the server makes of bots and of people in real browsers. docs/detection.md has the figures.
//
// No times are compared here. What people do carries its own times (bots/recorded.js), so that a machine that is slow does not
// make programs of them.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { BOTS } from './bots/bots.js';
import { CHROMIUM } from './bots/chromium.js';
import { PEOPLE } from './bots/people.js';
import { FLAGGED, startJudge } from './lib/judge.js';

const TEST_DEADLINE = 120_000;

/** Whom a rule could most easily wrong, and who do not take long. */
const HONEST = [
  'screen reader', 'slow typist', 'touch', 'input method', 'returning tab', 'keyboard only', 'pastes with Control+V',
  'password manager, synthetic keys', 'password manager, setter and input', 'browser autofill', 'speech control', 'dictation', 'auto-type',
];

const isChecked = process.env.CI === 'true';
const noBrowser = CHROMIUM ? undefined : 'Chromium is not installed: apt-get install chromium';

describe('bots and people', { concurrency: 2 }, () => {
  if (noBrowser) {
    test('Chromium is installed', { skip: !isChecked && noBrowser }, () => { throw new Error(noBrowser); });
    return;
  }
  let judge;
  before(async () => { judge = await startJudge(); });
  after(() => judge?.close());

  /** A visit, and its score beside the test's name. */
  const visits = (title, visitor, body) => test(title, { timeout: TEST_DEADLINE, skip: missing(visitor) }, async (context) => {
    // Chance is not what is tested; but each has a hand of its own.
    const { signals, automation } = await judge.visit(visitor, { seed: visitor.name.length });
    const reasons = automation.reasons.map(({ code, weight }) => `${code} ${weight.toFixed(1)}`);
    const told = `${automation.probability.toFixed(3)}: ${reasons.join(', ') || 'nothing speaks for a program'}`;
    context.diagnostic(told);
    body(automation.probability, `${told} of ${JSON.stringify(signals)}`);
  });

  // The longest first: two at a time end sooner so.
  for (const bot of BOTS.filter(({ kind }) => kind === 'human-like')) {
    visits(`a bot that hides is judged: ${bot.name}`, bot, (probability) => assert.ok(probability > 0 && probability < 1));
  }
  for (const name of HONEST) {
    const person = PEOPLE.find((visitor) => visitor.name === name);
    visits(`not flagged: ${name}`, person, (probability, told) => assert.ok(probability < FLAGGED, told));
  }
  for (const bot of BOTS.filter(({ kind }) => kind === 'naive')) {
    visits(`flagged: ${bot.name}`, bot, (probability, told) => assert.ok(probability >= FLAGGED, told));
  }
});

/** Other browsers and drivers belong to what is checked; a desktop with a screen reader's bus need not be there. */
function missing({ missing: why, mayBeMissing }) {
  return isChecked && !mayBeMissing ? false : why;
}
