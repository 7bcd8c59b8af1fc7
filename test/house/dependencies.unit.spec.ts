import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { workspacesOf } from '../../scripts/src/generated/workspaces.js';

const ROOT = join(import.meta.dirname, '../..');
/** It has no `dependencies`: the root keeps only tools. */
const Root = z.object({
  dependencies: z.never().optional(),
  devDependencies: z.record(z.string(), z.string()),
  overrides: z.object({ typeorm: z.record(z.string(), z.string()) }),
});
const root = Root.parse(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')));
const workspaces = workspacesOf(ROOT);

/** `[package, version, who asks for it]`, for all packages of others. */
const wanted = [
  ...Object.entries(root.devDependencies).map(([name, version]) => ({ name, version, by: 'package.json' })),
  ...Object.entries(root.overrides.typeorm).map(([name, version]) => ({ name, version, by: 'overrides' })),
  ...workspaces.flatMap(({ folder, dependencies, devDependencies }) =>
    Object.entries({ ...dependencies, ...devDependencies }).map(([name, version]) => ({
      name,
      version,
      by: folder,
    })),
  ),
];

/** Wants a compiler of its own (docs/decisions/29-a-client-of-our-own.md). */
const TYPESCRIPT_OF_OPENAPI = { name: 'typescript', version: '5.9.3', by: 'scripts' };

test('every version is pinned, and the same wherever the package is used', () => {
  const others = wanted.filter(({ name }) => !name.startsWith('@comanda/'));
  expect(others.filter(({ version }) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  expect(others).toContainEqual(TYPESCRIPT_OF_OPENAPI);
  const shared = others.filter(
    ({ name, by }) => name !== TYPESCRIPT_OF_OPENAPI.name || by !== TYPESCRIPT_OF_OPENAPI.by,
  );
  const versions = Map.groupBy(shared, ({ name }) => name);
  const different = [...versions].filter(([, uses]) => new Set(uses.map(({ version }) => version)).size > 1);
  expect(different).toEqual([]);
});

test('our own packages are asked for at whatever version is beside them', () => {
  const own = wanted.filter(({ name }) => name.startsWith('@comanda/'));
  const names = workspaces.map(({ name }) => name);
  expect(own.filter(({ version, name }) => version !== '*' || !names.includes(name))).toEqual([]);
});

test('the lock file names no registry', () => {
  expect(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).not.toMatch(/"resolved": "https?:/);
});
