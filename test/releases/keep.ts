import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DATABASE_OWNERS } from '@comanda/contracts';
import { startPostgres } from '@comanda/local-infra';
import { openDatabase, RELEASE } from '@comanda/storage';
import { type KeptTables, MESSAGES, TABLES } from './kept.js';
import { messagesNow } from './messages-now.js';
import { migrationsOf } from './migrations-of.js';
import { describeTables, type Tables } from './table-description.js';

/**
 * Keeps the tables and messages of this release, with which those of later ones are compared.
 *
 * @param folder of all releases
 * @returns the folder of this one
 * @throws Error with a line when it is kept already: what was released does not change
 */
export async function keepRelease(folder: string): Promise<string> {
  const mine = join(folder, RELEASE);
  if (existsSync(mine))
    throw new Error(`release ${RELEASE} is kept already, in ${mine}: the version stands in package.json`);
  const tables = await tablesNow();
  mkdirSync(mine, { recursive: true });
  writeFileSync(join(mine, TABLES), `${lines(tables, 3)}\n`);
  writeFileSync(join(mine, MESSAGES), `${lines(messagesNow(), 1)}\n`);
  return mine;
}

/** JSON with a line for each table, or for each message: what lies so deep. */
function lines(value: object, depth: number): string {
  if (depth === 0) return JSON.stringify(value);
  const entries = Object.entries(value).map(
    ([name, one]) => `${JSON.stringify(name)}: ${lines(one, depth - 1)}`,
  );
  return `{\n${entries.join(',\n')}\n}`;
}

async function tablesNow(): Promise<KeptTables> {
  const directory = mkdtempSync(join(tmpdir(), 'comanda-release-'));
  // PostgreSQL does not run as root: its folder is one that another user can reach.
  const beside = mkdtempSync(join(tmpdir(), 'comanda-release-postgres-'));
  const postgres = await startPostgres({ directory: beside });
  try {
    return {
      sqlite: await describeAll((alias) => `sqlite:${join(directory, `${alias}.db`)}`),
      postgres: await describeAll((alias) => `${postgres.url}?schema=${alias}`),
    };
  } finally {
    await postgres.discard();
    for (const folder of [directory, beside]) rmSync(folder, { recursive: true, force: true });
  }
}

async function describeAll(urlOf: (alias: string) => string): Promise<Record<string, Tables>> {
  const described: Record<string, Tables> = {};
  for (const service of DATABASE_OWNERS) {
    const database = await openDatabase(urlOf(service.alias), await migrationsOf(service));
    described[service.alias] = await describeTables(database).finally(() => database.close());
  }
  return described;
}
