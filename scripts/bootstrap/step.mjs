import { spawn } from 'node:child_process';

/** Something a person has to mend; the message says what and how. */
export class SetUpError extends Error {}

/** What takes no longer than this is not worth a line. */
const QUIET_MS = 800;

/**
 * Runs a step; when it takes its time, one line says which step and, at the end, how long it took.
 *
 * @template Result
 * @param {string} title
 * @param {() => Promise<Result>} run
 * @returns {Promise<Result>}
 */
export async function step(title, run) {
  const since = performance.now();
  let announced = false;
  const announce = setTimeout(() => {
    announced = true;
    console.error(`${title} ...`);
  }, QUIET_MS);
  try {
    const result = await run();
    if (announced) console.error(`${title}: done in ${((performance.now() - since) / 1000).toFixed(1)} s`);
    return result;
  } finally {
    clearTimeout(announce);
  }
}

/**
 * Runs a command to its end, silently.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd: string, env?: NodeJS.ProcessEnv, shell?: boolean }} options
 * @returns {Promise<{ ok: boolean, output: string }>} all that it wrote, for a message when it failed
 */
export function run(command, args, options) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const collect = (chunk) => {
      output += chunk;
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', (error) => resolve({ ok: false, output: error.message }));
    child.on('close', (code) => resolve({ ok: code === 0, output: output.trim() }));
  });
}
