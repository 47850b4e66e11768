// What a shopper reads says the same in every language, as far as a program can tell.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { ROOT } from './lib/paths.js';

const LANG = join(ROOT, 'pkg/src/lang');
const TAGS = readdirSync(LANG).map((name) => name.replace(/\.js$/, ''));
const words = async (tag) => (await import(pathToFileURL(join(LANG, `${tag}.js`)).href)).default;
const ENGLISH = await words('en');

const RIGHT_TO_LEFT = ['ar', 'fa', 'he', 'ur'];
const CYRILLIC = /\p{Script=Cyrillic}/u;
const SCRIPTS = {
  ar: /\p{Script=Arabic}/u,
  bg: CYRILLIC,
  bn: /\p{Script=Bengali}/u,
  el: /\p{Script=Greek}/u,
  fa: /\p{Script=Arabic}/u,
  he: /\p{Script=Hebrew}/u,
  hi: /\p{Script=Devanagari}/u,
  ja: /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u,
  ko: /\p{Script=Hangul}/u,
  ru: CYRILLIC,
  sr: CYRILLIC,
  ta: /\p{Script=Tamil}/u,
  th: /\p{Script=Thai}/u,
  uk: CYRILLIC,
  ur: /\p{Script=Arabic}/u,
  zh: /\p{Script=Han}/u,
  'zh-Hant': /\p{Script=Han}/u,
};

/** These stay as they are in every language. */
const EXAMPLES = ['12/29', 'ada@example.com', '+353 20 911 0000'];
/** These may be as in English: many languages know the expiry date as MM/YY. */
const SAME = ['placeholder-expiry'];
/** These may stand in Latin letters among others. */
const LATIN = /ada@example\.com|\{n\}|\bIBAN\b|\bemail\b|^MM\/YY$/g;

const sorted = (text, pattern) => (text.match(pattern) ?? []).sort();

/** Calls `check` with each text, its key and the English text; a failure names the text. */
async function each(tag, check) {
  for (const [key, text] of Object.entries(await words(tag))) {
    try {
      check(text, key, ENGLISH[key]);
    } catch (error) {
      error.message = `${tag}, ${key}, "${text}": ${error.message}`;
      throw error;
    }
  }
}

test('there are at least 36 languages', () => {
  assert.ok(TAGS.length >= 36, `${TAGS.length}`);
  for (const tag of TAGS) assert.equal(Intl.getCanonicalLocales(tag)[0], tag);
});

for (const tag of TAGS) {
  test(`${tag} has the keys of en, in their order`, async () => {
    assert.deepEqual(Object.keys(await words(tag)), Object.keys(ENGLISH));
  });

  test(`${tag} has clean text`, () =>
    each(tag, (text) => {
      assert.equal(typeof text, 'string');
      assert.notEqual(text, '');
      assert.equal(text, text.trim());
      assert.equal(text, text.normalize('NFC'));
      assert.doesNotMatch(text, /\p{Cc}/u, 'a control character');
      assert.doesNotMatch(text, /\s\s/, 'two spaces');
      assert.doesNotMatch(text, /[<>]|&#?\w+;/, 'HTML');
    }));

  test(`${tag} has the placeholders, numbers and examples of en`, () =>
    each(tag, (text, key, english) => {
      assert.deepEqual(sorted(text, /\{.*?\}|[{}]/g), sorted(english, /\{.*?\}|[{}]/g));
      assert.deepEqual(sorted(text, /\p{Nd}+/gu), sorted(english, /\p{Nd}+/gu));
      for (const example of EXAMPLES) assert.equal(text.includes(example), english.includes(example), example);
    }));

  test(`${tag} is not much longer than en`, () =>
    each(tag, (text, key, english) => {
      if (key === 'placeholder-expiry') assert.match(text, /^[^\s/]{1,4}\/[^\s/]{1,4}$/);
      assert.ok(text.length <= (key === 'placeholder-expiry' ? 7 : english.length * 2.2 + 25), `${text.length}`);
    }));

  test(`${tag} isolates the examples if it is written from right to left`, () =>
    each(tag, (text) => {
      const examples = EXAMPLES.filter((example) => text.includes(example));
      const isolated = RIGHT_TO_LEFT.includes(tag) ? examples.map((example) => `\u2066${example}\u2069`) : [];
      assert.deepEqual(text.match(/\u2066.*?\u2069|[\u202a-\u202e\u2066-\u2069\u200e\u200f]/g) ?? [], isolated);
    }));

  test(`${tag} is in its script`, () =>
    each(tag, (text, key) => {
      const rest = text.replace(LATIN, '');
      const script = SCRIPTS[tag] ?? /\p{Script=Latin}/u;
      if (rest || !SAME.includes(key)) assert.match(rest, script);
      for (const letter of rest.match(/\p{L}/gu) ?? []) {
        // The long-vowel mark of katakana belongs to more than one script.
        if (letter !== 'ー') assert.match(letter, script, `the letter ${letter}`);
      }
    }));

  if (tag === 'en') continue;

  test(`${tag} is translated`, () =>
    each(tag, (text, key, english) => {
      if (!SAME.includes(key)) assert.notEqual(text, english);
    }));
}
