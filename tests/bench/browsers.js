// What a browser takes: for a submit, to become ready, and the tasks that it does for us.

import assert from 'node:assert/strict';
import { openSealed } from '../lib/keys.js';
import { ENGINES } from '../lib/engines.js';
import { measureKeystrokes } from './keystrokes.js';
import { measureSignals } from './signals.js';
import { TYPED } from './site.js';
import { summary } from './statistics.js';
import { tracedTasks } from './trace.js';

const ROUNDS = 200;
/** WebKitGTK ends a script after 20 s, so the rounds are asked for in slices. */
const SLICE = 8;
const FRESH_PAGES = 10;
const COLD_STARTS = 5;
const PAUSE = 'the page to be ready';

/** For each engine {name, version, clockStep, submits, keystrokes, signals, readiness, cold}, or {name, missing}: why it was not measured. */
export async function measureBrowsers(site, tell) {
  const measured = [];
  for (const engine of ENGINES) {
    try {
      if (engine.missing) throw new Error(engine.missing);
      tell(`${engine.name}: ${ROUNDS} submits of each contender, ${FRESH_PAGES} fresh pages`);
      const warm = await inBrowser(engine, (browser) => measureWarm(browser, site));
      tell(`${engine.name}: ${COLD_STARTS} cold starts`);
      measured.push({ name: engine.name, ...warm, cold: await measureCold(engine, site) });
    } catch (error) {
      tell(`${engine.name}: not measured: ${error.message}`);
      measured.push({ name: engine.name, missing: error.message });
    }
  }
  return measured;
}

async function measureWarm(browser, site) {
  const page = await browser.open(`${site.origin}/submit.html`);
  await page.waitFor(() => globalThis.bench?.rounds !== undefined, PAUSE);
  const clockStep = await page.evaluate(() => globalThis.bench.clockStep());
  const version = await page.evaluate(() => navigator.userAgent.match(/(?:Chrome|Firefox)\/([\d.]+)/)?.[1]);
  const submits = await measureSubmits(page, site);
  await page.close();
  const keystrokes = await measureKeystrokes(browser, site);
  // WebKitGTK's driver moves no pointer event by event.
  const signals = browser.browser ? await measureSignals(browser, site) : undefined;
  const pages = [];
  for (let count = 0; count < FRESH_PAGES; count += 1) pages.push(await readiness(browser, site));
  const parts = Object.keys(pages[0]);
  return {
    version,
    clockStep,
    submits,
    keystrokes,
    signals,
    readiness: Object.fromEntries(parts.map((part) => [part, summary(pages.map((page) => page[part]))])),
  };
}

async function measureSubmits(page, site) {
  const times = {};
  for (let round = 0; round < ROUNDS; round += SLICE) {
    const results = await page.evaluate((first, count) => globalThis.bench.rounds(first, count), round, SLICE);
    for (const [name, { ms, payload }] of Object.entries(results)) {
      (times[name] ??= []).push(...ms);
      await assertSealed(payload, site);
    }
  }
  return Object.fromEntries(Object.entries(times).map(([name, ms]) => [name, summary(ms)]));
}

/** Whoever does not seal what was typed is not a contender. */
async function assertSealed(payload, { keys }) {
  const header = JSON.parse(Buffer.from(payload.split('.')[0], 'base64url'));
  const key = Object.values(keys).find(({ alg }) => alg === header.alg);
  assert.deepEqual((await openSealed(payload, key)).fields, TYPED);
}

async function readiness(browser, site) {
  const page = await browser.open(`${site.origin}/ready.html`);
  await isReady(page);
  const parts = await page.evaluate(() => globalThis.bench.readiness());
  await page.close();
  return parts;
}

async function isReady(page) {
  const { ready, error } = await page.waitFor(() => {
    const { moments } = globalThis.bench ?? {};
    return moments?.ready || moments?.error ? moments : undefined;
  }, PAUSE);
  assert.ok(ready, `tillseal:error ${error}`);
}

/** Each in a browser process of its own: the longest task of each kind, the first submit, and a first seal unprepared. */
async function measureCold(engine, site) {
  const starts = [];
  for (let count = 0; count < COLD_STARTS; count += 1) {
    starts.push(await inBrowser(engine, (browser) => coldStart(browser, site)));
  }
  const of = (part) => summary(starts.map(part));
  const labels = [...new Set(starts.flatMap(({ tasks }) => Object.keys(tasks)))];
  const longest = (measure) => of(({ tasks }) => Math.max(...Object.values(tasks).map((task) => task[measure])));
  return {
    longest: longest('ms'),
    longestCpu: starts.every(({ isTraced }) => isTraced) ? longest('cpu') : undefined,
    tasks: Object.fromEntries(labels.map((label) => [label, of(({ tasks }) => tasks[label]?.ms ?? 0)])),
    firstSubmit: of(({ firstSubmit }) => firstSubmit),
    unprepared: of(({ unprepared }) => unprepared),
    ready: of(({ ready }) => ready),
  };
}

async function coldStart(browser, site) {
  const page = await browser.open('about:blank');
  const traced = await tracedTasks(page, async () => {
    await page.goto(`${site.origin}/ready.html`);
    await isReady(page);
  });
  const tasks = traced ?? longestByLabel(await page.evaluate(() => globalThis.bench.tasksSoFar()));
  const { total: ready } = await page.evaluate(() => globalThis.bench.readiness());
  const firstSubmit = await page.evaluate(() => globalThis.bench.firstSubmit());
  await page.goto(`${site.origin}/unprepared.html`);
  const unprepared = Number(await page.waitFor(() => document.body.dataset.took, 'the unprepared seal'));
  return { isTraced: Boolean(traced), tasks, ready, firstSubmit, unprepared };
}

function longestByLabel(tasks) {
  const longest = {};
  for (const { label, ms } of tasks) longest[label] = { ms: Math.max(longest[label]?.ms ?? 0, ms) };
  return longest;
}

async function inBrowser(engine, measure) {
  const browser = await engine.launch();
  try {
    return await measure(browser);
  } finally {
    await browser.close();
  }
}
