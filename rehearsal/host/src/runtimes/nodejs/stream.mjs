// Response streaming: what the handler writes is sent as it comes, and read as one answer.
import { request } from './api.mjs';
import { InvalidStreamingOperation, reported } from './errors.mjs';

const ERROR_TYPE = 'Lambda-Runtime-Function-Error-Type';
const ERROR_BODY = 'Lambda-Runtime-Function-Error-Body';
const METADATA = 'application/vnd.awslambda.http-integration-response';
// What stands between an answer's metadata and its body, all zero.
const DELIMITER_BYTES = 8;

export function responseStream(id) {
  let begun = false;
  let sent;
  const answered = new Promise((resolve, reject) => {
    sent = request('POST', `invocation/${encodeURIComponent(id)}/response`, {
      'Lambda-Runtime-Function-Response-Mode': 'streaming',
      Trailer: [ERROR_TYPE, ERROR_BODY],
      'Content-Type': 'application/octet-stream',
    }, (answer) => answer.on('end', resolve).on('error', reject).resume());
    sent.on('error', reject);
  });
  // Nobody may wait for it yet.
  answered.catch(() => {});
  const write = sent.write.bind(sent);
  const isBytes = (part) => typeof part === 'string' || Buffer.isBuffer(part) || part?.constructor === Uint8Array;
  sent.write = (part, ...rest) => {
    if (!begun) sent._onBeforeFirstWrite?.(write);
    begun = true;
    return write(isBytes(part) ? part : JSON.stringify(part), ...rest);
  };
  const end = sent.end.bind(sent);
  sent.end = (part, ...rest) => {
    // Lambda's own takes a last part for a callback; what is written with `end` does arrive through `pipeline`.
    if (part !== undefined && part !== null && typeof part !== 'function') sent.write(part);
    return end(...[part, ...rest].filter((given) => typeof given === 'function'));
  };
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
    end();
    return answered;
  };
  return { stream: sent, answered, fail };
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
