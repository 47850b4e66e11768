// A till whose payloads a real `tillseal serve` opens and judges.

import assert from 'node:assert/strict';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { start, stop } from './children.js';
import { until } from './engines.js';
import { leave, workFolder } from './kept.js';
import { keyring } from './keys.js';
import { INPUTS, startMerchant } from './merchant.js';
import { built } from './paths.js';

/** From this probability on the server's documentation calls a visitor a program: `FLAGGED` in crates/server/src/risk/score.rs. */
export const FLAGGED = 0.9;

/** What visitors of this till type, from the top of the form to its end, and where they press. */
export const VISITOR = {
  values: { '#number': '3714 496353 98431', '#expiry': '12/31', '#csc': '7391', '#email': 'zoe.quill@shop.example' },
  submit: '#pay',
};

const OPENED = { email: VISITOR.values['#email'], 'cc-number': '371449635398431', 'cc-exp': '12/2031', 'cc-csc': '7391' };

const LINE = 'One kettle, enamel, two litres, in green. It arrives whole or we throw you a new one; thirty days to return it.';
const LABELLED = INPUTS.replaceAll(/<input id="(\w+)"/g, '</p><p><label for="$1">$1</label><br>$&');

export async function startJudge() {
  const merchant = await startMerchant();
  const command = ['serve', '--keys', await keyring(merchant.key), '--listen', '127.0.0.1:0', '--origin', merchant.origin];
  const folder = workFolder();
  const log = openSync(join(folder, 'log'), 'a');
  const server = start(built('tillseal', 'TILLSEAL'), command, { cwd: folder, stdio: ['ignore', 'pipe', log] });
  let output = '';
  server.stdout.setEncoding('utf8').on('data', (text) => { output += text; });
  const judge = new Judge(merchant, server, folder);
  try {
    [judge.address] = await until(() => output.match(/http:\/\/127\.0\.0\.1:\d+/), 'tillseal to listen');
  } catch (error) {
    await judge.close();
    throw error;
  }
  return judge;
}

class Judge {
  visits = 0;

  constructor(merchant, server, folder) {
    Object.assign(this, { merchant, server, folder });
  }

  /** Lets a visitor of tests/bots pay; gives what the server says of it: {signals, automation: {probability, reasons}}. */
  async visit({ run }, options = {}) {
    // Each has a page of its own, so that several may come at a time.
    const name = `${this.visits += 1}`;
    const paying = `/paid/${name}`;
    this.merchant.page(`/${name}`, `
      <script type="module" src="/tillseal/tillseal.js"></script>
      <meta name="viewport" content="width=device-width"><h1>Checkout</h1>${`<p>${LINE}</p>`.repeat(3)}
      <form method="post" action="${paying}" data-tillseal="/.well-known/tillseal.jwks"><p>${LABELLED}</p>
        <p><button id="pay">Pay</button></p></form>${`<p>${LINE}</p>`.repeat(2)}`);
    this.merchant.page(paying, '<h1>Paid</h1>');
    await run(`${this.merchant.origin}/${name}`, { ...VISITOR, ...options });
    const post = await until(() => this.merchant.recorder.posts(paying).at(-1), 'the payment');
    const { fields, signals, verdict: { automation } } = await this.opened(post.get('sealed'));
    assert.deepEqual(fields, OPENED);
    return { signals, automation };
  }

  /** What `POST /v1/open` answers. */
  async opened(sealed) {
    const response = await fetch(`${this.address}/v1/open`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ sealed, origin: this.merchant.origin }),
    });
    assert.equal(response.status, 200, await response.clone().text());
    return response.json();
  }

  async close() {
    await this.merchant.close();
    await stop(this.server);
    leave(this.folder);
  }
}
