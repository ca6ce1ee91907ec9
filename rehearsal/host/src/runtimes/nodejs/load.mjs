// Finds the handler, as Lambda's runtime for Node.js does.
import fs from 'node:fs';
import path from 'node:path';
import Module, { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import {
  CallbackHandlerDeprecated, HandlerNotFound, ImportModuleError, MalformedHandlerName, MalformedStreamingHandler, UserCodeSyntaxError,
} from './errors.mjs';
import { HttpResponseStream } from './stream.mjs';

const require = createRequire(import.meta.url);

export const STREAMING = 'response';
export const AWAITED = 'awaited';
// From here on Lambda has version 4 of its client, which knows no callbacks (aws-lambda-nodejs-runtime-interface-client, `src/function/callback-deprecation.ts`).
const FIRST_WITHOUT_CALLBACKS = 24;
const WITHOUT_CALLBACKS = Number(/nodejs(\d+)/.exec(process.env.AWS_EXECUTION_ENV)?.[1]) >= FIRST_WITHOUT_CALLBACKS;
const KIND = Symbol.for('aws.lambda.runtime.handler.streaming');
const HIGH_WATER_MARK = Symbol.for('aws.lambda.runtime.handler.streaming.highWaterMark');

function provideStreaming() {
  if (/^(1|true)$/.test(process.env.AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA ?? '')) return;
  globalThis.awslambda = {
    streamifyResponse(handler, options) {
      handler[KIND] = STREAMING;
      if (typeof options?.highWaterMark === 'number') handler[HIGH_WATER_MARK] = Math.trunc(options.highWaterMark);
      return handler;
    },
    HttpResponseStream,
  };
}

// `STREAMING`; else `AWAITED` where the runtime knows no callbacks, or nothing.
export function handlerKind(handler) {
  const kind = handler[KIND];
  if (kind === undefined || kind === null || kind === false) {
    if (!WITHOUT_CALLBACKS) return undefined;
    if (handler.length >= 3) {
      throw new CallbackHandlerDeprecated('ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. You need to modify this function to use a supported handler signature to use Node.js 24 or later. For more information see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.');
    }
    return AWAITED;
  }
  if (kind !== STREAMING) throw new MalformedStreamingHandler('Only response streaming is supported.');
  return kind;
}

// Whether the nearest package.json says that .js files are ES modules.
function inModulePackage(folder) {
  if (folder.endsWith('/node_modules')) return false;
  const file = path.join(folder, 'package.json');
  if (fs.existsSync(file)) {
    try {
      return JSON.parse(fs.readFileSync(file, 'utf8')).type === 'module';
    } catch (error) {
      console.warn(`${file} cannot be read, it will be ignored for ES module detection purposes.`, error);
      return false;
    }
  }
  const above = path.dirname(folder);
  return above !== folder && inModulePackage(above);
}

// ES modules find what NODE_PATH names too: on Lambda the AWS SDK, and layers.
function resolveByNodePath() {
  const folders = (process.env.NODE_PATH ?? '').split(':').filter((folder) => folder.endsWith('/node_modules') && fs.existsSync(folder));
  if (folders.length === 0) return;
  if (Module.registerHooks) {
    const bases = folders.map((folder) => pathToFileURL(`${path.dirname(folder)}/index.mjs`).href);
    Module.registerHooks({
      resolve(specifier, context, next) {
        try {
          return next(specifier, context);
        } catch (error) {
          if (error.code !== 'ERR_MODULE_NOT_FOUND' || /^[./]|:/.test(specifier)) throw error;
          for (const parentURL of bases) {
            try {
              return next(specifier, { ...context, parentURL });
            } catch { /* the next folder may have it */ }
          }
          throw error;
        }
      },
    });
  } else {
    Module.register?.('./resolve.mjs', import.meta.url, { data: folders });
  }
}

async function loadModule(root, folder, name) {
  const file = path.resolve(root, folder, name);
  const required = (extension) => (fs.existsSync(file + extension) ? require(file + extension) : undefined);
  const imported = (extension) => {
    if (!fs.existsSync(file + extension)) return undefined;
    resolveByNodePath();
    return import(pathToFileURL(file + extension).href);
  };
  const isModule = fs.existsSync(`${file}.js`) && inModulePackage(path.dirname(file));
  const loaded = required('')
    || (isModule ? await imported('.js') : required('.js'))
    || await imported('.mjs')
    || required('.cjs');
  return loaded || require(require.resolve(name, { paths: [root, folder] }));
}

// The handler that `name` means, in the folder `root`.
export async function load(root, name) {
  if (name.includes('..')) {
    throw new MalformedHandlerName(`'${name}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`);
  }
  const base = path.basename(name);
  const folder = name.slice(0, name.indexOf(base));
  const parts = /^([^.]*)\.(.*)$/.exec(base);
  if (!parts) throw new MalformedHandlerName('Bad handler');
  provideStreaming();
  let loaded;
  try {
    loaded = await loadModule(root, folder, parts[1]);
  } catch (error) {
    if (error instanceof SyntaxError) throw new UserCodeSyntaxError(error);
    if (error.code === 'MODULE_NOT_FOUND') throw new ImportModuleError(error);
    throw error;
  }
  const handler = parts[2].split('.').reduce((value, key) => value && value[key], loaded);
  if (!handler) throw new HandlerNotFound(`${name} is undefined or not exported`);
  if (typeof handler !== 'function') throw new HandlerNotFound(`${name} is not a function`);
  return handler;
}
