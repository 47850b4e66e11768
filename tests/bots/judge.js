// Lets bots and people pay, and prints what the server makes of each.
//
//   node tests/bots/judge.js [name…] [--seeds n] [--hidden] [--markdown] [--json]
//
// `--hidden` sends the naive bots in browsers that do not say what they are. `--seeds` is how often each comes: hands are
// planned by chance, and even a program's times hang on the machine.

import { parseArgs } from 'node:util';
import { FLAGGED, startJudge } from '../lib/judge.js';
import { BOTS } from './bots.js';
import { PEOPLE } from './people.js';

const { values: { seeds, hidden: isHidden, markdown: isMarkdown, json: isJson }, positionals: words } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: '1' },
    hidden: { type: 'boolean', default: false },
    markdown: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const everybody = [...BOTS, ...PEOPLE.map((visitor) => ({ ...visitor, kind: 'person' }))];
const visitors = everybody.filter(({ name, kind }) => words.length === 0 || words.some((word) => name.includes(word) || kind === word));
if (visitors.length === 0) throw new Error(`no such bot or person: ${words.join(', ')}`);

const judge = await startJudge();
const heads = ['visitor', 'kind', 'probability', 'flagged', 'what weighed most'];
if (isMarkdown) console.log(`${row(heads)}\n${row(heads.map(() => '---'))}`);
for (const visitor of visitors) {
  if (visitor.missing) console.error(`${visitor.name}: ${visitor.missing}`);
  else await judged(visitor);
}
await judge.close();

async function judged(visitor) {
  const { name, kind } = visitor;
  const answers = [];
  for (let seed = 1; seed <= Number(seeds); seed += 1) {
    try {
      const answer = await judge.visit(visitor, { seed, isHidden });
      answers.push(answer.automation);
      if (isJson) console.log(JSON.stringify({ name, kind, seed, ...answer }));
    } catch (error) {
      console.error(`${name}, seed ${seed}: ${error.stack}`);
      process.exitCode = 1;
    }
  }
  if (isJson || answers.length === 0) return;
  const flagged = answers.filter(({ probability }) => probability >= FLAGGED).length;
  const probabilities = [...new Set(answers.map(({ probability }) => probability.toFixed(3)))].sort();
  const reasons = new Set(answers.flatMap(({ reasons }) => reasons.map(({ code, weight }) => `${code} ${weight.toFixed(1)}`)));
  const cells = [name, kind, probabilities.join(' '), `${flagged} of ${answers.length}`, [...reasons].join(', ')];
  console.log(isMarkdown ? row(cells) : cells.join(' | '));
}

function row(cells) {
  return `| ${cells.join(' | ')} |`;
}
