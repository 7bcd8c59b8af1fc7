import { EVENT_TYPES } from '@comanda/contracts';
import { describe, expect, test } from '@jest/globals';
import { isForCustomer, notificationIdOf, tellingOf } from './telling.js';

const known = { sealed: 'sealed', erasedAt: null };
const awaited = { sealed: null, erasedAt: null };
const erased = { sealed: null, erasedAt: '2026-01-01T00:00:00.000Z' };

describe('the customer of an order', () => {
  test('is told of confirmation, rejection, cancellation and refund, and of nothing else', () => {
    expect(EVENT_TYPES.filter(isForCustomer).sort()).toEqual([
      'order.cancelled',
      'order.confirmed',
      'order.rejected',
      'payment.refunded',
    ]);
    for (const type of EVENT_TYPES)
      expect(tellingOf({ type, hasContact: true }, known)).toBe(isForCustomer(type) ? 'tell' : 'nothing');
  });

  test.each([
    ['order.confirmed', true, undefined, 'wait'],
    ['order.confirmed', true, awaited, 'wait'],
    ['order.confirmed', false, undefined, 'nothing'],
    ['order.confirmed', false, known, 'tell'],
    ['order.confirmed', true, erased, 'nothing'],
    ['payment.refunded', false, undefined, 'wait'],
    ['payment.refunded', false, erased, 'nothing'],
  ] as const)('of %s, where the order says %s and the contact is %j: %s', (type, hasContact, contact, so) => {
    expect(tellingOf({ type, hasContact }, contact)).toBe(so);
  });

  test('is told of an event once on each channel: its id and the channel name the notification', () => {
    const one = notificationIdOf('e1', 'email');
    expect(notificationIdOf('e1', 'email')).toBe(one);
    expect(notificationIdOf('e1', 'sms')).not.toBe(one);
    expect(notificationIdOf('e2', 'email')).not.toBe(one);
  });
});
