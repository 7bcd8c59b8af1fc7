import { setImmediate as turn } from 'node:timers/promises';
import { Folder } from '@comanda/test-kit';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import BetterSqlite3 from 'better-sqlite3';
import { copySqliteFiles } from './copy-files.js';
import { isBusy, keepDurable } from './prepare-file.js';

let folder: Folder;
beforeEach(() => {
  folder = new Folder();
});
afterEach(() => folder.remove());

const NUMBER = 'SELECT number FROM latest';

async function made(name: string): Promise<BetterSqlite3.Database> {
  const database = new BetterSqlite3(folder.file(name), { timeout: 0 });
  await keepDurable(database);
  database.exec('CREATE TABLE latest (number INTEGER); INSERT INTO latest VALUES (0)');
  // So much that a copy takes many steps.
  database.exec(`CREATE TABLE ballast (text TEXT);
    INSERT INTO ballast SELECT hex(randomblob(2000)) FROM json_each('[${'1,'.repeat(2_999)}1]')`);
  return database;
}

test('files that are written one after the other are copied as all of them are at one moment', async () => {
  const files = [await made('a.db'), await made('b.db'), await made('c.db')];
  let stopped = false;
  /** Writes 1 into each of the files, then 2 ... */
  const writing = (async () => {
    for (let number = 1; !stopped; number++)
      for (const file of files)
        for (let written = false; !written; await turn())
          try {
            file.prepare('UPDATE latest SET number = ?').run(number);
            written = true;
          } catch (error) {
            if (!isBusy(error)) throw error;
          }
  })();
  const seen: number[][] = [];
  for (let copy = 0; copy < 5; copy++) {
    const to = ['a', 'b', 'c'].map((name) => folder.file(`${name}-${copy}.db`));
    await copySqliteFiles(to.map((file, at) => ({ from: folder.file(`${'abc'[at]}.db`), to: file })));
    seen.push(
      to.map((file) => {
        const one = new BetterSqlite3(file, { readonly: true });
        expect(one.pragma('integrity_check', { simple: true })).toBe('ok');
        const number = one.prepare<[], number>(NUMBER).pluck().get() ?? -1;
        one.close();
        return number;
      }),
    );
  }
  stopped = true;
  await writing;
  for (const file of files) file.close();
  for (const [a = 0, b = 0, c = 0] of seen) {
    expect(a - b).toBeGreaterThanOrEqual(0);
    expect(b - c).toBeGreaterThanOrEqual(0);
    expect(a - c).toBeLessThanOrEqual(1);
  }
  // They went on being written meanwhile.
  expect(new Set(seen.map(([a]) => a)).size).toBe(5);
});

test('a file that is not there is not made', async () => {
  const copies = [{ from: folder.file('none.db'), to: folder.file('copy.db') }];
  await expect(copySqliteFiles(copies)).rejects.toThrow(/unable to open database file/);
});
