// Response streaming: what the handler writes is sent as it comes, and read as one answer.
import http from 'node:http';
import { ADDRESS, path } from './api.mjs';
import { InvalidStreamingOperation, reported } from './errors.mjs';

const ERROR_TYPE = 'Lambda-Runtime-Function-Error-Type';
const ERROR_BODY = 'Lambda-Runtime-Function-Error-Body';
const METADATA = 'application/vnd.awslambda.http-integration-response';
// What stands between an answer's metadata and its body, all zero.
const DELIMITER_BYTES = 8;

// What a handler is given of the request that sends its answer.
const METHODS = [
  'addListener', 'cork', 'destroy', 'emit', 'end', 'eventNames', 'getMaxListeners', 'listenerCount', 'listeners', 'off', 'on', 'once',
  'prependListener', 'prependOnceListener', 'rawListeners', 'removeAllListeners', 'removeListener', 'setContentType', 'setMaxListeners',
  'uncork', 'write',
];
const WRITTEN = ['destroyed', 'writable', '_onBeforeFirstWrite'];
const READ = [
  'writableFinished', 'writableObjectMode', 'writableBuffer', 'writableEnded', 'writableNeedDrain', 'writableHighWaterMark',
  'writableCorked', 'writableLength',
];

const [host, port] = ADDRESS.split(':');
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
// Kept, for functions put their own in its place.
const { request } = http;

function writableAlone(sent) {
  const stream = Object.fromEntries(METHODS.map((name) => [name, sent[name].bind(sent)]));
  for (const name of READ) Object.defineProperty(stream, name, { get: () => sent[name] });
  for (const name of WRITTEN) Object.defineProperty(stream, name, { get: () => sent[name], set: (value) => { sent[name] = value; } });
  return stream;
}

export function responseStream(id) {
  let begun = false;
  let sent;
  const answered = new Promise((resolve, reject) => {
    const headers = {
      'Lambda-Runtime-Function-Response-Mode': 'streaming',
      Trailer: [ERROR_TYPE, ERROR_BODY],
      'Content-Type': 'application/octet-stream',
    };
    const to = path(`invocation/${encodeURIComponent(id)}/response`);
    sent = request({ host, port, method: 'POST', path: to, headers, agent }, (answer) => answer.on('end', resolve).on('error', reject).resume());
    sent.on('error', (error) => {
      reject(error);
      sent.destroy(error);
    });
  });
  // Nobody waits for this one: a stream that breaks before it has an answer ends the process, as on Lambda.
  new Promise((resolve, reject) => { sent.on('response', resolve).on('error', reject); });
  const write = sent.write.bind(sent);
  const isBytes = (part) => typeof part === 'string' || Buffer.isBuffer(part) || part?.constructor === Uint8Array;
  sent.write = (part, ...rest) => {
    if (!begun) sent._onBeforeFirstWrite?.(write);
    begun = true;
    return write(isBytes(part) ? part : JSON.stringify(part), ...rest);
  };
  const end = sent.end.bind(sent);
  // What is written with `end` goes past the metadata, as on Lambda: an answer that is all written so has none.
  sent.end = (part) => end(part);
  sent.setContentType = (type) => {
    if (begun) throw new InvalidStreamingOperation('Cannot set content-type, too late.');
    sent.setHeader('Content-Type', type);
  };
  const fail = (error) => {
    const body = reported(error);
    sent.addTrailers({
      [ERROR_TYPE]: String(body.errorType).replace(/[^\x20-\x7e]/g, '?'),
      [ERROR_BODY]: Buffer.from(JSON.stringify(body)).toString('base64'),
    });
    return new Promise((resolve) => end(resolve));
  };
  return { stream: writableAlone(sent), answered, fail };
}

export class HttpResponseStream {
  static from(stream, metadata) {
    stream.setContentType(METADATA);
    stream._onBeforeFirstWrite = (write) => {
      write(JSON.stringify(metadata));
      write(new Uint8Array(DELIMITER_BYTES));
    };
    return stream;
  }
}
