// The peers of the interop tests. Those that open are the files of docs/integrate, run as a reader would run them.

import { CompactEncrypt, importJWK } from 'jose';
import { copyFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { hpke7, publicPart } from './keys.js';
import { PYTHON, ROOT, SCRATCH, which } from './paths.js';
import { run } from './programs.js';

const INTEGRATE = join(ROOT, 'docs/integrate');
const NODE_MODULES = join(ROOT, 'tests/node_modules');
const GO = which(join(ROOT, 'target/venv/bin/go'), 'go');
const JAVA = which('java');
const PHP = which('php');

/** {name, alg, missing, open(sealed, privateJwkFile, origin) -> claims}; it throws where the peer refuses. */
export const OPENERS = [
  opener('jose (Node)', 'ECDH-ES', process.execPath, () => [beside(NODE_MODULES, 'node.mjs')]),
  opener('jwcrypto (Python)', 'ECDH-ES', PYTHON, () => [join(INTEGRATE, 'python_jwcrypto.py')]),
  opener('joserfc (Python)', 'ECDH-ES', PYTHON, () => [join(INTEGRATE, 'python_joserfc.py')]),
  opener('Go', 'ECDH-ES', GO, () => ['run', join(INTEGRATE, 'go/open.go')], goTooOld()),
  opener('Java', 'ECDH-ES', JAVA, () => [join(INTEGRATE, 'java/Open.java')], javaHasNoCompiler()),
  opener('PHP', 'ECDH-ES', PHP, () => [join(INTEGRATE, 'php/open.php')], absent(PHP, 'php', 'php-cli')),
  opener('@hpke/core (Node)', 'HPKE-7', process.execPath, () => [beside(NODE_MODULES, 'hpke_node.mjs')]),
  opener('pyhpke (Python)', 'HPKE-7', PYTHON, () => [join(INTEGRATE, 'hpke_python.py')]),
];

/** {name, alg, seal(plaintext, publicJwk) -> compact JWE} */
export const SEALERS = [
  { name: 'jose (Node)', alg: 'ECDH-ES', seal: sealJose },
  { name: 'jwcrypto (Python)', alg: 'ECDH-ES', seal: sealPython('jwcrypto') },
  { name: 'joserfc (Python)', alg: 'ECDH-ES', seal: sealPython('joserfc') },
  { name: '@hpke/core (Node)', alg: 'HPKE-7', seal: sealHpke },
  { name: 'pyhpke (Python)', alg: 'HPKE-7', seal: sealPython('pyhpke') },
];

function opener(name, alg, program, script, missing) {
  const open = (sealed, keyFile, origin) => {
    const environment = { GOCACHE: join(SCRATCH, 'go-cache'), GOFLAGS: '-mod=mod', GO111MODULE: 'off' };
    return JSON.parse(run(program, [...script(), keyFile, origin], { input: sealed, environment, deadline: 180_000 }));
  };
  return { name, alg, missing, open };
}

/** What says the session of opened claims, by the programs of docs/integrate: {name, sessionOf(claims, jwksFile, origin)}. */
export const SESSIONS = [
  session('jose (Node)', process.execPath, () => beside(NODE_MODULES, 'session.mjs')),
  session('joserfc (Python)', PYTHON, () => join(INTEGRATE, 'session_joserfc.py')),
];

function session(name, program, script) {
  const sessionOf = (claims, jwksFile, origin) =>
    JSON.parse(run(program, [script(), jwksFile, origin], { input: JSON.stringify(claims) }));
  return { name, sessionOf };
}

/** A copy of a snippet beside the npm packages that it imports: Node looks for them from the file's own folder. */
function beside(packages, name) {
  const folder = join(SCRATCH, 'integrate');
  mkdirSync(folder, { recursive: true });
  rmSync(join(folder, 'node_modules'), { force: true });
  symlinkSync(packages, join(folder, 'node_modules'));
  copyFileSync(join(INTEGRATE, name), join(folder, basename(name)));
  return join(folder, basename(name));
}

async function sealJose(plaintext, jwk) {
  const header = { alg: 'ECDH-ES', enc: 'A256GCM', kid: jwk.kid };
  return new CompactEncrypt(plaintext).setProtectedHeader(header).encrypt(await importJWK(publicPart(jwk)));
}

async function sealHpke(plaintext, { kty, crv, x, y, kid }) {
  const encode = (bytes) => Buffer.from(bytes).toString('base64url');
  const recipientPublicKey = await hpke7.kem.importKey('jwk', { kty, crv, x, y }, true);
  const header = encode(JSON.stringify({ alg: 'HPKE-7', kid }));
  const { enc, ct } = await hpke7.seal({ recipientPublicKey }, plaintext, new TextEncoder().encode(header));
  return `${header}.${encode(enc)}..${encode(ct)}.`;
}

function sealPython(peer) {
  return (plaintext, jwk) => {
    mkdirSync(SCRATCH, { recursive: true });
    const keyFile = join(SCRATCH, `${jwk.kid}.public.json`);
    writeFileSync(keyFile, JSON.stringify(publicPart(jwk)));
    return run(PYTHON, [join(ROOT, 'tests/interop/seal.py'), peer, keyFile], { input: plaintext });
  };
}

function absent(program, name, packages) {
  return program ? undefined : `${name} is not installed: apt-get install ${packages}`;
}

function goTooOld() {
  const [, minor] = (GO && run(GO, ['version']).match(/go1\.(\d+)/)) || [];
  return Number(minor) >= 20 ? undefined : 'Go 1.20 or later is not installed: pip install -r tests/requirements.txt';
}

function javaHasNoCompiler() {
  const needed = 'a Java development kit (17 or later) is not installed: apt-get install default-jdk-headless';
  return JAVA && run(JAVA, ['--list-modules']).includes('jdk.compiler') ? undefined : needed;
}
