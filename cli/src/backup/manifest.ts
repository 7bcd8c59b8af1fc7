import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { open, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { DATABASE_OWNERS, type DatabaseName } from '@comanda/contracts';
import { z } from 'zod';
import { NotPossible } from './not-possible.js';

const FILE = 'manifest.json';
const READ_BYTES = 1024 * 1024;
const NAMES = DATABASE_OWNERS.map(({ alias }) => alias) as [DatabaseName, ...DatabaseName[]];

const Copy = z.object({
  name: z.enum(NAMES),
  /** A SQLite file, or what `pg_dump` has written of a schema. */
  kind: z.enum(['sqlite', 'postgres']),
  file: z.string().regex(/^[a-z]+\.(db|dump)$/),
  /** Of PostgreSQL: only a schema of this name takes it. */
  schema: z.string().optional(),
  bytes: z.number().int().positive(),
  sha256: z.string().length(64),
  /** Copies with the same number are of the same moment. */
  moment: z.number().int().positive(),
});
export type Copy = z.infer<typeof Copy>;

/** What a folder with a backup holds. It is written last: without it, it is no backup. */
export const Manifest = z.object({
  version: z.literal(1),
  /** When the backup was begun; RFC 3339, UTC. */
  createdAt: z.iso.datetime(),
  databases: z
    .array(Copy)
    .refine((copies) => NAMES.every((name) => copies.some((copy) => copy.name === name)), {
      error: 'a database is missing',
    }),
});
export type Manifest = z.infer<typeof Manifest>;

/** Size and checksum of a file, which is copied on the way, where a place is given. */
export async function sumOf(file: string, to?: string): Promise<Pick<Copy, 'bytes' | 'sha256'>> {
  const hash = createHash('sha256');
  const source = createReadStream(file, { highWaterMark: READ_BYTES });
  if (to === undefined) await pipeline(source, hash);
  else {
    source.on('data', (chunk) => hash.update(chunk));
    await pipeline(source, createWriteStream(to, { mode: 0o600, flush: true }));
  }
  return { bytes: (await stat(file)).size, sha256: hash.digest('hex') };
}

/** Writes it in one step: it is there whole, on the disk, or not at all. */
export async function writeManifest(directory: string, manifest: Manifest): Promise<void> {
  const unfinished = join(directory, `${FILE}.unfinished`);
  const file = await open(unfinished, 'w', 0o600);
  try {
    await file.writeFile(`${JSON.stringify(manifest, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(unfinished, join(directory, FILE));
}

/** @throws NotPossible */
export async function readManifest(directory: string): Promise<Manifest> {
  const text = await readFile(join(directory, FILE), 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new NotPossible(`${directory} is no whole backup: ${FILE} can't be read (${error.code})`);
  });
  try {
    return Manifest.parse(JSON.parse(text));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new NotPossible(`${join(directory, FILE)} is not as this release writes it: ${why}`);
  }
}

/** @throws NotPossible when the file is not the one that was written */
export const assertWhole = (directory: string, copy: Copy): Promise<void> => read(directory, copy);

/**
 * Copies a file of a backup. What is copied is read once: until this resolves it may be another one.
 *
 * @throws NotPossible when the file is not the one that was written
 */
export const copyWhole = (directory: string, copy: Copy, to: string): Promise<void> =>
  read(directory, copy, to);

async function read(directory: string, { name, file, bytes, sha256 }: Copy, to?: string): Promise<void> {
  const from = join(directory, file);
  const found = await sumOf(from, to).catch((error: NodeJS.ErrnoException) => {
    throw new NotPossible(
      `${name}: ${from} can't be ${to === undefined ? 'read' : `copied to ${to}`} (${error.code})`,
    );
  });
  if (found.bytes !== bytes || found.sha256 !== sha256)
    throw new NotPossible(`${name}: ${from} is not the file that was backed up: its checksum differs`);
}
