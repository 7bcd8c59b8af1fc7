import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { until } from '@comanda/kit';
import { useFolder } from '@comanda/test-kit/hooks';
import { afterEach, expect, test } from '@jest/globals';
import { buildAtChange } from './build-at-change.js';

const folder = useFolder();
let builder: ReturnType<typeof buildAtChange> | undefined;
afterEach(async () => builder?.stop());

test('builds at the start and at each change, and calls back only after a build without errors', async () => {
  const root = folder.path;
  const source = folder.file('one-service/src/answer.ts');
  mkdirSync(folder.file('one-service/src'), { recursive: true });
  symlinkSync(resolve(import.meta.dirname, '../../node_modules'), folder.file('node_modules'));
  const options = { rootDir: 'src', outDir: 'dist', composite: true, types: [] };
  writeFileSync(
    folder.file('one-service/tsconfig.json'),
    JSON.stringify({ compilerOptions: options, include: ['src'] }),
  );
  writeFileSync(
    folder.file('tsconfig.json'),
    JSON.stringify({ files: [], references: [{ path: 'one-service' }] }),
  );
  writeFileSync(source, 'export const answer = 1;\n');

  const built: string[] = [];
  const output = folder.file('one-service/dist/answer.js');
  builder = buildAtChange(root, async () => {
    built.push(readFileSync(output, 'utf8').trim());
  });
  await until('the first build', () => built.length === 1);

  writeFileSync(source, 'export const answer: string = 2;\n');
  // The compiler writes its output all the same.
  await until('the failed build', () => readFileSync(output, 'utf8').includes('= 2'));
  writeFileSync(source, 'export const answer = 3;\n');
  await until('the build of the mended file', () => built.length === 2);
  expect(built).toEqual(['export const answer = 1;', 'export const answer = 3;']);
});
