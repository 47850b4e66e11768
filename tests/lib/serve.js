// `tillseal serve` as a process, on a SQLite file of its own, and requests to it as bytes.

import { mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { start, stop } from './children.js';
import { until } from './engines.js';
import { leave, workFolder } from './kept.js';
import { built } from './paths.js';
import { run } from './programs.js';

export const ORIGIN = 'https://shop.example';

export class Serve {
  /** Starts it with these private keys and, besides, these lines of configuration. */
  static async start(keys, config = '') {
    const serve = new Serve();
    serve.folder = workFolder();
    serve.keys = join(serve.folder, 'keys');
    mkdirSync(serve.keys, { mode: 0o700 });
    for (const key of keys) serve.addKey(key);
    const file = join(serve.folder, 'tillseal.toml');
    writeFileSync(file, `listen = "127.0.0.1:0"\norigins = ["${ORIGIN}"]\n${config}\n[keys]\ndirectory = "keys"\n`);
    const log = openSync(join(serve.folder, 'log'), 'a');
    serve.program = start(built('tillseal', 'TILLSEAL'), ['serve', '--config', file], { cwd: serve.folder, stdio: ['ignore', 'pipe', log] });
    let said = '';
    serve.program.stdout.setEncoding('utf8').on('data', (text) => { said += text; });
    const [, port] = await until(() => said.match(/127\.0\.0\.1:(\d+)/), 'the server to listen');
    serve.port = Number(port);
    return serve;
  }

  addKey(key) {
    writeFileSync(join(this.keys, `${key.kid}.jwk.json`), JSON.stringify(key), { mode: 0o600 });
  }

  get log() {
    return readFileSync(join(this.folder, 'log'), 'utf8');
  }

  /** The most memory that it took so far, in KiB. */
  get peak() {
    return Number(readFileSync(`/proc/${this.program.pid}/status`, 'utf8').match(/VmHWM:\s*(\d+)/)[1]);
  }

  /** Holds the store's lock until the function that it gives is called. */
  lock() {
    return this.#sqlite("database.execute('BEGIN IMMEDIATE')");
  }

  /** Changes the store behind the server's back. */
  async alter(sql) {
    await (await this.#sqlite(`database.execute(${JSON.stringify(sql)}); database.commit()`))();
  }

  async #sqlite(statements) {
    const script = `import sqlite3, sys\ndatabase = sqlite3.connect('tillseal.db')\n${statements}\nprint('done', flush=True)\nsys.stdin.read()`;
    const python = start('python3', ['-c', script], { cwd: this.folder, stdio: ['pipe', 'pipe', 'inherit'] });
    let said = '';
    python.stdout.setEncoding('utf8').on('data', (text) => { said += text; });
    await until(() => said.includes('done'), 'the store to be asked');
    return () => stop(python);
  }

  async close(metricsToken = '') {
    const metrics = await exchange(this.port, { path: '/metrics', headers: { authorization: `Bearer ${metricsToken}` } });
    writeFileSync(join(this.folder, 'metrics'), metrics.body);
    await stop(this.program);
    leave(this.folder);
  }
}

/** A fresh token with these scopes, and the table that lets it in. */
export function token(name, ...scopes) {
  const text = run('sh', ['-c', '"$@" 2>&1', 'sh', built('tillseal', 'TILLSEAL'), 'tokens', 'new', '--name', name, ...scopes.flatMap((scope) => ['--scope', scope])]);
  return { text: text.split('\n').at(-1), table: text.slice(text.indexOf('[[tokens]]'), text.lastIndexOf('\n') + 1) };
}

/** One exchange on a connection of its own. A body that is an array is sent in pieces, with `pause` milliseconds between them. */
export async function exchange(port, { method = 'GET', path = '/', headers = {}, body, pause = 0, head }) {
  const pieces = [body ?? []].flat().map((piece) => Buffer.from(piece));
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const fields = { host: 'x', connection: 'close', ...(body === undefined ? {} : { 'content-length': length }), ...headers };
  const lines = Object.entries(fields).filter(([, value]) => value !== undefined).map(([name, value]) => `${name}: ${value}\r\n`);
  return raw(port, [Buffer.from(head ?? `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1'), ...pieces], pause);
}

/** Sends these bytes and gives what came back until the end; rejects where none comes within half a minute. */
export function raw(port, pieces, pause = 0) {
  return new Promise((resolve, reject) => {
    const chunks = [];
    const socket = connect(port, '127.0.0.1', async () => {
      for (const piece of pieces) {
        if (socket.destroyed) break;
        socket.write(piece);
        if (pause) await new Promise((done) => setTimeout(done, pause));
      }
    });
    socket.setTimeout(30_000, () => socket.destroy(new Error('no answer within 30 seconds')));
    socket.on('data', (chunk) => chunks.push(chunk));
    // A reset is an end as well, where the answer came before.
    socket.on('error', (error) => { if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error); });
    socket.on('close', () => resolve(parse(Buffer.concat(chunks))));
  });
}

/** Status, headers and body; status 0 where nothing came. */
function parse(bytes) {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return { status: 0, headers: {}, body: bytes };
  const [first, ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const status = Number(first.split(' ')[1]);
  // 100 Continue stands before the answer.
  if (status >= 100 && status < 200) return parse(bytes.subarray(end + 4));
  const headers = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]));
  return { status, headers, body: bytes.subarray(end + 4) };
}
