// The pages that are measured, on a server of their own.
//
// Cross-Origin-Opener-Policy and Cross-Origin-Embedder-Policy isolate them, which gives `performance.now()` steps of 5 to
// 20 µs instead of 100 µs to 1 ms. Nothing is cached: every page loads and compiles anew.

import { readFileSync, readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { jwks, newKey } from '../lib/keys.js';
import { DIST, ROOT } from '../lib/paths.js';

export const PAGES = join(ROOT, 'tests/bench/pages');

const MEDIA_TYPES = { '.js': 'text/javascript', '.wasm': 'application/wasm', '.html': 'text/html; charset=utf-8' };
const HEADERS = {
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

/** What the shopper of the measurements has typed: with the rest of the claims about 750 bytes, which are padded to 768. */
export const TYPED = {
  'cc-number': '371449635398431',
  'cc-exp': '12/2031',
  'cc-csc': '7391',
  'cc-name': 'Zoë Quill-Featherstonehaugh',
  email: 'zoe.quill-featherstonehaugh@shop.example',
  tel: '+44 20 7946 0958',
  'given-name': 'Zoë',
  'family-name': 'Quill-Featherstonehaugh',
  organization: 'Quill & Daughters, Bookbinders',
  'street-address': "12 St James's Square, second floor, the green door beside the bakery",
  'address-level2': 'London',
  'address-level1': 'Greater London',
  'postal-code': 'SW1Y 4LE',
  country: 'GB',
  'delivery-note': 'Please ring twice and leave the parcel with the porter when nobody answers the door by noon.',
};

/** A merchant's own field. */
const OWN = ['delivery-note'];

/** `peers` are the bundles of the contenders, by name. */
export async function startSite(peers) {
  const keys = { 'ecdh-es': await newKey('ECDH-ES'), 'hpke-7': await newKey('HPKE-7') };
  const answers = new Map([['/favicon.ico', '']]);
  for (const [name, key] of Object.entries(keys)) answers.set(`/${name}.jwks`, JSON.stringify(jwks(key)));
  for (const [folder, prefix] of [[DIST, '/tillseal/'], [PAGES, '/']]) {
    for (const name of readdirSync(folder, { recursive: true }).filter((name) => extname(name))) answers.set(prefix + name, readFileSync(join(folder, name)));
  }
  answers.set('/glue.js', readFileSync(join(ROOT, 'target/pkg/src/glue.js')));
  for (const [name, bundle] of Object.entries(peers)) answers.set(`/peers/${name}.js`, bundle);

  const shim = '<script type="module" src="/tillseal/tillseal.js"></script>';
  const script = (name) => `<script type="module" src="/${name}.js"></script>`;
  const probe = '<script src="/probe.js"></script>';
  const forms = form('ecdh-es', '/ecdh-es.jwks') + form('hpke-7', '/hpke-7.jwks') + form('plain');
  answers.set('/submit.html', page('<script src="/idle.js"></script>' + script('submit') + shim + forms));
  answers.set('/ready.html', page(`${probe}<script src="/ready.js"></script>${shim}${form('ecdh-es', '/ecdh-es.jwks')}`));
  const number = (id, attributes = '') => (
    `<form id="${id}"${attributes}><input autocomplete="cc-number" aria-label="Card number"></form>`
  );
  const numbers = number('tillseal', ' data-tillseal="/ecdh-es.jwks"') + number('imask');
  answers.set('/typing.html', page('<script src="/listeners.js"></script>' + script('typing') + shim + numbers));
  answers.set('/collecting.html', page('<script src="/collecting.js"></script>' + form('ecdh-es', '/ecdh-es.jwks')));
  answers.set('/unprepared.html', page(script('unprepared') + form('plain')));

  const server = createServer((request, response) => {
    const body = answers.get(request.url);
    const type = MEDIA_TYPES[extname(request.url)] ?? 'application/json';
    response.writeHead(body === undefined ? 404 : 200, { ...HEADERS, 'content-type': type }).end(body);
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return {
    keys,
    origin: `http://127.0.0.1:${server.address().port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function page(body) {
  return `<!doctype html><html lang="en"><title>Bench</title><body>${body}</body></html>`;
}

function form(id, keySet) {
  const attribute = keySet ? ` data-tillseal="${keySet}"` : '';
  return `<form id="${id}"${attribute}>${Object.entries(TYPED).map(input).join('')}</form>`;
}

function input([name, value]) {
  const attribute = OWN.includes(name) ? 'data-seal' : 'autocomplete';
  return `<input ${attribute}="${name}" aria-label="${name}" value="${value.replaceAll('&', '&amp;').replaceAll('"', '&quot;')}">`;
}
