// Measures us and our peers in one run and writes docs/performance.md: bench.js ROOM_FILE
//
// ROOM_FILE holds [[crate, bytes], …] of tillseal.wasm. `cargo xtask bench` builds everything and calls this.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../lib/paths.js';
import { measureBrowsers } from './browsers.js';
import { bundlePeers, weigh } from './bytes.js';
import { describeMachine, load } from './machine.js';
import { report } from './report.js';
import { measureDecisions, measureServer } from './server.js';
import { startSite } from './site.js';

const start = performance.now();
const tell = (what) => console.error(`  ${String(Math.round((performance.now() - start) / 1000)).padStart(4)} s  ${what}`);

const room = JSON.parse(readFileSync(process.argv[2]));
const before = load();
const peers = bundlePeers();
const site = await startSite(peers);
const browsers = await measureBrowsers(site, tell);
site.close();
const server = await measureServer(tell);
const decisions = measureDecisions(tell);

const text = report({
  date: new Date().toISOString().slice(0, 10),
  ...describeMachine(),
  load: [before, load()],
  browsers,
  server,
  decisions,
  bytes: weigh(peers),
  room,
});
writeFileSync(join(ROOT, 'docs/performance.md'), text);
console.log(`\n${text}`);
