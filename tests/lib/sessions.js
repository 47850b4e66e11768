// A server that issues checkout sessions, signed by jose or, where no library would sign such a thing, by hand.

import { CompactSign, calculateJwkThumbprint, importJWK } from 'jose';
import { createPrivateKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { publicPart } from './keys.js';

export const TYPE = 'tillseal-session+jwt';

/** What every year has at the most, in seconds. */
export const YEAR = 366 * 86_400;

export const now = () => Math.floor(Date.now() / 1000);

/** A fresh private JWK that signs. */
export async function newSigningKey() {
  const jwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
  return { ...jwk, use: 'sig', alg: 'ES256', kid: await calculateJwkThumbprint(jwk) };
}

/** What a session says that is good for a page of this origin. */
export function claimsFor(origin, recipients, { iat = now() - 5, lifetime = 1800, ...others } = {}) {
  const order = { id: '2026-1187', amount: 4_999, currency: 'EUR' };
  const jti = randomBytes(16).toString('base64url');
  return { iss: 'https://till.example', aud: origin, jti, iat, exp: iat + lifetime, order, recipients, policy: {}, ...others };
}

/** Who may read what, as a session says it. */
export const recipient = (key, fields = ['*'], name) => ({ name, key: publicPart(key), fields });

export async function issue(claims, key) {
  const signer = new CompactSign(Buffer.from(JSON.stringify(claims)));
  return signer.setProtectedHeader({ alg: 'ES256', typ: TYPE, kid: key.kid }).sign(await importJWK(key, 'ES256'));
}

export const encoded = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token with whatever header. */
export function forge(claims, key, header) {
  const signed = `${encoded({ alg: 'ES256', typ: TYPE, kid: key.kid, ...header })}.${encoded(claims)}`;
  const privateKey = createPrivateKey({ key, format: 'jwk' });
  return `${signed}.${sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

/** The text with another character of base64url in one place. */
export function flip(text, at) {
  const place = at < 0 ? text.length + at : at;
  return text.slice(0, place) + (text[place] === 'A' ? 'B' : 'A') + text.slice(place + 1);
}
