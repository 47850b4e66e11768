// The same form, submitted to each contender in turn. A submit is timed from the dispatch of its event, before any listener
// but this one, to the moment at which the page's handler holds the compact JWE.

import { CompactEncrypt, importJWK } from '/peers/jose.js';
import { Aes256Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256 } from '/peers/hpke.js';
import { gcm, p256, sha256 } from '/peers/noble.js';

const ECDH_ES = { alg: 'ECDH-ES', enc: 'A256GCM' };
const [ecdhEs, hpke7] = await Promise.all(['/ecdh-es.jwks', '/hpke-7.jwks'].map(publicKey));
const joseKey = await importJWK(ecdhEs);
const suite = new CipherSuite({ kem: new DhkemP256HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
const { kty, crv, x, y } = hpke7;
const hpkeKey = await suite.kem.importKey('jwk', { kty, crv, x, y }, true);
const nobleKey = Uint8Array.from([4, ...decode(ecdhEs.x), ...decode(ecdhEs.y)]);

const CONTENDERS = [
  { name: 'tillseal', form: 'ecdh-es', seal: sealed },
  { name: 'tillseal HPKE-7', form: 'hpke-7', seal: sealed },
  // The seal before this one took what was prepared.
  { name: 'tillseal unprepared', form: 'ecdh-es', before: sealed, seal: sealed },
  { name: 'jose', form: 'plain', seal: sealJose },
  { name: '@hpke/core', form: 'plain', seal: sealHpke },
  { name: 'noble', form: 'plain', seal: sealNoble },
];

let start;
let handle;
addEventListener('submit', () => { start = performance.now(); }, { capture: true });
for (const form of document.forms) {
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    handle(form);
  });
}

/** Times in milliseconds and the last payload of each contender, by name. */
globalThis.bench.rounds = async (first, count) => {
  const results = Object.fromEntries(CONTENDERS.map(({ name }) => [name, { ms: [] }]));
  for (let round = first; round < first + count; round += 1) {
    for (let index = 0; index < CONTENDERS.length; index += 1) {
      const contender = CONTENDERS[(round + index) % CONTENDERS.length];
      await until(() => globalThis.bench.isIdle());
      const { ms, payload } = await submit(contender);
      results[contender.name].ms.push(ms);
      results[contender.name].payload = payload;
    }
  }
  return results;
};

/** The smallest step of the clock, in milliseconds. */
globalThis.bench.clockStep = () => {
  let step = Infinity;
  for (let tries = 0; tries < 20; tries += 1) {
    const start = performance.now();
    let now;
    do now = performance.now();
    while (now === start);
    step = Math.min(step, now - start);
  }
  return step;
};

async function submit({ form: id, before, seal }) {
  const form = document.forms[id];
  before?.(form);
  let payload;
  let end;
  const done = new Promise((resolve, reject) => {
    handle = (submitted) => {
      try {
        const result = seal(submitted);
        // Ours is there at once; theirs is a promise.
        if (typeof result !== 'string') return resolve(result.then((text) => { end = performance.now(); payload = text; }));
        end = performance.now();
        payload = result;
        resolve();
      } catch (error) {
        reject(error);
      }
    };
  });
  form.requestSubmit();
  await done;
  return { ms: end - start, payload };
}

function sealed(form) {
  return new FormData(form).get('sealed');
}

async function sealJose(form) {
  const header = { ...ECDH_ES, kid: ecdhEs.kid };
  return new CompactEncrypt(plaintext(form)).setProtectedHeader(header).encrypt(joseKey);
}

async function sealHpke(form) {
  const header = encode(utf8(JSON.stringify({ alg: 'HPKE-7', kid: hpke7.kid })));
  const { enc, ct } = await suite.seal({ recipientPublicKey: hpkeKey }, plaintext(form), utf8(header));
  return `${header}.${encode(new Uint8Array(enc))}..${encode(new Uint8Array(ct))}.`;
}

function sealNoble(form) {
  const { secretKey, publicKey } = p256.keygen();
  const point = p256.Point.fromBytes(publicKey).toBytes(false);
  const secret = p256.getSharedSecret(secretKey, nobleKey, false).subarray(1, 33);
  // RFC 7518 §4.6.2, for A256GCM and nobody's names.
  const info = [0, 0, 0, 7, ...utf8('A256GCM'), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0];
  const key = sha256(Uint8Array.from([0, 0, 0, 1, ...secret, ...info]));
  const epk = { kty: 'EC', crv: 'P-256', x: encode(point.subarray(1, 33)), y: encode(point.subarray(33)) };
  const header = encode(utf8(JSON.stringify({ ...ECDH_ES, kid: ecdhEs.kid, epk })));
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const encrypted = gcm(key, iv, utf8(header)).encrypt(plaintext(form));
  return [header, '', ...[iv, encrypted.subarray(0, -16), encrypted.subarray(-16)].map(encode)].join('.');
}

/** The claims that the module seals too, padded as it pads them. */
function plaintext(form) {
  const fields = {};
  for (const element of form.elements) {
    fields[element.dataset.seal ?? element.getAttribute('autocomplete')] = element.value;
  }
  const jti = encode(crypto.getRandomValues(new Uint8Array(16)));
  const claims = { v: 1, jti, iat: Math.floor(Date.now() / 1000), origin: location.origin, fields };
  const bytes = utf8(JSON.stringify(claims));
  const padded = new Uint8Array(Math.max(512, Math.ceil(bytes.length / 256) * 256)).fill(32);
  padded.set(bytes);
  return padded;
}

async function publicKey(path) {
  return (await (await fetch(path)).json()).keys[0];
}

function utf8(text) {
  return new TextEncoder().encode(text);
}

function encode(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function decode(text) {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0));
}

async function until(isSo) {
  do await globalThis.bench.pause();
  while (!isSo());
}
