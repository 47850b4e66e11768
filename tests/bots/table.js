// One block of lines for each visitor: a table of so many columns has no page to stand on.

export function table(rows) {
  return rows.map(({ name, kind, ...traces }) => {
    const width = Math.max(...Object.keys(traces).map((trace) => trace.length));
    const lines = Object.entries(traces).map(([trace, value]) => `  ${trace.padEnd(width)}  ${value}`);
    return [`${name} (${kind})`, ...lines].join('\n');
  }).join('\n\n');
}
