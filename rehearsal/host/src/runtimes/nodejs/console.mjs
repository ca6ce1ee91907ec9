// The console as Lambda's runtime for Node.js has it: time, request id and level before each line.
import { format } from 'node:util';
import { reported } from './errors.mjs';

const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];
const isJson = process.env.AWS_LAMBDA_LOG_FORMAT?.toUpperCase() === 'JSON';

const REQUEST_ID = Symbol.for('aws.lambda.runtime.requestId');
const TENANT_ID = Symbol.for('aws.lambda.runtime.tenantId');

// Both libraries of others and the lines read them.
export function setInvocation(requestId, tenantId) {
  globalThis[REQUEST_ID] = requestId;
  globalThis[TENANT_ID] = tenantId;
}

const errorType = (error) => error?.constructor?.name ?? 'UnknownError';
const stackOf = (error) => (typeof error.stack === 'string' ? error.stack.split('\n') : error.stack);

function serializable(_, value) {
  if (!(value instanceof Error)) return value;
  return { errorType: errorType(value), errorMessage: value.message, stackTrace: stackOf(value), ...value };
}

function jsonLine(timestamp, level, given) {
  const line = { timestamp, level, requestId: globalThis[REQUEST_ID], tenantId: globalThis[TENANT_ID] ?? undefined };
  if (given.length === 1) {
    try {
      return JSON.stringify({ ...line, message: given[0] }, serializable);
    } catch {
      return JSON.stringify({ ...line, message: format(given[0]) });
    }
  }
  line.message = format(...given);
  const error = given.find((value) => value instanceof Error);
  if (error) {
    line.errorType = errorType(error);
    line.errorMessage = error.message;
    line.stackTrace = stackOf(error) ?? [];
  }
  return JSON.stringify(line);
}

function write(level, given) {
  const timestamp = new Date().toISOString();
  const line = isJson
    ? jsonLine(timestamp, level, given)
    : `${timestamp}\t${globalThis[REQUEST_ID]}\t${level}\t${format(...given)}`;
  // One event of the log is one line here.
  process.stdout.write(`${line.replaceAll('\n', '\r')}\n`);
}

export function patchConsole() {
  const least = Math.max(LEVELS.indexOf(process.env.AWS_LAMBDA_LOG_LEVEL?.toUpperCase()), 0);
  for (const [place, level] of LEVELS.entries()) {
    console[level.toLowerCase()] = place >= least ? (message, ...more) => write(level, [message, ...more]) : () => {};
  }
  console.log = console.info;
}

function withProperties(error) {
  if (!(error instanceof Error)) return error;
  const all = { errorType: error.name, errorMessage: error.message, code: error.code, ...error };
  if (typeof error.stack === 'string') all.stack = error.stack.split('\n');
  return all;
}

export function logError(title, thrown) {
  const error = thrown instanceof Error ? thrown : new Error(thrown);
  if (isJson) {
    console.error(error);
    return;
  }
  let text;
  try {
    text = JSON.stringify(error, (_, value) => withProperties(value));
  } catch {
    text = JSON.stringify(reported(error));
  }
  console.error(title, `\t${text}`);
}
