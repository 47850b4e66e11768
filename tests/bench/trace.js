// Chromium's own record of its tasks, from a trace over CDP.

const CATEGORIES = ['blink.user_timing', 'devtools.timeline', 'disabled-by-default-devtools.timeline', 'v8'];
const OWN_FILES = /\/tillseal\/|\/ecdh-es\.jwks/;

/**
 * The longest task of each kind that was ours while the page did `work`, in milliseconds by label; undefined where the
 * engine cannot be traced. A task is ours if one of the page's marks stands in it or if it compiles or runs a file of ours.
 */
export async function tracedTasks({ page }, work) {
  if (!page?.tracing || page.browser().process()?.spawnfile.includes('firefox')) {
    await work();
    return undefined;
  }
  await page.tracing.start({ categories: CATEGORIES });
  await work();
  const { traceEvents } = JSON.parse(Buffer.from(await page.tracing.stop()));
  const tasks = traceEvents.filter(({ ph, name }) => ph === 'X' && /RunTask$/.test(name));
  const longest = {};
  for (const event of traceEvents) {
    const label = labelOf(event);
    if (!label) continue;
    const isAround = ({ pid, tid, ts, dur }) => pid === event.pid && tid === event.tid && ts <= event.ts && event.ts <= ts + dur;
    for (const task of tasks.filter(isAround)) longest[label] = Math.max(longest[label] ?? 0, task.dur / 1000);
  }
  return longest;
}

function labelOf({ name, cat, args }) {
  if (cat?.includes('blink.user_timing') && name.startsWith('bench:')) return name.slice('bench:'.length);
  const url = args?.data?.url ?? args?.fileName;
  return /^(v8\.|EvaluateScript|FunctionCall)/.test(name) && OWN_FILES.test(url ?? '') ? 'script' : undefined;
}
