export { gcm } from '@noble/ciphers/aes.js';
export { p256 } from '@noble/curves/nist.js';
export { hkdf } from '@noble/hashes/hkdf.js';
export { sha256 } from '@noble/hashes/sha2.js';
