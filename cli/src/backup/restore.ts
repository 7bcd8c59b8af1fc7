import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DATABASE_OWNERS, type DatabaseName } from '@comanda/contracts';
import { messageOf } from '@comanda/kit';
import { beginIncarnation } from '@comanda/messaging';
import { type Database, emptySchema, openDatabase, programAccess, sayAgain } from '@comanda/storage';
import { logger } from '../operator.js';
import { type DatabaseUrls, fileOf, isFile } from './back-up.js';
import { assertWhole, type Copy, copyWhole, type Manifest, readManifest } from './manifest.js';
import { NotPossible } from './not-possible.js';
import { fill } from './postgres-programs.js';

/**
 * Puts a backup where the services look for their databases, each of which must not be there yet, or be empty. Each begins
 * a new incarnation, so that nothing counts which Redis remembers of a life after the backup.
 *
 * @throws NotPossible
 */
export async function restore(urls: DatabaseUrls, directory: string): Promise<Manifest> {
  const manifest = await readManifest(directory);
  for (const copy of manifest.databases) await assertTakes(urls[copy.name], copy);
  // Before anything is filled that can't be put away again.
  for (const copy of manifest.databases) if (copy.kind === 'postgres') await assertWhole(directory, copy);
  const unfinished: [from: string, to: string][] = [];
  for (const copy of manifest.databases) {
    const url = urls[copy.name];
    if (isFile(url)) unfinished.push([await copied(directory, copy, fileOf(url)), fileOf(url)]);
    else {
      await fill(programAccess(url), join(directory, copy.file));
      await inDatabase(url, beginIncarnation);
    }
  }
  // All are whole by now: either none of the files is in its place, or only a power cut keeps the others from theirs.
  for (const [from, to] of unfinished) await rename(from, to);
  return manifest;
}

/** Moves what the services keep of what was confirmed back into their outboxes; how many messages of each service. */
export async function republish(urls: DatabaseUrls): Promise<Readonly<Record<DatabaseName, number>>> {
  const said: Partial<Record<DatabaseName, number>> = {};
  for (const { alias } of DATABASE_OWNERS) {
    const url = urls[alias];
    if (isFile(url) && !existsSync(fileOf(url)))
      throw new NotPossible(`${alias}: there is no database ${fileOf(url)}`);
    said[alias] = await inDatabase(url, sayAgain);
  }
  return said as Record<DatabaseName, number>;
}

async function assertTakes(url: string, { name, kind, schema }: Copy): Promise<void> {
  const wanted = isFile(url) ? 'sqlite' : 'postgres';
  if (kind !== wanted)
    throw new NotPossible(`${name}: the backup is of ${kind}, and its database is to be on ${wanted}`);
  if (isFile(url)) {
    // A write-ahead log that a former file left would be read into the new one.
    const left = ['', '-wal', '-shm'].map((end) => `${fileOf(url)}${end}`).find((file) => existsSync(file));
    if (left !== undefined) throw new NotPossible(`${name}: there is a database already: ${left}`);
    return;
  }
  const access = programAccess(url);
  if (access.schema !== schema)
    throw new NotPossible(`${name}: the backup is of a schema ${schema}, and the URL names ${access.schema}`);
  const empty = await emptySchema(url).catch((error: unknown) => {
    throw new NotPossible(
      `${name}: the schema ${schema} of ${access.database} can't be used: ${messageOf(error)}`,
    );
  });
  if (!empty) throw new NotPossible(`${name}: the schema ${schema} of ${access.database} has tables already`);
}

/** Beside the place where it belongs: a service that looks there finds all of it, or nothing. */
async function copied(directory: string, copy: Copy, place: string): Promise<string> {
  const unfinished = `${place}.restoring`;
  await mkdir(dirname(place), { recursive: true });
  for (const end of ['', '-wal', '-shm']) await rm(`${unfinished}${end}`, { force: true });
  await copyWhole(directory, copy, unfinished);
  await inDatabase(`sqlite:${unfinished}`, beginIncarnation);
  return unfinished;
}

async function inDatabase<T>(url: string, work: (database: Database) => Promise<T>): Promise<T> {
  const database = await openDatabase(url, [], logger);
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}
