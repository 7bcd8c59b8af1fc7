import { expect, test } from '@jest/globals';
import { COMMANDS, EVENTS, QUERIES } from './catalogue.js';
import { derivedId, Id, newId } from './ids.js';
import { BAD_TEXTS, faultsIn, stringsIn } from './testing/some-texts.js';

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

const asked = [...COMMANDS, ...QUERIES];

test('no string of a command or a query takes a bad text, and each text keeps good ones', () => {
  const strings = asked.flatMap(({ type, data }) => stringsIn(data, type));
  expect(strings.length).toBeGreaterThan(100);
  expect(strings.flatMap(faultsIn)).toEqual([]);
});

test('every text in an event or an answer may be older than the rules for texts', () => {
  const strings = [
    ...EVENTS.flatMap(({ type, data }) => stringsIn(data, type)),
    ...asked.flatMap(({ type, result }) => stringsIn(result, type)),
  ];
  const strict = strings.flatMap(({ path, schema }) =>
    schema.safeParse('Café ☕').success
      ? Object.entries(BAD_TEXTS).flatMap(([what, bad]) =>
          schema.safeParse(bad).data === bad ? [] : [`${path} is not read with ${what}`],
        )
      : [],
  );
  expect(strict).toEqual([]);
});
