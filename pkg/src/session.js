// @ts-check
/**
 * A checkout session: what the merchant's server fixed about a payment, as a compact JWS (RFC 7515) that it signed. It ends by the
 * server's clock. The shopper's may be wrong by years, and is not asked.
 */

import { TillsealError } from './error.js'
import { loadKeys, stopwatch } from './load.js'

/** RFC 7518 §3.4. */
const ES256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

/** When each session was seen first, on the stopwatch: to attach one again makes it no younger. */
const seen = /** @type {Record<string, number>} */ ({})

/** @param {string} text base64url, of which JSON and signatures need no more than bytes. */
const decode = (text) => atob(text.replaceAll('-', '+').replaceAll('_', '/'))

/**
 * What a session says of how much is collected, before anybody knows who says so: it is told to nobody but by a seal, and that waits.
 * @param {any} session
 * @returns {{ signals?: import('./checkout.js').Tier, threeDS?: boolean }}
 */
export function policyOf(session) {
  try {
    return JSON.parse(decode(session.split('.')[1])).policy
  } catch {
    return {}
  }
}

/**
 * The recipients that a session names, once its signature holds; a clock that gives the server's time in seconds since 1970-01-01 UTC,
 * or an earlier one, never a later; and when the session ends.
 * @param {string} session
 * @param {any} key The key set that holds the server's ES256 key.
 * @returns {Promise<[import('./checkout.js').Recipient[], () => number, number]>}
 * @throws {TillsealError} `session-…`, `key-load`, `unsupported`.
 */
export async function openSession(session, key) {
  const since = seen[session] ??= stopwatch()
  // Asked again whether it is what the server has now: a cached set may lack the key, and its date is an old one.
  const [, keys, lead] = await loadKeys(key, { cache: 'no-cache' })
  /** @type {import('./error.js').Code} */
  let code = 'session-malformed'
  try {
    // 64 bytes of signature in canonical base64url (RFC 4648 §3.5): the last four bits are no byte's. The rest is signed as it stands.
    const [, signed, header, payload, signature] = /** @type {string[]} */ (/^(([\w-]+)\.([\w-]+))\.([\w-]{85}[AQgw])$/.exec(session))
    const { alg, typ, kid, ...others } = JSON.parse(decode(header))
    const { aud, iat, exp, recipients } = JSON.parse(decode(payload))
    recipients[0].fields.join()
    // RFC 8725 §3.11: a receipt of the same key is no session. `crit` is among the others.
    if (session.length > 8192 || typ !== 'tillseal-session+jwt' || Object.keys(others)[0]) throw typ
    code = globalThis.crypto?.subtle ? 'session-signature' : 'unsupported'
    const jwk = keys.find((/** @type {any} */ jwk) => jwk.kid === kid && jwk.use === 'sig' && jwk.alg === 'ES256' && jwk.alg === alg)
    const { subtle } = crypto
    const trusted = await subtle.importKey('jwk', jwk, ES256, false, ['verify'])
    const bytes = Uint8Array.from(decode(signature), (byte) => byte.charCodeAt(0))
    if (!await subtle.verify(ES256, trusted, bytes, new TextEncoder().encode(signed))) throw kid
    code = 'session-audience'
    if (aud !== location.origin) throw aud
    code = 'session-expired'
    // The later of two moments that the server's clock has passed: this page saw the session, and it saw the answer with the keys.
    const start = Math.max(iat - since, lead)
    const now = () => start + stopwatch()
    if (!(now() < exp)) throw exp
    return [recipients, now, exp]
  } catch (cause) {
    throw new TillsealError(code, { cause })
  }
}
