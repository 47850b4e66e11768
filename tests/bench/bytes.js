// What everybody weighs, in bytes.

import { buildSync } from 'esbuild';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { DIST, ROOT } from '../lib/paths.js';

const PEERS = join(ROOT, 'tests/bench/peers');
/** What a page loads; the other files of pkg/dist are alternatives to it or for developers. */
export const LOADED = ['tillseal.wasm', 'tillseal.js'];

/** The minified bundles of the contenders, by name. */
export function bundlePeers() {
  const bundle = (name) => buildSync({
    entryPoints: [join(PEERS, name)],
    bundle: true,
    minify: true,
    format: 'esm',
    write: false,
  }).outputFiles[0].text;
  return Object.fromEntries(readdirSync(PEERS).map((name) => [name.replace('.js', ''), bundle(name)]));
}

/** {raw, gzip, brotli} of our files and of the contenders', by name. */
export function weigh(peers) {
  const ours = [...LOADED, 'fallback.js', 'tillseal.classic.js'].map((name) => [name, sizes(readFileSync(join(DIST, name)))]);
  return {
    ours: Object.fromEntries(ours),
    peers: Object.fromEntries(Object.entries(peers).map(([name, bundle]) => [name, sizes(Buffer.from(bundle))])),
  };
}

function sizes(bytes) {
  const brotli = {
    [constants.BROTLI_PARAM_QUALITY]: 11,
    [constants.BROTLI_PARAM_LGWIN]: 22,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  return {
    raw: bytes.length,
    gzip: gzipSync(bytes, { level: 9 }).length,
    brotli: brotliCompressSync(bytes, { params: brotli }).length,
  };
}
