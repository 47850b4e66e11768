// Where things are, and how a program that was built is found.

import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { delimiter, join } from 'node:path';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const DIST = join(ROOT, 'pkg/dist');
export const SCRATCH = join(ROOT, 'target/tests');
export const PYTHON = join(ROOT, 'target/venv/bin/python');

/** A program of this workspace: the one that the environment variable names, else the latest build. */
export function built(name, variable) {
  if (process.env[variable]) return process.env[variable];
  const builds = ['release', 'debug'].map((profile) => join(ROOT, 'target', profile, name)).filter(existsSync);
  if (builds.length === 0) throw new Error(`${name} is not built: cargo build --bin ${name}`);
  return builds.sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)[0];
}

/** The first of these programs that is on the PATH (or at the absolute path given), or undefined. */
export function which(...names) {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const places = names.flatMap((name) => (name.startsWith('/') ? [name] : folders.map((folder) => join(folder, name))));
  return places.find((place) => existsSync(place));
}
