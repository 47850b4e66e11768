// The first seal of a page with nothing prepared: key pair, key agreement and encryption at once, in cold code.

import { Checkout, __wbg_set_wasm, imports } from '/glue.js';

const form = document.forms[0];
const jwk = (await (await fetch('/ecdh-es.jwks')).json()).keys[0];
const { instance } = await WebAssembly.instantiateStreaming(fetch('/tillseal/tillseal.wasm'), imports);
__wbg_set_wasm(instance.exports);
instance.exports.__wbindgen_start();
const checkout = new Checkout();
checkout.add([['kty', 'crv', 'x', 'y', 'alg', 'kid'].map((member) => jwk[member]).join(' '), '', '*'].join('\0'));

const start = performance.now();
for (const element of form.elements) {
  checkout.input([element.dataset.seal ?? '', element.getAttribute('autocomplete') ?? '', element.value].join('\0'));
}
checkout.seal(Date.now() / 1000, location.origin);
document.body.dataset.took = performance.now() - start;
