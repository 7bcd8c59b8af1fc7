import { until } from '@comanda/kit';
import BetterSqlite3 from 'better-sqlite3';
import { BUSY_MS, unlessBusy } from './prepare-file.js';

export interface FileCopy {
  readonly from: string;
  /** Nothing is there yet. */
  readonly to: string;
}

/** So many at a time; a page is 4 KiB. */
const PAGES_AT_ONCE = 2_000;

/**
 * Copies SQLite files as all of them are at one moment, while others use them. For that moment nobody may write to any;
 * then all go on, and what they write meanwhile stays in their write-ahead logs until the copies are made.
 *
 * @throws Error when a file is not there, or somebody writes to one for longer than `BUSY_MS`
 */
export async function copySqliteFiles(copies: readonly FileCopy[]): Promise<void> {
  const opened: BetterSqlite3.Database[] = [];
  const open = (file: string, readonly: boolean): BetterSqlite3.Database => {
    const connection = new BetterSqlite3(file, { readonly, fileMustExist: true, timeout: 0 });
    opened.push(connection);
    return connection;
  };
  try {
    const readers = copies.map(({ from }) => open(from, true));
    const writers = copies.map(({ from }) => open(from, false));
    for (const [at, writer] of writers.entries())
      await until(`nobody writes to ${copies[at]?.from}`, () => isLocked(writer), {
        timeoutMs: BUSY_MS,
        everyMs: 1,
      });
    for (const reader of readers) reader.exec('BEGIN; SELECT count(*) FROM sqlite_schema');
    for (const writer of writers) writer.close();
    // From a connection that is reading already, SQLite copies what that sees.
    for (const [at, reader] of readers.entries())
      await reader.backup(copies[at]?.to ?? '', { progress: () => PAGES_AT_ONCE });
  } finally {
    for (const connection of opened) connection.close();
  }
}

const isLocked = (writer: BetterSqlite3.Database): boolean =>
  unlessBusy(() => writer.exec('BEGIN IMMEDIATE'));
