// Runs before everything else on the page and notes what the module makes the main thread do.
//
// A task is timed from the first line of it that is ours to the next message, which the event loop delivers after the task
// and its microtasks: an upper bound. Where the engine can be traced, the marks tell which of its tasks were ours.

(() => {
  const tasks = [];
  const open = [];
  const moments = {};
  const channel = new MessageChannel();
  channel.port1.onmessage = () => {
    const { label, start } = open.shift();
    tasks.push({ label, ms: performance.now() - start });
  };

  function begin(label) {
    performance.mark(`bench:${label}`);
    open.push({ label, start: performance.now() });
    channel.port2.postMessage(0);
  }

  /** The promise of a call, whose continuation is a task of ours. */
  const continued = (label, call) => function (...values) {
    return call.apply(this, values).then((result) => {
      moments[label] = performance.now();
      begin(label);
      return result;
    });
  };

  WebAssembly.instantiateStreaming = continued('instantiate', WebAssembly.instantiateStreaming);
  Response.prototype.json = continued('keys', Response.prototype.json);
  const idle = 'requestIdleCallback' in globalThis ? 'requestIdleCallback' : 'setTimeout';
  const schedule = globalThis[idle];
  globalThis[idle] = (callback, options) => schedule.call(globalThis, (...values) => {
    begin('idle');
    callback(...values);
  }, options);

  addEventListener('tillseal:ready', () => { moments.ready = performance.now(); });
  addEventListener('tillseal:error', ({ detail }) => { moments.error = detail.code; });
  globalThis.bench = {
    moments,
    /** One more turn of the event loop: the last task is noted by the message after it. */
    tasksSoFar: () => new Promise((done) => setTimeout(() => done(tasks))),
  };
})();
