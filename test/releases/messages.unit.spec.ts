import { join } from 'node:path';
import { EVENTS } from '@comanda/contracts';
import { expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { breaksOfMessages, type Schema } from './compare-messages.js';
import { newestKept } from './kept.js';
import { messagesNow } from './messages-now.js';

const kept = newestKept(join(import.meta.dirname, '../../docs/releases'));
const now = messagesNow();
const keptExamples = Object.entries(kept.messages).filter(([, { example }]) => example !== undefined);

/**
 * What breaks by its form and not in fact, word for word as it is found, with why: a value that is read from this release on
 * and sent from the next one, say. Empty again after the release.
 */
const ALLOWED: readonly string[] = [];

test('what the release before sends is read, and what is sent now it reads, but for fields that are added', () => {
  const breaks = Object.entries(kept.messages).flatMap(([uri, { data, result = {} }]) => {
    const message = now[uri];
    if (!message) return [`${uri}: is not known any more`];
    return [
      ...breaksOfMessages(data, message.data, uri),
      ...breaksOfMessages(result, message.result ?? {}, `answer to ${uri}`),
    ];
  });
  expect(breaks).toEqual(ALLOWED);
});

test('readers of today take every example of the release before, also with a field that they do not know', () => {
  const readers = new Map(EVENTS.map((event) => [event.dataschema, event.data]));
  expect(keptExamples.length).toBeGreaterThan(20);
  for (const [uri, { example }] of keptExamples) {
    const more = { ...Object(example), addedLater: { by: ['another', 'release'] } };
    for (const data of [example, more])
      expect({ uri, ...readers.get(uri)?.safeParse(data) }).toMatchObject({ uri, success: true });
  }
});

test('readers of the release before take every example of today, also with a field that nobody knows yet', () => {
  const ajv = new Ajv2020({ strict: false });
  formats.default(ajv);
  for (const [uri, { data }] of keptExamples) {
    const takes = ajv.compile(data);
    const example = Object(now[uri]?.example);
    for (const sent of [example, { ...example, addedLater: 1 }]) {
      takes(sent);
      expect({ uri, errors: takes.errors }).toEqual({ uri, errors: null });
    }
  }
});

const text = { type: 'string' };
const was: Schema = { type: 'object', properties: { id: text, note: text }, required: ['id'] };
const lines = { type: 'array', items: was };
const is = (more: object): Schema => ({ ...was, ...more });
const fields = (more: object) => is({ properties: { id: text, note: text, ...more } });

test('a field that may be left out is added without harm', () => {
  expect(breaksOfMessages(was, fields({ colour: text }), 'm')).toEqual([]);
  expect(breaksOfMessages(was, is({ description: 'says nothing of it' }), 'm')).toEqual([]);
});

test.each<[string, Schema, Schema]>([
  ['m.note: is gone', was, is({ properties: { id: text } })],
  ['m.note: is required, and was not', was, is({ required: ['id', 'note'] })],
  ['m.id: may be missing, and never was', was, is({ required: [] })],
  ['m.id: type was "string", and is "number"', was, fields({ id: { type: 'number' } })],
  ['m.note: maxLength was not said, and is 9', was, fields({ note: { ...text, maxLength: 9 } })],
  ['m.colour: is new, and required', was, { ...fields({ colour: text }), required: ['id', 'colour'] }],
  [
    'm.colour: is new, and readers refused fields that they did not know',
    is({ additionalProperties: false }),
    { ...fields({ colour: text }), additionalProperties: false },
  ],
  ['m: enum was ["a"], and is ["a","b"]', { enum: ['a'] }, { enum: ['a', 'b'] }],
  ['m (anyOf): had 1 forms, and has 2', { anyOf: [text] }, { anyOf: [text, { type: 'null' }] }],
  ['m (items).note: is gone', lines, { ...lines, items: is({ properties: { id: text } }) }],
])('what breaks readers is named: %s', (line, before, after) => {
  expect(breaksOfMessages(before, after, 'm')).toEqual([line]);
});
