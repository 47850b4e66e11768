// ECDH-ES once more by node:crypto, from the shared secret on: what opens a payload when the secret is what a test knows.

import { createDecipheriv, createHash } from 'node:crypto';

/** RFC 7518 §4.6.2 for A256GCM without apu and apv. */
export function concatKdf(z) {
  const number = (value) => Buffer.from(value.toString(16).padStart(8, '0'), 'hex');
  const otherInfo = [number(7), Buffer.from('A256GCM'), number(0), number(0), number(256)];
  return createHash('sha256').update(Buffer.concat([number(1), z, ...otherInfo])).digest();
}

/** The claims of an ECDH-ES payload. */
export function openWith(sealed, z) {
  const [header, , iv, ciphertext, tag] = sealed.split('.');
  const bytes = (segment) => Buffer.from(segment, 'base64url');
  const decipher = createDecipheriv('aes-256-gcm', concatKdf(z), bytes(iv)).setAAD(Buffer.from(header)).setAuthTag(bytes(tag));
  return JSON.parse(Buffer.concat([decipher.update(bytes(ciphertext)), decipher.final()]));
}
