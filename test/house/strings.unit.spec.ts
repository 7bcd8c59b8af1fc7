import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const CONTRACTS = join(import.meta.dirname, '../../packages/contracts/src');
/** Each says what one kind of string may hold. */
const KINDS = ['text.ts', 'ids.ts', 'timestamp.ts', 'money.ts'];

test('contracts say of every string what it holds: none is a bare z.string()', () => {
  const files = globSync('**/*.ts', { cwd: CONTRACTS }).filter(
    (file) => !KINDS.includes(file) && !/\.spec\.ts$|^testing\//.test(file),
  );
  expect(files.length).toBeGreaterThan(15);
  const bare = files.flatMap((file) =>
    readFileSync(join(CONTRACTS, file), 'utf8')
      .split('\n')
      .flatMap((line, at) =>
        /z\.(string|iso|email|url|uuid|coerce)\b/.test(line) ? [`${file}:${at + 1}: ${line.trim()}`] : [],
      ),
  );
  expect(bare).toEqual([]);
});
