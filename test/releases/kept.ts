import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isBefore } from '@comanda/storage';
import { z } from 'zod';
import { Tables } from './table-description.js';

const OfServices = z.record(z.string(), Tables);

/** What one release had, as it is kept in `docs/releases/<version>`. */
const KeptTables = z.object({ sqlite: OfServices, postgres: OfServices });
export type KeptTables = z.infer<typeof KeptTables>;

const Schema = z.record(z.string(), z.unknown());
/** By the URI of each payload. */
const KeptMessages = z.record(
  z.string(),
  z.object({ type: z.string(), data: Schema, result: Schema.optional(), example: z.unknown().optional() }),
);
export type KeptMessages = z.infer<typeof KeptMessages>;

export interface KeptRelease {
  readonly version: string;
  readonly tables: KeptTables;
  readonly messages: KeptMessages;
}

export const TABLES = 'tables.json';
export const MESSAGES = 'messages.json';

/** The newest release that is kept. */
export function newestKept(folder: string): KeptRelease {
  const [version] = readdirSync(folder).sort((one, other) => (isBefore(one, other) ? 1 : -1));
  if (version === undefined) throw new Error(`${folder} keeps no release`);
  const read = (file: string): unknown => JSON.parse(readFileSync(join(folder, version, file), 'utf8'));
  return { version, tables: KeptTables.parse(read(TABLES)), messages: KeptMessages.parse(read(MESSAGES)) };
}
