// What was promised, and whether this run kept it. A missed target stays a target.

import { LOADED } from './bytes.js';

/** Each target {what, goal, figure, isMet, topic}, of the engines that were measured. */
export function targets({ browsers, server, decisions, bytes }) {
  const inBrowsers = browsers.filter(({ name, missing }) => TARGETED.includes(name) && !missing).flatMap(browserTargets);
  const opens = server.tillseal.median;
  const loaded = LOADED.reduce((sum, name) => sum + bytes.ours[name].brotli, 0);
  return [
    ...inBrowsers,
    target('opens', 'opens a second on one core, 1 KiB', '>= 10,000', Math.round(opens).toLocaleString('en'), opens >= 10_000),
    ...decisions.runs.filter(({ processes, rate }) => processes === 1 && rate).map(({ store, p99 }) => {
      const [name, goal] = { sqlite: ['SQLite', 5], postgres: ['PostgreSQL', 15] }[store];
      return target('decision', `a decision at 1,000 a second on ${name}, p99`, `< ${goal} ms`, `${p99.toFixed(1)} ms`, p99 < goal);
    }),
    target('bytes', 'module + glue + shim, brotli', '<= 41,728', loaded.toLocaleString('en'), loaded <= 41_728),
  ];
}

/** The engines that have targets; what others do is told all the same. */
const TARGETED = ['Chromium', 'Firefox'];

/** Why a target is missed, where this run missed one: what was found by taking the figures apart. */
export function reasons(all) {
  const missed = new Set(all.filter(({ isMet }) => !isMet).map(({ topic }) => topic));
  return Object.entries(WHY).filter(([topic]) => missed.has(topic)).map(([, reason]) => reason);
}

const WHY = {
  submit: 'Submit: every field crosses into WebAssembly twice, once while the submit can still be stopped and once when it is sealed; '
    + 'AES-256-GCM runs in portable constant-time code, because WebAssembly has no AES instructions; '
    + 'and the module wipes its stack afterwards.',
  ratio: 'Ratio: in Chromium the peers\' key agreement is native assembly in another thread, and a whole seal of theirs takes well '
    + 'below a millisecond; a tenth of that is less than reading the form and crossing into WebAssembly costs. '
    + 'Theirs cannot be had synchronously, though, so a native submit cannot wait for it.',
  key: 'Keystroke: a time on the wall, which competes with the load named above; compare the median.',
  event: 'Signals: times on the wall, too; of one event compare the listener that does nothing, in the same run.',
  claim: 'Signals: the claim grows with the fields; a value that is 0 takes no room.',
  task: 'Tasks: these are times on the wall, and a cold browser competes with its own start and with the load named above; '
    + 'of the longest task the table below shows, for Chromium, what was spent on the core.',
  decision: 'Decisions: on the wall, on two cores that also run the load and PostgreSQL; compare the median, and the flush of the disk in the same run.',
  opens: 'Opening: on the wall, too; compare `openssl speed ecdhp256` in the same run, which is one bare key agreement.',
};

function browserTargets({ name, submits, keystrokes, signals, cold }) {
  const ours = submits.tillseal.median;
  const faster = (peer) => submits[peer].median / ours;
  const ms = (value) => `${value.toFixed(value < 1 ? 3 : 1)} ms`;
  return [
    target('submit', `${name}: submit to sealed, median`, '<= 0.2 ms', ms(ours), ours <= 0.2),
    ...['jose', '@hpke/core'].map((peer) => (
      target('ratio', `${name}: faster than ${peer}`, '>= 10 ×', `${faster(peer).toFixed(1)} ×`, faster(peer) >= 10)
    )),
    ...(name === 'Chromium'
      ? [target('key', `${name}: a keystroke, 99th percentile`, '< 1 ms', ms(keystrokes.tillseal.p99), keystrokes.tillseal.p99 < 1)]
      : []),
    ...(name === 'Chromium' ? signalTargets(signals) : []),
    task(`${name}: longest task until ready`, cold.longest),
    task(`${name}: first submit of a fresh browser`, cold.firstSubmit),
  ];
}

function signalTargets({ event, closing, longTasks, bytes }) {
  return [
    target('event', 'Chromium: an observed event, 99th percentile', '< 50 µs', `${Math.round(event.p99 * 1000)} µs`, event.p99 < 0.05),
    target('event', 'Chromium: long tasks while a form is filled', '0', String(longTasks), longTasks === 0),
    target('event', 'Chromium: closing the account at the submit, 99th percentile', '< 5 ms', `${closing.p99.toFixed(2)} ms`, closing.p99 < 5),
    target('claim', 'signals of 15 fields in the payload, bytes', '<= 2,048', bytes.toLocaleString('en'), bytes <= 2048),
  ];
}

/** Judged by the median of the cold starts; the worst of them stands beside it. */
function task(what, { median, max }) {
  return target('task', `${what}, median`, '<= 10 ms', `${median.toFixed(1)} ms (max ${max.toFixed(1)})`, median <= 10);
}

function target(topic, what, goal, figure, isMet) {
  return { topic, what, goal, figure, isMet };
}
