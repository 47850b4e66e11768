// The shipped module outside of a browser: the same wasm and the same glue, called as the shim calls them.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DIST, ROOT } from './paths.js';

const isBuilt = existsSync(join(DIST, 'tillseal.wasm'));
const HOW = 'pkg/dist is not built: cargo xtask pkg';

/** Why tests of the shipped module are skipped, if they are; under CI=true they run, and fail. */
export const missingModule = isBuilt || process.env.CI === 'true' ? undefined : HOW;

/** The glue, and the module's exports, its `memory` among them. */
export function loadModule() {
  loading ??= instantiate();
  return loading;
}

let loading;

async function instantiate() {
  if (!isBuilt) throw new Error(HOW);
  const glue = await import(pathToFileURL(join(ROOT, 'target/pkg/src/glue.js')));
  const compiled = new WebAssembly.Module(readFileSync(join(DIST, 'tillseal.wasm')));
  const { exports } = new WebAssembly.Instance(compiled, glue.imports);
  glue.__wbg_set_wasm(exports);
  exports.__wbindgen_start();
  return { ...glue, exports };
}

/** A checkout that seals everything to one JWK. */
export function checkoutFor({ Checkout }, jwk) {
  const checkout = new Checkout();
  const members = ['kty', 'crv', 'x', 'y', 'alg', 'kid'];
  checkout.add([members.map((member) => jwk[member] ?? '-').join(' '), '', '*'].join('\0'));
  return checkout;
}

/** The slow half of a seal, all at once. */
export function prepare(checkout) {
  while (!checkout.prepare());
  checkout.clear();
}

/** Hands the module `{'cc-number': '4111…'}` as the shim hands it what stands in the inputs. */
export function takeIn(checkout, fields) {
  checkout.clear();
  for (const [name, value] of Object.entries(fields)) checkout.input([name, '', value].join('\0'));
}

/** The compact JWE of what was taken in. */
export function seal(checkout, origin, iat = Math.floor(Date.now() / 1000)) {
  try {
    return checkout.seal(iat, origin).trim();
  } finally {
    checkout.clear();
  }
}
