// The last step of `cargo xtask test`: nothing that servers of the tests have written holds a card number, a security code or an
// e-mail address of the tests. Tests leave databases, logs and metrics in the folder that TILLSEAL_TEST_KEEP names.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from './lib/paths.js';
import { run } from './lib/programs.js';
import { SHOPPER } from './lib/shopper.js';

const KEPT = process.env.TILLSEAL_TEST_KEEP;

const files = (folder) => readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name));

function hasCheckDigit(digits) {
  const sum = [...digits].reverse().reduce((total, digit, place) => total + (place % 2 ? [0, 2, 4, 6, 8, 1, 3, 5, 7, 9][digit] : Number(digit)), 0);
  return sum % 10 === 0;
}

/** A card number's digits, with whatever stands between them: blanks, hyphens, the zeros of UTF-16. */
const DIGITS = /\d(?:[^0-9A-Za-z]{0,3}\d){13,18}/g;

/** All card numbers and e-mail addresses in the tests' own sources. */
function typed() {
  const [pans, emails] = [new Set(), new Set()];
  for (const folder of ['crates/server/tests', 'tests', 'www/tests']) {
    for (const file of files(join(ROOT, folder))) {
      if (file.includes('node_modules') || !/\.(rs|js)$/.test(file)) continue;
      const text = readFileSync(file, 'utf8');
      for (const [run] of text.matchAll(/(?<![\d.])[2-6]\d{3}(?:[ -]?\d){10,15}(?!\d)/g)) {
        const digits = run.replace(/\D/g, '');
        if (hasCheckDigit(digits) && !/^(\d)\1*$/.test(digits)) pans.add(digits);
      }
      for (const [, email] of text.matchAll(/["'`]([\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,})["'`]/g)) emails.add(email);
    }
  }
  return { pans: [...pans], emails: [...emails] };
}

/** The base64 (and base64url: these texts are the same in both, or looked for in both) that depends on the text alone. */
function encodings(text) {
  const bytes = Buffer.from(text);
  const base64 = [0, 1, 2].map((offset) => {
    const padded = Buffer.concat([Buffer.alloc(offset), bytes]);
    return padded.toString('base64').slice(Math.ceil((offset * 8) / 6), Math.floor((padded.length * 8) / 6));
  });
  const urls = base64.map((each) => each.replaceAll('+', '-').replaceAll('/', '_'));
  return [...new Set([...base64, ...urls, bytes.toString('hex'), bytes.toString('hex').toUpperCase()])];
}

const { pans, emails } = typed();
/**
 * Three or four digits turn up anywhere by chance, in a process id as in a time. All tests use one security code of which that is
 * unlikely, and it is looked for as JSON, SQL or a form would hold it: in quotes, or behind its name.
 */
const CODES = [`"${SHOPPER.csc}"`, `'${SHOPPER.csc}'`, `\\"${SHOPPER.csc}\\"`];
const BEHIND_NAME = new RegExp(`c(?:sc|vc|vv)[^0-9A-Za-z]{1,6}${SHOPPER.csc}(?!\\d)`, 'i');
const NEEDLES = [
  ...pans.flatMap((pan) => encodings(pan).map((needle) => [`a card number, encoded`, needle])),
  ...emails.flatMap((email) => [email, email.replace('@', '%40'), Buffer.from(email, 'utf16le').toString('latin1'), ...encodings(email)].map((needle) => ['an e-mail address', needle])),
  ...CODES.flatMap((code) => [code, Buffer.from(code, 'utf16le').toString('latin1'), ...encodings(code)].map((needle) => ['a security code', needle])),
];

/** Without long runs of zeros, which pages of databases mostly are. */
function squeezed(bytes) {
  const kept = Buffer.allocUnsafe(bytes.length);
  let [length, zeros] = [0, 0];
  for (const byte of bytes) {
    zeros = byte === 0 ? zeros + 1 : 0;
    if (zeros <= 4) kept[length++] = byte;
  }
  return kept.subarray(0, length);
}

/** What these bytes hold. */
function found(bytes) {
  const text = squeezed(bytes).toString('latin1');
  const what = new Set(NEEDLES.filter(([, needle]) => text.includes(needle)).map(([name]) => name));
  if (BEHIND_NAME.test(text)) what.add('a security code');
  for (const [run] of text.matchAll(DIGITS)) {
    const digits = run.replace(/\D/g, '');
    if (pans.some((pan) => digits.includes(pan))) what.add('a card number');
  }
  return [...what];
}

test('the search knows what the tests type', () => {
  for (const pan of ['4111111111111111', SHOPPER.number.replace(/\D/g, '')]) assert.ok(pans.includes(pan), `${pans}`);
  for (const email of ['ada.lovelace@mail.example', SHOPPER.email]) assert.ok(emails.includes(email), `${emails}`);
});

test('the search finds what is there, in a database, a log and a page of memory', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tillseal-canary-'));
  const sql = (text) => run('python3', ['-c', `import sqlite3, sys
database = sqlite3.connect('store'); database.execute('PRAGMA journal_mode = WAL'); database.execute('CREATE TABLE entries (entry BLOB)')
database.execute('INSERT INTO entries VALUES (?)', (sys.stdin.read(),)); database.commit()`], { cwd: folder, input: text });
  sql('{"at":1,"card":"4111 1111 1111 1111"}');
  assert.deepEqual(found(readFileSync(join(folder, 'store'))), ['a card number']);
  rmSync(folder, { recursive: true });
  const email = 'ada.lovelace@mail.example';
  for (const [what, ...texts] of [
    ['a card number', '4111111111111111', '4111-1111-1111-1111', '"card":4111111111111111,', Buffer.from('4111111111111111', 'utf16le'), 'x14111111111111111'],
    ['a card number, encoded', btoa('{"cc-number":"4111111111111111"}'), btoa('a4111111111111111'), btoa('ab4111111111111111'), Buffer.from('4111111111111111').toString('hex')],
    ['an e-mail address', email, `email=${email.replace('@', '%40')}`, Buffer.from(email, 'utf16le'), Buffer.from(`"${email}"`).toString('base64url')],
    ['a security code', '{"cc-csc":"7391"}', 'csc=7391', 'cvv: 7391', btoa('{"cc-csc":"7391"}'), Buffer.from('"7391"', 'utf16le')],
  ]) {
    for (const text of texts) {
      const page = Buffer.concat([Buffer.alloc(5000), Buffer.from('log {"level":"INFO"} '), Buffer.from(text), Buffer.alloc(100)]);
      assert.ok(found(page).includes(what), `${what} in ${text}: ${found(page)}`);
    }
  }
  assert.deepEqual(found(Buffer.from('{"at":1795459200,"pid":7391,"position":17391,"last4":"1111","milliseconds":7391}')), []);
});

test('nothing that servers have written holds any of it', { skip: KEPT ? false : 'cargo xtask test leaves the files' }, async () => {
  // A cluster of PostgreSQL ends after the process that started it.
  for (let waits = 0; waits < 300 && readdirSync(KEPT, { recursive: true }).some((path) => path.endsWith('/part')); waits += 1) await sleep(100);
  const counts = { databases: 0, logs: 0, metrics: 0, clusters: 0, verdicts: 0, verdictsInClusters: 0, bytes: 0 };
  const guilty = [];
  for (const file of files(KEPT)) {
    const bytes = readFileSync(file);
    counts.bytes += bytes.length;
    if (bytes.subarray(0, 15).toString() === 'SQLite format 3') counts.databases += 1;
    else if (file.endsWith('PG_VERSION')) counts.clusters += 1;
    else if (bytes.includes('"level":"INFO"')) counts.logs += 1;
    else if (bytes.includes('# TYPE tillseal_')) counts.metrics += 1;
    // What the stores hold is seen as it is.
    if (bytes.includes('"type":"verdict"')) {
      counts.verdicts += 1;
      if (file.includes('postgres-')) counts.verdictsInClusters += 1;
    }
    const what = found(bytes);
    if (what.length) guilty.push(`${relative(KEPT, file)}: ${what.join(', ')}`);
  }
  console.log(`searched ${JSON.stringify(counts)} for ${pans.length} card numbers and ${emails.length} e-mail addresses`);
  assert.deepEqual(guilty, []);
  // Fewer are not all: then the tests do not leave what they write.
  for (const [kind, least] of Object.entries({ databases: 20, logs: 15, metrics: 15, verdicts: 10 })) {
    assert.ok(counts[kind] >= least, `${kind}: ${JSON.stringify(counts)}`);
  }
  const missing = run('sh', ['-c', 'ls -d /usr/lib/postgresql/*/bin/initdb 2>/dev/null || command -v initdb || true']) === '';
  assert.ok(missing || (counts.clusters > 0 && counts.verdictsInClusters > 0), `no cluster of PostgreSQL: ${JSON.stringify(counts)}`);
});
