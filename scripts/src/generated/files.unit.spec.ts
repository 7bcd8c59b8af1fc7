import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { generatedFiles } from './files.js';
import { withSection } from './section.js';

const ROOT = join(import.meta.dirname, '..', '..', '..');

test.each([...(await generatedFiles(ROOT))])(
  '%s is as it is generated (else: npm run docs)',
  (file, text) => {
    expect(readFileSync(join(ROOT, file), 'utf8')).toBe(text);
  },
);

test('a section is replaced between its two lines, and nothing else changes', () => {
  const text = 'a\n# generated: x, by b\nold\nold\n# end of generated: x\nz\n';
  expect(withSection(text, 'x', ['new'])).toBe('a\n# generated: x, by b\nnew\n# end of generated: x\nz\n');
  expect(() => withSection(text, 'y', [])).toThrow('There is no section "generated: y"');
});
