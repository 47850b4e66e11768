import { createMask } from '/peers/imask.js';

createMask(document.querySelector('#imask input'));
globalThis.bench.isMasked = true;
