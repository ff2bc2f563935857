/**
 * Lets Node run the TypeScript sources as they are, without a build: `node --import ./tools/source-hooks.mjs x.ts`.
 * The same compiler and the same settings as in the tests; types are not checked here (that is `npm run typecheck`).
 */
import { existsSync, readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { transformSync } from '@swc/core';

import { swcOptions } from './swc-options.mjs';

const LIBS = new URL('../libs/', import.meta.url);

registerHooks({
  resolve(specifier, context, next) {
    return next(sourceOf(specifier, context.parentURL) ?? specifier, context);
  },
  load(url, context, next) {
    if (!url.startsWith('file:') || !url.endsWith('.ts')) {
      return next(url, context);
    }
    const filename = fileURLToPath(url);
    const { code } = transformSync(readFileSync(filename, 'utf8'), { ...swcOptions, filename, sourceMaps: 'inline' });
    return { format: 'module', source: code, shortCircuit: true };
  },
});

/** The source behind `@app/<lib>`, or behind the `./x.js` that a source imports; undefined for all else. */
function sourceOf(specifier, parentUrl) {
  const lib = /^@app\/([a-z]+)$/.exec(specifier)?.[1];
  if (lib !== undefined) {
    return new URL(`${lib}/src/index.ts`, LIBS).href;
  }
  if (parentUrl?.endsWith('.ts') && /^\.{1,2}\/.*\.js$/.test(specifier)) {
    const source = fileURLToPath(new URL(specifier.replace(/\.js$/, '.ts'), parentUrl));
    return existsSync(source) ? pathToFileURL(source).href : undefined;
  }
  return undefined;
}
