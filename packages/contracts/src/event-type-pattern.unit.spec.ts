import { describe, expect, test } from '@jest/globals';
import { checkPattern, matchesAnyPattern, matchesPattern } from './event-type-pattern.js';

const catalogue = ['order.created', 'order.confirmed', 'product.stockLow', 'webhook.deliveryFailed'];

describe('an event type pattern', () => {
  test.each([
    ['order.created', 'order.created', true],
    ['order.created', 'order.confirmed', false],
    ['order.created', 'order.createdAgain', false],
    ['order.*', 'order.created', true],
    ['order.*', 'order', false],
    ['order.*', 'orders.created', false],
    ['order.*', 'preorder.created', false],
    ['*', 'product.stockLow', true],
    ['order', 'order.created', false],
  ])('%s on %s: %s', (pattern, eventType, expected) => {
    expect(matchesPattern(pattern, eventType)).toBe(expected);
  });

  test('several patterns match when any does', () => {
    expect(matchesAnyPattern(['product.*', 'order.created'], 'order.created')).toBe(true);
    expect(matchesAnyPattern(['product.*', 'order.created'], 'order.confirmed')).toBe(false);
    expect(matchesAnyPattern([], 'order.created')).toBe(false);
  });

  test.each(['order.created', 'order.*', '*', 'webhook.*'])('%s is accepted', (pattern) => {
    expect(checkPattern(pattern, catalogue)).toEqual({ kind: 'valid' });
  });

  test.each([
    '',
    'order.',
    '*.created',
    'order.*.x',
    'order*',
    'ORDER.created',
    'order..created',
    'order. created',
    '**',
  ])('"%s" is refused as badly written', (pattern) => {
    expect(checkPattern(pattern, catalogue)).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('not an'),
    });
  });

  test.each(['invoice.*', 'order.shipped', 'order', 'product.created'])(
    '"%s" is refused because nothing can ever match it',
    (pattern) => {
      expect(checkPattern(pattern, catalogue)).toMatchObject({
        kind: 'refused',
        reason: expect.stringContaining('no event type'),
      });
    },
  );
});
