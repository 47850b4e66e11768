// @ts-check
/**
 * Tillseal encrypts the fields of a checkout form in the browser. This file loads the WebAssembly module and reads the form;
 * what is sealed, and how, the module decides.
 * @module
 */
import { Checkout as Module, __wbg_set_wasm, embedded, imports, integrity } from './glue.js'

/**
 * A public key: the URL of a JWK Set, a JWK Set, or a JWK.
 * @typedef {string | URL | { keys: object[] } | { kty: string }} Key
 *
 * Who may read which fields: names, or beginnings that end in `*` (`cc-*`). `kid` pins the key: its RFC 7638 thumbprint.
 * @typedef {{ name: string, key: Key, kid?: string, fields: string[] }} Recipient
 *
 * `key` for one recipient of everything, or `recipients`.
 * @typedef {{ key?: Key, kid?: string, recipients?: Recipient[] }} Options
 */

/** What to do about each error, by its stable code. */
const ADVICE = {
  'module-load': "Serve tillseal.wasm unchanged beside tillseal.js, under a CSP with 'wasm-unsafe-eval'.",
  'key-load': 'data-tillseal must be the URL of a JWK Set.',
  'key-none': 'The key set holds no key.',
  'key-unusable': 'The key must be on the curve P-256.',
  'key-alg': 'The alg of the key must be ECDH-ES or HPKE-7.',
  'key-kid': 'The kid of the key must be its RFC 7638 thumbprint.',
  'key-pin': 'The key set does not hold the pinned key.',
  random: 'The browser gave no randomness.',
  'not-ready': 'Wait for tillseal:ready.',
  detached: 'The form is detached.',
  'field-name': 'data-seal must be 1 to 64 of a-z A-Z 0-9 - _ .',
  'field-duplicate': 'Two fields have this name.',
  'field-too-long': 'The field may hold 1,024 bytes.',
  'field-unclaimed': 'No recipient may read this field.',
  'form-too-large': 'The form may hold 8,192 bytes.',
  'pan-digits': 'The card number must have digits alone.',
  'pan-length': 'The card number must have 12 to 19 digits.',
  'pan-check-digit': 'The card number has a typing error.',
  'expiry-shape': 'The expiry date must look like 12/29.',
  'expiry-month': 'The month must be 01 to 12.',
  'csc-shape': 'The security code must have 3 or 4 digits.',
}

/** An error with a stable `code`, a message that says what to do and, where it is about one, the `field`. */
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

const { origin } = globalThis.location ?? {}

/** How long a submit waits, in milliseconds. */
const PATIENCE = 8000

/** @type {Promise<void> | undefined} */
let loading

/** Loads the module once; after a failure, again. */
function loadModule() {
  loading ??= instantiate().catch((cause) => {
    loading = undefined
    throw new TillsealError('module-load', { cause })
  })
  return loading
}

async function instantiate() {
  // The single-file build carries the module; else it is fetched, and held against its hash.
  const { instance } = embedded
    ? await WebAssembly.instantiate(embedded, imports)
    : await WebAssembly.instantiateStreaming(fetch(new URL('tillseal.wasm', import.meta.url), { integrity }), imports)
  const exports = /** @type {any} */ (instance.exports)
  __wbg_set_wasm(exports)
  exports.__wbindgen_start()
}

/**
 * The keys as the module reads them: the members of each, separated by spaces.
 * @param {any} key
 */
async function loadKeys(key) {
  try {
    if (typeof key === 'string' || key instanceof URL) {
      const response = await fetch(key)
      if (!response.ok) throw new Error(`${response.url}: ${response.status}`)
      key = await response.json()
    }
    const members = ['kty', 'crv', 'x', 'y', 'alg', 'kid']
    return (key.keys ?? [key]).flatMap((/** @type {any} */ jwk) => members.map((member) => encodeURI(jwk[member] || '-'))).join(' ')
  } catch (cause) {
    throw new TillsealError('key-load', { cause })
  }
}

/**
 * Calls the module, whose errors are texts: `code`, or `code field`.
 * @template T
 * @param {() => T} call
 */
function guarded(call) {
  try {
    return call()
  } catch (error) {
    const [, code, field] = /^(\S+) ?(.*)/.exec(typeof error === 'string' ? error : 'module-load') ?? []
    throw new TillsealError(/** @type {keyof typeof ADVICE} */ (code), { field: field || undefined, cause: error })
  }
}

/** Until the browser has nothing better to do. */
const idle = () => new Promise((done) => (globalThis.requestIdleCallback ?? setTimeout)(done, { timeout: 200 }))

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
  /** Names of sealed controls. */
  #exposed = new Set()
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

  /** Settles when the module, the key and the first seal are prepared; after a failure, anew. */
  get ready() {
    this.#starting ??= this.#start().catch((error) => {
      this.#starting = undefined
      throw this.#listeners.signal.aborted ? error : this.#fail(error)
    })
    return this.#starting
  }

  /**
   * Seals what stands in the form now.
   * @returns {Record<string, string>} Compact JWEs to send: `sealed`, or `sealed-<name>` for each of `recipients`.
   */
  seal() {
    const sealed = this.#read((module) => module.seal(Date.now() / 1000, origin)).split(' ')
    this.#prepare(this.#module).catch((error) => this.#fail(error))
    return Object.fromEntries(this.#entries.map((entry, index) => [entry, sealed[index]]))
  }

  /** Leaves the form alone. */
  detach() {
    this.#listeners.abort()
    this.#module?.free()
    this.#module = undefined
  }

  async #start() {
    const { key, kid, recipients = [{ name: '', key, kid, fields: ['*'] }] } = this.#options
    const [sets] = await Promise.all([Promise.all(recipients.map(({ key }) => loadKeys(key))), loadModule()])
    const module = new Module()
    const kids = recipients.map(({ kid, fields }, index) => guarded(() => module.add(sets[index], kid ?? '', fields.join())))
    this.#entries = recipients.map(({ name }) => (name ? `sealed-${name}` : 'sealed'))
    await this.#prepare(module)
    // A first seal runs in cold code: let it be one that nobody waits for.
    await idle()
    module.seal(0, '')
    await this.#prepare(module)
    if (this.#listeners.signal.aborted) throw new TillsealError('detached')
    this.#module = module
    this.#tell('ready', { kids })
  }

  /**
   * Does the slow half of the next seal, in short tasks.
   * @param {Module | undefined} module
   */
  async #prepare(module) {
    // Not in the time of the submit.
    await undefined
    for (let done = false; !done;) {
      await idle()
      if (!module || this.#listeners.signal.aborted) return
      const end = performance.now() + 2
      do done = guarded(() => module.prepare())
      while (!done && performance.now() < end)
      module.clear()
    }
  }

  /**
   * Hands the form's values to the module, which picks what is sealed and forgets it after `use`.
   * @template T
   * @param {(module: Module) => T} use
   */
  #read(use) {
    const module = this.#module
    if (!module) throw new TillsealError(this.#listeners.signal.aborted ? 'detached' : 'not-ready')
    try {
      for (const element of this.#form.elements) {
        // Not the properties: Firefox hides some tokens.
        const seal = element.getAttribute('data-seal') ?? ''
        const tokens = element.getAttribute('autocomplete') ?? ''
        // Not sealed: what the browser would not send.
        if (!(seal || tokens) || element.matches(':disabled, [type=checkbox]:not(:checked), [type=radio]:not(:checked)')) continue
        const { name, value } = /** @type {HTMLInputElement} */ (element)
        if (guarded(() => module.input(seal, tokens, value ?? '')) && name && !this.#exposed.has(name)) {
          this.#exposed.add(name)
          console.warn(`tillseal: remove name="${name}" from a sealed field: without this script, it is sent in plain.`)
        }
      }
      return guarded(() => use(module))
    } finally {
      module.clear()
    }
  }

  /** @param {SubmitEvent} event */
  #onSubmit(event) {
    try {
      if (this.#module) {
        // Whatever can fail fails now, while the submit can still be stopped.
        return this.#read((module) => module.check())
      }
      this.#hold(event.submitter)
    } catch (error) {
      this.#fail(error)
    }
    event.preventDefault()
    event.stopImmediatePropagation()
  }

  /**
   * Too early: submits again, by the same button, when ready.
   * @param {HTMLElement | null} submitter
   */
  #hold(submitter) {
    if (this.#held) return
    this.#held = true
    const timer = setTimeout(() => {
      this.#held = false
      this.#fail(new TillsealError('not-ready'))
    }, PATIENCE)
    this.ready.then(() => this.#held && this.#form.requestSubmit(submitter), () => {}).finally(() => {
      clearTimeout(timer)
      this.#held = false
    })
  }

  /** @param {FormDataEvent} event */
  #onFormData({ formData }) {
    try {
      const entries = Object.entries(this.seal())
      for (const name of this.#exposed) formData.delete(name)
      for (const [entry, sealed] of entries) formData.set(entry, sealed)
      this.#tell('sealed', { entries: this.#entries })
    } catch (error) {
      // Better an empty form than a field in plain.
      for (const name of [...formData.keys()]) formData.delete(name)
      this.#fail(error)
    }
  }

  /** @param {any} error */
  #fail(error) {
    if (!error.field) console.error(`tillseal: ${error.code}: ${error.message}`, error.cause)
    this.#tell('error', error)
    return error
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
 * Seals a form from now on: every submit and every `new FormData(form)` gets an entry `sealed`.
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

// Declarative: every form with data-tillseal, also one that comes into the page later.
if (typeof document !== 'undefined') {
  const adopt = (/** @type {HTMLFormElement | null | undefined} */ form) => {
    if (form?.dataset.tillseal && !attached.has(form)) new Checkout(form, { key: form.dataset.tillseal, kid: form.dataset.kid })
  }
  const scan = () => document.querySelectorAll('form').forEach(adopt)
  document.addEventListener('DOMContentLoaded', scan)
  document.addEventListener('focusin', ({ target }) => adopt(/** @type {HTMLInputElement} */ (target).form))
  scan()
}
