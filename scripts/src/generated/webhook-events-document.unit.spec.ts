import { SENT_EVENTS } from '@comanda/contracts';
import { expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { webhookEventsDocument } from './webhook-events-document.js';

const sections = new Map(
  webhookEventsDocument()
    .split(/^## /m)
    .slice(1)
    .map((section) => [section.split('\n')[0], section]),
);
const validator = formats.default(new Ajv2020());

test.each(SENT_EVENTS)('$type stands there as it is sent, and its example is as its schema says', (event) => {
  const [body = '', schema = ''] = [
    ...(sections.get(event.type) ?? '').matchAll(/```json\n([\s\S]*?)\n```/g),
  ].map(([, text]) => text);
  const { data, ...frame } = JSON.parse(body);
  expect(Object.keys(frame)).toEqual([
    ...['id', 'type', 'timestamp', 'tenantId', 'subject', 'subjectType'],
    ...['sequence', 'correlationId', 'apiVersion'],
  ]);
  expect(frame).toMatchObject({ type: event.type, subjectType: event.aggregate });
  const valid = validator.compile(JSON.parse(schema));
  expect([valid(data), valid.errors]).toEqual([true, null]);
  expect(valid({ ...data, ofALaterVersion: 1 })).toBe(true);
  for (const field of event.internal) expect(schema).not.toContain(`"${field}"`);
});

test('no event is left out, and none is there that is not sent', () => {
  expect([...sections.keys()].sort()).toEqual(SENT_EVENTS.map(({ type }) => type).sort());
});
