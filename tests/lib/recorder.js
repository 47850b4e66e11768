// A web server that keeps every byte that it is sent: in front of the demo shop, or with routes of a test's own.
//
// A test can put its own answer in the place of any path: `recorder.answers.set('/a', {status, headers, body, delay})`;
// an answer may also be a function of the request. What no answer covers goes to the upstream, or is a 404.

import { createServer, request as httpRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const REPORTS = '/csp-reports';
const CONSOLE = '/console-lines';
const LISTENER = '/console-listener.js';
/** For engines that show nobody their console: what the page prints is sent to us. */
const LISTENER_SCRIPT = `
  const send = (words) => navigator.sendBeacon('${CONSOLE}', words.map(String).join(' '));
  for (const level of ['debug', 'log', 'info', 'warn', 'error']) {
    const print = console[level];
    console[level] = (...words) => { send(words); print.apply(console, words); };
  }
  addEventListener('error', (event) => send([event.message]));
  addEventListener('unhandledrejection', (event) => send([event.reason]));`;

export async function startRecorder({ listenToConsole = false } = {}) {
  const recorder = new Recorder(listenToConsole);
  await new Promise((done) => recorder.server.listen(0, '127.0.0.1', done));
  recorder.origin = `http://127.0.0.1:${recorder.server.address().port}`;
  return recorder;
}

class Recorder {
  /** Every request that came to its end: {method, path, headers, body}. */
  requests = [];
  /** What browsers reported under `report-uri`. */
  violations = [];
  /** What the pages printed, where it listens to that. */
  consoleLines = [];
  answers = new Map();
  /** Where it sends on what no answer covers: an origin. */
  upstream;
  #received = [];

  constructor(listenToConsole) {
    this.listenToConsole = listenToConsole;
    this.server = createServer((request, response) => {
      this.#take(request, response).catch((error) => response.destroy(error));
    });
    // The bytes themselves, before any parser: a header that Node drops would be seen here.
    this.server.on('connection', (socket) => socket.on('data', (bytes) => this.#received.push(bytes)));
  }

  /** All bytes of all requests. */
  get bytes() {
    return Buffer.concat(this.#received);
  }

  /** The form bodies that were posted to a path, parsed. */
  posts(path) {
    return this.requests
      .filter((request) => request.method === 'POST' && request.path === path)
      .map((request) => new URLSearchParams(request.body));
  }

  /** Forgets what it has recorded and every answer of a test's own. */
  reset() {
    this.requests.length = 0;
    this.violations.length = 0;
    this.consoleLines.length = 0;
    this.#received.length = 0;
    this.answers.clear();
  }

  async close() {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  async #take(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString('utf8');
    const path = new URL(request.url, this.origin).pathname;
    if (this.#isOwn(path, body, response)) return;
    const taken = { method: request.method, path, url: request.url, headers: request.headers, body };
    this.requests.push(taken);

    const answer = this.answers.get(path) ?? this.answers.get('*');
    const given = typeof answer === 'function' ? await answer(taken) : answer;
    if (given?.delay) await sleep(given.delay);
    if (given && given.status !== undefined) {
      this.#send(response, given.status, given.headers ?? {}, Buffer.from(given.body ?? ''));
    } else if (this.upstream) {
      await this.#forward(request, body, response);
    } else {
      this.#send(response, 404, { 'content-type': 'text/plain' }, Buffer.from('not found'));
    }
  }

  #isOwn(path, body, response) {
    if (path === REPORTS) this.violations.push(JSON.parse(body));
    else if (path === CONSOLE) this.consoleLines.push(body);
    else if (path !== LISTENER) return false;
    response.writeHead(200, { 'content-type': 'text/javascript' }).end(path === LISTENER ? LISTENER_SCRIPT : '');
    return true;
  }

  #forward({ method, url, headers }, body, response) {
    // Without compression, so that a page can be given the console's listener.
    const onwardHeaders = { ...headers, 'accept-encoding': 'identity' };
    return new Promise((done, failed) => {
      const onward = httpRequest(new URL(url, this.upstream), { method, headers: onwardHeaders }, async (answer) => {
        const chunks = [];
        for await (const chunk of answer) chunks.push(chunk);
        this.#send(response, answer.statusCode, answer.headers, Buffer.concat(chunks));
        done();
      });
      onward.on('error', failed).end(body);
    });
  }

  #send(response, status, headers, body) {
    const policy = headers['content-security-policy'];
    const isPage = headers['content-type']?.startsWith('text/html');
    const sent = this.listenToConsole && isPage ? withListener(body) : body;
    const changed = { 'content-length': sent.length };
    if (policy) changed['content-security-policy'] = `${policy}; report-uri ${REPORTS}`;
    // 204 and 304 have no body and no length.
    if (status === 204 || status === 304) delete changed['content-length'];
    response.writeHead(status, { ...headers, ...changed }).end(sent);
  }
}

function withListener(page) {
  return Buffer.from(page.toString('utf8').replace(/<head>|(?<=<!doctype html>)/i, `$&<script src="${LISTENER}"></script>`));
}
