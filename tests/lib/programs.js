// Runs other programs: to their end, within a time.

import { spawnSync } from 'node:child_process';

/** What the program printed; throws what it complained of where it fails. */
export function run(command, parameters, { input = '', cwd, environment = {}, deadline = 60_000 } = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, parameters, {
    input,
    cwd,
    env: { ...process.env, ...environment },
    timeout: deadline,
    encoding: 'utf8',
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ended with ${status}: ${stderr.trim()}`);
  return stdout.trim();
}
