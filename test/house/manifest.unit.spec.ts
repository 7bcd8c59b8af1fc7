import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CONSUMING_SERVICES, DATABASE_OWNERS, SERVICES } from '@comanda/contracts';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { workspacesOf } from '../../scripts/src/generated/workspaces.js';

const ROOT = join(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const References = z.object({ references: z.array(z.object({ path: z.string() })) });
const references = (file: string): string[] =>
  References.parse(JSON.parse(read(file))).references.map(({ path }) => path);

describe('the manifest of services', () => {
  test('names each service once, and gives it a port, a queue and a database that no other has', () => {
    const distinct = (values: readonly unknown[]) => expect(new Set(values).size).toBe(values.length);
    distinct(SERVICES.map(({ name }) => name));
    distinct(SERVICES.map(({ alias }) => alias));
    distinct(SERVICES.map(({ port }) => port.standard));
    distinct(SERVICES.map(({ port }) => port.variable));
    distinct(CONSUMING_SERVICES.flatMap(({ queues }) => [queues.messages, queues.queries]));
    distinct(DATABASE_OWNERS.flatMap(({ database }) => [database.file, database.variable]));
  });

  test('calls queues, database and settings by the alias, so that one name finds them all', () => {
    for (const { alias, port } of SERVICES) expect(port.variable).toBe(`${alias.toUpperCase()}_PORT`);
    for (const { alias, database } of DATABASE_OWNERS)
      expect(database).toEqual({ variable: `${alias.toUpperCase()}_DATABASE_URL`, file: `${alias}.db` });
    for (const { alias, queues } of CONSUMING_SERVICES)
      expect(queues).toEqual({ messages: `${alias}_queue`, queries: `${alias}_queries` });
  });

  test('has the folders of the services, each a workspace and built by `npm run build`', () => {
    const folders = workspacesOf(ROOT).map(({ folder }) => folder);
    for (const { name } of SERVICES) {
      expect(existsSync(join(ROOT, name, 'src/main.ts'))).toBe(true);
      expect(folders).toContain(name);
    }
    const built = references('tsconfig.json');
    const sources = folders.filter((folder) => existsSync(join(ROOT, folder, 'tsconfig.json')));
    expect(sources.filter((folder) => !built.includes(folder))).toEqual([]);
  });

  test('lists only settings that .env.example explains', () => {
    const explained = read('.env.example');
    const settings = SERVICES.flatMap((service): readonly string[] => service.settings);
    expect(settings.filter((setting) => !new RegExp(`^(# )?${setting}=`, 'm').test(explained))).toEqual([]);
  });

  test('is what README and the architecture page speak of', () => {
    for (const { name } of SERVICES) {
      expect(read('docs/architecture.md')).toContain(`${name}/`);
      if (name !== 'auditor') expect(read('README.md')).toContain(name);
    }
  });
});
