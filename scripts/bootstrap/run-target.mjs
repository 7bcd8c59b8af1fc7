import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

const PARENT_CHECK_MS = 500;
const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Runs the target with that Node, also first on its PATH, and with our terminal.
 *
 * Signals are passed on and never end us before the target: Ctrl-C reaches the target from the terminal as well,
 * so it must take two of them in a row for one.
 *
 * @param {string} root
 * @param {string} node
 * @param {string} target file, relative to the root
 * @param {string[]} args
 * @returns {Promise<number>} its exit code
 */
export function runTarget(root, node, target, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(node, ['--enable-source-maps', join(root, target), ...args], {
      cwd: root,
      env: {
        // What Node compiled is kept: each of the many processes loads the same modules, and a fifth sooner.
        NODE_COMPILE_CACHE: join(root, '.comanda', 'compile-cache'),
        ...process.env,
        PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}`,
      },
      // The channel carries no messages; when we are killed it breaks, and the target knows.
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    });
    const forward = (signal) => child.kill(signal);
    for (const signal of FORWARDED) process.on(signal, forward);
    const orphaned = onceOrphaned(() => child.kill('SIGTERM'));
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      clearInterval(orphaned);
      for (const forwarded of FORWARDED) process.off(forwarded, forward);
      resolve(code ?? 128 + constants.signals[signal]);
    });
  });
}

/**
 * npm runs us in a shell, and passes a signal on to that shell, which dies of it without telling us. So that
 * `kill <pid of npm>` stops the platform all the same, we watch for the day on which our parent is another one.
 */
function onceOrphaned(act) {
  if (process.env.npm_lifecycle_event === undefined) return undefined;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    act();
  }, PARENT_CHECK_MS);
  return watch;
}
