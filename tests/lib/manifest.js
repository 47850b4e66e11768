// The claim `signals` of a payload, held against docs/signals.json: nothing may be told that is not listed there.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './paths.js';

const { version, tiers, groups } = JSON.parse(readFileSync(join(ROOT, 'docs/signals.json'), 'utf8'));
const TIERS = tiers.map(({ name }) => name);
const GROUPS = new Map(groups.map((group) => [group.name, { ...group, values: new Map(group.values.map((value) => [value.name, value])) }]));

/** Whether a value is one that its entry of the manifest allows. A bucket of 0 is left out. */
const IS_ALLOWED = {
  bucket: (value, { edges }) => value !== 0 && edges.includes(value),
  word: (value, { words }) => words.includes(value),
  number: (value, { from, to }) => Number.isInteger(value) && value >= from && value <= to,
  text: (value, { pattern }) => typeof value === 'string' && new RegExp(pattern, 'u').test(value),
  boolean: (value) => typeof value === 'boolean',
};

/** Throws, naming the value, where `signals` says what the manifest does not list, or what its own tier does not allow. */
export function assertInManifest(signals) {
  const { tier } = signals;
  for (const name of GROUPS.get('claim').values.keys()) {
    if (!Object.hasOwn(signals, name)) throw wrong(name, undefined, 'is missing');
  }
  if (signals.v !== version) throw wrong('v', signals.v, `is not the manifest's version ${version}`);
  for (const [name, value] of Object.entries(signals)) {
    if (GROUPS.get('claim').values.has(name)) {
      assertValue('claim', name, value);
    } else if (name === 'fields') {
      // Its members have names of the form's own. The tier counts even where there is none.
      assertTier('fields', value, tier);
      for (const [field, values] of Object.entries(value)) assertGroup('fields', values, tier, `fields.${field}`);
    } else {
      assertGroup(name, value, tier);
    }
  }
}

function assertGroup(name, values, tier, path = name) {
  const group = GROUPS.get(name);
  if (!group || name === 'claim') throw wrong(path, values, 'is no group of docs/signals.json');
  assertTier(name, values, tier, path);
  if (values === null || typeof values !== 'object' || Array.isArray(values)) throw wrong(path, values, 'is no object');
  for (const [value, told] of Object.entries(values)) assertValue(name, value, told, `${path}.${value}`);
}

function assertTier(group, told, tier, path = group) {
  const least = GROUPS.get(group).tier;
  if (TIERS.indexOf(least) > TIERS.indexOf(tier)) throw wrong(path, told, `is of the tier ${least}, and the claim of ${tier}`);
}

function assertValue(group, name, told, path = name) {
  const value = GROUPS.get(group).values.get(name);
  if (!value) throw wrong(path, told, 'is not in docs/signals.json');
  if (!IS_ALLOWED[value.type](told, value)) throw wrong(path, told, `is not a ${value.type} as docs/signals.json has it: ${JSON.stringify(value)}`);
}

const wrong = (path, told, what) => new Error(`signals.${path} ${what}; it is ${JSON.stringify(told)}`);
