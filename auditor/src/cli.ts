import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ConfigurationError, readConfig } from '@comanda/service-kit';
import { acceptedOrdersIn, UnreadableList } from './accepted-orders.js';
import { type AuditOptions, audit, BrokerAway } from './audit.js';
import { databasesIn, UnreadableDatabase } from './audit-source.js';
import { CliConfig, optionsOf } from './config.js';
import { reportLines } from './report-text.js';

const USAGE = `Usage: npm run audit -- [--at-rest] [--data DIR] [--accepted FILE] [--json]
  --at-rest  nothing is under way: no time is granted, and whatever still waits is a violation
  --data     the folder with the databases (gateway.db, orders.db ...), instead of *_DATABASE_URL
  --accepted a file with the ids of orders that clients were answered 202, one a line: those that are not there are listed
  --json     the whole report as JSON
Exit code: 0 all is well, 1 something is wrong, 2 it can't be told`;

/** Why no audit can be made: one line for each problem. */
const EXPECTED = [UnreadableDatabase, UnreadableList, BrokerAway, ConfigurationError];

/** `npm run audit`: one audit of all databases. */
async function main(args: readonly string[]): Promise<number> {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        'at-rest': { type: 'boolean', default: false },
        data: { type: 'string' },
        accepted: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      print(USAGE);
      return 0;
    }
    const report = await audit(wanted(values));
    print(values.json ? JSON.stringify(report, null, 2) : reportLines(report).join('\n'));
    return report.violations === 0 && (report.missingOrders ?? []).length === 0 ? 0 : 1;
  } catch (error) {
    if (isUsageError(error)) console.error(`${error.message}\n${USAGE}`);
    else if (EXPECTED.some((kind) => error instanceof kind)) console.error((error as Error).message);
    else console.error(error);
    return 2;
  }
}

interface Values {
  readonly 'at-rest': boolean;
  readonly data?: string | undefined;
  readonly accepted?: string | undefined;
}

function wanted({ 'at-rest': atRest, data, accepted }: Values): AuditOptions {
  const settings = resolve('.env');
  // Variables that are set already win over the file, as in `npm start`.
  if (existsSync(settings)) process.loadEnvFile(settings);
  const options = optionsOf(readConfig(CliConfig, process.env));
  return {
    ...options,
    atRest,
    ...(data !== undefined && { databases: databasesIn(data) }),
    ...(accepted !== undefined && { accepted: acceptedOrdersIn(accepted) }),
  };
}

const isUsageError = (error: unknown): error is Error =>
  error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');

const print = (text: string): void => void process.stdout.write(`${text}\n`);

process.exitCode = await main(process.argv.slice(2));
