// The Lambda Runtime API, 2018-06-01, over a connection of its own. An answer has left for it when the call returns, as with Lambda's own
// client, so that a function that exits in its next line has answered; a request of `http` waits for the event loop.
import net from 'node:net';
import { cause, reported } from './errors.mjs';

export const ADDRESS = process.env.AWS_LAMBDA_RUNTIME_API;
const [host, port] = ADDRESS.split(':');
// Kept, for functions put their own in its place.
const { connect } = net;

const ERROR_TYPE = 'Lambda-Runtime-Function-Error-Type';
const ERROR_CAUSE = 'Lambda-Runtime-Function-XRay-Error-Cause';
// The longest cause that fits in a header here, in characters.
const LONGEST_CAUSE = 8 * 1024;
const HEAD_END = '\r\n\r\n';

// The connection that nothing waits on, and the one that was last written to.
let idle;
let written;

export const path = (rest) => `/2018-06-01/runtime/${rest}`;

function connection() {
  const socket = idle ?? connect({ host, port: Number(port), noDelay: true });
  idle = undefined;
  return socket.ref();
}

// The head of an answer, and how long all of it is, once the head is there. All of the Runtime API's have a length.
function parsedHead(received) {
  const end = received.indexOf(HEAD_END);
  if (end < 0) return undefined;
  const [, ...lines] = received.toString('latin1', 0, end).split('\r\n');
  const headers = Object.fromEntries(lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  }));
  const begin = end + HEAD_END.length;
  return { headers, begin, length: begin + Number(headers['content-length'] ?? 0) };
}

function call(method, to, headers, body = '') {
  return new Promise((resolve, reject) => {
    const socket = connection();
    const settle = (act, value) => {
      socket.removeAllListeners();
      socket.on('error', () => {}).on('close', () => { if (idle === socket) idle = undefined; });
      act(value);
    };
    const parts = [];
    let received = 0;
    let head;
    socket.on('data', (part) => {
      parts.push(part);
      received += part.length;
      head ??= parsedHead(Buffer.concat(parts));
      if (!head || received < head.length) return;
      idle = socket.unref();
      settle(resolve, { headers: head.headers, body: Buffer.concat(parts).toString('utf8', head.begin) });
    });
    socket.on('error', (error) => settle(reject, error));
    socket.on('close', () => settle(reject, new Error('the Runtime API closed the connection')));
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const start = `${method} ${path(to)} HTTP/1.1\r\nHost: ${ADDRESS}\r\n${lines.join('')}\r\n`;
    socket.write(Buffer.concat([Buffer.from(start, 'latin1'), Buffer.from(body)]));
    written = socket;
  });
}

// Whether all that was said to the Runtime API is on its way.
export const hasLeft = () => written !== undefined && !written.connecting && written.writableLength === 0;

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
