// How many payloads Node's `jose` opens in a second: jose.js PAYLOADS_FILE SECONDS

import { compactDecrypt, importJWK } from 'jose';
import { readFileSync } from 'node:fs';

const [file, seconds] = process.argv.slice(2);
const { key, payloads } = JSON.parse(readFileSync(file));
const options = { keyManagementAlgorithms: ['ECDH-ES'], contentEncryptionAlgorithms: ['A256GCM'] };
const privateKey = await importJWK(key);

const start = performance.now();
let opens = 0;
while (performance.now() - start < seconds * 1000) {
  JSON.parse(new TextDecoder().decode((await compactDecrypt(payloads[opens % payloads.length], privateKey, options)).plaintext));
  opens += 1;
}
console.log(opens / (performance.now() - start) * 1000);
