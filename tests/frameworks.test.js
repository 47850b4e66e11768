// Frameworks: the element in a form of theirs, without any wrapper, and tillseal/react.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { compile } from 'svelte/compiler';
import { compileScript, parse } from 'vue/compiler-sfc';
import { ENGINES, eachEngine, until } from './lib/engines.js';
import { jwks, newKey, publicPart } from './lib/keys.js';
import { STRICT_POLICY, startMerchant } from './lib/merchant.js';
import { scenesIn } from './lib/scenes.js';
import { claimsFor, issue, newSigningKey, recipient } from './lib/sessions.js';
import { PACKAGING, built, enterCard, install, pay, serveFolder } from './packaging/project.js';

const FRAMEWORKS = join(PACKAGING, 'frameworks');
const HOLDER = 'Zoé Quill';
const REACT_18 = { react: 'react-18', 'react-dom': 'react-dom-18' };
/** What is no fault of the page's. */
const GREETING = /React DevTools|running a development build of Vue|Angular is running in development mode/;

const FORM = (inside) => `<form method="post" action="/pay" data-tillseal="/.well-known/tillseal.jwks">${inside}</form>`;
const CARD = '<tillseal-card holder></tillseal-card>';
const PAY = '<button>Bezahlen</button>';

/**
 * The pages: the entry, what stands in the page from the start, where the card is, and what the framework itself needs of the policy:
 * the names of its Trusted Types, and a source of scripts.
 */
const PAGES = {
  'React 19': { entry: 'react-element.jsx' },
  'React 18': { entry: 'react-element.jsx', alias: REACT_18 },
  Vue: { entry: 'vue.js', types: 'vue' },
  Svelte: { entry: 'svelte.js', types: 'svelte-trusted-html' },
  // Compiled in the browser; what Angular's own tool compiles ahead of time needs no eval.
  Angular: { entry: 'angular.ts', types: 'angular angular#unsafe-jit', scripts: "'unsafe-eval'" },
  'a form in a shadow root': {
    entry: 'shadow.js', body: `<template>${FORM(CARD + PAY)}</template><shop-part></shop-part>`, card: 'shop-part >>> tillseal-card',
  },
  'a card in a shadow root, its form outside': {
    entry: 'shadow.js', body: `<template>${CARD}</template>${FORM(`<shop-part></shop-part>${PAY}`)}`, card: 'shop-part >>> tillseal-card',
  },
};

/** Vue's and Svelte's components for esbuild. */
const components = {
  name: 'components',
  setup({ onLoad }) {
    onLoad({ filter: /\.vue$/ }, ({ path }) => {
      const templateParseOptions = { isCustomElement: (tag) => tag === 'tillseal-card' };
      const { descriptor } = parse(readFileSync(path, 'utf8'), { templateParseOptions });
      return { contents: compileScript(descriptor, { id: basename(path), inlineTemplate: true }).content };
    });
    onLoad({ filter: /\.svelte$/ }, ({ path }) => ({ contents: compile(readFileSync(path, 'utf8'), { filename: path }).js.code }));
  },
};

const VUE_FLAGS = { __VUE_OPTIONS_API__: 'false', __VUE_PROD_DEVTOOLS__: 'false', __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false' };

/** Bundles an entry, in the development mode of its framework, which is the one that complains. */
const bundle = (entry, folder, options) => build({
  entryPoints: { main: join(FRAMEWORKS, entry) },
  outdir: built(folder),
  bundle: true,
  splitting: true,
  format: 'esm',
  jsx: 'automatic',
  define: { 'process.env.NODE_ENV': '"development"', ...VUE_FLAGS },
  tsconfigRaw: { compilerOptions: { experimentalDecorators: true } },
  plugins: [components],
  logLevel: 'warning',
  ...options,
});

/** What a server renders, in Node.js. */
async function rendered(entry, folder, alias) {
  // React's server half is CommonJS, and asks for Node's own modules.
  const js = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
  await bundle(entry, folder, { alias, platform: 'node', splitting: false, outExtension: { '.js': '.mjs' }, banner: { js } });
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [join(built(folder), 'main.mjs')]);
  assert.equal(stderr, '');
  return stdout;
}

/** In the page. */
const isThere = (path) => Boolean(path.split(' >>> ').reduce((root, step) => (root?.shadowRoot ?? root)?.querySelector(step), document));

before(() => install(FRAMEWORKS));

eachEngine((engine) => {
  let merchant, recorder;
  before(async () => {
    merchant = await startMerchant();
    recorder = merchant.recorder;
  });
  beforeEach(() => merchant.reset());
  after(() => merchant?.close());
  const scene = scenesIn(engine);

  /** Serves the page of an entry. */
  async function serve(name, { entry, alias, body = '', types = "'none'", scripts = '' }) {
    const folder = name.replace(/\W+/g, '-');
    await bundle(entry, folder, { alias });
    serveFolder(merchant, built(folder));
    // The file beside the bundle, as esbuild wants it.
    const wasm = readFileSync(join(FRAMEWORKS, 'node_modules/tillseal/dist/tillseal.wasm'));
    merchant.serve('/tillseal.wasm', { headers: { 'content-type': 'application/wasm' }, body: wasm });
    const policy = STRICT_POLICY.replace('script-src', `$& ${scripts}`).replace("trusted-types 'none'", `trusted-types ${types}`);
    merchant.serve('/', {
      headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy },
      body: `<!doctype html><html lang="de"><head><title>Kasse</title></head>
        <body><main>${body}</main><script type="module" src="/main.js"></script></body></html>`,
    });
  }
  const nothingIsWrong = (page) => {
    assert.deepEqual(page.console.filter((line) => !GREETING.test(line)), []);
    assert.deepEqual(recorder.violations, []);
  };

  for (const [name, given] of Object.entries(PAGES)) {
    scene(name, async (visit) => {
      await serve(name, given);
      const page = await visit(`${merchant.origin}/`);
      const { card = 'tillseal-card' } = given;
      await page.waitFor(isThere, card, card);
      await pay(page, merchant, { card, holder: HOLDER });
      nothingIsWrong(page);
    });
  }

  for (const [version, alias] of [['19', undefined], ['18', REACT_18]]) {
    const shop = { entry: 'react.jsx', alias };
    const state = (page, state) => page.waitFor((state) => document.querySelector('output')?.dataset.state === state, state, state);

    scene(`tillseal/react ${version}: one checkout under StrictMode, none after it was unmounted`, async (visit) => {
      await serve(`hook ${version}`, shop);
      const page = await visit(`${merchant.origin}/`);
      await state(page, 'ready');
      await page.click('#toggle');
      await page.waitFor(() => !document.forms[0]);
      await page.click('#toggle');
      await state(page, 'ready');
      const found = await page.evaluate(() => ({
        states: [...new Set(globalThis.seen.states)].join(),
        regions: document.querySelectorAll('form > [role=status]').length,
        seals: globalThis.seen.checkouts.map((checkout) => {
          try { return Object.keys(checkout.seal()).join(); } catch (error) { return error.code; }
        }),
      }));
      assert.deepEqual(found, { states: 'preparing,ready', regions: 1, seals: ['detached', 'sealed'] });
      await pay(page, merchant);
      nothingIsWrong(page);
    });

    scene(`tillseal/react ${version}: another key, before the first one is there`, async (visit) => {
      await serve(`hook ${version}`, shop);
      merchant.change('/.well-known/tillseal.jwks', { delay: 1000 });
      merchant.key = await newKey();
      merchant.serve('/other.jwks', { body: JSON.stringify(jwks(merchant.key)) });
      const page = await visit(`${merchant.origin}/`);
      await state(page, 'preparing');
      await page.click('#other');
      await state(page, 'ready');
      await sleep(1500);
      assert.deepEqual(await page.evaluate(() => [...new Set(globalThis.seen.states)]), ['preparing', 'ready']);
      await pay(page, merchant);
      nothingIsWrong(page);
    });

    scene(`tillseal/react ${version}: a session that comes later`, async (visit) => {
      const signing = await newSigningKey();
      const session = await issue(claimsFor(merchant.origin, [recipient(merchant.key)]), signing);
      merchant.publish({ keys: [...jwks(merchant.key).keys, publicPart(signing)] });
      merchant.serve('/session', { body: session });
      await serve(`hook ${version}`, shop);
      const page = await visit(`${merchant.origin}/`);
      await state(page, 'ready');
      await page.click('#session');
      await page.waitFor(() => globalThis.seen.checkouts.length === 2, 'the second checkout');
      assert.equal((await pay(page, merchant)).session, session);
      nothingIsWrong(page);
    });

    scene(`tillseal/react ${version}: the card's properties and its latest onChange`, async (visit) => {
      await serve(`hook ${version}`, shop);
      const page = await visit(`${merchant.origin}/`);
      await state(page, 'ready');
      await enterCard(page);
      // What is rendered comes after the event; an onChange of the first render would count to one.
      await page.waitFor(() => {
        const { brand, changes } = document.querySelector('output').dataset;
        return brand === 'american-express' && changes > 1;
      });
      const card = await page.evaluate(() => {
        const { className, attributes } = document.querySelector('tillseal-card');
        return { className, brands: attributes.brands.value, hasHolder: 'holder' in attributes };
      });
      assert.deepEqual(card, { className: 'card', brands: 'visa american-express', hasHolder: false });
      assert.equal(await page.evaluate(() => globalThis.seen.checkouts.length), 1);
      nothingIsWrong(page);
    });

    scene(`tillseal/react ${version}: a key that is missing, and then is not`, async (visit) => {
      await serve(`hook ${version}`, shop);
      const page = await visit(`${merchant.origin}/`);
      await state(page, 'ready');
      await page.click('#other');
      await state(page, 'failed');
      assert.equal(await page.evaluate(() => globalThis.seen.states.at(-1)), 'key-load');
      merchant.key = await newKey();
      merchant.serve('/other.jwks', { body: JSON.stringify(jwks(merchant.key)) });
      await page.click('#toggle');
      await page.click('#toggle');
      await state(page, 'ready');
      await pay(page, merchant);
    });

    scene(`tillseal/react ${version}: rendered by a server, hydrated without a mismatch`, async (visit) => {
      const body = await rendered('react-server.jsx', `server ${version}`, alias);
      assert.match(body, /<tillseal-card class="card" brands="visa american-express"><\/tillseal-card>/);
      await serve(`hook ${version}`, { ...shop, body });
      const page = await visit(`${merchant.origin}/`);
      await state(page, 'ready');
      await pay(page, merchant);
      nothingIsWrong(page);
    });
  }
}, ENGINES.filter(({ name }) => name === 'Chromium'));

test('tillseal/react is a client component, for servers that tell', () => {
  const script = readFileSync(join(FRAMEWORKS, 'node_modules/tillseal/dist/react.js'), 'utf8');
  assert.match(script, /^"use client";/);
});
