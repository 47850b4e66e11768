// The pages of docs/integrate show the very files that the interop tests run.
//
// After a change to one of those files: UPDATE=1 node --test docs.test.js

import assert from 'node:assert/strict';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from './lib/paths.js';

const INTEGRATE = join(ROOT, 'docs/integrate');
const SHOWN = /<!-- file: (\S+) -->\n```(\w+)\n[^]*?```\n/g;

for (const name of readdirSync(INTEGRATE).filter((name) => name.endsWith('.md') && name !== 'README.md')) {
  test(`${name} shows its files as they are`, () => {
    const page = readFileSync(join(INTEGRATE, name), 'utf8');
    const current = page.replace(SHOWN, (_, file, language) => {
      const code = readFileSync(join(INTEGRATE, file), 'utf8');
      return `<!-- file: ${file} -->\n\`\`\`${language}\n${code}\`\`\`\n`;
    });
    assert.match(page, SHOWN);
    if (process.env.UPDATE) writeFileSync(join(INTEGRATE, name), current);
    else assert.equal(page, current, 'run UPDATE=1 node --test docs.test.js');
  });
}
