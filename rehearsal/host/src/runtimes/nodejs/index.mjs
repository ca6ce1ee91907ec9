// The Lambda runtime for Node.js: loads the handler, then takes one invocation after another from the Runtime API.
// Behaves as aws-lambda-ric 3.3.0 does; rehearsal/host/tests/clients holds it to that. Since Node.js 24 Lambda has version 4, which awaits handlers.
import './redirect.mjs';
import { patchConsole, logError, setInvocation } from './console.mjs';
import { UnhandledPromiseRejection } from './errors.mjs';
import { AWAITED, handlerKind, load, STREAMING } from './load.mjs';
import { invocationContext } from './context.mjs';
import * as api from './api.mjs';
import { responseStream } from './stream.mjs';
import { hintAtMissingSdk } from './sdk.mjs';

// Exit codes of Lambda's own runtime after an error that nobody caught.
const EXIT_UNCAUGHT = 129;
const EXIT_UNHANDLED_REJECTION = 128;

// What an error that nobody catches is reported as: an error of the init, or of this invocation.
let report = async (error) => {
  // First the advice: after the report Lambda ends the process.
  hintAtMissingSdk(error);
  await api.initError(error);
};

// What is called when the event loop is empty is where Lambda's own client has it.
const BEFORE_EXIT = Symbol.for('aws.lambda.beforeExit');
const whenIdle = (act) => { globalThis[BEFORE_EXIT] = act; };
const notWhenIdle = () => whenIdle(() => {});

async function die(title, error, code) {
  logError(title, error);
  try {
    const reported = report(error);
    // No more of the function runs where the report is on its way.
    if (!api.hasLeft()) await reported;
  } finally {
    process.exit(code);
  }
}

const HANDLE = { [STREAMING]: handleStreaming, [AWAITED]: handleAwaited };

function nextInvocation(handler, kind) {
  setImmediate(() => {
    const handle = HANDLE[kind] ?? handleBuffered;
    handle(handler).catch((error) => die('Uncaught Exception', error, EXIT_UNCAUGHT));
  });
}

async function take() {
  const invocation = await api.next();
  const id = invocation.headers['lambda-runtime-aws-request-id'];
  setInvocation(id, invocation.headers['lambda-runtime-aws-tenant-id']);
  report = (error) => api.invocationError(error, id);
  return { id, ...invocation };
}

async function handleBuffered(handler) {
  const { id, headers, body } = await take();
  const next = () => nextInvocation(handler);
  let answered = false;
  let waits = true;

  const uncaught = (error) => die('Uncaught Exception', error, EXIT_UNCAUGHT);
  // Throws where the answer has no JSON.
  const answer = (result) => {
    if (answered) {
      console.error('Invocation has already been reported as done. Cannot call complete more than once per invocation.');
      return;
    }
    answered = true;
    api.response(api.serialized(result), id).then(next, uncaught);
  };
  const fail = (error) => {
    logError('Invoke Error', error);
    api.invocationError(error, id).then(next, uncaught);
  };
  const settle = (error, result) => {
    notWhenIdle();
    if (error === undefined || error === null) {
      answer(result);
    } else {
      fail(error);
    }
  };
  // The first of these counts that does not throw.
  let over = false;
  const once = (act) => (...given) => {
    if (over) return;
    act(...given);
    over = true;
  };
  const callback = once((error, result) => {
    if (waits && (error === undefined || error === null)) {
      whenIdle(() => setImmediate(() => settle(null, result)));
    } else {
      settle(error, result);
    }
  });
  const succeed = once((result) => settle(null, result));
  const failed = once((error) => (error === undefined || error === null ? settle('handled') : settle(error)));
  const done = once(settle);
  // Neither a promise nor a call of the callback, and nothing left to do: the answer is null.
  whenIdle(() => {
    notWhenIdle();
    answered = true;
    api.response('null', id).then(next, uncaught);
  });
  try {
    const context = invocationContext(headers, {
      get callbackWaitsForEmptyEventLoop() { return waits; },
      set callbackWaitsForEmptyEventLoop(value) { waits = value; },
      succeed,
      fail: failed,
      done,
    });
    // A method that lost its object has one all the same, as on Lambda: that of the runtime.
    const result = { handler }.handler(JSON.parse(body), context, callback);
    if (result && typeof result.then === 'function') {
      result.then(succeed, failed).catch(failed);
    }
  } catch (error) {
    callback(error);
  }
}

// What a handler returns is its answer, promise or not, and nothing else is (version 4, `src/runtime/buffered-invoke-processor.ts`). One whose promise
// never settles ends the process once it has nothing left to do.
async function handleAwaited(handler) {
  const { id, headers, body } = await take();
  const next = () => nextInvocation(handler, AWAITED);
  let answer;
  try {
    answer = api.serialized(await { handler }.handler(JSON.parse(body), invocationContext(headers, {})));
  } catch (error) {
    logError('Invoke Error', error);
    await api.invocationError(error, id);
    next();
    return;
  }
  await api.response(answer, id);
  next();
}

async function handleStreaming(handler) {
  const { id, headers, body } = await take();
  const next = () => nextInvocation(handler, STREAMING);
  let waits = true;
  const { stream, answered, fail } = responseStream(id);
  const failed = async (error) => {
    logError('Invoke Error', error);
    await fail(error);
    next();
  };
  whenIdle(() => {
    notWhenIdle();
    next();
  });
  try {
    const context = invocationContext(headers, {
      get callbackWaitsForEmptyEventLoop() { return waits; },
      set callbackWaitsForEmptyEventLoop(value) { waits = value; },
    });
    const result = { handler }.handler(JSON.parse(body), stream, context);
    if (!result || typeof result.then !== 'function') {
      await failed('Streaming does not support non-async handlers.');
      return;
    }
    if (typeof (await result) !== 'undefined') {
      console.warn('Streaming handlers ignore return values.');
    }
    // A stream that is never ended has no answer: the invocation times out.
    await answered;
    if (!stream.writableFinished) {
      await failed('Response stream is not finished.');
      return;
    }
    if (waits) {
      whenIdle(() => { notWhenIdle(); setImmediate(next); });
    } else {
      next();
    }
  } catch (error) {
    await failed(error);
  }
}

patchConsole();
process.on('uncaughtException', (error) => die('Uncaught Exception', error, EXIT_UNCAUGHT));
process.on('unhandledRejection', (reason, promise) =>
  die('Unhandled Promise Rejection', new UnhandledPromiseRejection(reason, promise), EXIT_UNHANDLED_REJECTION));
notWhenIdle();
process.on('beforeExit', () => globalThis[BEFORE_EXIT]());

// Awaited here, so that Node.js exits with 13 where the function's own top-level await never ends.
await load(process.env.LAMBDA_TASK_ROOT, process.env._HANDLER).then(
  (handler) => nextInvocation(handler, handlerKind(handler)),
).catch((error) => die('Uncaught Exception', error, EXIT_UNCAUGHT));
