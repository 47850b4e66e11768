// The shortest page that works is the readme's, in as many lines as it says, and pays in every engine.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { eachEngine, until } from './lib/engines.js';
import { startMerchant } from './lib/merchant.js';
import { ROOT } from './lib/paths.js';
import { scenesIn } from './lib/scenes.js';
import { OPENED, SHOPPER, assertNothingLeaked } from './lib/shopper.js';

const [, page] = readFileSync(join(ROOT, 'README.md'), 'utf8').match(/## Integrate in five lines\n\n```html\n([^]*?)```/);

test('it has five lines', () => {
  assert.equal(page.trim().split('\n').length, 5);
});

eachEngine((engine) => {
  let merchant;
  before(async () => { merchant = await startMerchant({ listenToConsole: engine.consoleInPage }); });
  after(() => merchant?.close());
  const scene = scenesIn(engine);

  scene('it pays, by keys alone', async (visit) => {
    merchant.page('/', page);
    const opened = await visit(`${merchant.origin}/`);
    await opened.waitFor(() => document.querySelector('tillseal-card').dataset.state && document.forms[0].noValidate, 'the form to be ready');
    for (const [id, text] of Object.entries({ number: SHOPPER.number, expiry: SHOPPER.expiry, csc: SHOPPER.csc })) {
      await opened.focus(`tillseal-card >>> #${id}`);
      await opened.keys(text);
    }
    await opened.press('Enter');
    await until(() => merchant.recorder.posts('/pay').length === 1, 'a POST');
    const [body] = merchant.recorder.posts('/pay');
    assert.deepEqual([...body.keys()], ['sealed']);
    const { email, ...card } = OPENED;
    assert.deepEqual((await merchant.opened(body)).fields, card);
    assertNothingLeaked(merchant.recorder, opened.console);
    assert.deepEqual(merchant.recorder.violations, []);
  });
});
