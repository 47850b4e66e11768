// @ts-check
// Whether a text is a receipt that the shop signed: a compact JWS (RFC 7515) with ES256, by a key of the shop's key set.

/**
 * @typedef {{ id: string, amount: number, currency: string }} Order
 * @typedef {{
 *   iss: string, aud: string, jti: string, iat: number, order?: Order, last4?: string, decision: string,
 *   audit: { log: string, position: number, leaf: string },
 * }} Receipt
 * @typedef {'malformed' | 'session' | 'other' | 'key-unknown' | 'signature' | 'unknown'} Fault
 */

/** RFC 7518 §3.4. */
const ES256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const RECEIPT = 'tillseal-receipt+jwt'
const SESSION = 'tillseal-session+jwt'
/** More than any receipt has, in characters. */
export const MOST = 8192

/** Why a text is not taken for a receipt, or cannot be judged. */
export class ProofError extends Error {
  /** @param {Fault} fault @param {unknown} [cause] */
  constructor(fault, cause) {
    super(fault, { cause })
    this.fault = fault
  }
}

/**
 * What a receipt says, once its signature holds.
 * @param {string} text White space in it, as mail programs add, does no harm.
 * @param {() => Promise<{ keys: any[] }>} loadKeys The shop's key set, asked for only when there is something to verify.
 * @returns {Promise<Receipt>}
 * @throws {ProofError}
 */
export async function prove(text, loadKeys) {
  const token = text.replace(/\s+/g, '')
  // 64 bytes of signature in canonical base64url (RFC 4648 §3.5): the last four bits are no byte's. The rest is signed as it stands.
  const [, signed, header, payload, signature] = /^(([\w-]+)\.([\w-]+))\.([\w-]{85}[AQgw])$/.exec(token) ?? []
  const head = parsed(header)
  if (token.length > MOST || !head) throw new ProofError('malformed')
  // RFC 8725 §3.11: before the key is asked, which signs sessions too.
  if (head.typ === SESSION) throw new ProofError('session')
  // `crit` would be among the other members.
  if (head.typ !== RECEIPT || Object.keys(head).sort().join() !== 'alg,kid,typ') throw new ProofError('other')
  const keys = await loadKeys().then(({ keys }) => [...keys]).catch((cause) => { throw new ProofError('unknown', cause) })
  const jwk = keys.find(({ kid, use, alg }) => kid === head.kid && use === 'sig' && alg === 'ES256' && alg === head.alg)
  if (!jwk) throw new ProofError('key-unknown')
  if (!globalThis.crypto?.subtle) throw new ProofError('unknown')
  const { subtle } = crypto
  const key = await subtle.importKey('jwk', jwk, ES256, false, ['verify'])
  if (!await subtle.verify(ES256, key, bytes(signature), new TextEncoder().encode(signed))) throw new ProofError('signature')
  return parsed(payload)
}

/** @param {string | undefined} segment @returns {any} An object, or nothing. */
function parsed(segment) {
  try {
    const value = JSON.parse(new TextDecoder().decode(bytes(segment ?? '')))
    return typeof value === 'object' ? value ?? undefined : undefined
  } catch {
    return undefined
  }
}

/** @param {string} base64url */
function bytes(base64url) {
  const binary = atob(base64url.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(binary, (character) => character.charCodeAt(0))
}
