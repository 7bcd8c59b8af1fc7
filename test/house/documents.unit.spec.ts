import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';

const ROOT = join(import.meta.dirname, '../..');

const markdownIn = (folder: string) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));

const DOCUMENTS = ['.', 'docs', 'docs/decisions'].flatMap(markdownIn);

/** What lies there is made when something is installed or run. */
const MADE = ['node_modules', '.comanda'];
const FOLDERS = new Set(
  readdirSync(ROOT, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !MADE.includes(entry.name))
    .map(({ name }) => name),
);

const matches = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map((match) => match[1] ?? '');

/** Documents leave out the end of a long name: `test/fault/duplicates`, `stock.unit`. */
const existsInPart = (path: string) =>
  existsSync(path) ||
  (existsSync(dirname(path)) &&
    readdirSync(dirname(path)).some((name) => name.startsWith(`${basename(path)}.`)));

/** Relative targets of links, without the part after `#`. */
const linksOf = (text: string) =>
  matches(text, /\]\(([^)#\s]+)[^)]*\)/g).filter((target) => !/^[a-z]+:/.test(target));

/** Paths in backticks that begin at the root of the repository; not patterns, and not what only a build makes. */
const pathsOf = (text: string) =>
  matches(text, /`([\w.-]+\/[\w./-]+)`/g).filter(
    (path) => FOLDERS.has(path.split('/')[0] ?? '') && !path.includes('/dist/'),
  );

const textOf = (document: string) => readFileSync(join(ROOT, document), 'utf8');

test('the check reads the links and paths of all documents', () => {
  expect(DOCUMENTS).toEqual(
    expect.arrayContaining(['README.md', 'docs/orders.md', 'docs/decisions/README.md']),
  );
  expect(linksOf('[a](b.md#c), [d](https://e.example), [f](../g.ts)')).toEqual(['b.md', '../g.ts']);
  expect(pathsOf('`docs/a.md`, `docs/*.md`, `domain/b.ts`, `scripts/dist/c.js`')).toEqual(['docs/a.md']);
});

test.each(DOCUMENTS)('every file that %s names exists', (document) => {
  const text = textOf(document);
  const missing = [
    ...linksOf(text).filter((target) => !existsSync(join(ROOT, dirname(document), target))),
    ...pathsOf(text).filter((path) => !existsInPart(join(ROOT, path))),
  ];
  expect(missing).toEqual([]);
});

test('no recipe touches more than five places, and each step begins with one that is there', () => {
  const recipes = textOf('docs/recipes.md').split(/^## /m).slice(1);
  const steps = recipes.map((recipe) => matches(recipe, /^\d+\. `([^`]+)`/gm));
  expect(steps.map(({ length }, at) => [length, recipes[at]?.match(/^\d+\. /gm)?.length])).toEqual(
    steps.map(({ length }) => [Math.min(length, 5), length]),
  );
  // A part in angle brackets is the reader's to choose, and so is the service that a recipe makes.
  const fixed = steps.flat().map((path) => path.replace(/^<\w+>/, 'orders-service').replace(/<.*$/, ''));
  const missing = fixed.filter((path) => path !== 'loyalty-service/' && !existsSync(join(ROOT, path)));
  expect(missing).toEqual([]);
});
