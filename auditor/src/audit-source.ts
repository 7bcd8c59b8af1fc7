import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { DATABASE_OWNERS, type DatabaseName, moneyText, perDatabase } from '@comanda/contracts';
import { messageOf } from '@comanda/kit';
import Sqlite from 'better-sqlite3';
import { copyOfPostgres } from './copy-of-postgres.js';

const DATABASES = DATABASE_OWNERS.map(({ alias }) => alias);

/**
 * Where each database is: `sqlite:path` or `postgres://...`, as in the services' configuration. A statement qualifies a
 * table with its database: `orders.orders`, `products.stock`.
 */
export type DatabaseUrls = Readonly<Record<DatabaseName, string>>;

/** The databases as `npm start` and the tests place them: one file each, in one folder. */
export const databasesIn = (directory: string): DatabaseUrls =>
  perDatabase(({ database }) => `sqlite:${join(directory, database.file)}`);

/** A value of a statement's parameter `@name`. */
export type Parameters = Readonly<Record<string, string | number>>;

/** All services' databases, read-only. One statement can query across them. */
export interface AuditSource {
  all(statement: string, parameters: Parameters): Promise<unknown[]>;
  close(): void;
}

/** Some databases are missing or can't be read; the message has one line for each. */
export class UnreadableDatabase extends Error {
  override readonly name = 'UnreadableDatabase';
}

/** How long a statement waits for a service that is recovering its file. */
const BUSY_MS = 5_000;

/**
 * Opens the services' databases. A database on PostgreSQL is first copied as it is at one moment, so that the same
 * statements can join all databases. A second read takes another copy.
 *
 * @throws UnreadableDatabase
 */
export async function openAuditSource(urls: DatabaseUrls): Promise<AuditSource> {
  if (Object.values(urls).every(isFile)) return openFiles(urls);
  const folder = mkdtempSync(join(tmpdir(), 'comanda-audit-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const source = openFiles(await copied(urls, folder));
    return {
      all: (statement, parameters) => source.all(statement, parameters),
      close: () => {
        source.close();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

/** Checks, as far as possible without reading them, that all databases can be opened. Throws UnreadableDatabase. */
export function assertOpenable(urls: DatabaseUrls): void {
  if (Object.values(urls).every(isFile)) openFiles(urls).close();
}

/** Copies the databases that are on PostgreSQL into files of this folder; resolves with where to read each database. */
export async function copied(urls: DatabaseUrls, folder: string): Promise<DatabaseUrls> {
  const reasons: string[] = [];
  const copies: Record<DatabaseName, string> = { ...urls };
  const local = databasesIn(folder);
  for (const name of DATABASES.filter((database) => !isFile(urls[database]))) {
    try {
      await copyOfPostgres(urls[name], fileOf(local[name]));
      copies[name] = local[name];
    } catch (error) {
      reasons.push(`${name}: its PostgreSQL can't be read: ${messageOf(error)}`);
    }
  }
  if (reasons.length > 0) throw new UnreadableDatabase(reasons.join('\n'));
  return copies;
}

const isFile = (url: string): boolean => url.startsWith('sqlite:');
const fileOf = (url: string): string => url.slice('sqlite:'.length);

/**
 * Opens the services' SQLite files, which may be in use. Each is attached read-only to one connection, so that one
 * statement can join them. Every statement sees its own snapshot; the event loop runs between statements.
 *
 * @throws UnreadableDatabase
 */
function openFiles(urls: DatabaseUrls): AuditSource {
  const files = DATABASES.map((name) => ({ name, file: fileOf(urls[name]) }));
  const missing = files.filter(({ file }) => !existsSync(file));
  if (missing.length > 0)
    throw new UnreadableDatabase(
      missing.map(({ name, file }) => `${name}: there is no database ${file}`).join('\n'),
    );
  const connection = openReadOnly(fileOf(urls.gateway));
  const reasons = files.flatMap(({ name, file }) => attach(connection, name, file) ?? []);
  if (reasons.length > 0) {
    connection.close();
    throw new UnreadableDatabase(reasons.join('\n'));
  }
  return {
    async all(statement, parameters) {
      await turn();
      return connection.prepare<[Parameters], unknown>(statement).all(parameters);
    },
    close: () => void connection.close(),
  };
}

/** Databases that are attached to a read-only connection are read-only too; this connection serves only that. */
function openReadOnly(file: string): Sqlite.Database {
  try {
    const connection = new Sqlite(file, { readonly: true, timeout: BUSY_MS });
    // Statements write amounts for people: `money(amount, currency)`.
    connection.function('money', (amount, currency) => moneyText(Number(amount), String(currency)));
    return connection;
  } catch (error) {
    throw new UnreadableDatabase(`${file} can't be opened: ${messageOf(error)}`, { cause: error });
  }
}

/** @returns what is wrong with the file, if anything */
function attach(connection: Sqlite.Database, name: DatabaseName, file: string): string | undefined {
  try {
    connection.prepare(`ATTACH ? AS ${name}`).run(file);
    // Opening a file does not read it yet.
    connection.prepare(`SELECT count(*) FROM ${name}.sqlite_schema`).get();
    return undefined;
  } catch (error) {
    return `${name}: ${file} can't be read: ${messageOf(error)}${hint(error)}`;
  }
}

/** SQLite shares a file by means of files beside it, which its last user removes. */
const hint = (error: unknown): string =>
  error instanceof Sqlite.SqliteError && /^SQLITE_(READONLY|CANTOPEN)/.test(error.code)
    ? ' (is its service running? Without it, and without the right to write beside the file, it can not be opened)'
    : '';
