// Chromium's own record of its tasks, from a trace over CDP.

const CATEGORIES = ['blink.user_timing', 'devtools.timeline', 'disabled-by-default-devtools.timeline', 'v8'];

/**
 * The longest task of each kind that was ours while the page did `work`: {ms, cpu} by label, both in milliseconds, where
 * `cpu` leaves out the time in which other programs had the core. Undefined where the engine cannot be traced.
 *
 * A task is ours if one of the page's marks stands in it. Compiling and evaluating the scripts is counted without the rest of
 * its task, in which the browser may lay out the page.
 */
export async function tracedTasks({ page }, work) {
  if (!page || page.browser().process().spawnargs.some((word) => word.includes('firefox'))) {
    await work();
    return undefined;
  }
  await page.tracing.start({ categories: CATEGORIES });
  await work();
  const { traceEvents } = JSON.parse(Buffer.from(await page.tracing.stop()));
  const spans = traceEvents.filter(({ ph }) => ph === 'X');
  const tasks = spans.filter(({ name }) => /RunTask$/.test(name));
  const longest = {};
  const note = (label, { dur, tdur }) => {
    const known = longest[label] ?? { ms: 0, cpu: 0 };
    longest[label] = { ms: Math.max(known.ms, dur / 1000), cpu: Math.max(known.cpu, (tdur ?? dur) / 1000) };
  };
  for (const mark of traceEvents.filter(({ cat, name }) => cat?.includes('user_timing') && name.startsWith('bench:'))) {
    const isAround = ({ pid, tid, ts, dur }) => pid === mark.pid && tid === mark.tid && ts <= mark.ts && mark.ts <= ts + dur;
    for (const task of tasks.filter(isAround)) note(mark.name.slice('bench:'.length), task);
  }
  for (const span of spans.filter(isOwnScript)) note('script', span);
  return longest;
}

function isOwnScript({ name, args }) {
  return /^v8\.(compile|evaluate)Module/.test(name) && /\/tillseal\//.test(args?.fileName ?? args?.data?.url ?? '');
}
