import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { setImmediate as turn } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';

/** The five databases, by the names under which statements know their tables: `orders.orders`, `products.stock`. */
export const DATABASES = ['gateway', 'products', 'orders', 'payments', 'webhooks'] as const;
export type DatabaseName = (typeof DATABASES)[number];
/** Where each one is: `sqlite:path`, as the services are configured. */
export type DatabaseUrls = Readonly<Record<DatabaseName, string>>;

/** A value of a statement's parameter `@name`. */
export type Parameters = Readonly<Record<string, string | number>>;

/** What the services have written down, to be asked across all databases in one statement. Nothing can be changed. */
export interface Books {
  all(statement: string, parameters: Parameters): Promise<unknown[]>;
  close(): void;
}

/** A database is not there or can't be read; the message is one line that names it. */
export class UnreadableDatabase extends Error {
  override readonly name = 'UnreadableDatabase';
}

/** How long a statement waits for a service that is just recovering its file. */
const BUSY_MS = 5_000;

/**
 * Opens the services' SQLite files, which may be in use: each is attached read-only to one connection, so that one
 * statement can join them. Every statement sees a snapshot of its own; between statements the event loop gets a turn.
 *
 * @throws UnreadableDatabase
 */
export function openBooks(urls: DatabaseUrls): Books {
  const connection = new Sqlite(':memory:', { timeout: BUSY_MS });
  try {
    for (const name of DATABASES) attach(connection, name, urls[name]);
    connection.pragma('query_only = ON');
  } catch (error) {
    connection.close();
    throw error;
  }
  return {
    async all(statement, parameters) {
      await turn();
      return connection.prepare<[Parameters], unknown>(statement).all(parameters);
    },
    close: () => void connection.close(),
  };
}

function attach(connection: Sqlite.Database, name: DatabaseName, url: string): void {
  const file = url.replace(/^sqlite:/, '');
  if (!existsSync(file)) throw new UnreadableDatabase(`${name}: there is no database ${file}`);
  try {
    connection.prepare(`ATTACH ? AS ${name}`).run(`${pathToFileURL(file).href}?mode=ro`);
    // Opening a file reads nothing of it yet.
    connection.prepare(`SELECT count(*) FROM ${name}.sqlite_schema`).get();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UnreadableDatabase(`${name}: ${file} can't be read: ${reason}`);
  }
}
