// A project of somebody who installed Tillseal from npm: its tools, and its pages on a merchant's server.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { until } from '../lib/engines.js';
import { STRICT_POLICY } from '../lib/merchant.js';
import { ROOT, SCRATCH } from '../lib/paths.js';
import { OPENED, SHOPPER } from '../lib/shopper.js';

export const PACKAGING = join(ROOT, 'tests/packaging');
const BIN = join(ROOT, 'tests/node_modules/.bin');
const MEDIA_TYPES = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm', '.css': 'text/css',
};

/** Where a tool writes. */
export const built = (name) => join(SCRATCH, 'packaging', name);

/** Runs a tool of npm's. */
export const tool = (name, ...args) => promisify(execFile)(join(BIN, name), args, { cwd: PACKAGING });

/** Installs what `npm publish` would publish into the `node_modules` of a folder, and gives the tarball. */
export async function install(folder) {
  const work = join(folder, 'node_modules/.packed');
  const installed = join(folder, 'node_modules/tillseal');
  for (const old of [work, installed]) rmSync(old, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  const run = promisify(execFile);
  const { stdout } = await run('npm', ['pack', join(ROOT, 'pkg'), '--silent'], { cwd: work });
  const tarball = join(work, stdout.trim());
  await run('tar', ['-xzf', tarball], { cwd: work });
  renameSync(join(work, 'package'), installed);
  return tarball;
}

/** Serves a folder at a path, under the strict policy. `changed` may change a page. */
export function serveFolder(merchant, folder, at = '', changed = (page) => page) {
  for (const name of readdirSync(folder, { recursive: true })) {
    const file = join(folder, name);
    if (!statSync(file).isFile()) continue;
    const isPage = extname(name) === '.html';
    const headers = { 'content-type': MEDIA_TYPES[extname(name)] ?? 'text/plain' };
    if (isPage) headers['content-security-policy'] = STRICT_POLICY;
    const body = readFileSync(file);
    merchant.serve(`${at}/${name}`.replace(/index\.html$/, ''), { headers, body: isPage ? changed(String(body)) : body });
  }
}

const { email, ...CARD } = OPENED;

/** A shopper types her card into the element of a page, as anybody does. */
export async function enterCard(page, { card = 'tillseal-card', holder } = {}) {
  await page.focus(card);
  await page.keys(SHOPPER.number);
  for (const text of [SHOPPER.expiry, SHOPPER.csc, holder].filter(Boolean)) {
    await page.press('Tab');
    await page.keys(text);
  }
}

/** She does, and pays by Enter; then the payload is opened. */
export async function pay(page, merchant, { card, holder } = {}) {
  await enterCard(page, { card, holder });
  await page.press('Enter');
  const posts = () => merchant.recorder.posts('/pay');
  await until(() => posts().length > 0, 'a POST');
  assert.deepEqual(posts().map((body) => [...body.keys()]), [['sealed']]);
  const claims = await merchant.opened(posts()[0]);
  assert.deepEqual(claims.fields, holder ? { ...CARD, 'cc-name': holder } : CARD);
  return claims;
}
