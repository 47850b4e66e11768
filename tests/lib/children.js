// Programs that run beside the tests, and end with them, however those end.

import { spawn } from 'node:child_process';

const running = new Set();

process.on('exit', () => { for (const child of running) child.kill('SIGKILL'); });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));

export function start(command, parameters, options) {
  const child = spawn(command, parameters, options);
  running.add(child);
  child.once('exit', () => running.delete(child));
  // A program that cannot be started ends at once; whoever waits for its answer will say so.
  child.once('error', () => running.delete(child));
  return child;
}

/** Asks it to end, insists after a while, and waits until it has. */
export async function stop(child) {
  if (!running.has(child)) return;
  const insisting = setTimeout(() => child.kill('SIGKILL'), 3000);
  const ended = new Promise((done) => child.once('exit', done));
  child.kill();
  await ended;
  clearTimeout(insisting);
}
