import { join } from 'node:path';
import { build } from './build.mjs';
import { installDependencies } from './dependencies.mjs';
import { findNode24 } from './node24.mjs';
import { runTarget } from './run-target.mjs';
import { SetUpError } from './step.mjs';

const ROOT = join(import.meta.dirname, '..', '..');

/** What can be run, each after the same preparation. `build` is the preparation alone. */
const TARGETS = {
  start: 'scripts/dist/start.js',
  test: 'scripts/test.mjs',
  bench: 'bench/run.mjs',
  chaos: 'test/chaos/run.mjs',
  build: undefined,
};

/**
 * @param {string[]} args the target's name and what is passed on to it
 * @returns {Promise<number>} the exit code
 */
export async function main([name, ...args]) {
  if (name !== 'run' && !Object.hasOwn(TARGETS, name)) {
    console.error(
      `Usage: node scripts/bootstrap.mjs <${Object.keys(TARGETS).join('|')}|run file.mjs> [arguments]`,
    );
    return 2;
  }
  const [target, targetArgs] = name === 'run' ? [args[0], args.slice(1)] : [TARGETS[name], args];
  try {
    // Independent of each other, and both slow the first time.
    const [, node] = await Promise.all([installDependencies(ROOT), findNode24(ROOT)]);
    await build(ROOT, node);
    return target === undefined ? 0 : await runTarget(ROOT, node, target, targetArgs);
  } catch (error) {
    if (!(error instanceof SetUpError)) throw error;
    console.error(`\n${error.message}`);
    return 1;
  }
}
