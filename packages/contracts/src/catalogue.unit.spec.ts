import { expect, test } from '@jest/globals';
import { COMMANDS, EVENTS, QUERIES } from './catalogue.js';
import { derivedId, Id, newId } from './ids.js';

test('every example satisfies the schema of its event, and types are unique', () => {
  for (const event of EVENTS) expect(event.data.parse(event.example)).toEqual(event.example);
  const types = [...EVENTS, ...COMMANDS, ...QUERIES].map(({ type }) => type);
  expect(new Set(types).size).toBe(types.length);
  expect(EVENTS.length).toBeGreaterThan(15);
});

test('an id derived from the same parts is the same UUID, from other parts another', () => {
  const id = derivedId('default', 'caller', 'key');
  expect(derivedId('default', 'caller', 'key')).toBe(id);
  expect(derivedId('default', 'callerk', 'ey')).not.toBe(id);
  expect(Id.safeParse(id).success).toBe(true);
  expect(id[14]).toBe('8');
  expect(newId()[14]).toBe('7');
});
