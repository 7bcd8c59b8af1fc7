import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { parseSync } from '@swc/core';

const ROOT = resolve(import.meta.dirname, '../..');
const GLOSSARY = readFileSync(join(ROOT, 'docs/glossary.md'), 'utf8');

/** The words of the last column, which the glossary has replaced. */
const REPLACED = [...GLOSSARY.matchAll(/\|([^|\n]*)\|\n/g)].flatMap(([, cell = '']) =>
  [...cell.matchAll(/`(\w+)`/g)].map(([, word = '']) => word),
);

/** The terms of several words, as they stand in names. */
const TERMS = [...GLOSSARY.matchAll(/^\| ([a-z][^|]*?) +\|/gm)]
  .flatMap(([, cell = '']) => cell.split(', '))
  .filter((term) => term.includes(' '))
  .map((term) => term.replaceAll(' ', '_'));

/** Every name in a file: what is declared, imported, or a property; not what comments and texts say. */
function namesIn(file: string): Set<string> {
  const names = new Set<string>();
  const module = parseSync(readFileSync(join(ROOT, file), 'utf8'), {
    syntax: 'typescript',
    decorators: true,
  });
  // The parser's tree is plain JSON: every identifier is a node with its text in `value`.
  JSON.stringify(module, (_, node: unknown) => {
    if (typeof node === 'object' && node !== null && 'type' in node && 'value' in node)
      if (node.type === 'Identifier' || node.type === 'PrivateName') names.add(String(node.value));
    return node;
  });
  return names;
}

/**
 * Whether a name is made with a word, as `ladderDays` is with "ladder". A term of the glossary counts as a whole: the
 * "letter" of `deadLetters` is none by itself.
 */
function holds(name: string, word: string): boolean {
  if (name === word) return true;
  const parts = name.replaceAll(/([a-z\d])([A-Z])/g, '$1_$2').toLowerCase();
  const rest = TERMS.reduce((left, term) => left.replaceAll(term, ''), parts);
  return rest.split('_').some((part) => part === word.toLowerCase() || part === `${word.toLowerCase()}s`);
}

test('no name in the code is one that the glossary has replaced', () => {
  expect(REPLACED.length).toBeGreaterThan(15);
  const files = globSync(
    '{packages,*-service,api-gateway,webhook-publisher,auditor,scripts,cli,edge-functions,test}/**/*.ts',
    {
      cwd: ROOT,
      exclude: (name) => name === 'node_modules' || name === 'dist',
    },
  );
  expect(files.length).toBeGreaterThan(400);
  const found = files.flatMap((file) => {
    const names = [...namesIn(file)];
    return REPLACED.flatMap((word) =>
      names.filter((name) => holds(name, word)).map((name) => `${file}: ${name} (${word})`),
    );
  });
  expect(found).toEqual([]);
});

test('the glossary has each word once', () => {
  const words = [...GLOSSARY.matchAll(/^\| ([a-z][^|]*?) +\|/gm)]
    .flatMap(([, cell = '']) => cell.split(', '))
    .filter((word) => word !== 'word');
  expect(words.length).toBeGreaterThan(60);
  expect(words.filter((word, at) => words.indexOf(word) !== at)).toEqual([]);
});
