// The search for leaks finds what it is meant to find.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cscLeaks, leaks, panLeaks } from './lib/leaks.js';

const PAN = '4539 5787 6362 1486';
const DIGITS = PAN.replaceAll(' ', '');
const EMAIL = 'zoe.quill+till@shop.example';
const base64 = (text) => Buffer.from(text).toString('base64');

const DISGUISES = {
  plain: (secret) => `name=${secret}&`,
  'percent-encoded': (secret) => `name=${encodeURIComponent(secret)}`,
  'form-encoded': (secret) => String(new URLSearchParams({ name: secret })),
  'percent-encoded wholly': (secret) => [...Buffer.from(secret)].map((byte) => `%${byte.toString(16)}`).join(''),
  'percent-encoded twice': (secret) => encodeURIComponent(encodeURIComponent(secret)),
  base64: (secret) => base64(`${secret}!`),
  'base64 one byte in': (secret) => base64(`.${secret}!`),
  'base64 two bytes in': (secret) => base64(`..${secret}!`),
  'base64 in a form': (secret) => encodeURIComponent(base64(`{"${secret}"}`)),
  base64url: (secret) => Buffer.from(`?>${secret}`).toString('base64url'),
  hex: (secret) => Buffer.from(secret).toString('hex'),
  reversed: (secret) => [...secret].reverse().join(''),
  'UTF-16': (secret) => Buffer.from(secret, 'utf16le'),
};

for (const [name, disguise] of Object.entries(DISGUISES)) {
  test(`finds what is ${name}`, () => {
    assert.notDeepEqual(leaks(disguise(EMAIL), EMAIL), []);
    assert.notDeepEqual(panLeaks(disguise(PAN), PAN), []);
    assert.notDeepEqual(panLeaks(disguise(DIGITS), PAN), []);
    if (name !== 'UTF-16') assert.notDeepEqual(cscLeaks(`"${disguise('7391')}"`, '7391'), []);
  });
}

test('finds a PAN in other groups', () => {
  assert.notDeepEqual(panLeaks('4539/5787/6362/1486', PAN), []);
  assert.notDeepEqual(panLeaks('["4","5","3","9","5","7","8","7","6","3","6","2","1","4","8","6"]', PAN), []);
});

test('finds nothing where there is nothing', () => {
  const sealed = `${'a'.repeat(60)}..7391.${'b7391c'.repeat(20)}.7391`;
  assert.deepEqual(cscLeaks(`sealed=${sealed}`, '7391'), []);
  assert.deepEqual(panLeaks('4539578763621487', PAN), []);
  assert.deepEqual(leaks('zoe.quill', EMAIL), []);
});
