// What is said of a series of figures.

export function summary(figures) {
  const sorted = [...figures].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const median = (sorted[Math.ceil(middle) - 1] + sorted[Math.floor(middle)]) / 2;
  const p99 = sorted[Math.ceil(0.99 * sorted.length) - 1];
  return { median, p99, min: sorted[0], max: sorted.at(-1), count: sorted.length };
}
