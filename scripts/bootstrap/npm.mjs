import { run } from './step.mjs';

/** npm settings by which the `npm start` that runs us would steer the npm that we run. */
const INHERITED =
  /^npm_(config_(local_prefix|prefix|global|workspaces?|include_workspace_root)|package_|lifecycle_)/i;

/**
 * Runs npm: the very one that runs us, when `npm start` does, else the one on the PATH.
 *
 * @param {string[]} args
 * @param {string} cwd
 */
export function npm(args, cwd) {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !INHERITED.test(name)));
  const script = process.env.npm_execpath;
  if (script?.endsWith('.js')) return run(process.execPath, [script, ...args], { cwd, env });
  // On Windows npm is a command file, which only a shell can run.
  return run('npm', args, { cwd, env, shell: process.platform === 'win32' });
}

/** Flags that keep an installation quick, quiet and free of foreign code: no package of ours needs its scripts. */
export const PLAIN_INSTALL = ['--ignore-scripts', '--no-audit', '--no-fund'];

export const NPM_HELP = [
  'Check that npm works (`npm --version`) and reaches its registry (`npm ping`);',
  'behind a proxy, set it with `npm config set proxy http://host:port`.',
].join('\n');

/**
 * The first errors that npm reported: the cause; what follows is advice and file names.
 *
 * @param {string} output
 */
export function complaint(output) {
  const errors = output.split('\n').filter((line) => /^npm (error|ERR!)\s*\S/.test(line));
  return (errors.length > 0 ? errors : output.split('\n')).slice(0, 8).join('\n');
}
