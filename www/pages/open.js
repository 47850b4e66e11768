// Opens a payload that was sealed for ECDH-ES, by WebCrypto alone.
export async function open(sealed, privateKey) {
  const [header, , iv, ciphertext, tag] = sealed.split('.')
  const { alg, enc, epk } = JSON.parse(new TextDecoder().decode(bytes(header)))
  if (alg !== 'ECDH-ES' || enc !== 'A256GCM') throw new Error('sealed-algorithm')

  // The shared secret, from our private key and the public key that was made for this one payload.
  const publicKey = await crypto.subtle.importKey('jwk', epk, { name: 'ECDH', namedCurve: 'P-256' }, false, [])
  const secret = await crypto.subtle.deriveBits({ name: 'ECDH', public: publicKey }, privateKey, 256)

  // Concat KDF (RFC 7518 §4.6.2): a counter, the secret, the length and name of the algorithm, two empty infos, 256 bits.
  const name = new TextEncoder().encode(enc)
  const input = Uint8Array.of(0, 0, 0, 1, ...new Uint8Array(secret), 0, 0, 0, 7, ...name, ...[0, 0, 0, 0], ...[0, 0, 0, 0], 0, 0, 1, 0)
  const rawKey = await crypto.subtle.digest('SHA-256', input)
  const key = await crypto.subtle.importKey('raw', rawKey, 'AES-GCM', false, ['decrypt'])

  // AES-256-GCM; the tag covers the header too.
  const additionalData = new TextEncoder().encode(header)
  const sealedBytes = Uint8Array.of(...bytes(ciphertext), ...bytes(tag))
  const plaintext = await crypto.subtle.decrypt({ name: 'AES-GCM', iv: bytes(iv), additionalData }, key, sealedBytes)
  return JSON.parse(new TextDecoder().decode(plaintext)) // its padding is white space to JSON
}

function bytes(base64url) {
  const binary = atob(base64url.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(binary, (character) => character.charCodeAt(0))
}
// A server also compares kid, v, origin and iat, and takes each jti once: see the other tabs.
