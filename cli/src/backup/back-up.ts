import { existsSync } from 'node:fs';
import { chmod, mkdir, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatabaseName } from '@comanda/contracts';
import { copySqliteFiles, programAccess, withSnapshot } from '@comanda/storage';
import { type Copy, type Manifest, sumOf, writeManifest } from './manifest.js';
import { NotPossible } from './not-possible.js';
import { dump } from './postgres-programs.js';

/** Where each service's database is. */
export type DatabaseUrls = Readonly<Record<DatabaseName, string>>;

type Planned = Omit<Copy, 'bytes' | 'sha256'> & { readonly url: string };

/**
 * Who reads before who writes, as far as there is an order: where databases are copied one after the other, what a reader has
 * not heard yet is kept by its writer.
 */
const ORDER: readonly DatabaseName[] = ['webhooks', 'payments', 'products', 'orders', 'gateway'];

export const fileOf = (url: string): string => url.slice('sqlite:'.length);
export const isFile = (url: string): boolean => url.startsWith('sqlite:');

/**
 * Copies all databases into a folder, while the services run: all SQLite files as they are at one moment, and all schemas
 * of one PostgreSQL database as they are at one moment.
 *
 * @throws NotPossible; what was written until then has no manifest
 */
export async function backUp(urls: DatabaseUrls, directory: string): Promise<Manifest> {
  const createdAt = new Date().toISOString();
  for (const name of ORDER)
    if (isFile(urls[name]) && !existsSync(fileOf(urls[name])))
      throw new NotPossible(`${name}: there is no database ${fileOf(urls[name])}`);
  await makeFolder(directory);
  const groups = ofOneMoment(urls);
  for (const group of groups) await copyGroup(group, directory);
  const databases: Copy[] = [];
  for (const { url: _, ...copy } of groups.flat()) {
    const file = join(directory, copy.file);
    await onDisk(file);
    databases.push({ ...copy, ...(await sumOf(file)) });
  }
  const manifest: Manifest = { version: 1, createdAt, databases };
  await writeManifest(directory, manifest);
  return manifest;
}

async function makeFolder(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  if ((await readdir(directory)).length > 0)
    throw new NotPossible(`${directory} is not empty: give each backup a folder of its own`);
}

/** The databases in groups that can be copied as they are at one moment. */
function ofOneMoment(urls: DatabaseUrls): Planned[][] {
  const groups = new Map<string, Planned[]>();
  for (const name of ORDER) {
    const url = urls[name];
    const place = isFile(url) ? 'files' : programAccess(url).database;
    const group = groups.get(place) ?? [];
    groups.set(place, group);
    const moment = [...groups.keys()].indexOf(place) + 1;
    group.push(
      isFile(url)
        ? { name, kind: 'sqlite', file: `${name}.db`, moment, url }
        : { name, kind: 'postgres', file: `${name}.dump`, schema: programAccess(url).schema, moment, url },
    );
  }
  return [...groups.values()];
}

async function copyGroup(group: readonly Planned[], directory: string): Promise<void> {
  const [{ kind, url } = { kind: 'sqlite', url: '' }] = group;
  if (kind === 'sqlite')
    await copySqliteFiles(group.map((one) => ({ from: fileOf(one.url), to: join(directory, one.file) })));
  else
    await withSnapshot(url, async (snapshot) => {
      for (const one of group) await dump(programAccess(one.url), snapshot, join(directory, one.file));
    });
}

/** It holds what customers bought: nobody else may read it. */
async function onDisk(path: string): Promise<void> {
  await chmod(path, 0o600);
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
