import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { DatabaseOwner } from '@comanda/contracts';
import { OPERATIONS_MIGRATIONS } from '@comanda/operations';
import type { Migration, Migrations } from '@comanda/storage';
import { z } from 'zod';

/** Compiled, this stands in a folder `dist`, beside what of a service is compiled. */
const COMPILED = import.meta.filename.endsWith('.js');
const ROOT = join(import.meta.dirname, COMPILED ? '../../..' : '../..');
const FILE = COMPILED ? 'dist/storage/migrations.js' : 'src/storage/migrations.ts';

const Module = z.object({
  migrations: z.array(z.custom<new () => Migration>((value) => typeof value === 'function')),
});

/** The migrations of a service's database, but for those of every database; of a service that is new, too. */
export async function migrationsOf(service: DatabaseOwner): Promise<Migrations> {
  const found: unknown = await import(pathToFileURL(join(ROOT, service.name, FILE)).href);
  const { migrations } = Module.parse(found);
  return 'queues' in service ? [...OPERATIONS_MIGRATIONS, ...migrations] : migrations;
}
