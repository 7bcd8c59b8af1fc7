import { CreateOrder } from '@comanda/contracts';
import { type Context, ENTROPY } from '@comanda/messaging';
import { anEnvelope } from '@comanda/test-kit';
import { expect, test } from '@jest/globals';
import { anOrder } from '../testing/builders.js';
import { createOrder } from './create-order.js';

const context: Context = { now: '2026-01-01T12:00:00.000Z', ...ENTROPY };
const orderId = '0190a000-0000-7000-8000-00000000000a';
const productId = '0190a000-0000-7000-8000-000000000001';

/** What a command does when its order is there already: its kinds of effects, and its answer. */
function sentAgain(bodyHash: string | undefined, existing: string | null) {
  const message = anEnvelope(CreateOrder, {
    subject: orderId,
    data: { orderId, customerId: orderId, items: [{ productId, quantity: 2 }], bodyHash },
  });
  const rows = { existing: anOrder({ orderId, bodyHash: existing }), refused: [], prices: [] };
  const effects = createOrder.decide(message as never, rows as never, context);
  return {
    kinds: effects.map(({ kind }) => kind),
    replies: effects.flatMap((effect) => (effect.kind === 'respond' ? [effect.reply] : [])),
  };
}

test.each([
  ['one', 'one'],
  [undefined, 'one'],
  ['one', null],
])(
  'a command of %s for an order of %s is a repeat: it changes nothing, and hears how the order stands',
  (hash, existing) => {
    expect(sentAgain(hash, existing)).toEqual({
      kinds: ['respond'],
      replies: [{ ok: true, result: { orderId, status: 'PENDING' } }],
    });
  },
);

test('a command of another body is refused: the order stays as it is, and its timeline and an event say so', () => {
  expect(sentAgain('two', 'one')).toEqual({
    kinds: ['append', 'put', 'put', 'emit', 'append', 'respond'],
    replies: [
      {
        ok: false,
        refusal: expect.objectContaining({ status: 422, code: 'IDEMPOTENCY_KEY_REUSED' }),
      },
    ],
  });
});
