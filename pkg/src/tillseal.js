// @ts-check
/**
 * Tillseal encrypts the fields of a checkout form in the browser. The WebAssembly module decides what is sealed, what is right and
 * how a field looks while one types; these files read the page, and write to it.
 * @module
 */

import { TillsealCard } from './card.js'
import { Checkout, attached } from './checkout.js'

export { TillsealCard }
export { TillsealError } from './error.js'
/**
 * @typedef {import('./checkout.js').Key} Key
 * @typedef {import('./checkout.js').Recipient} Recipient
 * @typedef {import('./checkout.js').Options} Options
 */

/** @param {HTMLFormElement} form @returns {Options} */
const declared = ({ dataset }) => ({
  key: dataset.tillseal,
  kid: dataset.kid,
  signals: /** @type {import('./checkout.js').Tier | undefined} */ (dataset.signals),
  threeDS: '3ds' in dataset,
  session: dataset.session,
})

/**
 * Seals a form from now on: every submit and every `new FormData(form)` gets an entry `sealed`.
 * @param {HTMLFormElement} form Its inputs carry `autocomplete` tokens or `data-seal`, and no `name`; or it holds a `<tillseal-card>`.
 * @param {Options} [options] What is left out, the form's `data-tillseal`, `data-kid`, `data-session` and so on say.
 * @returns {Promise<Checkout>} Once it is ready.
 * @throws {TillsealError} `module-load`, `unsupported`, `key-…`, `session-…`, `random`.
 */
export async function attach(form, options) {
  attached.get(form)?.detach()
  const checkout = new Checkout(form, { ...declared(form), ...options })
  await checkout.ready
  return checkout
}

// Declarative: every form with data-tillseal, also one that comes into the page later.
if (typeof document !== 'undefined') {
  const adopt = (/** @type {HTMLFormElement | null | undefined} */ form) => {
    if (form?.dataset.tillseal && !attached.has(form)) new Checkout(form, declared(form))
  }
  const scan = () => document.querySelectorAll('form').forEach(adopt)
  document.addEventListener('DOMContentLoaded', scan)
  document.addEventListener('focusin', (event) => adopt(/** @type {any[]} */ (event.composedPath()).find(({ form }) => form)?.form))
  document.addEventListener('tillseal:card', (event) => adopt(/** @type {HTMLFormElement} */ (event.composedPath()[0])))
  scan()
  // Last: the elements that are there already tell their forms, wherever these are.
  if (!customElements.get('tillseal-card')) customElements.define('tillseal-card', TillsealCard)
}
