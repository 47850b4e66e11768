// @ts-check
/**
 * What stands in for the WebAssembly module where a browser has none: iOS in Lockdown Mode, managed browsers. The rules and the
 * payload are the module's, see docs/protocol.md; the cryptography is WebCrypto's.
 *
 * WebCrypto answers with promises, and a seal runs inside the form's `formdata` event, which waits for none. So everything that
 * WebCrypto has to do for one message is done ahead; what is left for the seal is XOR and GHASH.
 * @module
 */

/**
 * @typedef {Uint8Array<ArrayBuffer>} Bytes
 *
 * A key that messages can be sealed to: on the curve, of a known algorithm, named by its RFC 7638 thumbprint; `point` is it in
 * SEC1's uncompressed form.
 * @typedef {{ alg: string, kid: string, key: CryptoKey, point: Bytes }} Recipient
 *
 * All of one compact JWE but its content. HPKE has no `iv`: it derives its nonce.
 * @typedef {{ header: string, encryptedKey: Bytes, iv?: Bytes, cipher: Cipher }} Sealer
 *
 * What one recipient gets.
 * @typedef {{ fields: string[], recipient: Promise<Recipient>, sealer?: Sealer }} Part
 */

/** The longest value of a field, in bytes of UTF-8. */
const MAX_TEXT = 1024
/** The most that the names and values of a form may be together, in bytes of UTF-8. */
const MAX_FORM = 8 * 1024
/** The longest name of a field. */
const MAX_NAME = 64
/** The longest plaintext, in bytes, padding included. */
const MAX_PLAINTEXT = 64 * 1024

/** The keys that a form is sealed to and, while it is read, its fields. Errors are texts: `code`, or `code field`. */
export class Checkout {
  /** @type {Part[]} */
  #parts = []
  #jti = ''
  #form = new Form()
  /** @type {Promise<boolean> | undefined} */
  #preparing
  /** Why nothing can be sealed while it is not prepared. */
  #reason = /** @type {unknown} */ ('not-ready')

  /**
   * Adds a recipient and gives its `kid`.
   * @param {string} text With NUL between them: kty, crv, x, y, alg and kid of each key, separated by spaces, `-` for one that is
   *   missing; the `kid` that the page insists on, or nothing; the patterns of what the recipient may read, separated by commas.
   * @throws {string} `key-…`, `random`.
   */
  async add(text) {
    const [keys, pin, fields] = text.split('\0')
    // At once, so that payloads come in the order of the calls.
    const part = { fields: fields.split(','), recipient: choose(keys, pin) }
    this.#parts.push(part)
    try {
      return (await part.recipient).kid
    } catch (error) {
      this.#parts = this.#parts.filter((other) => other !== part)
      throw error
    }
  }

  /**
   * Does everything slow of the next seal, which then draws no randomness; `true` when nothing is left.
   * @throws {string} `random`.
   */
  prepare() {
    this.#preparing ??= this.#prepare().finally(() => {
      this.#preparing = undefined
    })
    return this.#preparing
  }

  /**
   * Takes what stands in a control; `false` if that is not a field to be sealed.
   * @param {string} control Its `data-seal`, its `autocomplete` and its value, with NUL between them.
   * @throws {string} `field-…`, `form-too-large`, `pan-…`, `expiry-…`, `csc-…`.
   */
  input(control) {
    const [seal, autocomplete, ...value] = control.split('\0')
    const name = nameOf(seal, autocomplete)
    if (!name) return false
    try {
      this.#form.input(name, value.join('\0'))
    } catch (code) {
      throw `${code} ${name}`
    }
    return true
  }

  /**
   * Makes sure that what was taken in can be sealed.
   * @throws {string} `expiry-shape`, `field-unclaimed`, `not-ready`, `random`.
   */
  check() {
    this.#form.check(this.#parts)
    this.#sealers()
  }

  /**
   * Seals what was taken in and forgets it: a compact JWE and a space for each recipient.
   * @param {number} iat In seconds since 1970-01-01 UTC.
   * @param {string} page Its origin and, with NUL between them, the signed session where there is one.
   * @throws {string} As `check`.
   */
  seal(iat, page) {
    const form = this.#form
    this.clear()
    const sealers = this.#sealers()
    form.check(this.#parts)
    const [origin, session] = page.split('\0')
    const bound = session ? `,"session":${quoted(session)}` : ''
    const context = `{"v":1,"jti":${quoted(this.#jti)},"iat":${iat >>> 0},"origin":${quoted(origin)}${bound},"fields":{`
    this.#jti = ''
    let sealed = ''
    for (const [index, part] of this.#parts.entries()) {
      part.sealer = undefined
      sealed += `${compact(sealers[index], plaintext(context + form.readableBy(part) + '}}'))} `
    }
    return sealed
  }

  /** Forgets what was taken in. */
  clear() {
    this.#form = new Form()
  }

  /** Forgets everything. */
  free() {
    this.clear()
    for (const { sealer } of this.#parts) sealer?.cipher.wipe()
    this.#parts = []
    this.#jti = ''
  }

  /**
   * Formats nothing.
   * @param {...(string | number)} _
   */
  edit(..._) {
    return ''
  }

  /**
   * What is wrong with the value of a control: a code, or `-`, and a space. Nothing if that is not a field to be sealed. Brands it
   * does not know.
   * @param {string} control Its `data-seal`, its `autocomplete`, two texts about brands and its value, with NUL between them.
   * @param {number} month Today's: year · 12 + month.
   * @param {boolean} isFinished The person has left the control.
   */
  judge(control, month, isFinished) {
    const [seal, autocomplete, , , ...value] = control.split('\0')
    try {
      const name = nameOf(seal, autocomplete)
      return name && `${fault(lastWord(name), value.join('\0'), month, isFinished)} `
    } catch {
      return ''
    }
  }

  async #prepare() {
    this.#reason = 'not-ready'
    try {
      this.#jti ||= base64url(random(16))
      for (const part of this.#parts) {
        if (part.sealer) continue
        const sealer = await prepareSealer(await part.recipient)
        // Freed meanwhile: nobody would wipe it later.
        if (this.#parts.includes(part)) part.sealer = sealer
        else sealer.cipher.wipe()
      }
      return true
    } catch (error) {
      this.#reason = error
      throw error
    }
  }

  #sealers() {
    return this.#parts.map(({ sealer }) => {
      if (!sealer || !this.#jti) throw this.#reason
      return sealer
    })
  }
}

/** The fields of one form, each parsed when it comes in. */
class Form {
  /** @type {[name: string, value: string][]} */
  #fields = []
  /**
   * The month or the year of an expiry date, until the other half comes.
   * @type {[token: string, typed: string] | undefined}
   */
  #half

  /**
   * Takes what stands in a field. A blank one is left out: whether it may be is the page's `required`.
   * @param {string} name
   * @param {string} typed
   */
  input(name, typed) {
    if (BLANK.test(typed)) return
    if (bytesOf(typed) > MAX_TEXT) throw 'field-too-long'
    const token = lastWord(name)
    if (!/^cc-exp-(month|year)$/.test(token)) return this.#push(name, (PARSERS.get(token) ?? String)(typed))
    // A month field and a year field travel as one cc-exp.
    const half = this.#half
    this.#half = half ? undefined : [token, typed]
    if (!half) return
    if (half[0] === token) throw 'field-duplicate'
    this.#push('cc-exp', token === 'cc-exp-year' ? monthYear(half[1], typed) : monthYear(typed, half[1]))
  }

  /** @param {Part[]} parts */
  check(parts) {
    if (this.#half) throw 'expiry-shape'
    if (!this.#fields.every(([name]) => parts.some((part) => mayRead(part, name)))) throw 'field-unclaimed'
  }

  /**
   * The fields of this recipient as members of a JSON object.
   * @param {Part} part
   */
  readableBy(part) {
    const readable = this.#fields.filter(([name]) => mayRead(part, name))
    return readable.map((field) => field.map(quoted).join(':')).join()
  }

  /**
   * @param {string} name
   * @param {string} value
   */
  #push(name, value) {
    if (this.#fields.some(([other]) => other === name)) throw 'field-duplicate'
    this.#fields.push([name, value])
    if (this.#fields.flat().reduce((sum, text) => sum + bytesOf(text), 0) > MAX_FORM) {
      this.#fields.pop()
      throw 'form-too-large'
    }
  }
}

/** ASCII white space alone. */
const BLANK = /^[\t\n\f\r ]*$/

/** How the autofill tokens (HTML §4.10.18.7.1) that name a card or a person begin. */
const PERSONAL = RegExp(`^(${[
  'cc-', 'name', 'given-name', 'additional-name', 'family-name', 'honorific-', 'organization', 'street-address', 'address-l', 'country',
  'postal-code', 'tel', 'email', 'bday', 'sex', 'language', 'impp', 'nickname', 'photo', 'url',
].join('|')})`)

/**
 * The name of a field: `data-seal`, or the autofill tokens in lower case; nothing where the field is not personal.
 * @param {string} seal
 * @param {string} autocomplete
 */
function nameOf(seal, autocomplete) {
  // Not toLowerCase() of all: it makes ASCII letters of others.
  const tokens = words(autocomplete.replace(/[A-Z]/g, (letter) => letter.toLowerCase()))
  const name = seal || tokens.filter((token) => token !== 'webauthn').join(' ')
  if (!seal && !PERSONAL.test(lastWord(name))) return ''
  if (name.length > MAX_NAME || !/^[\w.-]+( [\w.-]+)*$/.test(name)) throw 'field-name'
  return name
}

/** @param {string} text */
const words = (text) => text.match(/[^\t\n\f\r ]+/g) ?? []

/**
 * The last token, which says what kind of value it is.
 * @param {string} name
 */
const lastWord = (name) => name.slice(name.lastIndexOf(' ') + 1)

/**
 * Whether a recipient's patterns name the field: by its last token, by its whole name, or by the beginning of its token.
 * @param {Part} part
 * @param {string} name
 */
function mayRead({ fields }, name) {
  const token = lastWord(name)
  return fields.some((pattern) =>
    pattern.endsWith('*') ? token.startsWith(pattern.slice(0, -1)) : pattern === token || pattern === name)
}

/**
 * How a value is brought into the one spelling in which it travels, by the field's last token.
 * @type {Map<string, (typed: string) => string>}
 */
const PARSERS = new Map([['cc-number', pan], ['cc-exp', expiry], ['cc-csc', csc]])

/** UnionPay and Naranja issue cards without this check digit: crates/protocol/src/brand_ranges.rs. */
const UNCHECKED = /^(62|81[0-6]|817[01]|589562|402918|527572)/

/**
 * ISO/IEC 7812-1: 12 to 19 digits, the last of them the Luhn check digit (annex B).
 * @param {string} typed
 */
function pan(typed) {
  const digits = digitsOf(typed.replaceAll('-', ''), 'pan-digits')
  if (!/^.{12,19}$/.test(digits)) throw 'pan-length'
  let sum = 0
  for (let place = 1; place <= digits.length; place++) {
    const digit = +digits.slice(-place)[0]
    // Every second digit is doubled, and the sum of the two digits taken.
    sum += place % 2 ? digit : (digit * 2) % 9 || digit
  }
  if (sum % 10 && !UNCHECKED.test(digits)) throw 'pan-check-digit'
  return digits
}

/** @param {string} typed */
function expiry(typed) {
  const [, month, year] = /^([^/.-]*)[/.-]([^]*)$/.exec(typed) ?? /^(..)(.*)$/.exec(digitsOf(typed, 'expiry-shape')) ?? ['', '', '']
  return monthYear(month, year)
}

/**
 * A month and a year, or a year of four digits and a month.
 * @param {string} first
 * @param {string} second
 */
function monthYear(first, second) {
  let [month, year] = [first, second].map((part) => digitsOf(part, 'expiry-shape'))
  if (month.length === 4) [month, year] = [year, month]
  if (!/^..?$/.test(month) || !/^(20)?..$/.test(year)) throw 'expiry-shape'
  if (!/^(0?[1-9]|1[0-2])$/.test(month)) throw 'expiry-month'
  return `${month.padStart(2, '0')}/20${year.slice(-2)}`
}

/** @param {string} typed */
function csc(typed) {
  const digits = digitsOf(typed, 'csc-shape')
  if (!/^.{3,4}$/.test(digits)) throw 'csc-shape'
  return digits
}

/** Blanks that keyboards, autofill and right-to-left pages put between digits. */
const BLANKS = /[ \t\xa0\u2009\u202f\u200e\u200f]/g

/**
 * The digits, without blanks and in ASCII.
 * @param {string} typed
 * @param {string} code What to throw if something else stands there.
 */
function digitsOf(typed, code) {
  const digits = inAscii(typed).replace(BLANKS, '')
  if (/\D/.test(digits)) throw code
  return digits
}

/**
 * The text with full-width, Arabic-Indic, Persian, Devanagari and Bengali digits written in ASCII.
 * @param {string} text
 */
const inAscii = (text) =>
  text.replace(/[\uff10-\uff19\u0660-\u0669\u06f0-\u06f9\u0966-\u096f\u09e6-\u09ef]/g, (digit) => {
    const code = digit.charCodeAt(0)
    // These blocks begin at …0, but the Indian ones at …6.
    return `${(code & 15) - (code >> 8 === 9 ? 6 : 0)}`
  })

/**
 * What is wrong with the text of a field, or `-`: what may still become right is incomplete and no more.
 * @param {string} token
 * @param {string} typed
 * @param {number} today
 * @param {boolean} isFinished
 */
function fault(token, typed, today, isFinished) {
  if (BLANK.test(typed)) return '-'
  if (bytesOf(typed) > MAX_TEXT) return 'field-too-long'
  const text = inAscii(typed)
  const digits = text.replace(/\D/g, '')
  const count = digits.length
  // A confirmation by mail or telephone proves more than any pattern.
  if (token === 'email') return /^\S+@[^\s@]+$/.test(typed.trim()) ? '-' : 'email-shape'
  if (token === 'tel') return count > 4 && count < 21 && /^[\d \xa0+.()/ext-]*$/.test(text) ? '-' : 'tel-shape'
  try {
    const value = PARSERS.get(token)?.(typed) ?? ''
    if (token !== 'cc-exp' || +value.slice(3) * 12 + +value.slice(0, 2) >= today) return '-'
    // 12/20 may be the beginning of 12/2029.
    return !isFinished && digits.slice(2) === '20' ? 'expiry-incomplete' : 'expiry-past'
  } catch (code) {
    if (code === 'pan-length' && count < 12 || code === 'pan-check-digit' && !isFinished && count < 19) return 'pan-incomplete'
    if (code === 'expiry-shape' && (count < 4 || !isFinished && count < 6)) return 'expiry-incomplete'
    if (code === 'csc-shape' && count < 3 && text.replace(BLANKS, '') === digits) return 'csc-incomplete'
    return code
  }
}

const CURVE = { name: 'ECDH', namedCurve: 'P-256' }

/** WebCrypto. Where it is gone, so is the randomness; where only `subtle` is, the page is not secure, and its use fails. */
function subtle() {
  if (!globalThis.crypto) throw 'random'
  return crypto.subtle
}

/** @param {number} size In bytes. */
function random(size) {
  const bytes = new Uint8Array(size)
  try {
    crypto.getRandomValues(bytes)
  } catch {
    throw 'random'
  }
  return bytes
}

/**
 * The first of these keys that can be used or, where the page pins one, that one alone.
 * @param {string} keys
 * @param {string} pin
 */
async function choose(keys, pin) {
  const members = words(keys).map((member) => (member === '-' ? '' : member))
  let refusal = 'key-none'
  for (let at = 0; at + 6 <= members.length; at += 6) {
    const recipient = await recipientOf(members.slice(at, at + 6))
    if (typeof recipient === 'string') {
      if (refusal === 'key-none') refusal = recipient
    } else if (!pin || pin === recipient.kid) return recipient
    else refusal = 'key-pin'
  }
  throw refusal
}

/**
 * A published key, or what is wrong with it. A missing `kid` is made up for.
 * @param {string[]} jwk
 * @returns {Promise<Recipient | string>}
 */
async function recipientOf([kty, crv, x, y, alg, kid]) {
  // 32 bytes each, in base64url's canonical form (RFC 4648 §3.5): the last two bits of 43 characters are no byte's.
  if (kty !== 'EC' || crv !== 'P-256' || ![x, y].every((text) => /^[\w-]{42}[AEIMQUYcgkosw048]$/.test(text))) return 'key-unusable'
  // The import refuses what is no point of the curve.
  const key = await subtle().importKey('jwk', { kty, crv, x, y }, CURVE, true, []).catch(() => undefined)
  if (!key) return 'key-unusable'
  if (alg !== 'ECDH-ES' && alg !== 'HPKE-7') return 'key-alg'
  // RFC 7638 §3: the required members in lexicographic order, no white space.
  const thumbprint = base64url(await sha256(`{"crv":"P-256","kty":"EC","x":"${x}","y":"${y}"}`))
  if (kid && kid !== thumbprint) return 'key-kid'
  return { alg, kid: thumbprint, key, point: new Uint8Array(await subtle().exportKey('raw', key)) }
}

/**
 * A fresh ephemeral key, its agreement with the recipient's, and all that follows from it.
 * @param {Recipient} recipient
 * @returns {Promise<Sealer>}
 */
async function prepareSealer({ alg, kid, key, point }) {
  const { publicKey, privateKey } = await subtle().generateKey(CURVE, false, ['deriveBits']).catch(() => {
    throw 'random'
  })
  const ephemeral = new Uint8Array(await subtle().exportKey('raw', publicKey))
  const z = new Uint8Array(await subtle().deriveBits({ name: 'ECDH', public: key }, privateKey, 256))
  if (alg === 'HPKE-7') {
    const [contentKey, nonce] = await hpke(z, ephemeral, point)
    const header = base64url(encoder.encode(`{"alg":"HPKE-7","kid":"${kid}"}`))
    return { header, encryptedKey: ephemeral, cipher: await Cipher.prepare(contentKey, nonce) }
  }
  const iv = random(12)
  const [x, y] = [ephemeral.slice(1, 33), ephemeral.slice(33)].map(base64url)
  const header = base64url(encoder.encode(
    `{"alg":"ECDH-ES","enc":"A256GCM","kid":"${kid}","epk":{"kty":"EC","crv":"P-256","x":"${x}","y":"${y}"}}`))
  // The Concat KDF of RFC 7518 §4.6.2: round number ‖ Z ‖ AlgorithmID ‖ PartyUInfo ‖ PartyVInfo ‖ SuppPubInfo.
  const contentKey = await sha256(u32(1), z, u32(7), 'A256GCM', u32(0), u32(0), u32(256))
  z.fill(0)
  return { header, encryptedKey: new Uint8Array(), iv, cipher: await Cipher.prepare(contentKey, iv) }
}

/**
 * RFC 9180 base mode of DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM: key and nonce of the one message.
 * @param {Bytes} z
 * @param {Bytes} enc
 * @param {Bytes} recipient
 */
async function hpke(z, enc, recipient) {
  // §4.1, §5.1: the suites.
  const [kem, suite] = ['KEM\0\x10', 'HPKE\0\x10\0\x01\0\x02']
  // HMAC fills an empty salt up with zeros; WebCrypto takes no empty key.
  const salt = () => new Uint8Array(32)
  const empty = new Uint8Array()

  // §4.1 ExtractAndExpand(dh, concat(enc, pkRm))
  const prk = await labeledExtract(salt(), kem, 'eae_prk', z)
  z.fill(0)
  const sharedSecret = await labeledExpand(prk, kem, 'shared_secret', concat(enc, recipient), 32)
  // §5.1 KeySchedule(mode_base, shared_secret, "", "", "")
  const pskIdHash = await labeledExtract(salt(), suite, 'psk_id_hash', empty)
  const infoHash = await labeledExtract(salt(), suite, 'info_hash', empty)
  const context = concat([0], pskIdHash, infoHash)
  const secret = await labeledExtract(sharedSecret, suite, 'secret', empty)
  const nonce = await labeledExpand(secret.slice(), suite, 'base_nonce', context, 12)
  return [await labeledExpand(secret, suite, 'key', context, 32), nonce.slice(0, 12)]
}

/**
 * RFC 9180 §4.
 * @param {Bytes} salt
 * @param {string} suite
 * @param {string} label
 * @param {Bytes} input
 */
const labeledExtract = (salt, suite, label, input) => hmac(salt, 'HPKE-v1', suite, label, input)

/**
 * RFC 9180 §4: the output is the first `size` bytes, 32 at most.
 * @param {Bytes} key
 * @param {string} suite
 * @param {string} label
 * @param {Bytes} info
 * @param {number} size
 */
const labeledExpand = (key, suite, label, info, size) => hmac(key, [0, size], 'HPKE-v1', suite, label, info, [1])

/**
 * HMAC-SHA-256, which is HKDF's both halves. Wipes the key.
 * @param {Bytes} key
 * @param {...(string | Bytes | number[])} message
 */
async function hmac(key, ...message) {
  const imported = await subtle().importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  key.fill(0)
  const bytes = concat(...message)
  const code = await subtle().sign('HMAC', imported, bytes)
  bytes.fill(0)
  return new Uint8Array(code)
}

/** @param {...(string | Bytes | number[])} message */
async function sha256(...message) {
  const bytes = concat(...message)
  const digest = await subtle().digest('SHA-256', bytes)
  bytes.fill(0)
  return new Uint8Array(digest)
}

/**
 * AES-256-GCM (NIST SP 800-38D) of one message of up to 64 KiB whose AES is done ahead.
 *
 * No branch and no index depends on a secret, and no number leaves the 32 bits that engines keep apart from floating point.
 */
export class Cipher {
  /** The multiples of the hash subkey H by x⁰ to x¹²⁷, four words each. */
  #multiples
  /** E(J₀), which masks the tag, and the key stream. */
  #stream

  /**
   * @param {Int32Array} multiples
   * @param {Bytes} stream
   */
  constructor(multiples, stream) {
    this.#multiples = multiples
    this.#stream = stream
  }

  /**
   * Wipes the key.
   * @param {Bytes} key 32 bytes
   * @param {Bytes} nonce 12 bytes
   */
  static async prepare(key, nonce) {
    const aes = await subtle().importKey('raw', key, 'AES-CTR', false, ['encrypt'])
    key.fill(0)
    // Zeros, encrypted in counter mode, are E(counter) ‖ E(inc₃₂(counter)) ‖ …
    const stream = async (/** @type {Bytes} */ counter, /** @type {number} */ size) =>
      new Uint8Array(await subtle().encrypt({ name: 'AES-CTR', counter, length: 32 }, aes, new Uint8Array(size)))
    const subkey = await stream(new Uint8Array(16), 16)
    const multiples = multiplesOf(subkey)
    subkey.fill(0)
    // §7.1: J₀ = nonce ‖ 0³¹1
    return new Cipher(multiples, await stream(concat(nonce, u32(1)), 16 + MAX_PLAINTEXT))
  }

  /**
   * Encrypts in place, gives the tag and wipes everything.
   * @param {Bytes} aad
   * @param {Bytes} content
   * @throws {string} `form-too-large`, `not-ready` the second time.
   */
  encrypt(aad, content) {
    try {
      const stream = this.#stream
      // Past the end of the key stream, XOR would leave the content as it is.
      if (stream.length < 16 + content.length) throw stream.length ? 'form-too-large' : 'not-ready'
      xor(content, stream.subarray(16))
      const tag = ghash(this.#multiples, aad, content)
      xor(tag, stream)
      return tag
    } finally {
      this.wipe()
    }
  }

  wipe() {
    this.#multiples.fill(0)
    this.#stream.fill(0)
    this.#stream = new Uint8Array()
  }
}

/**
 * §6.3, the sequence V of the multiplication, which depends on the one factor alone.
 * @param {Bytes} subkey
 */
function multiplesOf(subkey) {
  const multiples = new Int32Array(512)
  const view = new DataView(subkey.buffer)
  for (let at = 0; at < 4; at++) multiples[at] = view.getInt32(4 * at)
  for (let at = 4; at < 512; at += 4) {
    // Times x is a shift to the right; the bit that falls out comes back as R = 11100001 ‖ 0¹²⁰.
    multiples[at] = (multiples[at - 4] >>> 1) ^ ((multiples[at - 1] << 31 >> 31) & -0x1f000000)
    for (let word = at + 1; word < at + 4; word++) multiples[word] = (multiples[word - 4] >>> 1) | (multiples[word - 5] << 31)
  }
  return multiples
}

/**
 * §7.1 step 5 and §6.4: the hash of the two inputs, each filled up with zeros to whole blocks, and of their lengths in bits.
 * @param {Int32Array} multiples
 * @param {Bytes} aad
 * @param {Bytes} ciphertext
 */
function ghash(multiples, aad, ciphertext) {
  const blocks = [aad, ciphertext].flatMap((part) => [part, new Uint8Array(-part.length & 15)])
  const lengths = [aad, ciphertext].flatMap((part) => [u32(0), u32(8 * part.length)])
  const input = new DataView(concat(...blocks, ...lengths).buffer)
  const [product, factor] = [new Int32Array(4), new Int32Array(4)]
  for (let at = 0; at < input.byteLength; at += 16) {
    for (let word = 0; word < 4; word++) factor[word] = product[word] ^ input.getInt32(at + 4 * word)
    product.fill(0)
    for (let bit = 0; bit < 128; bit++) {
      const mask = factor[bit >> 5] << (bit & 31) >> 31
      for (let word = 0; word < 4; word++) product[word] ^= multiples[4 * bit + word] & mask
    }
  }
  const hash = new Uint8Array(16)
  product.forEach((word, index) => new DataView(hash.buffer).setInt32(4 * index, word))
  product.fill(0)
  factor.fill(0)
  return hash
}

/**
 * @param {Bytes} bytes
 * @param {Bytes} stream At least as long.
 */
function xor(bytes, stream) {
  for (let at = 0; at < bytes.length; at++) bytes[at] ^= stream[at]
}

/**
 * RFC 7516 §7.1: the compact JWE.
 * @param {Sealer} sealer
 * @param {Bytes} content
 */
function compact({ header, encryptedKey, iv, cipher }, content) {
  const tag = cipher.encrypt(encoder.encode(header), content)
  // JOSE-HPKE: the tag is part of HPKE's ciphertext.
  const segments = iv ? [iv, content, tag] : [new Uint8Array(), concat(content, tag), new Uint8Array()]
  return [header, ...[encryptedKey, ...segments].map(base64url)].join('.')
}

/**
 * The claims, padded with spaces so that their length tells little.
 * @param {string} json
 */
function plaintext(json) {
  const bytes = encoder.encode(json)
  const padded = new Uint8Array(Math.max(512, Math.ceil(bytes.length / 256) * 256)).fill(0x20)
  padded.set(bytes)
  bytes.fill(0)
  return padded
}

/**
 * A JSON text. RFC 8259 §7: quotes, backslashes and control characters are escaped, nothing else.
 * @param {string} text
 */
function quoted(text) {
  const escape = (/** @type {string} */ control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`
  return `"${text.replace(/["\\]/g, '\\$&').replace(/[\0-\x1f]/g, escape)}"`
}

const encoder = new TextEncoder()

/**
 * The length in UTF-8.
 * @param {string} text
 */
function bytesOf(text) {
  const bytes = encoder.encode(text).fill(0)
  return bytes.length
}

/** @param {number} number */
const u32 = (number) => [number >> 24, number >> 16, number >> 8, number]

/** @param {...(string | Bytes | number[])} parts */
function concat(...parts) {
  const arrays = parts.map((part) => (typeof part === 'string' ? encoder.encode(part) : part))
  const bytes = new Uint8Array(arrays.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of arrays) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/**
 * RFC 4648 §5, without padding.
 * @param {Bytes} bytes
 */
function base64url(bytes) {
  // Not spread into one call: engines limit its arguments.
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}
