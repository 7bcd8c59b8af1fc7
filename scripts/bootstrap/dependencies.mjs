import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { complaint, NPM_HELP, npm, PLAIN_INSTALL } from './npm.mjs';
import { SetUpError, step } from './step.mjs';

/**
 * Installs what package-lock.json asks for, unless it is there already.
 *
 * @param {string} root
 */
export async function installDependencies(root) {
  const stamp = join(root, 'node_modules', '.comanda-stamp');
  const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
  const wanted = createHash('sha256').update(lock).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  if (!isInstalledByHand(root, JSON.parse(lock))) {
    await step('Installing dependencies', async () => {
      // Not `npm ci`: it refuses a lock file made where the registry lacks the binaries of other systems. This takes
      // the locked versions just the same, adds the binaries of this system, and leaves the lock file alone.
      const { ok, output } = await npm(['install', '--no-save', ...PLAIN_INSTALL], root);
      if (!ok)
        throw new SetUpError(`npm could not install the dependencies:\n${complaint(output)}\n\n${NPM_HELP}`);
    });
  }
  writeFileSync(stamp, wanted);
}

/** Whether npm ran already, so that what is installed is what the lock file asks for. */
function isInstalledByHand(root, lock) {
  const record = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const installed = JSON.parse(readFileSync(record, 'utf8')).packages;
  return Object.entries(lock.packages)
    .filter(([path]) => path.includes('node_modules/'))
    .every(([path, { version, link, optional, peer }]) =>
      // Binaries for other systems are optional, and not installed.
      installed[path] === undefined ? optional || peer : link || installed[path].version === version,
    );
}
