// A page with a checkout that keeps what the browser tells it of its visitor, and posts that beside the form.

import { startRecorder } from '../lib/recorder.js';
import { INPUTS } from '../lib/merchant.js';
import { listen } from './listen.js';

const LINE = 'One kettle, enamel, two litres, in green. It arrives whole or we throw you a new one; thirty days to return it.';
const labelled = INPUTS.replaceAll(/<input id="(\w+)"/g, '</p><p><label for="$1">$1</label><br>$&');

/** The selectors of that page, and what is typed into them. */
export const VISITOR = {
  values: { '#email': 'Zoe.quill+till@shop.example', '#number': '3714 496353 98431', '#expiry': '12/31', '#csc': '7391' },
  submit: '#pay',
};

export async function startTracing() {
  const recorder = await startRecorder();
  const page = `<!doctype html><html lang="en"><head><title>Checkout</title><meta name="viewport" content="width=device-width">
    <style>body { font: 16px/1.6 sans-serif; margin: 2em auto; max-width: 30em; padding: 0 1em }
      input { font: inherit; padding: .4em; width: 14em } button { font: inherit; padding: .5em 2em }</style></head>
    <body><h1>Checkout</h1>${`<p>${LINE}</p>`.repeat(5)}
    <form method="post" action="/pay"><p>${labelled}</p><button id="pay">Pay</button></form>${`<p>${LINE}</p>`.repeat(4)}
    <script>(${listen})();</script></body></html>`;
  const html = { 'content-type': 'text/html; charset=utf-8' };
  const ok = (body) => ({ status: 200, headers: html, body });
  recorder.answers.set('/', ok(page));
  recorder.answers.set('/pay', ok('<!doctype html><title>Paid</title><h1>Paid</h1>'));
  recorder.answers.set('/favicon.ico', { status: 204 });
  return {
    url: `${recorder.origin}/`,
    /** What the last visitor left behind: {events, place, fields}. */
    taken() {
      const body = recorder.posts('/pay').at(-1);
      recorder.requests.length = 0;
      return body && JSON.parse(body.get('traces'));
    },
    close: () => recorder.close(),
  };
}
