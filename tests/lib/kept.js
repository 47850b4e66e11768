// Where servers of the tests work: what they write stays for the search after all tests (secrets-search.js), if files are to be left.

import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

/** A temporary folder. */
export const workFolder = () => mkdtempSync(join(tmpdir(), 'tillseal-serve-'));

/** Removes the folder, once its files are where they stay. */
export function leave(folder) {
  const place = process.env.TILLSEAL_TEST_KEEP;
  if (place) cpSync(folder, join(place, basename(folder)), { recursive: true });
  rmSync(folder, { recursive: true });
}

/** Leaves a text that a program has printed, under that name in a folder of its own. */
export function leaveText(name, text) {
  const folder = workFolder();
  writeFileSync(join(folder, name), text);
  leave(folder);
}
