import { existsSync } from 'node:fs';
import { FatalStartupError } from '@comanda/kit';
import { ConfigurationError, readConfig } from '@comanda/service-kit';
import { isOutage, openDatabase } from '@comanda/storage';
import { CommanderError } from 'commander';
import { z } from 'zod';
import { accountsProgram } from './administration/program.js';
import { Refused } from './administration/refused.js';
import { gatewayDatabase } from './config.js';
import { migrations } from './storage/migrations.js';

const [REFUSED, NOT_POSSIBLE] = [1, 2];

/** `npm run accounts`: a program of its own, so that a container of the gateway has it as well. */
async function main(args: readonly string[]): Promise<number> {
  const program = accountsProgram({
    openDatabase() {
      // Variables that are set already win over the file, as in `npm start`.
      if (existsSync('.env')) process.loadEnvFile('.env');
      const { GATEWAY_DATABASE_URL: url } = readConfig(z.object(gatewayDatabase), process.env);
      return openDatabase(url, migrations, { warn: (_fields, message) => console.error(message) });
    },
    input: process.stdin,
    print: (line) => void process.stdout.write(`${line}\n`),
    say: (words) => void process.stderr.write(words),
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    // commander has said it already; help is no error.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : NOT_POSSIBLE;
    if (error instanceof Refused) {
      console.error(error.message);
      return REFUSED;
    }
    const expected =
      error instanceof ConfigurationError || error instanceof FatalStartupError || isOutage(error);
    console.error(expected ? (error as Error).message : error);
    return NOT_POSSIBLE;
  }
}

process.exitCode = await main(process.argv.slice(2));
