// The package as npm delivers it: each bundler, none, and a plain script; its types; what the linters of packages say.

import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { createServer } from 'vite';
import { ENGINES, eachEngine } from './lib/engines.js';
import { STRICT_POLICY, startMerchant } from './lib/merchant.js';
import { scenesIn } from './lib/scenes.js';
import { PACKAGING, built, install, pay, serveFolder, tool } from './packaging/project.js';

const SHOP = join(PACKAGING, 'shop');
const PAGE = readFileSync(join(SHOP, 'index.html'), 'utf8');
const SCRIPT = '<script type="module" src="/main.js"></script>';
const INSTALLED = join(PACKAGING, 'node_modules/tillseal');
const ESBUILD = ['--bundle', '--format=esm', '--splitting', '--log-level=warning'];

/** How the shop's page comes to its script: what builds it, if anything does, and how the page loads it. */
const SHOPS = {
  Vite: { build: (to) => tool('vite', 'build', 'shop', '--outDir', to, '--emptyOutDir', '--logLevel=warn') },
  'webpack 5': {
    build: (to) => tool('webpack', '--config', 'webpack.config.js', '--output-path', to),
    script: () => '<script type="module" src="/main.mjs"></script>',
  },
  Rollup: { build: (to) => tool('rollup', 'shop/main.js', '--config', 'rollup.config.js', '--dir', to, '--silent') },
  'Rollup, the module inside': { build: (to) => tool('rollup', 'main=shop/inline.js', '-p', 'node-resolve', '--dir', to, '--silent') },
  esbuild: {
    build: async (to) => {
      await tool('esbuild', 'shop/main.js', ...ESBUILD, `--outdir=${to}`);
      // esbuild leaves `new URL('tillseal.wasm', import.meta.url)` as it is.
      copyFileSync(join(INSTALLED, 'dist/tillseal.wasm'), join(to, 'tillseal.wasm'));
    },
  },
  'esbuild, the module inside': { build: (to) => tool('esbuild', 'main=shop/inline.js', ...ESBUILD, `--outdir=${to}`) },
  'no bundler': { script: () => '<script type="module" src="/tillseal/tillseal.js"></script>' },
  'no bundler, the module inside': { script: () => '<script type="module" src="/tillseal/tillseal.inline.js"></script>' },
  'a plain script, held against its hash': {
    script: () => {
      const hashes = JSON.parse(readFileSync(join(INSTALLED, 'dist/integrity.json')));
      return `<script src="/tillseal/tillseal.classic.js" integrity="${hashes['tillseal.classic.js']}" crossorigin defer></script>`;
    },
  },
};
const folderOf = (shop) => built(shop.replace(/\W+/g, '-'));

let tarball;
before(async () => {
  tarball = await install(PACKAGING);
  await Promise.all(Object.entries(SHOPS).map(async ([shop, { build }]) => {
    rmSync(folderOf(shop), { recursive: true, force: true });
    await build?.(folderOf(shop));
  }));
}, { timeout: 120_000 });

eachEngine((engine) => {
  let merchant, recorder;
  before(async () => {
    merchant = await startMerchant();
    recorder = merchant.recorder;
  });
  beforeEach(() => merchant.reset());
  after(() => merchant?.close());
  const scene = scenesIn(engine);

  /** The page of a shop in German: the language is a file of its own, and so is what stands in for the module. */
  async function sells(visit, standIn = false) {
    const page = await visit(`${merchant.origin}/`);
    await page.waitFor(() => document.querySelector('tillseal-card')?.shadowRoot?.querySelector('label')?.textContent === 'Kartennummer');
    await pay(page, merchant);
    assert.equal(page.console.some((line) => line.includes('WebCrypto instead of WebAssembly')), standIn, page.console.join('\n'));
    assert.deepEqual(recorder.violations, []);
  }

  for (const [shop, { build, script = () => SCRIPT }] of Object.entries(SHOPS)) {
    for (const standIn of [false, true]) {
      scene(`${shop}${standIn ? ', without WebAssembly' : ''}`, async (visit) => {
        if (build) serveFolder(merchant, folderOf(shop));
        else serveFolder(merchant, join(INSTALLED, 'dist'), '/tillseal');
        merchant.serve('/without.js', { headers: { 'content-type': 'text/javascript' }, body: 'delete globalThis.WebAssembly;' });
        const head = `<head>${standIn ? '<script src="/without.js"></script>' : ''}`;
        // Vite writes the page, too.
        const page = String(recorder.answers.get('/')?.body ?? PAGE.replace(SCRIPT, script())).replace('<head>', head);
        merchant.serve('/', { headers: { 'content-type': 'text/html', 'content-security-policy': STRICT_POLICY }, body: page });
        await sells(visit, standIn);
      });
    }
  }

  scene('a plain script from another origin', async (visit) => {
    const elsewhere = merchant.origin.replace('127.0.0.1', 'localhost');
    serveFolder(merchant, join(INSTALLED, 'dist'), '/tillseal');
    for (const [path, { headers }] of recorder.answers) if (path.startsWith('/tillseal/')) headers['access-control-allow-origin'] = '*';
    const headers = { 'content-type': 'text/html', 'content-security-policy': STRICT_POLICY.replace('script-src', `$& ${elsewhere}`) };
    const script = SHOPS['a plain script, held against its hash'].script().replace('src="', `$&${elsewhere}`);
    merchant.serve('/', { headers, body: PAGE.replace(SCRIPT, script) });
    await sells(visit);
  });

  // Under the strict policy as long as the page imports no styles: those it puts in <style> elements, for which it needs a nonce.
  scene("Vite's development server", async (visit) => {
    const vite = await createServer({
      root: SHOP,
      configFile: false,
      cacheDir: built('vite-cache'),
      logLevel: 'warn',
      // What it bundled of a build with the same version number is of another module.
      optimizeDeps: { force: true },
      server: { port: 0, host: '127.0.0.1', headers: { 'content-security-policy': STRICT_POLICY } },
    });
    try {
      await vite.listen();
      recorder.upstream = vite.resolvedUrls.local[0];
      await sells(visit);
    } finally {
      recorder.upstream = undefined;
      await vite.close();
    }
  });
}, ENGINES.filter(({ name }) => name === 'Chromium'));

const linters = {
  publint: () => ['publint', 'run', tarball, '--strict'],
  // Not for an `import`: the script tag's file, and the module that bundlers find by its URL.
  'are the types wrong?': () => ['attw', tarball, '--profile', 'esm-only', '--exclude-entrypoints', 'classic', 'tillseal.wasm'],
};
for (const resolution of ['nodenext', 'bundler']) {
  const options = ['--strict', '--noEmit', '--jsx', 'react-jsx', '--target', 'es2022', '--moduleResolution', resolution];
  const module = resolution === 'nodenext' ? resolution : 'esnext';
  linters[`types, found as by ${resolution}`] = () => ['tsc', ...options, '--module', module, 'consumer.tsx'];
}
for (const [name, command] of Object.entries(linters)) {
  test(name, () => tool(...command()).catch(({ stdout, stderr }) => assert.fail(`${stdout}\n${stderr}`)));
}
