// Says what a handler's code loads and this machine has not, without running any of it: what stands outside of all braces in its own files.
// It is said as JSON, which `imports.rs` reads.
import fs from 'node:fs';
import path from 'node:path';
import { createRequire, isBuiltin } from 'node:module';
import { hintAt } from './sdk.mjs';

const EXTENSIONS = ['', '.js', '.mjs', '.cjs'];
const FROM = /^[ \t]*(?:import|export)\b[^'"`;()]*?\bfrom\s*['"]([^'"]+)['"]/gm;
const IMPORT = /^[ \t]*import\s*['"]([^'"]+)['"]/gm;
const REQUIRE = /\brequire\(\s*['"]([^'"]+)['"]\s*\)/g;
// What a bundler wrote is not read: it may load what it can do without.
const LONGEST_LINE = 1000;
const MOST_FILES = 200;

const COMMENT = /\/\*[^]*?\*\//g;
const STRING = /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`/g;

function specifiers(text) {
  const lines = text.replace(COMMENT, '').split('\n');
  if (lines.some((line) => line.length > LONGEST_LINE)) return [];
  const found = [...text.matchAll(FROM), ...text.matchAll(IMPORT)];
  let depth = 0;
  for (const line of lines) {
    const bare = line.replace(STRING, '').replace(/\/\/.*/, '');
    if (depth === 0 && !/^\s*(?:\/\/|try\b|if\b)/.test(line)) found.push(...line.matchAll(REQUIRE));
    depth += (bare.match(/[{([]/g)?.length ?? 0) - (bare.match(/[})\]]/g)?.length ?? 0);
    depth = Math.max(depth, 0);
  }
  return found.map((match) => match[1]);
}

// Where a specifier leads from a file; nothing where it leads nowhere.
function resolve(specifier, file) {
  try {
    return createRequire(file).resolve(specifier);
  } catch (error) {
    // A package that only `import` finds is there.
    return error.code === 'MODULE_NOT_FOUND' ? undefined : specifier;
  }
}

function missing(root, handler) {
  const name = handler.slice(0, handler.length - path.basename(handler).length) + path.basename(handler).split('.')[0];
  const start = EXTENSIONS.map((extension) => path.resolve(root, name + extension)).find((file) => fs.statSync(file, { throwIfNoEntry: false })?.isFile());
  if (!start) return resolve(`./${name}`, path.join(root, 'x.js')) ? undefined : { kind: 'handler', handler };
  const files = [start];
  for (const file of files) {
    for (const specifier of specifiers(fs.readFileSync(file, 'utf8'))) {
      if (isBuiltin(specifier) || /^(?:#|[a-z]+:)/.test(specifier)) continue;
      const found = resolve(specifier, file);
      const own = /^[./]/.test(specifier);
      if (!found) {
        const of = { by: path.relative(root, file), name: specifier };
        if (own) return { kind: 'file', ...of };
        const hint = hintAt(specifier);
        return hint ? { kind: 'shipped', ...of, hint } : { kind: 'package', ...of };
      }
      if (own && /\.[cm]?js$/.test(found) && !files.includes(found) && files.length < MOST_FILES) files.push(found);
    }
  }
  return undefined;
}

process.stdout.write(JSON.stringify(missing(process.env.LAMBDA_TASK_ROOT, process.argv[2]) ?? null));
