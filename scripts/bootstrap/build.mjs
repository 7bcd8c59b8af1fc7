import { join } from 'node:path';
import { run, SetUpError, step } from './step.mjs';

/**
 * Compiles what has changed.
 *
 * @param {string} root
 * @param {string} node
 */
export async function build(root, node) {
  await step('Building', async () => {
    const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const { ok, output } = await run(node, [compiler, '-b'], { cwd: root });
    if (!ok) throw new SetUpError(`The build failed:\n${output}`);
  });
}
