// The standards' vectors as a wasm module, compiled and optimised as the one that ships. `cargo xtask test` builds it.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from './paths.js';

const BUILT = join(ROOT, 'target/vectors');

/** Why the vectors cannot run, if they cannot; under CI=true they run, and fail. */
export const missingVectors =
  existsSync(join(BUILT, 'tillseal_vectors.wasm')) || process.env.CI === 'true'
    ? undefined
    : 'the vectors are not built for wasm: cargo xtask test';

/** `run()` gives the report of every suite, `ecdhPoints()` the vectors of one; both as JSON. */
export async function loadVectors() {
  const glue = await import(pathToFileURL(join(BUILT, 'tillseal_vectors_bg.js')));
  const module = new WebAssembly.Module(readFileSync(join(BUILT, 'tillseal_vectors.wasm')));
  const { exports } = new WebAssembly.Instance(module, { './tillseal_vectors_bg.js': glue });
  glue.__wbg_set_wasm(exports);
  exports.__wbindgen_start?.();
  return glue;
}
