// A merchant of the tests' own: keys whose private halves the test holds, pages that it writes, and a till that records.

import { readFileSync, readdirSync } from 'node:fs';
import { extname, join } from 'node:path';
import { jwks, newKey, openSealed } from './keys.js';
import { DIST } from './paths.js';
import { startRecorder } from './recorder.js';

export const STRICT_POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; img-src 'self'; form-action 'self'; " +
  "base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'";
const MEDIA_TYPES = { '.js': 'text/javascript', '.wasm': 'application/wasm', '.json': 'application/json' };

const FILES = readdirSync(DIST, { recursive: true }).filter((name) => extname(name) in MEDIA_TYPES);

/** The inputs of a checkout as the readme writes them: tokens, and no names. */
export const INPUTS = `
  <input id="number" autocomplete="cc-number"> <input id="expiry" autocomplete="cc-exp">
  <input id="csc" autocomplete="cc-csc"> <input id="email" type="email" autocomplete="email">`;

export async function startMerchant({ listenToConsole } = {}) {
  const merchant = new Merchant(await startRecorder({ listenToConsole }));
  await merchant.reset();
  return merchant;
}

class Merchant {
  constructor(recorder) {
    this.recorder = recorder;
    this.origin = recorder.origin;
  }

  /** Forgets what was recorded, and takes a fresh key. */
  async reset() {
    this.recorder.reset();
    this.key = await newKey();
    for (const name of FILES) {
      const headers = { 'content-type': MEDIA_TYPES[extname(name)] ?? 'text/plain', 'cache-control': 'no-store' };
      this.serve(`/tillseal/${name}`, { headers, body: readFileSync(join(DIST, name)) });
    }
    this.publish(jwks(this.key));
    this.page('/pay', '<h1>Paid</h1>');
    this.serve('/favicon.ico', { status: 204 });
  }

  serve(path, { status = 200, headers = {}, body, delay }) {
    this.recorder.answers.set(path, { status, headers, body, delay });
  }

  /** Changes one answer: its status, its body, its delay. */
  change(path, changes) {
    this.recorder.answers.set(path, { ...this.recorder.answers.get(path), ...changes });
  }

  publish(keySet) {
    this.serve('/.well-known/tillseal.jwks', {
      headers: { 'content-type': 'application/jwk-set+json', 'cache-control': 'no-store' },
      body: typeof keySet === 'string' ? keySet : JSON.stringify(keySet),
    });
  }

  page(path, body) {
    const headers = { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': STRICT_POLICY };
    this.serve(path, { headers, body: `<!doctype html><html lang="en"><head><title>${path}</title></head>${body}</html>` });
  }

  /** A checkout page at `/`; `script` is the page's own module, which runs before Tillseal's. */
  checkout({
    attributes = 'data-tillseal="/.well-known/tillseal.jwks"',
    inputs = INPUTS,
    buttons = '<button id="pay">Pay</button>',
    script = '',
  } = {}) {
    // What happens is kept on the form, where a test can read it.
    const recording = `
      export const form = document.querySelector('form');
      for (const name of ['ready', 'sealed', 'error']) {
        form.addEventListener('tillseal:' + name, ({ detail }) => {
          form.dataset[name] = JSON.stringify(name === 'error' ? { code: detail.code, field: detail.field, message: detail.message } : detail);
          form.dataset.events = (form.dataset.events ?? '') + name + ' ';
        });
      }`;
    const headers = { 'content-type': 'text/javascript' };
    this.serve('/recording.js', { headers, body: recording });
    this.serve('/page.js', { headers, body: `import { form } from '/recording.js';\n${script}` });
    this.page('/', `
      <script type="module" src="/page.js"></script>
      <script type="module" src="/tillseal/tillseal.js"></script>
      <form method="post" action="/pay" ${attributes}>${inputs} ${buttons}</form>`);
  }

  /** The claims of the one sealed payload of a posted body. */
  async opened(body, entry = 'sealed', key = this.key) {
    return openSealed(body.get(entry), key);
  }

  async close() {
    await this.recorder.close();
  }
}
