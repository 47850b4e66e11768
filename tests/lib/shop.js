// The demo shop, behind a recorder.

import { start, stop } from './children.js';
import { until } from './engines.js';
import { leaveText } from './kept.js';
import { built } from './paths.js';
import { startRecorder } from './recorder.js';

/** Starts the shop and a recorder in front of it; browsers are to visit the recorder's origin. */
export async function startShop({ alg = 'ECDH-ES', listenToConsole } = {}) {
  const recorder = await startRecorder({ listenToConsole });
  const command = ['--listen', '127.0.0.1:0', '--alg', alg, '--origin', recorder.origin];
  const program = start(built('tillseal-shop', 'TILLSEAL_SHOP'), command, { stdio: ['ignore', 'pipe', 'pipe'] });
  const shop = new Shop(recorder, program);
  try {
    recorder.upstream = await shop.address();
  } catch (error) {
    await shop.close();
    throw error;
  }
  return shop;
}

class Shop {
  /** All that the program printed. */
  output = '';

  constructor(recorder, program) {
    this.recorder = recorder;
    this.program = program;
    for (const stream of [program.stdout, program.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => { this.output += text; });
    }
  }

  /** The address that it prints once it listens. */
  async address() {
    const [address] = await until(() => this.output.match(/http:\/\/127\.0\.0\.1:\d+/), 'the shop to listen');
    return address;
  }

  async close() {
    await this.recorder.close();
    await stop(this.program);
    leaveText('shop.log', this.output);
  }
}
