// Loaded before a service (`node --import`): notes each SQL statement that it prepares on a SQLite file, in a file of its
// process in the folder STATEMENTS_DIRECTORY.
import { appendFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import Sqlite from 'better-sqlite3';

const { prepare } = Sqlite.prototype;
const file = join(process.env.STATEMENTS_DIRECTORY, `${process.pid}.jsonl`);
const known = new Set();

Sqlite.prototype.prepare = function (statement) {
  const line = `${JSON.stringify({ database: basename(this.name), statement })}\n`;
  if (!known.has(line)) appendFileSync(file, line);
  known.add(line);
  return prepare.call(this, statement);
};
