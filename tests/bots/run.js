// Sends each bot and each person to a page that listens, and prints what they left there.
//
//   node tests/bots/run.js [--json] [name…]

import { BOTS } from './bots.js';
import { PEOPLE } from './people.js';
import { VISITOR, startTracing } from './traces.js';
import { summary } from './summary.js';
import { table } from './table.js';

const words = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const isJson = process.argv.includes('--json');
const visitors = [...BOTS, ...PEOPLE].filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
if (visitors.length === 0) throw new Error(`no such bot or person: ${words.join(', ')}`);

const tracing = await startTracing();
const rows = [];
for (const { name, kind = 'person', missing, run } of visitors) {
  if (missing) {
    console.error(`${name}: ${missing}`);
    continue;
  }
  const start = performance.now();
  try {
    await run(tracing.url, VISITOR);
    const taken = tracing.taken();
    if (!taken) throw new Error('left no traces');
    const row = { name, kind, seconds: ((performance.now() - start) / 1000).toFixed(1), ...summary(taken) };
    rows.push(row);
    if (isJson) console.log(JSON.stringify({ ...row, ...taken }));
  } catch (error) {
    console.error(`${name}: ${error.stack}`);
    process.exitCode = 1;
  }
}
await tracing.close();
if (!isJson) console.log(table(rows));
