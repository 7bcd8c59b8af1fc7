// Lets a plain `node --experimental-transform-types` run this repository's sources: imports of './x.js' and of our own packages lead to
// the TypeScript files, so that a child process of a test runs the same code as the test.
import { existsSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

const packages = new URL('../../', import.meta.url);

registerHooks({
  resolve(specifier, context, next) {
    const own = /^@comanda\/([a-z-]+)$/.exec(specifier);
    if (own) return next(new URL(`${own[1]}/src/index.ts`, packages).href, context);
    if (specifier.startsWith('.') && context.parentURL?.endsWith('.ts')) {
      const source = new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL);
      if (existsSync(fileURLToPath(source))) return next(source.href, context);
    }
    return next(specifier, context);
  },
});
