import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const ROOT = join(import.meta.dirname, '../..');
/** What the runtime knows of currencies is not ISO 4217, and changes with the runtime. */
const RUNTIMES =
  /supportedValuesOf|DisplayNames|style:\s*['"]currency|currency(Display|Sign):|Intl\.NumberFormat/;
/** A division by hand, or decimals by hand, where an amount or a price is. */
const BY_HAND = /(amount|price|total|cents|minorUnits)\w*\s*\/\s*10|(amount|price|total)\w*\)?\.toFixed/i;

test('nobody asks the runtime about currencies, or divides an amount by hand: the table of ISO 4217 is the one source', () => {
  const files = globSync('**/*.{ts,mjs,js}', {
    cwd: ROOT,
    exclude: (name) => ['node_modules', 'dist', '.comanda', '.git'].includes(String(name)),
  }).filter((file) => !file.endsWith('.spec.ts') && !/(^|\/)(node_modules|dist)\//.test(file));
  expect(files.length).toBeGreaterThan(500);
  const found = files.flatMap((file) =>
    readFileSync(join(ROOT, file), 'utf8')
      .split('\n')
      .flatMap((line, at) =>
        RUNTIMES.test(line) || BY_HAND.test(line) ? [`${file}:${at + 1}: ${line}`] : [],
      ),
  );
  expect(found).toEqual([]);
});
