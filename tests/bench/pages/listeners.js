// Runs before everything else on the page, and notes what the listeners of each keystroke take of the main thread: what they edit by
// a command of the browser's, and the events of that, included.

(() => {
  const TYPES = new Set(['keydown', 'keypress', 'beforeinput', 'input', 'keyup', 'change', 'selectionchange']);
  const times = {};
  const { addEventListener } = EventTarget.prototype;
  let depth = 0;
  let sample;
  EventTarget.prototype.addEventListener = function (type, listener, options) {
    if (!TYPES.has(type) || typeof listener !== 'function') return addEventListener.call(this, type, listener, options);
    return addEventListener.call(this, type, function (event) {
      const start = performance.now();
      depth += 1;
      try {
        return listener.call(this, event);
      } finally {
        depth -= 1;
        // One listener inside of another is a part of it.
        if (depth === 0 && sample) sample.ms += performance.now() - start;
      }
    }, options);
  };
  addEventListener.call(globalThis, 'keydown', ({ target }) => {
    sample = { ms: 0 };
    (times[target.form.id] ??= []).push(sample);
  }, { capture: true });
  globalThis.bench = { times: () => Object.fromEntries(Object.entries(times).map(([id, samples]) => [id, samples.map(({ ms }) => ms)])) };
})();
