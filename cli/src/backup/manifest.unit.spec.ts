import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { assertWhole, type Copy, readManifest, sumOf, writeManifest } from './manifest.js';
import { NotPossible } from './not-possible.js';

const NAMES = ['webhooks', 'payments', 'products', 'orders', 'gateway'] as const;
const createdAt = '2026-01-01T00:00:00.000Z';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'comanda-manifest-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const refusal = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'none',
    (error: unknown) => (error instanceof NotPossible ? error.message : `another error: ${String(error)}`),
  );

async function backup(): Promise<Copy[]> {
  const copies: Copy[] = [];
  for (const name of NAMES) {
    const file = `${name}.db`;
    writeFileSync(join(folder, file), `what ${name} has`);
    copies.push({ name, kind: 'sqlite', file, moment: 1, ...(await sumOf(join(folder, file))) });
  }
  await writeManifest(folder, { version: 1, createdAt, databases: copies });
  return copies;
}

const whole = async (copies: readonly Copy[]): Promise<void> => {
  for (const copy of copies) await assertWhole(folder, copy);
};

describe('a backup', () => {
  test('is what was written, and nothing unfinished stays', async () => {
    const databases = await backup();
    expect(await readManifest(folder)).toEqual({ version: 1, createdAt, databases });
    expect(await refusal(whole(databases))).toBe('none');
    expect(readdirSync(folder).sort()).toEqual(
      [...NAMES.map((name) => `${name}.db`), 'manifest.json'].sort(),
    );
  });

  test('without its manifest is none, and neither is one of another form', async () => {
    expect(await refusal(readManifest(folder))).toMatch(
      /is no whole backup: manifest\.json can't be read \(ENOENT\)/,
    );
    const databases = await backup();
    const one = databases.slice(1);
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ version: 1, createdAt, databases: one }));
    expect(await refusal(readManifest(folder))).toMatch(/a database is missing/);
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ version: 2, createdAt, databases }));
    expect(await refusal(readManifest(folder))).toMatch(/is not as this release writes it/);
    const outside = databases.map((copy) => ({ ...copy, file: '../orders.db' }));
    writeFileSync(
      join(folder, 'manifest.json'),
      JSON.stringify({ version: 1, createdAt, databases: outside }),
    );
    expect(await refusal(readManifest(folder))).toMatch(/is not as this release writes it/);
  });

  test('of which a byte was changed, or a file is gone, is refused', async () => {
    const databases = await backup();
    writeFileSync(join(folder, 'orders.db'), 'what orders hat');
    expect(await refusal(whole(databases))).toMatch(/^orders: .* its checksum differs$/);
    rmSync(join(folder, 'webhooks.db'));
    expect(await refusal(whole(databases))).toMatch(/^webhooks: .* can't be read \(ENOENT\)$/);
  });
});
