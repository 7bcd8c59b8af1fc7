import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { eventsDocument } from './events-document.js';

test('docs/events.md says what the contracts say (else: npm run docs)', () => {
  const written = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'events.md'), 'utf8');
  expect(written).toBe(eventsDocument());
  expect(written).toContain('### product.stockReserved');
});
