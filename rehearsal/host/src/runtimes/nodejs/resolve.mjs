// What Node.js asks, in a thread of its own, where a module is: before 22.15 there is no other way.
import path from 'node:path';
import { pathToFileURL } from 'node:url';

let bases = [];

export function initialize(folders) {
  bases = folders.map((folder) => pathToFileURL(`${path.dirname(folder)}/index.mjs`).href);
}

export async function resolve(specifier, context, next) {
  try {
    return await next(specifier, context);
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND' || /^[./]|:/.test(specifier)) throw error;
    for (const parentURL of bases) {
      try {
        return await next(specifier, { ...context, parentURL });
      } catch { /* the next folder may have it */ }
    }
    throw error;
  }
}
