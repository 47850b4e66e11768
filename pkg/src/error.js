// @ts-check
/** What went wrong, for the developer: a stable code and what to do about it. */

import EN from './lang/en.js'

/** By code, what the developer is to do; what the shopper can mend has its words in lang/en.js. */
const ADVICE = {
  'module-load': "Serve one build's files unchanged, under a CSP with 'wasm-unsafe-eval'.",
  'key-load': 'data-tillseal must be the URL of a JWK Set.',
  'key-none': 'The key set is empty.',
  'key-unusable': 'The key must be on P-256.',
  'key-alg': 'alg must be ECDH-ES or HPKE-7.',
  'key-kid': 'kid must be the RFC 7638 thumbprint.',
  'key-pin': 'The pinned key is not in the set.',
  'session-malformed': 'data-session must be a session of your server.',
  'session-signature': 'No key of the key set signed the session.',
  'session-audience': 'The session is for another origin.',
  'session-expired': 'Attach a new session.',
  random: 'The browser gave no randomness.',
  'not-ready': 'Wait for tillseal:ready.',
  detached: 'The form is detached.',
  'field-name': 'data-seal must be 1 to 64 of a-z A-Z 0-9 - _ .',
  'field-duplicate': 'Two fields have this name.',
  'field-invalid': 'Its attributes forbid it.',
  'field-unclaimed': 'No recipient may read it.',
  'form-too-large': 'It may hold 8,192 bytes.',
}

/**
 * The texts of lang/en.js that belong to no error.
 * @typedef {`${'label' | 'hint' | 'placeholder'}-${string}` | 'waiting' | 'unavailable'} Remark
 * @typedef {keyof typeof ADVICE | Exclude<keyof typeof EN, Remark>} Code
 */

/** An error with a stable `code`, a message that says what to do and, where it is about one, the `field` or the `file`. */
export class TillsealError extends Error {
  /**
   * @param {Code} code One of docs/errors.md.
   * @param {{ field?: string, file?: string, cause?: unknown, message?: string }} [about] `file`: the URL that could not be loaded;
   *   `message`: what the shopper reads.
   */
  constructor(code, { field, file, cause, message = /** @type {Record<string, string>} */ ({ ...EN, ...ADVICE })[code] } = {}) {
    super(file ? `${message} (${file})` : message, { cause })
    this.name = 'TillsealError'
    this.code = code
    this.field = field
    this.file = file
  }
}
