// What the figures were measured on. No host name: it says nothing about speed.

import { arch, availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { PYTHON } from '../lib/paths.js';
import { run } from '../lib/programs.js';

export function describeMachine() {
  const programs = { rustc: ['rustc', '--version'], Python: [PYTHON, '--version'], OpenSSL: ['openssl', 'version'] };
  const versions = Object.entries(programs).map(([name, [program, option]]) => `${name} ${versionOf(program, option)}`);
  return {
    hardware: `${cpus()[0].model}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, ${arch()}`,
    software: [`Node.js ${process.versions.node}`, ...versions].join(', '),
  };
}

/** How many tasks wanted a core in the last minute, on average: more than there are cores, and everything below is slower. */
export function load() {
  return loadavg()[0];
}

function versionOf(program, option) {
  try {
    return run(program, [option]).match(/\d+(\.\d+)+\S*/)[0];
  } catch {
    return 'missing';
  }
}
