import { CONTENT_TYPE, FRAME_CONTENT_TYPE } from '@comanda/contracts';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { framed, grouped, MAX_FRAME_BYTES, type Sent, singlesOf } from './frame.js';
import type { Delivery } from './transport.js';
import { Unprocessable } from './unprocessable.js';

const delivered = (text: string, properties: object = {}): Delivery => ({
  content: Buffer.from(text),
  fields: { deliveryTag: 7, redelivered: true, routingKey: 'order.created' },
  properties: {
    contentType: FRAME_CONTENT_TYPE,
    type: 'order.created',
    messageId: 'the-frame',
    userId: 'orders-service',
    headers: { events: 2, other: 'kept' },
    ...properties,
  } as unknown as Delivery['properties'],
});

/** JSON as nobody writes it, with room between all of its parts. */
const spaced = (value: unknown): string => JSON.stringify(value, null, '\t\n ').replaceAll('/', '\\/');

describe('a frame', () => {
  test('gives each event its own id, type and bytes; who sent it and all else is as it was', () => {
    const one = '{"id": "a", "type":"order.created", "n": 1.0, "n": 1e0, "s": "]},\\"["}';
    const two = '{"id":"b"}';
    const [first, second] = singlesOf(delivered(`[${one},${two}]`));
    expect(first).toMatchObject({ json: { id: 'a', n: 1 } });
    expect(String(first?.delivery.content)).toBe(one);
    expect(first?.delivery.fields).toEqual({
      deliveryTag: 7,
      redelivered: true,
      routingKey: 'order.created',
    });
    expect(first?.delivery.properties).toEqual({
      contentType: CONTENT_TYPE,
      type: 'order.created',
      messageId: 'a',
      userId: 'orders-service',
      headers: { other: 'kept' },
    });
    expect(String(second?.delivery.content)).toBe(two);
    expect(second?.delivery.properties).toMatchObject({ messageId: 'b', type: 'order.created' });
  });

  test('may hold what is no event: it has its bytes, and no id of its own', () => {
    const elements = ['null', ' "text, [with] {all}" ', '12e1', '[[1],{}]', '{"id":7}', '{"id":"é"}'];
    const singles = singlesOf(delivered(`[${elements.join(',')}]`));
    expect(singles.map(({ delivery }) => String(delivery.content))).toEqual(elements);
    expect(singles.map(({ delivery }) => delivery.properties.messageId)).toEqual([
      ...Array(5).fill(undefined),
      'é',
    ]);
  });

  test('of any JSON is taken apart into exactly its elements', () => {
    const text = fc.array(fc.jsonValue(), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(text, fc.boolean(), (elements, roomy) => {
        const body = roomy ? spaced(elements) : JSON.stringify(elements);
        const singles = singlesOf(delivered(body));
        const bytes = singles.map(({ delivery }) => String(delivery.content));
        expect(`[${bytes.join(',')}]`).toBe(body);
        expect(bytes.map((element) => JSON.parse(element))).toEqual(JSON.parse(body));
      }),
    );
  });

  test.each([
    ['empty', '[]', 'the frame is empty'],
    ['no JSON', '[{"id":"a"},{"id":]', 'the body is not JSON'],
    ['of more than is read', `[${'1,'.repeat(1_000)}1]`, '1001 events in one message are more than 1000'],
    ['too large', `["${'x'.repeat(4 * 1024 * 1024)}"]`, 'bytes are more than 4194304'],
  ])('that is %s is refused as a whole', (_, body, why) => {
    expect(() => singlesOf(delivered(body))).toThrow(Unprocessable);
    expect(() => singlesOf(delivered(body))).toThrow(why);
  });
});

test('a message that is no frame is left as it is', () => {
  const single = delivered('{"id":"a"}', { contentType: CONTENT_TYPE });
  expect(singlesOf(single)).toEqual([{ json: { id: 'a' }, delivery: single }]);
  expect(singlesOf(single)[0]?.delivery).toBe(single);
});

describe('events that are sent together', () => {
  const event = (type: string, messageId: string, padding = 0): Sent => ({
    messageId,
    type,
    body: JSON.stringify({ id: messageId, type, padding: 'é'.repeat(padding) }),
  });
  const idsOf = (events: readonly Sent[]) =>
    grouped(events).map((group) => group.map((one) => one.messageId));

  test('are grouped by type, in their order', () => {
    const events = [event('a', '1'), event('b', '2'), event('a', '3'), event('c', '4'), event('b', '5')];
    expect(idsOf(events)).toEqual([['1', '3'], ['2', '5'], ['4']]);
    expect(idsOf([])).toEqual([]);
  });

  test('are at most a hundred', () => {
    const events = Array.from({ length: 201 }, (_, at) => event('a', String(at)));
    expect(idsOf(events).map(({ length }) => length)).toEqual([100, 100, 1]);
    expect(idsOf(events).flat()).toEqual(events.map(({ messageId }) => messageId));
  });

  test('have at most 256 KiB together, counted in bytes; one that has more goes alone', () => {
    const large = Array.from({ length: 5 }, (_, at) => event('a', String(at), 30_000));
    const huge = event('a', 'huge', 200_000);
    const groups = grouped([large[0], huge, ...large.slice(1)].flatMap((one) => one ?? []));
    expect(groups.map((group) => group.map(({ messageId }) => messageId))).toEqual([
      ['0'],
      ['huge'],
      ['1', '2', '3', '4'],
    ]);
    const exact = Array.from({ length: 2 }, (_, at) => event('a', String(at)));
    const room = MAX_FRAME_BYTES - 3 - exact.reduce((sum, { body }) => sum + body.length, 0);
    const filled = (padding: number) => [
      ...exact.slice(1),
      { ...event('a', '0'), body: `{"id":"0","type":"a","padding":"${'x'.repeat(padding)}"}` },
    ];
    for (const [more, messages] of [
      [0, 1],
      [1, 2],
    ] as const) {
      const sent = grouped(filled(room + more)).map((group) => framed(group, () => 'frame'));
      expect(sent).toHaveLength(messages);
      if (more === 0) expect(sent[0]?.body.length).toBe(MAX_FRAME_BYTES);
    }
  });

  test('become a frame that says how many they are; what comes out of it is what went in', () => {
    const [one, two] = [event('a', '1'), event('a', '2')];
    const frame = framed([one, two], () => 'the-frame');
    expect(frame).toMatchObject({
      routingKey: 'a',
      messageId: 'the-frame',
      options: { contentType: FRAME_CONTENT_TYPE, type: 'a', headers: { events: 2 } },
    });
    const singles = singlesOf(delivered(frame.body.toString(), frame.options));
    expect(singles.map(({ delivery }) => String(delivery.content))).toEqual([one.body, two.body]);
  });

  test('are no frame when there is one: it goes as it always did', () => {
    expect(framed([event('a', '1')], () => 'none')).toMatchObject({
      messageId: '1',
      body: Buffer.from(event('a', '1').body),
      options: { contentType: CONTENT_TYPE, type: 'a' },
    });
  });
});
