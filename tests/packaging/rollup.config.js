import { nodeResolve } from '@rollup/plugin-node-resolve';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Rollup leaves `new URL('tillseal.wasm', import.meta.url)` as it is: the file has to lie beside the chunk. */
const wasm = {
  name: 'tillseal-wasm',
  generateBundle() {
    const source = readFileSync(fileURLToPath(import.meta.resolve('tillseal/tillseal.wasm')));
    this.emitFile({ type: 'asset', fileName: 'tillseal.wasm', source });
  },
};

export default { plugins: [nodeResolve(), wasm] };
