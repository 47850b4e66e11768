// @ts-check
/** Brings in the module, or its stand-in where WebAssembly is off, and the keys; a network that fails for a moment is asked again. */

import { Checkout, __wbg_set_wasm, embedded, imports, integrity } from './glue.js'
import { TillsealError } from './error.js'

/** How long to wait before each further try, in milliseconds. */
const PAUSES = [300, 1000, 2500]

/**
 * What a checkout asks of either: see src/checkout.rs.
 * @typedef {new () => any} Module
 */

/** @type {Promise<Module> | undefined} */
let loading

/** Loads the module once; after a failure, again. */
export function loadModule() {
  loading ??= load().catch((error) => {
    loading = undefined
    throw error
  })
  return loading
}

/** @returns {Promise<Module>} */
async function load() {
  const file = embedded ? '' : String(new URL('tillseal.wasm', import.meta.url))
  try {
    // The single-file build carries the module; else it is fetched, and held against its hash.
    const { instance } = embedded
      ? await WebAssembly.instantiate(embedded, imports)
      : await WebAssembly.instantiateStreaming(await get(file, { integrity }), imports)
    const exports = /** @type {any} */ (instance.exports)
    __wbg_set_wasm(exports)
    exports.__wbindgen_start()
    return Checkout
  } catch (cause) {
    const { WebAssembly } = globalThis
    // Switched off, as in the Lockdown Mode of iOS, or forbidden by a policy: WebCrypto can do it too.
    if (WebAssembly && !(cause instanceof WebAssembly.CompileError)) throw new TillsealError('module-load', { file, cause })
    if (!globalThis.crypto?.subtle) throw new TillsealError('unsupported', { cause })
    console.warn('tillseal: WebCrypto instead of WebAssembly:', cause)
  }
  try {
    // @ts-ignore Another file, which most pages never load.
    return (await import('./fallback.js')).Checkout
  } catch (cause) {
    throw new TillsealError('module-load', { file: 'fallback.js', cause })
  }
}

/** Seconds that go by, whatever the clock is set to. */
export const stopwatch = () => performance.now() / 1000

/**
 * The keys as the module reads them, the members of each separated by spaces; the JWKs; and how far the clock of the server that sent
 * them is ahead of the stopwatch, or less, where it says so.
 * @param {any} key
 * @param {RequestInit} [options]
 * @returns {Promise<[string, any[], number]>}
 */
export async function loadKeys(key, options) {
  const isUrl = typeof key === 'string' || key instanceof URL
  let lead = 0
  try {
    if (isUrl) {
      const response = await get(key, options)
      // Not the time of this device. From another origin it may not be read, and an answer out of a cache is as old as it says.
      lead = Date.parse(/** @type {string} */ (response.headers.get('date'))) / 1000 - stopwatch() || 0
      key = await response.json()
    }
    const keys = key.keys ?? [key]
    const members = ['kty', 'crv', 'x', 'y', 'alg', 'kid']
    return [keys.flatMap((/** @type {any} */ jwk) =>
      jwk.use === 'sig' ? [] : members.map((member) => encodeURI(jwk[member] || '-'))).join(' '), keys, lead]
  } catch (cause) {
    throw new TillsealError('key-load', { file: isUrl ? String(key) : undefined, cause })
  }
}

/**
 * @param {string | URL} url
 * @param {RequestInit} [options]
 */
async function get(url, options) {
  for (let tries = 0; ; tries += 1) {
    /** @type {unknown} */
    let failure
    const response = await fetch(url, options).catch((error) => { failure = error })
    if (response?.ok) return response
    failure ??= new Error(`${url}: ${response?.status}`)
    // What the server refuses, it will refuse again.
    const isFinal = response && response.status < 500 && response.status !== 429
    if (isFinal || tries === PAUSES.length) throw failure
    await new Promise((done) => setTimeout(done, PAUSES[tries]))
  }
}
