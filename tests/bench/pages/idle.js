// Runs before everything else on the page, and tells when the module has prepared its next seals: it does that in idle callbacks
// alone, each of which asks for the next one.

(() => {
  const name = 'requestIdleCallback' in globalThis ? 'requestIdleCallback' : 'setTimeout';
  const schedule = globalThis[name];
  const { setTimeout } = globalThis;
  let waiting = 0;
  let last = 0;
  globalThis[name] = (callback, options) => {
    // Without idle callbacks, timers are of others too.
    if (typeof options !== 'object') return schedule.call(globalThis, callback, options);
    waiting += 1;
    return schedule.call(globalThis, (...values) => {
      waiting -= 1;
      last = performance.now();
      callback(...values);
    }, options);
  };
  globalThis.bench = {
    pause: () => new Promise((done) => setTimeout.call(globalThis, done)),
    isIdle: () => waiting === 0 && performance.now() - last > 10,
  };
})();
