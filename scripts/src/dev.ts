import { join, resolve } from 'node:path';
import { DATABASE_OWNERS } from '@comanda/contracts';
import { messageOf } from '@comanda/kit';
import { buildAtChange } from './build-at-change.js';
import { launch } from './launch.js';
import { createPage } from './page.js';
import { runUntilStopped } from './run-until-stopped.js';
import { say } from './terminal.js';

/**
 * `npm run dev -- orders`: the platform, a build at each change, and after each build the named services start again,
 * each open to a debugger. Without names it builds and starts nothing again.
 */
const root = resolve(import.meta.dirname, '../..');
const FIRST_DEBUG_PORT = 9229;

async function main(names: readonly string[]): Promise<number> {
  const known = DATABASE_OWNERS.map(({ alias }): string => alias);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    console.error(`No service is called ${unknown.join(', ')}; there are: ${known.join(', ')}`);
    return 2;
  }
  return runUntilStopped(async (shutDown) => {
    const { restart, startAuditor } = await launch({
      root,
      dataDirectory: join(root, '.comanda'),
      env: process.env,
      page: createPage(process.stdout, false),
      shutDown,
      allLogs: true,
      ownServers: false,
    });
    await startAuditor();
    const restartAll = async (): Promise<void> => {
      for (const [index, name] of names.entries()) {
        const port = FIRST_DEBUG_PORT + index;
        await restart(name, { NODE_OPTIONS: `--inspect=127.0.0.1:${port}` }).catch((error: unknown) =>
          say(`${name} did not start: ${messageOf(error)}`),
        );
        say(`${name} runs what was built; its debugger listens on 127.0.0.1:${port}`);
      }
    };
    const builder = buildAtChange(root, restartAll);
    shutDown.endFirst('the compiler', () => builder.stop());
  });
}

process.exit(await main(process.argv.slice(2)));
