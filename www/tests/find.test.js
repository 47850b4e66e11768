// @ts-check
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { find } from '../pages/find.js'

const PAN = '4111 1111 1111 1111'
const DIGITS = '4111111111111111'

/** What of `text` is found. */
const found = (/** @type {string} */ text, /** @type {string} */ needle) => find(text, needle).map(({ start, end }) => text.slice(start, end))

test('finds a text as typed, in either case, each time', () => {
  assert.deepEqual(found('Ada, ada', 'ADA'), ['Ada', 'ada'])
  assert.deepEqual(found('Ada', 'Grace'), [])
  assert.deepEqual(found('Ada', ''), [])
})

test('sees through the usual disguises', () => {
  const disguises = [
    DIGITS,
    [...DIGITS].reverse().join(''),
    encodeURIComponent(PAN),
    PAN.replaceAll(' ', '+'),
    ...['', '{', '{"', '{"n'].map((before) => btoa(`${before}${DIGITS}"}`)),
  ]
  for (const disguise of disguises) assert.equal(find(`sealed=${disguise}&a=1`, PAN).length, 1, disguise)
  assert.equal(find(encodeURIComponent('ada@shop.example'), 'ada@shop.example').length, 1)
  assert.equal(find(Buffer.from('x¿Señor ÿÿÿ?').toString('base64url'), 'Señor ÿÿÿ').length, 1)
})

test('spans do not overlap', () => {
  assert.deepEqual(found('abba', 'abba'), ['abba'])
  assert.deepEqual(found('aaaa', 'aa'), ['aa', 'aa'])
})
