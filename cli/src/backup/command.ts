import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { FatalStartupError, messageOf } from '@comanda/kit';
import { ConfigurationError, databaseUrls, readConfig } from '@comanda/service-kit';
import { isOutage } from '@comanda/storage';
import { Command } from 'commander';
import { exitWith } from '../command-line.js';
import { NOT_POSSIBLE } from '../operator.js';
import { print, printError } from '../print.js';
import { backUp, type DatabaseUrls } from './back-up.js';
import type { Manifest } from './manifest.js';
import { NotPossible } from './not-possible.js';
import { republish, restore } from './restore.js';

/** `npm run backup`. */
export const backupCommand = (): Command =>
  new Command('backup')
    .description('copy the databases of all services (*_DATABASE_URL) into a new folder, while they run')
    .argument('<dir>', 'where: a folder that is not there, or empty')
    .action((directory: string) =>
      onDatabases(async (urls) => {
        const manifest = await backUp(urls, resolve(directory));
        const bytes = manifest.databases.reduce((sum, copy) => sum + copy.bytes, 0);
        print(
          `${manifest.databases.length} databases, ${bytes} bytes, of ${manifest.createdAt}: ${resolve(directory)}`,
        );
        sayMoments(manifest);
      }),
    );

/** `npm run restore`. */
export function restoreCommand(): Command {
  const command = new Command('restore')
    .description('put a backup where the services, which are stopped, look for their databases')
    .argument('<dir>', 'the folder with the backup')
    .action((directory: string) =>
      onDatabases(async (urls) => {
        const { databases, createdAt } = await restore(urls, resolve(directory));
        print(`${databases.length} databases are as they were at ${createdAt}, each in a new incarnation`);
        print('What the broker held then is missing: npm run restore -- republish');
      }),
    );
  command
    .command('republish')
    .description('let the services say again what they have kept (OUTBOX_KEPT_SECONDS), running or not')
    .action(() =>
      onDatabases(async (urls) => {
        const said = await republish(urls);
        print(
          `to be said again: ${Object.entries(said)
            .map(([name, count]) => `${count} by ${name}`)
            .join(', ')}`,
        );
      }),
    );
  return command;
}

function sayMoments({ databases }: Manifest): void {
  const moments = Map.groupBy(databases, ({ moment }) => moment);
  if (moments.size === 1) return;
  const named = [...moments.values()].map((group) => group.map(({ name }) => name).join(' and '));
  print(`They are of ${moments.size} moments, one after the other: ${named.join('; ')} (docs/operations.md)`);
}

async function onDatabases(act: (urls: DatabaseUrls) => Promise<void>): Promise<void> {
  // Variables that are set already win over the file, as in `npm start`.
  if (existsSync('.env')) process.loadEnvFile('.env');
  try {
    await act(readConfig(databaseUrls, process.env));
  } catch (error) {
    const expected = [NotPossible, ConfigurationError, FatalStartupError].some(
      (kind) => error instanceof kind,
    );
    if (!expected && !isOutage(error)) throw error;
    printError(messageOf(error));
    exitWith(NOT_POSSIBLE);
  }
}
