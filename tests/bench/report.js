// docs/performance.md: every figure with its spread, every target with whether it was met.

import { LOADED } from './bytes.js';
import { reasons, targets } from './targets.js';

export function report(run) {
  return [
    '# Performance',
    '',
    'Written by `cargo xtask bench`, which runs us and the peers in turn; do not edit it by hand.',
    '',
    ...machine(run),
    '',
    '## Targets',
    '',
    ...verdicts(run),
    '## From submit to sealed',
    '',
    'In milliseconds, from the dispatch of the `submit` event to the compact JWE in the hands of the page: 200 submits of each in',
    'turn, in one page, of the same 15 fields (768 bytes of padded plaintext), peers with their keys imported beforehand.',
    '*unprepared* is a submit directly after another one: the ephemeral key and the agreement are then made at once, too.',
    '*first* is the first submit of a fresh browser process, in cold code; *first, unprepared* has nothing prepared at all.',
    '',
    ...submits(run),
    '## A keystroke',
    '',
    'In milliseconds of the main thread: all listeners of one key, what they edit by the browser\'s own command included.',
    `${count(run, ({ keystrokes }) => keystrokes.tillseal)} real key events in a card number each: 16 digits, then Backspace back to none. *imask* formats, but neither`,
    'judges nor knows brands, and what it writes cannot be undone.',
    '',
    ...keystrokes(run),
    '## Signals',
    '',
    'What the record of how the form was filled costs, in milliseconds: each call of a listener of ours that observes, by real pointer and key',
    'events in a form of 15 fields, and closing the account, which writes the claim. *bytes* is what the claim adds to the payload, before padding.',
    '',
    ...signals(run),
    '## From script to ready',
    '',
    `In milliseconds, from the request of \`tillseal.js\` to \`tillseal:ready\`: ${count(run, ({ readiness }) => readiness.total)} fresh pages,`,
    'nothing cached, from a server on the same machine. *idle* is the time that we leave to the page before we start; *module* is',
    'fetching, checking and compiling the wasm; *prepare* is done in small tasks while the page is idle.',
    '',
    ...readiness(run),
    '## The longest task that we cause',
    '',
    `In milliseconds, until ready, each in a fresh browser process: ${count(run, ({ cold }) => cold.longest)} starts. Chromium's tasks come from a`,
    'trace; *of that on the core* leaves out what other programs took. In the other engines a task counts from its first line',
    'of ours to the next turn of the event loop, which is an upper bound.',
    '',
    ...tasks(run),
    '## Opening on a server',
    '',
    'Payloads of 1 KiB a second, on one core, 3 s each in 3 rounds. `openssl speed ecdhp256` is one bare key agreement: the floor',
    'for anyone who opens ECDH-ES.',
    '',
    ...server(run),
    '## A decision',
    '',
    'A payment over HTTP, from request to answer: opened, claimed, judged by its signals, recorded, its receipt signed. In milliseconds, the',
    'load being on the same cores as the server, and PostgreSQL too. At 1,000 a second each payment has its moment, and a late answer to',
    `one delays none of the others. For the disk: a flush of 4 KiB took ${figure(run.decisions.flush)} ms in the same run; a decision waits for one on SQLite, and for two on PostgreSQL.`,
    '',
    ...decisions(run),
    '## Bytes',
    '',
    'What a page loads; the peers are what it takes to encrypt with them, bundled and minified by esbuild. gzip -9, brotli -q 11.',
    '',
    ...bytes(run),
    'What takes the room in `tillseal.wasm`, by the crate of each function, uncompressed:',
    '',
    ...room(run),
    '## Commands',
    '',
    '```sh',
    'cargo xtask bench   # all of it',
    'cargo run --release --package tillseal-server --example opens_per_second',
    'openssl speed -elapsed -seconds 3 ecdhp256',
    '```',
    '',
  ].join('\n');
}

function machine({ date, hardware, software, load, browsers }) {
  const versions = browsers.map(({ name, version, missing }) => `${name} ${missing ? 'missing' : version ?? ''}`.trim());
  const busy = `load average ${load.map((average) => average.toFixed(1)).join(' before and ')} after`;
  return [`${date} · ${hardware} · ${busy} · ${[software, ...versions].join(', ')}`];
}

function verdicts(run) {
  const all = targets(run);
  const rows = all.map(({ what, goal, figure, isMet }) => [what, goal, figure, isMet ? 'met' : '**missed**']);
  const missed = reasons(all);
  return [...table(['what', 'target', 'measured', ''], rows), ...missed.flatMap((reason) => [`- ${reason}`]), ...(missed.length ? [''] : [])];
}

const CONTENDERS = ['tillseal', 'tillseal HPKE-7', 'tillseal unprepared', 'jose', '@hpke/core', 'noble'];

function submits({ browsers }) {
  return browsers.flatMap((browser) => {
    if (browser.missing) return notMeasured(browser);
    const ours = browser.submits.tillseal.median;
    const rows = CONTENDERS.map((name) => [
      name,
      ...spread(browser.submits[name]),
      name.startsWith('tillseal') ? '' : `${figure(browser.submits[name].median / ours)} ×`,
    ]);
    rows.push(['tillseal, first', ...spread(browser.cold.firstSubmit), '']);
    rows.push(['tillseal, first, unprepared', ...spread(browser.cold.unprepared), '']);
    const clock = `clock in steps of ${figure(browser.clockStep)} ms`;
    return table([`${browser.name} (${clock})`, 'median', 'min', 'max', 'we are faster'], rows);
  });
}

function keystrokes({ browsers }) {
  return browsers.flatMap((browser) => {
    if (browser.missing) return notMeasured(browser);
    const rows = Object.entries(browser.keystrokes).map(([name, { median, p99, max }]) => [name, ...[median, p99, max].map(figure)]);
    return table([browser.name, 'median', '99th percentile', 'max'], rows);
  });
}

function signals({ browsers }) {
  const measured = browsers.filter(({ signals }) => signals);
  return measured.flatMap(({ name, signals: { event, empty, closing, bytes } }) => (
    table([name, 'median', '99th percentile', 'max', 'count'], [
      ['an event', ...[event.median, event.p99, event.max].map(figure), whole(event.count)],
      ['a listener that does nothing', ...[empty.median, empty.p99, empty.max].map(figure), whole(empty.count)],
      ['closing the account', ...[closing.median, closing.p99, closing.max].map(figure), whole(closing.count)],
      ['bytes', whole(bytes), '', '', ''],
    ])
  ));
}

function readiness({ browsers }) {
  return browsers.flatMap((browser) => {
    if (browser.missing) return notMeasured(browser);
    const { total, sinceNavigation } = browser.readiness;
    const parts = ['scripts', 'idle', 'module', 'prepare'];
    const rows = parts.map((name) => [`of that ${name}`, ...spread(browser.readiness[name])]);
    return table([browser.name, 'median', 'min', 'max'], [
      ['script to ready', ...spread(total)],
      ...rows,
      ['navigation to ready', ...spread(sinceNavigation)],
      ['script to ready, fresh browser', ...spread(browser.cold.ready)],
    ]);
  });
}

function tasks({ browsers }) {
  return browsers.flatMap((browser) => {
    if (browser.missing) return notMeasured(browser);
    const { longest, longestCpu, tasks } = browser.cold;
    const what = {
      script: 'evaluate the scripts',
      idle: 'start, or steps of preparing',
      keys: 'read the keys',
      instantiate: 'instantiate the module',
    };
    return table([browser.name, 'median', 'min', 'max'], [
      ['longest task', ...spread(longest)],
      ...(longestCpu ? [['of that on the core', ...spread(longestCpu)]] : []),
      ...Object.entries(tasks).map(([label, ms]) => [`longest to ${what[label]}`, ...spread(ms)]),
    ]);
  });
}

function server({ server }) {
  const ours = server.tillseal.median;
  const rows = Object.entries(server).map(([name, rate]) => (rate.missing
    ? [name, rate.missing, '', '', '']
    : [name, ...[rate.median, rate.min, rate.max].map(whole), name.startsWith('tillseal') ? '' : `${figure(ours / rate.median)} ×`]));
  return table(['opens a second', 'median', 'min', 'max', 'ours is'], rows);
}

function decisions({ decisions: { runs } }) {
  const names = { sqlite: 'SQLite', postgres: 'PostgreSQL' };
  const rows = runs.map(({ store, processes, rate, per_second: perSecond, p50, p90, p99, p999, statuses }) => [
    `${names[store]}, ${processes} ${processes === 1 ? 'process' : 'processes'}, ${rate ? `${whole(rate)} a second` : 'as many as can be'}`,
    whole(perSecond), ...[p50, p90, p99, p999].map(figure),
    Object.entries(statuses).map(([status, count]) => `${whole(count)} × ${status}`).join(', '),
  ]);
  return table(['decisions', 'a second', 'p50', 'p90', 'p99', 'p99.9', 'answers'], rows);
}

function bytes({ bytes: { ours, peers } }) {
  const sum = (unit) => LOADED.reduce((total, name) => total + ours[name][unit], 0);
  const row = (name, { raw, gzip, brotli }) => [name, ...[raw, gzip, brotli].map(whole)];
  return table(['bytes', 'raw', 'gzip', 'brotli'], [
    ...LOADED.map((name) => row(name, ours[name])),
    row('a page loads', { raw: sum('raw'), gzip: sum('gzip'), brotli: sum('brotli') }),
    row('fallback.js, where WebAssembly is off', ours['fallback.js']),
    row('tillseal.classic.js, instead of both', ours['tillseal.classic.js']),
    ...Object.entries(peers).map(([name, sizes]) => row(PEER_NAMES[name], sizes)),
  ]);
}

const PEER_NAMES = {
  imask: 'imask: a mask for one input',
  hpke: '@hpke/core: HPKE-7, by WebCrypto',
  jose: 'jose: ECDH-ES, by WebCrypto',
  noble: 'noble: p256, gcm, hkdf, sha256, without WebCrypto',
};

function room({ room }) {
  const add = (total, [, size]) => total + size;
  const sum = room.reduce(add, 0);
  const isSmall = ([, size]) => size < sum / 100;
  const rows = [...room.filter((row) => !isSmall(row)), ['all that are below 1 %', room.filter(isSmall).reduce(add, 0)]];
  return table(['crate', 'bytes', 'share'], rows.map(([name, size]) => [name, whole(size), `${Math.round(100 * size / sum)} %`]));
}

function notMeasured({ name, missing }) {
  return [`${name} was not measured: ${missing}`, ''];
}

function count({ browsers }, part) {
  const measured = browsers.find(({ missing }) => !missing);
  return measured ? part(measured).count : 0;
}

function spread({ median, min, max }) {
  return [median, min, max].map(figure);
}

/** Three digits that count. */
function figure(value) {
  return value >= 100 ? whole(value) : value.toFixed(value >= 10 ? 1 : value >= 1 ? 2 : 3);
}

function whole(value) {
  return Math.round(value).toLocaleString('en');
}

/** A Markdown table that reads well as plain text, too: the first column left, the others right. */
function table(head, rows) {
  const widths = head.map((_, column) => Math.max(3, ...[head, ...rows].map((row) => row[column].length)));
  const pad = (cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]));
  const line = (cells) => `| ${cells.map(pad).join(' | ')} |`;
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(head), line(rule), ...rows.map(line), ''];
}
