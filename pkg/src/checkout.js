// @ts-check
/** One form, from attach to detach: gets ready ahead of time, checks at the submit, seals in `formdata`. */

import { TillsealError } from './error.js'
import { Inputs, controlsOf, namingOf, tell } from './inputs.js'
import { Listener } from './listen.js'
import { loadKeys, loadModule } from './load.js'
import { openSession, policyOf } from './session.js'

/**
 * A public key: the URL of a JWK Set, a JWK Set, or a JWK.
 * @typedef {string | URL | { keys: object[] } | { kty: string }} Key
 *
 * Who may read which fields: names, or beginnings that end in `*` (`cc-*`). `kid` pins the key: its RFC 7638 thumbprint.
 * @typedef {{ name: string, key: Key, kid?: string, fields: string[] }} Recipient
 *
 * How much is told of how the form was filled; each tier includes those before it. See docs/signals.md.
 * @typedef {'none' | 'essential' | 'behaviour' | 'device'} Tier
 *
 * `key` for one recipient of everything, or `recipients`. `messages` by code, in the place of ours. `signals` is `device`, and
 * `essential` for who sends Global Privacy Control. `threeDS` adds the browser data of EMV 3-D Secure. `session` is a checkout session:
 * a compact JWS that a key of the key set `key` signed. Its recipients and policy take the place of these; `kid` pins all of its keys.
 * @typedef {{
 *   key?: Key, kid?: string, recipients?: Recipient[], messages?: Record<string, string>, signals?: Tier, threeDS?: boolean, session?: string,
 * }} Options
 */

const { origin } = globalThis.location ?? {}

/** How long a submit waits, in milliseconds. */
const PATIENCE = 8000

/**
 * Calls the module, whose errors are texts: `code`, or `code field`.
 * @template T
 * @param {() => T} call
 */
function guarded(call) {
  try {
    return call()
  } catch (error) {
    throw translated(error)
  }
}

/** @param {unknown} error */
function translated(error) {
  const [, code, field] = /^(\S+) ?(.*)/.exec(typeof error === 'string' ? error : 'module-load') ?? []
  return new TillsealError(/** @type {import('./error.js').Code} */ (code), { field: field || undefined, cause: error })
}

/** Until the browser has nothing better to do. */
const idle = () => new Promise((done) => (globalThis.requestIdleCallback ?? setTimeout)(done, { timeout: 200 }))

/** @type {WeakMap<HTMLFormElement, Checkout>} */
export const attached = new WeakMap()

/** A form that is sealed. */
export class Checkout {
  /**
   * The entries that were sealed last, to send them once more when the network failed: the server takes a payload once.
   * @type {Record<string, string> | undefined}
   */
  sealed
  #form
  #options
  #listeners = new AbortController()
  /** @type {any} */
  #module
  #inputs
  #listener
  /** @type {Promise<void> | undefined} */
  #starting
  /** @type {string[]} */
  #entries = []
  /** Names of sealed controls. */
  #exposed = new Set()
  #held = false
  /** In seconds since 1970-01-01 UTC: by the device, or by the session, which is over at the end. */
  #now = () => Date.now() / 1000
  #end = Infinity
  /** The submit that is under way, and what was sealed for it. */
  #submit = /** @type {SubmitEvent | undefined} */ (undefined)
  #sent = /** @type {Record<string, string> | undefined} */ (undefined)

  /**
   * @param {HTMLFormElement} form
   * @param {Options} options
   */
  constructor(form, options) {
    this.#form = form
    this.#options = options
    const { signal } = this.#listeners
    this.#inputs = new Inputs(form, options.messages, signal)
    this.#listener = new Listener(form, { ...options, ...policyOf(options.session) }, this.#inputs, signal)
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
    if (this.#module) this.#listener.now()
    const sealed = this.#read((module) => module.seal(this.#now(), [origin, this.#options.session].join('\0'))).split(' ')
    this.#prepare(this.#module).catch((error) => this.#fail(error))
    this.sealed = Object.fromEntries(this.#entries.map((entry, index) => [entry, sealed[index]]))
    return this.sealed
  }

  /**
   * What a payload would say now of how the form was filled, see docs/signals.md.
   * @returns {Record<string, any> | undefined} Nothing before the module is ready, for the tier `none`, and without WebAssembly.
   */
  get signals() {
    const json = this.#module && this.#listener.now()
    return json ? JSON.parse(json) : undefined
  }

  /** Leaves the form alone. */
  detach() {
    this.#listeners.abort()
    this.#module?.free()
    this.#module = this.sealed = undefined
  }

  async #start() {
    const { signal } = this.#listeners
    const [Module, recipients] = await Promise.all([loadModule(), this.#recipients()])
    const module = new Module()
    if (!signal.aborted) this.#inputs.start(module, this.#now)
    const kids = []
    try {
      for (const { keys, kid, fields } of recipients) kids.push(await module.add([keys, kid, fields.join()].join('\0')))
    } catch (error) {
      throw translated(error)
    }
    this.#entries = recipients.map(({ name }) => (name ? `sealed-${name}` : 'sealed'))
    await this.#prepare(module)
    this.#listener.start(module)
    // A first seal runs in cold code: let it be one that nobody waits for.
    await idle()
    guarded(() => module.seal(0, ''))
    await this.#prepare(module)
    if (signal.aborted) throw new TillsealError('detached')
    this.#module = module
    tell(this.#form, 'ready', { kids })
  }

  /** Who may read what, each with the keys that were loaded. */
  async #recipients() {
    const { key, kid, session } = this.#options
    let { recipients = [{ name: '', key, kid, fields: ['*'] }] } = this.#options
    // Empty, it is one that the server forgot to write.
    if (session !== undefined) {
      [recipients, this.#now, this.#end] = await openSession(session, key)
      recipients = recipients.map((recipient) => ({ ...recipient, kid }))
    }
    return Promise.all(recipients.map(async (recipient) => ({ ...recipient, keys: (await loadKeys(recipient.key))[0] })))
  }

  /**
   * Does the slow half of the next seal, in short tasks.
   * @param {any} module
   */
  async #prepare(module) {
    // Not in the time of the submit.
    await undefined
    for (let done = false; !done;) {
      await idle()
      if (!module || this.#listeners.signal.aborted) return
      const end = performance.now() + 2
      try {
        do done = await module.prepare()
        while (!done && performance.now() < end)
      } catch (error) {
        throw translated(error)
      }
      module.clear()
    }
  }

  /**
   * Hands the form's values to the module, which picks what is sealed and forgets it after `use`.
   * @template T
   * @param {(module: any) => T} use
   */
  #read(use) {
    const module = this.#module
    if (!module) throw new TillsealError(this.#listeners.signal.aborted ? 'detached' : 'not-ready')
    if (this.#now() >= this.#end) throw new TillsealError('session-expired')
    try {
      for (const control of controlsOf(this.#form)) {
        const { seal, tokens } = namingOf(control)
        // Not sealed: what the browser would not send.
        if (!(seal || tokens) || control.matches(':disabled, [type=checkbox]:not(:checked), [type=radio]:not(:checked)')) continue
        const { name, value } = control
        if (guarded(() => module.input([seal, tokens, value ?? ''].join('\0'))) && name && !this.#exposed.has(name)) {
          this.#exposed.add(name)
          console.warn(`tillseal: remove name="${name}": without this script, the field is sent in plain.`)
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
      if (!this.#module) {
        this.#hold(event.submitter)
      } else {
        const wrong = this.#inputs.report(event.submitter)
        if (wrong) {
          this.#fail(wrong)
        } else {
          // Whatever can fail fails now, while the submit can still be stopped.
          this.#read((module) => module.check())
          if (this.#inputs.isValid(event.submitter)) {
            this.#submit = event
            setTimeout(() => { this.#submit = this.#sent = undefined })
            return
          }
        }
      }
    } catch (error) {
      this.#refuse(error, event.submitter)
    }
    event.preventDefault()
    event.stopImmediatePropagation()
  }

  /**
   * @param {any} error
   * @param {HTMLElement | null} [submitter]
   */
  #refuse(error, submitter) {
    // The stand-in cannot finish its preparation at once.
    if (error.code === 'not-ready' && this.#module && submitter !== undefined) return this.#hold(submitter, this.#prepare(this.#module))
    this.#inputs.show(error)
    this.#fail(error)
  }

  /**
   * Too early: submits again, by the same button, when ready.
   * @param {HTMLElement | null} submitter
   * @param {Promise<void>} [ready]
   */
  #hold(submitter, ready = this.ready) {
    if (this.#held) return
    this.#held = true
    this.#inputs.alert('waiting')
    const timer = setTimeout(() => {
      this.#held = false
      this.#refuse(new TillsealError('not-ready'))
    }, PATIENCE)
    ready.then(() => {
      this.#inputs.alert()
      if (this.#held) this.#form.requestSubmit(submitter)
    }, (error) => this.#inputs.show(error)).finally(() => {
      clearTimeout(timer)
      this.#held = false
    })
  }

  /** @param {FormDataEvent} event */
  #onFormData({ formData }) {
    try {
      // Chromium makes the entries of one native submit twice, and sends the first.
      const entries = (!this.#submit?.defaultPrevented && this.#sent) || this.seal()
      if (this.#submit) this.#sent = entries
      for (const name of this.#exposed) formData.delete(name)
      for (const [entry, sealed] of Object.entries(entries)) formData.set(entry, sealed)
      tell(this.#form, 'sealed', { entries: this.#entries })
    } catch (error) {
      // Better an empty form than a field in plain.
      for (const name of [...formData.keys()]) formData.delete(name)
      this.#fail(error)
    }
  }

  /** @param {any} error */
  #fail(error) {
    if (!error.field) console.error(`tillseal: ${error.code}: ${error.message}`, error.cause)
    tell(this.#form, 'error', error)
    return error
  }
}
