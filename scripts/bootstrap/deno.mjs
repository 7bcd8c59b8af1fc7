import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { program } from './program.mjs';
import { SetUpError } from './step.mjs';

const VERSION = '2.9.6';
const BY_HAND = 'Only the tests of edge functions under Deno need it.';

/**
 * The Deno that edge functions are tested under, of its own under `.comanda/deno`: about 100 MB, which only tests pay.
 *
 * @param {string} root
 * @returns {Promise<string>} the path of the binary
 * @throws SetUpError with what mends it
 */
export const findDeno = (root) =>
  program({
    folder: join(root, '.comanda', 'deno'),
    name: `@deno/${process.platform}-${process.arch}${process.platform === 'linux' ? '-glibc' : ''}`,
    version: VERSION,
    file: process.platform === 'win32' ? 'deno.exe' : 'deno',
    stamp: `${VERSION} ${process.platform} ${process.arch}`,
    title: `Installing Deno ${VERSION} for the tests of edge functions`,
    byHand: BY_HAND,
    verify,
  });

function verify(binary) {
  try {
    execFileSync(binary, ['--version']);
  } catch (error) {
    throw new SetUpError(`The Deno from npm does not run on this system (${error.message}).\n${BY_HAND}`);
  }
}
