import { CONTENT_TYPE, FRAME_CONTENT_TYPE } from '@comanda/contracts';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { singlesOf } from './frame.js';
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
