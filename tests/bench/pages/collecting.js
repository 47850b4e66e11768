// Runs before everything else on the page, and notes what each call of a listener that only observes takes: ours are passive ones
// that capture. It also notes the long tasks of the page.

(() => {
  const times = [];
  const emptyTimes = [];
  const longTasks = [];
  // What one that does nothing takes, in the same run: the least that can be measured.
  const empty = () => {};
  const { addEventListener } = EventTarget.prototype;
  EventTarget.prototype.addEventListener = function (type, listener, options) {
    if (!options?.passive || !options.capture) return addEventListener.call(this, type, listener, options);
    return addEventListener.call(this, type, function (event) {
      const start = performance.now();
      listener.call(this, event);
      (listener === empty ? emptyTimes : times).push(performance.now() - start);
    }, options);
  };
  document.addEventListener('pointermove', empty, { capture: true, passive: true });
  if (PerformanceObserver.supportedEntryTypes.includes('longtask')) {
    new PerformanceObserver((list) => longTasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: 'longtask' });
  }
  globalThis.bench = {
    times: () => times.splice(0),
    emptyTimes: () => emptyTimes.splice(0),
    longTasks: () => longTasks.splice(0),
    async close(count) {
      const { attach } = await import('/tillseal/tillseal.js');
      const checkout = await attach(document.forms[0]);
      // A new collector: it takes in again what a form's filling leaves, see signals.js.
      globalThis.bench.closing = () => Array.from({ length: count }, () => {
        const start = performance.now();
        checkout.signals;
        return performance.now() - start;
      });
      globalThis.bench.bytes = () => new TextEncoder().encode(`,"signals":${JSON.stringify(checkout.signals)}`).length;
    },
  };
})();
