// Chance with a seed, so that a run that was once seen can be seen again.

/** mulberry32: small, and good enough for hands. */
export function randomFrom(seed = Math.floor(Math.random() * 2 ** 32)) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const normal = (mean = 0, deviation = 1) =>
    mean + deviation * Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  return {
    seed,
    next,
    normal,
    uniform: (from, to) => from + (to - from) * next(),
    /** Reaction times, dwells and pauses are log-normal: a median, and a long tail to the right. */
    logNormal: (median, sigma = 0.3) => median * Math.exp(normal(0, sigma)),
    chance: (probability) => next() < probability,
    pick: (list) => list[Math.floor(next() * list.length)],
  };
}
