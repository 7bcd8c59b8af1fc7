import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { DATABASE_OWNERS } from '@comanda/contracts';
import { messageOf } from '@comanda/kit';
import { launch } from './launch.js';
import { createShutDown } from './shut-down.js';
import { listenForStop } from './stop-signals.js';
import { print, say } from './terminal.js';

/**
 * `npm run dev -- orders`: the platform, a build at each change, and after each build the named services start again,
 * each open to a debugger. Without names it builds and starts nothing again.
 */
const root = resolve(import.meta.dirname, '../..');
const COMPILER = resolve(root, 'node_modules/typescript/bin/tsc');
/** What the compiler says at the end of each build without errors. */
const BUILT = /\bFound 0 errors\b/;
const FIRST_DEBUG_PORT = 9229;

async function main(names: readonly string[]): Promise<number> {
  const known = DATABASE_OWNERS.map(({ alias }): string => alias);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    console.error(`No service is called ${unknown.join(', ')}; there are: ${known.join(', ')}`);
    return 2;
  }
  const shutDown = createShutDown();
  const stop = listenForStop(() => process.exit(130));
  const run = async (): Promise<void> => {
    const { restart } = await launch(root, process.env, shutDown);
    const restartAll = async (): Promise<void> => {
      for (const [index, name] of names.entries()) {
        const port = FIRST_DEBUG_PORT + index;
        await restart(name, { NODE_OPTIONS: `--inspect=127.0.0.1:${port}` }).catch((error: unknown) =>
          say(`${name} did not start: ${messageOf(error)}`),
        );
        say(`${name} runs what was built; its debugger listens on 127.0.0.1:${port}`);
      }
    };
    const compiler = watch(restartAll);
    shutDown.endFirst('the compiler', async () => compiler.kill());
  };
  try {
    await Promise.race([run(), stop.first]);
    await stop.first;
    return (await shutDown.run()) ? 0 : 1;
  } catch (error) {
    print(messageOf(error));
    await shutDown.run();
    return 1;
  }
}

/** Builds at each change; after each build without errors, the first one included, calls `built`, one at a time. */
function watch(built: () => Promise<void>): ChildProcess {
  const compiler = spawn(process.execPath, [COMPILER, '-b', '--watch', '--preserveWatchOutput'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let turn = Promise.resolve();
  createInterface(compiler.stdout).on('line', (line) => {
    if (line.trim() !== '') print(line);
    if (BUILT.test(line)) turn = turn.then(built);
  });
  return compiler;
}

process.exit(await main(process.argv.slice(2)));
