// What a page can say once the module is ready: how long each part took, and its first submit.

/** In milliseconds. The script starts when the browser asks for it. */
globalThis.bench.readiness = () => {
  const { moments } = globalThis.bench;
  const loaded = Object.fromEntries(
    performance.getEntriesByType('resource').map((entry) => [new URL(entry.name).pathname, entry]),
  );
  const script = loaded['/tillseal/tillseal.js'].startTime;
  const asked = loaded['/tillseal/tillseal.wasm'].startTime;
  return {
    total: moments.ready - script,
    sinceNavigation: moments.ready,
    scripts: loaded['/tillseal/tillseal.js'].responseEnd - script,
    idle: asked - loaded['/tillseal/tillseal.js'].responseEnd,
    module: moments.instantiate - asked,
    prepare: moments.ready - moments.instantiate,
  };
};

/** The first submit of this page, in milliseconds from the dispatch of its event. */
globalThis.bench.firstSubmit = () => {
  const form = document.forms[0];
  let start;
  let end;
  addEventListener('submit', () => { start = performance.now(); }, { capture: true });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    new FormData(form).get('sealed').length;
    end = performance.now();
  });
  form.requestSubmit();
  return end - start;
};
