// @ts-check
/**
 * Tillseal: encrypts the fields of a checkout form in the browser. This file is what ships: it finds the form, loads the
 * WebAssembly module and hands it the moment of submitting. What is sealed, and how, is decided in the module.
 *
 * @module
 */
import { Checkout as Module, embedded, initSync, integrity } from './glue.js'

/** How long a submit waits for the module and the key, in milliseconds. */
const PATIENCE = 8000

/**
 * A public key: the URL of a JWK Set, a JWK Set, or a JWK.
 * @typedef {string | URL | { keys: object[] } | { kty: string }} Key
 */
/**
 * Who may read which fields. Patterns are field names, or beginnings that end in `*`: `cc-*`.
 * @typedef {{ name: string, key: Key, kid?: string, fields: string[] }} Recipient
 */
/**
 * `key` for one recipient of everything, or `recipients`. `kid` pins the key: its RFC 7638 thumbprint.
 * @typedef {{ key?: Key, kid?: string, recipients?: Recipient[] }} Options
 */

/** What to do about each error, by its stable code. */
const ADVICE = {
  'module-load': 'The WebAssembly module could not be loaded. Serve tillseal.wasm beside tillseal.js, unchanged, and allow it: script-src \'wasm-unsafe-eval\'; connect-src \'self\'.',
  'key-load': 'The public key could not be loaded. data-tillseal must be the URL of a JWK Set.',
  'key-none': 'The key set holds no key.',
  'key-unusable': 'The key is not a public key on the curve P-256.',
  'key-alg': 'The key\'s alg must be ECDH-ES or HPKE-7.',
  'key-kid': 'The key\'s kid is not its RFC 7638 thumbprint.',
  'key-pin': 'The key set does not hold the pinned key.',
  random: 'The browser gave no randomness; nothing can be sealed without it.',
  'not-ready': 'Not ready yet: wait for tillseal:ready.',
  detached: 'The form has been detached.',
  'field-name': 'data-seal must be 1 to 64 letters, digits, hyphens, underscores or dots.',
  'field-duplicate': 'Two fields have the same name.',
  'field-too-long': 'The field holds more than 1,024 bytes.',
  'form-too-large': 'The form holds too much for one payload.',
  'field-unclaimed': 'A field is not meant for any recipient.',
  'pan-digits': 'The card number holds something that is not a digit.',
  'pan-length': 'The card number must have 12 to 19 digits.',
  'pan-check-digit': 'The card number has a typing error.',
  'expiry-shape': 'The expiry date must look like 12/29.',
  'expiry-month': 'The month must be 01 to 12.',
  'csc-shape': 'The security code must have 3 or 4 digits.',
}

/** An error with a stable `code`, the `field` it is about (if it is about one) and a message that says what to do. */
export class TillsealError extends Error {
  /**
   * @param {keyof typeof ADVICE} code
   * @param {{ field?: string, cause?: unknown }} [about]
   */
  constructor(code, { field, cause } = {}) {
    super(ADVICE[code], { cause })
    this.name = 'TillsealError'
    this.code = code
    this.field = field
  }
}

/** @type {Promise<void> | undefined} */
let loading

/** Loads the module, once; a failure is forgotten, so that the next call tries again. */
function loadModule() {
  loading ??= instantiate().catch((cause) => {
    loading = undefined
    throw new TillsealError('module-load', { cause })
  })
  return loading
}

async function instantiate() {
  // The single-file build carries the module; otherwise it is fetched, and refused unless it is the one that was built.
  const compiled = embedded
    ? WebAssembly.compile(embedded)
    : WebAssembly.compileStreaming(fetch(new URL('tillseal.wasm', import.meta.url), { integrity }))
  initSync({ module: await compiled })
}

/**
 * The keys of a JWK Set, from wherever they are.
 * @param {Key | undefined} key
 * @returns {Promise<object[]>}
 */
async function loadKeys(key) {
  try {
    let set = key
    if (typeof key === 'string' || key instanceof URL) {
      const response = await fetch(key)
      if (!response.ok) throw new Error(`${response.url}: ${response.status}`)
      set = await response.json()
    }
    const { keys } = /** @type {{ keys: object[] }} */ (set)
    return Array.isArray(keys) ? keys : [/** @type {object} */ (set)]
  } catch (cause) {
    throw new TillsealError('key-load', { cause })
  }
}

/** Calls the module and gives its errors, texts of `code` and `code field`, their class. */
function guarded(/** @type {() => any} */ call) {
  try {
    return call()
  } catch (error) {
    if (typeof error !== 'string') throw new TillsealError('module-load', { cause: error })
    const [code, ...field] = error.split(' ')
    throw new TillsealError(/** @type {keyof typeof ADVICE} */ (code), { field: field.join(' ') || undefined })
  }
}

/** Until the browser has nothing better to do. */
const idle = () => new Promise((done) => ('requestIdleCallback' in globalThis ? requestIdleCallback(done, { timeout: 200 }) : setTimeout(done, 1)))

/** @type {WeakMap<HTMLFormElement, Checkout>} */
const attached = new WeakMap()

/** One form, from attach to detach. */
class Checkout {
  #form
  #options
  #listeners = new AbortController()
  /** @type {Module | undefined} */
  #module
  /** @type {Promise<void> | undefined} */
  #starting
  /** @type {string[]} */
  #entries = []
  #held = false

  /**
   * @param {HTMLFormElement} form
   * @param {Options} options
   */
  constructor(form, options) {
    this.#form = form
    this.#options = options
    const { signal } = this.#listeners
    // Capture: before the page's own listeners, which may read the form.
    form.addEventListener('submit', (event) => this.#onSubmit(event), { capture: true, signal })
    form.addEventListener('formdata', (event) => this.#onFormData(event), { signal })
    const start = () => this.ready.catch(() => {})
    form.addEventListener('focusin', start, { once: true, signal })
    idle().then(start)
    attached.set(form, this)
  }

  /** Settles when the module, the key and the first seal are prepared. A failure is reported, and tried again next time. */
  get ready() {
    this.#starting ??= this.#start().catch((error) => {
      this.#starting = undefined
      this.#fail(error)
      throw error
    })
    return this.#starting
  }

  /**
   * Seals what stands in the form now.
   * @returns {Record<string, string>} The entries to send, each a compact JWE: `sealed`, or `sealed-<name>` for each of the `recipients`.
   */
  seal() {
    const module = this.#module
    if (!module) throw new TillsealError(this.#listeners.signal.aborted ? 'detached' : 'not-ready')
    const sealed = guarded(() => module.seal(Math.floor(Date.now() / 1000), location.origin))
    this.#prepare().catch((error) => this.#fail(error))
    return Object.fromEntries(this.#entries.map((entry, index) => [entry, sealed[index]]))
  }

  /** Leaves the form alone from now on. */
  detach() {
    this.#listeners.abort()
    this.#module?.free()
    this.#module = undefined
    attached.delete(this.#form)
  }

  async #start() {
    const { key, kid, recipients = [{ name: '', key, kid, fields: ['*'] }] } = this.#options
    const [sets] = await Promise.all([Promise.all(recipients.map((recipient) => loadKeys(recipient.key))), loadModule()])
    if (this.#listeners.signal.aborted) throw new TillsealError('detached')
    const module = new Module(this.#form)
    const kids = recipients.map(({ kid, fields }, index) => guarded(() => module.add(sets[index], kid, fields)))
    this.#entries = recipients.map(({ name }) => (name ? `sealed-${name}` : 'sealed'))
    this.#module = module
    await this.#prepare()
    for (const name of module.exposed()) {
      console.warn(`tillseal: a sealed field has name="${name}". Remove the name: where this script does not run, the browser sends the field in plain.`)
    }
    this.#tell('ready', { kids })
  }

  /** Works off the slow half of the next seal, a few milliseconds at a time, while the page is idle. */
  async #prepare() {
    for (let done = false; !done;) {
      await idle()
      const end = performance.now() + 4
      do done = guarded(() => this.#module?.prepare() ?? true)
      while (!done && performance.now() < end)
    }
  }

  /** @param {SubmitEvent} event */
  #onSubmit(event) {
    try {
      if (this.#module) return guarded(() => this.#module?.check())
      this.#hold(event.submitter)
    } catch (error) {
      this.#fail(error)
    }
    event.preventDefault()
    event.stopImmediatePropagation()
  }

  /**
   * Too early: submits again, with the same button, once everything is ready.
   * @param {HTMLElement | null} submitter
   */
  #hold(submitter) {
    if (this.#held) return
    const timer = setTimeout(() => this.#fail(new TillsealError('not-ready')), PATIENCE)
    const release = () => {
      clearTimeout(timer)
      this.#held = false
    }
    const start = performance.now()
    this.#held = true
    this.ready.finally(release).then(() => {
      if (performance.now() - start < PATIENCE) this.#form.requestSubmit(submitter)
    }, () => {})
  }

  /** @param {FormDataEvent} event */
  #onFormData({ formData }) {
    try {
      const entries = this.seal()
      for (const name of this.#module?.exposed() ?? []) formData.delete(name)
      for (const [entry, sealed] of Object.entries(entries)) formData.set(entry, sealed)
      this.#tell('sealed', { entries: this.#entries })
    } catch (error) {
      // Fail closed: an empty form, rather than one that might hold a field in plain.
      for (const name of [...formData.keys()]) formData.delete(name)
      this.#fail(error)
    }
  }

  /** @param {unknown} error */
  #fail(error) {
    const { code, field, message, cause } = /** @type {TillsealError} */ (error)
    if (!field) console.error(`tillseal: ${code}: ${message}`, cause ?? '')
    this.#tell('error', error)
  }

  /**
   * @param {string} what
   * @param {unknown} detail
   */
  #tell(what, detail) {
    this.#form.dispatchEvent(new CustomEvent(`tillseal:${what}`, { bubbles: true, composed: true, detail }))
  }
}

/**
 * Seals a form from now on: each submit, and each `new FormData(form)`, gets an entry `sealed`.
 *
 * @param {HTMLFormElement} form Its inputs carry `autocomplete` tokens or `data-seal`, and no `name`.
 * @param {Options} [options] Without them, the form's `data-tillseal` and `data-kid`.
 * @returns {Promise<Checkout>} Once it is ready.
 * @throws {TillsealError} `module-load`, `key-…`, `random`.
 */
export async function attach(form, options = { key: form.dataset.tillseal, kid: form.dataset.kid }) {
  attached.get(form)?.detach()
  const checkout = new Checkout(form, options)
  await checkout.ready
  return checkout
}

// Declarative: every form with data-tillseal, also one that is put into the page later.
if (typeof document !== 'undefined') {
  const adopt = (/** @type {Element | null | undefined} */ form) => {
    if (form instanceof HTMLFormElement && form.dataset.tillseal && !attached.has(form)) {
      new Checkout(form, { key: form.dataset.tillseal, kid: form.dataset.kid })
    }
  }
  const scan = () => document.querySelectorAll('form').forEach(adopt)
  document.addEventListener('DOMContentLoaded', scan)
  document.addEventListener('focusin', ({ target }) => adopt(/** @type {HTMLInputElement} */ (target).form))
  scan()
}
