import { existsSync } from 'node:fs';
import { copyFile, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DATABASE_OWNERS, type DatabaseName } from '@comanda/contracts';
import { beginIncarnation } from '@comanda/messaging';
import { type Database, emptySchema, openDatabase, programAccess, sayAgain } from '@comanda/storage';
import { logger } from '../operator.js';
import { type DatabaseUrls, fileOf, isFile } from './back-up.js';
import { assertWhole, type Copy, type Manifest, readManifest } from './manifest.js';
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
  await assertWhole(directory, manifest.databases);
  const unfinished: [from: string, to: string][] = [];
  for (const { name, file } of manifest.databases) {
    const url = urls[name];
    if (isFile(url)) unfinished.push([await copied(join(directory, file), fileOf(url)), fileOf(url)]);
    else {
      await fill(programAccess(url), join(directory, file));
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
    if (existsSync(fileOf(url)))
      throw new NotPossible(`${name}: there is a database already: ${fileOf(url)}`);
    return;
  }
  const access = programAccess(url);
  if (access.schema !== schema)
    throw new NotPossible(`${name}: the backup is of a schema ${schema}, and the URL names ${access.schema}`);
  if (!(await emptySchema(url)))
    throw new NotPossible(`${name}: the schema ${schema} of ${access.database} has tables already`);
}

/** Beside the place where it belongs: a service that looks there finds all of it, or nothing. */
async function copied(from: string, place: string): Promise<string> {
  const unfinished = `${place}.restoring`;
  await mkdir(dirname(place), { recursive: true });
  for (const end of ['', '-wal', '-shm']) await rm(`${unfinished}${end}`, { force: true });
  await copyFile(from, unfinished);
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
