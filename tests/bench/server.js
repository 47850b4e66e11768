// How many payloads of 1 KiB a server opens in a second on one core: ours and the peers', in turn.

import { CompactEncrypt, importJWK } from 'jose';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { newKey, publicPart } from '../lib/keys.js';
import { PYTHON, ROOT, SCRATCH, which } from '../lib/paths.js';
import { run } from '../lib/programs.js';
import { summary } from './statistics.js';

const ROUNDS = 3;
const SECONDS = 3;
const DISTINCT = 200;
const OPENS = join(ROOT, 'tests/bench/opens');
const EXAMPLE = join(ROOT, 'target/release/examples/opens_per_second');
const DECISIONS = join(ROOT, 'target/release/examples/decisions');
const DECISION_SECONDS = 5;

/** Opens a second by name: a summary of the rounds, or {missing}: why it was not measured. */
export async function measureServer(tell) {
  const payloads = await writePayloads();
  const contenders = {
    tillseal: () => JSON.parse(onOneCore(EXAMPLE, String(SECONDS))),
    'joserfc (Python)': () => Number(onOneCore(PYTHON, join(OPENS, 'joserfc.py'), payloads, String(SECONDS))),
    'jose (Node)': () => Number(onOneCore(process.execPath, join(OPENS, 'jose.js'), payloads, String(SECONDS))),
    // By the clock on the wall, as the others are timed.
    'openssl speed ecdhp256': () => Number(
      onOneCore('openssl', 'speed', '-elapsed', '-mr', '-seconds', String(SECONDS), 'ecdhp256').match(/^\+F5:\d+:256:([\d.]+)/m)[1],
    ),
  };
  const missing = {
    'joserfc (Python)': existsSync(PYTHON) ? undefined : 'no Python environment: cargo xtask test makes it',
    'openssl speed ecdhp256': which('openssl') ? undefined : 'openssl is not installed: apt-get install openssl',
  };
  const rates = {};
  for (let round = 1; round <= ROUNDS; round += 1) {
    for (const [name, measure] of Object.entries(contenders)) {
      if (missing[name]) continue;
      tell(`server, round ${round} of ${ROUNDS}: ${name}`);
      const measured = measure();
      const { opens_per_second: ecdhEs = measured, opens_per_second_hpke_7: hpke7 } = measured;
      (rates[name] ??= []).push(ecdhEs);
      if (hpke7) (rates[`${name} HPKE-7`] ??= []).push(hpke7);
    }
  }
  const measured = Object.entries(rates).map(([name, figures]) => [name, summary(figures)]);
  const left = Object.entries(missing).filter(([, reason]) => reason).map(([name, reason]) => [name, { missing: reason }]);
  return Object.fromEntries([...measured, ...left]);
}

/** Full decisions over HTTP, each run as crates/server/examples/decisions.rs prints it, and how long a flush of the disk takes. */
export function measureDecisions(tell) {
  tell('server: full decisions over HTTP, on SQLite and PostgreSQL');
  mkdirSync(SCRATCH, { recursive: true });
  const lines = run(DECISIONS, [String(DECISION_SECONDS)], { cwd: SCRATCH, deadline: 300_000 }).split('\n').map((line) => JSON.parse(line));
  return { flush: lines[0].flush, runs: lines.slice(1) };
}

/** Where the system can pin a program, to its last core: the first one serves most interrupts. */
function onOneCore(program, ...parameters) {
  const pin = which('taskset') ? ['taskset', '-c', String(availableParallelism() - 1)] : [];
  const [first, ...rest] = [...pin, program, ...parameters];
  return run(first, rest);
}

/** A key and payloads that it opens, in a file for the peers. The plaintext of each has 1,024 bytes. */
async function writePayloads() {
  const key = await newKey();
  const recipient = await importJWK(publicPart(key));
  const header = { alg: 'ECDH-ES', enc: 'A256GCM', kid: key.kid };
  const fields = { 'cc-number': '4539578763621486', 'cc-exp': '12/2031', 'cc-csc': '7391', note: 'n'.repeat(700) };
  const claims = { v: 1, jti: 'A'.repeat(22), iat: Math.floor(Date.now() / 1000), origin: 'https://shop.example', fields };
  const plaintext = new TextEncoder().encode(JSON.stringify(claims).padEnd(1024));
  const payloads = [];
  while (payloads.length < DISTINCT) {
    payloads.push(await new CompactEncrypt(plaintext).setProtectedHeader(header).encrypt(recipient));
  }
  mkdirSync(SCRATCH, { recursive: true });
  const file = join(SCRATCH, 'bench-payloads.json');
  writeFileSync(file, JSON.stringify({ key: { ...publicPart(key), d: key.d }, payloads }));
  return file;
}
