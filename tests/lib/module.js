// The shipped module outside of a browser: the same wasm and the same glue, with a form that is only like one.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DIST } from './paths.js';

const isBuilt = existsSync(join(DIST, 'tillseal.wasm'));
const HOW = 'pkg/dist is not built: cargo xtask pkg';

/** Why tests of the shipped module are skipped, if they are; under CI=true they run, and fail. */
export const missingModule = isBuilt || process.env.CI === 'true' ? undefined : HOW;

/** The glue, and what `initSync` gives: the module's exports, its `memory` among them. */
export async function loadModule() {
  if (!isBuilt) throw new Error(HOW);
  const glue = await import(pathToFileURL(join(DIST, 'glue.js')));
  const exports = glue.initSync({ module: readFileSync(join(DIST, 'tillseal.wasm')) });
  return { ...glue, exports };
}

/** What the module asks a form and its controls: `{'cc-number': '4111…'}` as unnamed inputs. */
export function formOf(fields) {
  return { elements: Object.entries(fields).map(([name, value]) => new Control(name, value)) };
}

class Control {
  constructor(name, value) {
    this.field = name;
    this.value = value;
  }

  getAttribute(name) {
    return name === 'data-seal' ? this.field : null;
  }

  /** Neither disabled nor an unchecked box. */
  matches() {
    return false;
  }
}
