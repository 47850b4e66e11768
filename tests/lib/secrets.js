// The secrets of one seal, worked out again with node:crypto from what the module drew and from the recipient's key.

import { createCipheriv, createECDH, createHmac } from 'node:crypto';
import { concatKdf } from './content.js';

/** The prime of P-256 (SP 800-186 §3.2.1.3). */
const P = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;

/**
 * Name and bytes of everything that must be gone after a seal with the ephemeral `scalar`, 32 bytes, to a public JWK:
 * scalar, shared secret, keys, each in the orders and forms in which arithmetic keeps numbers.
 */
export function secretsOf(scalar, jwk) {
  const ephemeral = createECDH('prime256v1');
  ephemeral.setPrivateKey(scalar);
  const recipient = sec1(jwk);
  const z = ephemeral.computeSecret(recipient);
  const secrets = jwk.alg === 'HPKE-7' ? hpke(z, ephemeral.getPublicKey(), recipient) : { 'content key': concatKdf(z) };
  const key = secrets['content key'];
  const blockOfZeros = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false).update(Buffer.alloc(16));
  return Object.entries({
    ...numberForms('ephemeral scalar', scalar),
    ...numberForms('shared secret Z', z),
    ...numberForms('shared secret Z in Montgomery form', montgomery(z)),
    ...secrets,
    'GHASH key': blockOfZeros,
  });
}

function sec1({ x, y }) {
  return Buffer.concat([Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
}

/** RFC 9180 §4.1 and §5.1 in base mode with an empty info. */
function hpke(dh, enc, recipient) {
  const kem = Buffer.from('KEM\0\x10', 'latin1');
  const suite = Buffer.from('HPKE\0\x10\0\x01\0\x02', 'latin1');
  const hmac = (key, ...parts) => createHmac('sha256', key).update(Buffer.concat(parts)).digest();
  const version = Buffer.from('HPKE-v1');
  const extract = (id, salt, label, input) => hmac(salt, version, id, Buffer.from(label), input);
  const expand = (id, secret, label, info) =>
    hmac(secret, Buffer.of(0, 32), version, id, Buffer.from(label), info, Buffer.of(1));

  const none = Buffer.alloc(0);
  const prk = extract(kem, none, 'eae_prk', dh);
  const sharedSecret = expand(kem, prk, 'shared_secret', Buffer.concat([enc, recipient]));
  const hashes = [extract(suite, none, 'psk_id_hash', none), extract(suite, none, 'info_hash', none)];
  const secret = extract(suite, sharedSecret, 'secret', none);
  const key = expand(suite, secret, 'key', Buffer.concat([Buffer.of(0), ...hashes]));
  return { 'extracted secret of the KEM': prk, "the KEM's shared secret": sharedSecret, secret, 'content key': key };
}

/** z·2²⁵⁶ mod p: how field arithmetic holds a number. */
function montgomery(z) {
  const held = (BigInt(`0x${z.toString('hex')}`) << 256n) % P;
  return Buffer.from(held.toString(16).padStart(64, '0'), 'hex');
}

function numberForms(name, bytes) {
  return { [name]: bytes, [`${name}, little-endian`]: Buffer.from(bytes).reverse() };
}
