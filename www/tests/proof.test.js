// @ts-check
import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import { test } from 'node:test'
import { MOST, ProofError, prove } from '../pages/proof.js'

const RECEIPT = {
  iss: 'https://shop.example', aud: 'https://shop.example', jti: 'AAAAAAAAAAAAAAAAAAAAAA', iat: 1795459200,
  order: { id: 'T-7KQ2M9', amount: 14450, currency: 'EUR' }, last4: '4242', decision: 'accept',
  audit: { log: 'shop.example/tillseal', position: 7, leaf: 'A'.repeat(43) },
}
const HEADER = { alg: 'ES256', typ: 'tillseal-receipt+jwt', kid: 'ours' }

const [ours, others] = [1, 2].map(() => generateKeyPairSync('ec', { namedCurve: 'P-256' }))
const published = (/** @type {any} */ { publicKey }, kid = 'ours', more = {}) => ({ ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'ES256', ...more })
const keySet = async () => ({ keys: [published(others, 'sealing', { use: 'enc', alg: 'ECDH-ES' }), published(ours)] })
const encoded = (/** @type {unknown} */ value) => Buffer.from(JSON.stringify(value)).toString('base64url')

const signed = (/** @type {object} */ header, claims = RECEIPT, { privateKey } = ours) => {
  const text = `${encoded(header)}.${encoded(claims)}`
  return `${text}.${sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}
const faultOf = (/** @type {string} */ text, loadKeys = keySet) =>
  prove(text, loadKeys).then(() => 'none', (error) => { assert.ok(error instanceof ProofError, error); return error.fault })

const TOKEN = signed(HEADER)

test('a receipt says what was signed, however it was wrapped', async () => {
  assert.deepEqual(await prove(TOKEN, keySet), RECEIPT)
  assert.deepEqual(await prove(` ${TOKEN.replace(/.{64}/g, '$&\r\n')}\n`, keySet), RECEIPT)
})

test('no character can be another', async () => {
  for (let place = 0; place < TOKEN.length; place += 1) {
    const other = TOKEN[place] === 'A' ? 'B' : 'A'
    const fault = await faultOf(TOKEN.slice(0, place) + other + TOKEN.slice(place + 1))
    const part = TOKEN.slice(0, place).split('.').length
    if (part === 2 && TOKEN[place] !== '.') assert.equal(fault, 'signature', `at ${place}`)
    assert.notEqual(fault, 'none', `at ${place}`)
  }
})

test('no end can be missing', async () => {
  for (let length = 0; length < TOKEN.length; length += 1) assert.notEqual(await faultOf(TOKEN.slice(0, length)), 'none', `${length}`)
})

test('each fault has its name', async () => {
  for (const [text, fault] of [
    ['', 'malformed'],
    ['Dear shop, here is my receipt.', 'malformed'],
    ['a.b.c', 'malformed'],
    [`${TOKEN}.`, 'malformed'],
    [`${TOKEN.slice(0, -1)}B`, 'malformed'],
    [`${encoded(null)}.${TOKEN.split('.').slice(1).join('.')}`, 'malformed'],
    ['A'.repeat(MOST) + TOKEN, 'malformed'],
    [signed({ ...HEADER, typ: 'tillseal-session+jwt' }), 'session'],
    [signed({ ...HEADER, typ: 'JWT' }), 'other'],
    [signed({ alg: 'ES256', kid: 'ours' }), 'other'],
    [signed({ ...HEADER, crit: ['exp'] }), 'other'],
    [signed({ ...HEADER, jwk: published(others) }, RECEIPT, others), 'other'],
    [signed({ ...HEADER, alg: 'none' }), 'key-unknown'],
    [signed({ ...HEADER, kid: 'theirs' }, RECEIPT, others), 'key-unknown'],
    [signed({ ...HEADER, kid: 'sealing' }, RECEIPT, others), 'key-unknown'],
    [signed(HEADER, RECEIPT, others), 'signature'],
  ]) assert.equal(await faultOf(text), fault, text)
})

test('without the keys, nobody can tell', async () => {
  assert.equal(await faultOf(TOKEN, async () => { throw new TypeError('offline') }), 'unknown')
  assert.equal(await faultOf(TOKEN, async () => /** @type {any} */ ({})), 'unknown')
  assert.equal(await faultOf(TOKEN, async () => ({ keys: [] })), 'key-unknown')
})
