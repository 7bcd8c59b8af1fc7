import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const ROOT = join(import.meta.dirname, '../..');

/** The rows of all tables: their cells, without the heads and the lines below them. */
const rowsOf = (text: string): string[][] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| (attack or mistake|promise) /.test(line))
    .map((line) =>
      line
        .slice(1, -1)
        .split(' | ')
        .map((cell) => cell.trim()),
    );

/** `file "title", "other title"; file "title"`: each title with its file. */
function testsNamed(cell: string): { file: string; title: string }[] {
  return [...cell.matchAll(/`([^`]+\.spec\.ts)`((?:,? "[^"]+")+)/g)].flatMap(([, file = '', titles = '']) =>
    [...titles.matchAll(/"([^"]+)"/g)].map(([, title = '']) => ({ file, title })),
  );
}

/** A title stands in its file as a whole, in quotes. */
function isThere({ file, title }: { file: string; title: string }): boolean {
  const path = join(ROOT, file);
  if (!existsSync(path)) return false;
  const source = readFileSync(path, 'utf8');
  return [`'${title}'`, `"${title}"`, `\`${title}\``].some((quoted) => source.includes(quoted));
}

const textOf = (file: string) => readFileSync(join(ROOT, file), 'utf8');

test('a title counts as there only as a whole', () => {
  const file = 'test/house/security.unit.spec.ts';
  expect(testsNamed(`\`${file}\` "one", "two"; \`${file}\` "three"`).map(({ title }) => title)).toEqual([
    'one',
    'two',
    'three',
  ]);
  expect(isThere({ file, title: 'a title counts as there only as a whole' })).toBe(true);
  expect(isThere({ file, title: ['a title counts', 'as there'].join(' ') })).toBe(false);
  expect(isThere({ file: 'test/house/nothing.unit.spec.ts', title: 'one' })).toBe(false);
});

test('every defence in docs/security.md names where it is, and tests that are there', () => {
  const rows = rowsOf(textOf('docs/security.md'));
  expect(rows.length).toBeGreaterThan(30);
  const incomplete = rows.filter((cells) => cells.length !== 4 || testsNamed(cells[3] ?? '').length === 0);
  expect(incomplete.map(([attack]) => attack)).toEqual([]);
  const missing = rows.flatMap(([, , , tests = '']) => testsNamed(tests)).filter((named) => !isThere(named));
  expect(missing).toEqual([]);
  const nowhere = rows.flatMap(([, , where = '']) =>
    [...where.matchAll(/`([^`]+)`/g)]
      .map(([, path = '']) => path)
      .filter((path) => !existsSync(join(ROOT, path))),
  );
  expect(nowhere).toEqual([]);
});

test('every promise in docs/api.md has an example, and names tests that are there', () => {
  const rows = rowsOf(textOf('docs/api.md').split('## Edges')[1] ?? '');
  expect(rows.length).toBeGreaterThan(1);
  const incomplete = rows.filter((cells) => cells.length !== 3 || testsNamed(cells[2] ?? '').length === 0);
  expect(incomplete).toEqual([]);
  expect(rows.flatMap(([, , tests = '']) => testsNamed(tests)).filter((named) => !isThere(named))).toEqual(
    [],
  );
});
