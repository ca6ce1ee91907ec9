// Errors as Lambda names them, and how any thrown value is reported.
import { types } from 'node:util';

function named(name, base = Error) {
  const error = class extends base {};
  Object.defineProperty(error, 'name', { value: name });
  error.prototype.name = `Runtime.${name}`;
  return error;
}

export const ImportModuleError = named('ImportModuleError');
export const HandlerNotFound = named('HandlerNotFound');
export const MalformedHandlerName = named('MalformedHandlerName');
export const UserCodeSyntaxError = named('UserCodeSyntaxError');
export const MalformedStreamingHandler = named('MalformedStreamingHandler');
export const CallbackHandlerDeprecated = named('CallbackHandlerDeprecated');
export const InvalidStreamingOperation = named('InvalidStreamingOperation');
export const UnhandledPromiseRejection = named('UnhandledPromiseRejection', class extends Error {
  constructor(reason, promise) {
    super(reason);
    this.reason = reason;
    this.promise = promise;
  }
});

// Node.js names the file that began to load modules; on Lambda that is this one.
const OWN_FILE = new URL('./load.mjs', import.meta.url).pathname;
const LAMBDAS_FILE = '/var/runtime/index.mjs';

const clean = (text) => text?.replaceAll(OWN_FILE, LAMBDAS_FILE).replaceAll('\x7F', '%7F');

const looksLikeError = (value) => value && ['name', 'message', 'stack'].every((key) => value[key] && typeof value[key] === 'string');

// What is sent to the Runtime API for a thrown value.
export function reported(error) {
  try {
    if (types.isNativeError(error) || looksLikeError(error)) {
      return {
        errorType: clean(error.name),
        errorMessage: clean(error.message),
        trace: clean(error.stack).split('\n'),
      };
    }
    return { errorType: typeof error, errorMessage: error.toString(), trace: [] };
  } catch {
    return {
      errorType: 'handled',
      errorMessage: 'callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack',
    };
  }
}

// The cause as X-Ray's header has it; nobody reads it in a rehearsal, but a function may not notice that.
export function cause(error) {
  try {
    const lines = error.stack ? error.stack.replaceAll('\x7F', '%7F').split('\n').slice(1) : [];
    const stack = lines.map((text) => {
      const line = text.trim().replace(/[()]/g, '').replace(/^\S+ /, '');
      const space = line.lastIndexOf(' ');
      const label = space >= 0 ? line.slice(0, space) : '';
      const [path, number] = (label === '' ? line : line.slice(space + 1)).split(':');
      return { path, line: parseInt(number, 10), label: label || 'anonymous' };
    });
    const exceptions = [{ type: clean(error.name), message: clean(error.message), stack }];
    return JSON.stringify({
      working_directory: process.cwd(),
      exceptions,
      paths: [...new Set(stack.map((entry) => entry.path))],
    });
  } catch {
    return '';
  }
}
