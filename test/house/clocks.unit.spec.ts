import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const ROOT = join(import.meta.dirname, '../..');
/** The clock that is read only to say how long something took. */
const STOPWATCH = /performance\.(now|mark|measure)\(|hrtime/;

test('no test asserts how long the world took: a busy machine is no fault of the code, npm run bench measures', () => {
  const files = globSync('**/*.spec.ts', {
    cwd: ROOT,
    exclude: (name) => ['node_modules', 'dist', '.comanda'].includes(name),
  }).filter((file) => !file.endsWith('house/clocks.unit.spec.ts'));
  expect(files.length).toBeGreaterThan(150);
  const readings = files.flatMap((file) =>
    readFileSync(join(ROOT, file), 'utf8')
      .split('\n')
      .flatMap((line, at) => (STOPWATCH.test(line) ? [`${file}:${at + 1}: ${line.trim()}`] : [])),
  );
  expect(readings).toEqual([]);
});
