// The Lambda Runtime API, 2018-06-01.
import http from 'node:http';
import { cause, reported } from './errors.mjs';

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
// Kept, for functions put their own in its place.
const { request: send } = http;

const ERROR_TYPE = 'Lambda-Runtime-Function-Error-Type';
const ERROR_CAUSE = 'Lambda-Runtime-Function-XRay-Error-Cause';
// The longest cause that fits in a header here, in characters.
const LONGEST_CAUSE = 8 * 1024;

export const path = (rest) => `/2018-06-01/runtime/${rest}`;

export function request(method, to, headers, answered) {
  return send({ host, port, method, path: path(to), headers, agent }, answered);
}

function call(method, to, headers, body) {
  return new Promise((resolve, reject) => {
    const sent = request(method, to, headers, (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('error', reject);
      answer.on('end', () => resolve({ headers: answer.headers, body: Buffer.concat(parts).toString('utf8') }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

function post(to, headers, body) {
  const bytes = Buffer.from(body);
  return call('POST', to, { 'Content-Type': 'application/json', 'Content-Length': bytes.length, ...headers }, bytes);
}

export const next = () => call('GET', 'invocation/next', {});

// An answer as JSON. What has no JSON is the function's error.
export function serialized(result) {
  let body;
  try {
    body = JSON.stringify(result === undefined ? null : result);
  } catch {
    throw new Error('Unable to stringify response body');
  }
  // Of a function or a symbol, for example. So says Lambda's own client, which is handed no text.
  if (body === undefined) throw new TypeError('Wrong arguments');
  return body;
}

export async function response(body, id) {
  await post(`invocation/${encodeURIComponent(id)}/response`, {}, body);
}

// A header has no line breaks and no characters beyond Latin-1.
const inHeader = (text) => String(text ?? '').replace(/[^\x20-\x7e]/g, '?');

export async function invocationError(error, id) {
  const why = cause(error);
  const headers = why && why.length < LONGEST_CAUSE ? { [ERROR_CAUSE]: inHeader(why) } : {};
  await post(`invocation/${encodeURIComponent(id)}/error`, headers, JSON.stringify(reported(error)));
}

export async function initError(error) {
  const body = reported(error);
  await post('init/error', { [ERROR_TYPE]: inHeader(body.errorType) }, JSON.stringify(body));
}
