// docs/openapi.json, and whether an answer is one that it has. Schemas are JSON Schema 2020-12, by @hyperjump/json-schema.

import { validate } from '@hyperjump/json-schema/openapi-3-1';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './paths.js';

const FILE = join(ROOT, 'docs/openapi.json');
export const API = JSON.parse(readFileSync(FILE, 'utf8'));

const validators = new Map();

/** What is wrong with a value by the schema at a JSON pointer into the file. */
async function check(pointer, value, what) {
  if (!validators.has(pointer)) validators.set(pointer, await validate(`file://${FILE}#${encodeURI(pointer)}`));
  const { valid, errors } = validators.get(pointer)(value, 'DETAILED');
  assert.ok(valid, `${what} by ${pointer}: ${JSON.stringify(value).slice(0, 1000)}\n${JSON.stringify(errors, null, 1)?.slice(0, 2000)}`);
}

const escaped = (segment) => segment.replaceAll('~', '~0').replaceAll('/', '~1');

/** The response object and where it is, references followed. */
function at(pointer) {
  const value = pointer.split('/').slice(1).reduce((found, segment) => found?.[segment.replaceAll('~1', '/').replaceAll('~0', '~')], API);
  return value?.$ref ? at(value.$ref.slice(1)) : [value, pointer];
}

const essence = (type) => type?.split(';')[0].trim();

/** The codes that a problem document of this response may have. */
const codesOf = (response) => response.content?.['application/problem+json']?.schema.allOf[1].properties.code.enum ?? [];

/** The path of the file that a request's path is. The most exact comes first; `{tile}` holds slashes. */
function templateOf(path) {
  const [plain] = path.split('?');
  if (API.paths[plain]) return plain;
  if (/^\/v1\/audit\/proof\/[^/]+$/.test(plain)) return '/v1/audit/proof/{position}';
  return /^\/v1\/audit\/.+/.test(plain) ? '/v1/audit/{tile}' : undefined;
}

/** Every answer that the file has: `GET /path 404 code`, without a code where there is none. */
export function answers() {
  const all = new Set();
  for (const [path, operations] of Object.entries(API.paths)) {
    for (const [method, { responses }] of Object.entries(operations)) {
      for (const status of Object.keys(responses)) {
        const [response] = at(`/paths/${escaped(path)}/${method}/responses/${status}`);
        const codes = codesOf(response);
        for (const code of codes.length ? codes : ['']) all.add(`${method.toUpperCase()} ${path} ${status} ${code}`.trim());
      }
    }
  }
  for (const [name, status] of [['NoSuchPath', 404], ['NoSuchMethod', 405]]) {
    for (const code of codesOf(API.components.responses[name])) all.add(`${name} ${status} ${code}`);
  }
  return all;
}

/** Holds an answer to a request against the file, and gives its name as `answers` does. */
export async function assertInFile({ method = 'GET', path }, { status, headers, body }) {
  const template = templateOf(path);
  const asked = method === 'HEAD' ? 'GET' : method;
  const operation = template && API.paths[template][asked.toLowerCase()];
  const elsewhere = template ? ['NoSuchMethod', 405] : ['NoSuchPath', 404];
  const [name, pointer] = operation
    ? [`${asked} ${template}`, `/paths/${escaped(template)}/${asked.toLowerCase()}/responses/${status}`]
    : [elsewhere[0], `/components/responses/${elsewhere[0]}`];
  const what = `${method} ${path} ${status} ${body.subarray(0, 300)}`;
  const [response, place] = at(pointer);
  assert.ok(response && (operation || status === elsewhere[1]), `the file lacks ${what}`);
  for (const [header, { schema }] of Object.entries(response.headers ?? {})) {
    const value = headers[header.toLowerCase()];
    if (value !== undefined) await check(`${place}/headers/${header}/schema`, schema.type === 'integer' ? Number(value) : value, what);
  }
  if (!response.content) {
    assert.equal(body.length, 0, what);
    return `${name} ${status}`;
  }
  const types = Object.keys(response.content);
  const type = types.find((each) => essence(each) === essence(headers['content-type']));
  assert.ok(type, `${what} is ${headers['content-type']}, not ${types}`);
  if (method === 'HEAD') return `${name} ${status}`;
  const isJson = /\bjson\b/.test(essence(type));
  const value = isJson ? JSON.parse(body) : body.toString('latin1');
  await check(`${place}/content/${escaped(type)}/schema`, value, what);
  if (essence(type) !== 'application/problem+json') return `${name} ${status}`;
  assert.equal(value.status, status, what);
  return `${name} ${status} ${value.code}`;
}

/** Whether a body is one that the file allows for an operation. */
export async function isInRequests(path, value) {
  const pointer = `/paths/${escaped(path)}/post/requestBody/content/application~1json/schema`;
  if (!validators.has(pointer)) validators.set(pointer, await validate(`file://${FILE}#${encodeURI(pointer)}`));
  return validators.get(pointer)(value).valid;
}

export const isOpenApi = () => validate('https://spec.openapis.org/oas/3.1/schema-base', API, 'DETAILED');
