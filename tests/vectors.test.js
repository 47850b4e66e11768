// The standards' vectors inside wasm, compiled and optimised as the module that ships. `cargo xtask test` builds it.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { ROOT } from './lib/paths.js';

const BUILT = join(ROOT, 'target/vectors');

if (existsSync(join(BUILT, 'tillseal_vectors.wasm')) || process.env.CI === 'true') {
  const { good, suites } = JSON.parse(await runInWasm());
  for (const { name, accepted, rejected, skipped, failures } of suites) {
    test(name, (context) => {
      context.diagnostic(`${accepted} accepted, ${rejected} rejected`);
      for (const { reason, count } of skipped) context.diagnostic(`${count} skipped: ${reason}`);
      assert.deepEqual(failures, []);
    });
  }
  test('every suite ran vectors of each kind that it holds', () => assert.ok(good));
} else {
  test('vectors', { skip: 'the vectors are not built for wasm: cargo xtask test' });
}

async function runInWasm() {
  const glue = await import(pathToFileURL(join(BUILT, 'tillseal_vectors_bg.js')));
  const module = new WebAssembly.Module(readFileSync(join(BUILT, 'tillseal_vectors.wasm')));
  const { exports } = new WebAssembly.Instance(module, { './tillseal_vectors_bg.js': glue });
  glue.__wbg_set_wasm(exports);
  exports.__wbindgen_start?.();
  return glue.run();
}
