import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { journeyLines } from './sample-order.js';

describe("an order's journey", () => {
  it('is told step by step, in milliseconds since its start, with causes', () => {
    const lines = journeyLines([
      { at: '2026-11-22T10:00:00.000Z', service: 'orders', type: 'order.created', messageId: 'a' },
      {
        at: '2026-11-22T10:00:00.012Z',
        service: 'products',
        type: 'product.stockReserved',
        messageId: 'b',
        causationId: 'a',
      },
      {
        at: '2026-11-22T10:00:01.500Z',
        service: 'payments',
        type: 'payment.completed',
        messageId: 'c',
        causationId: 'unknown',
      },
    ]);
    expect(lines.map(stripVTControlCharacters)).toEqual([
      '   +0 ms  orders            order.created',
      '  +12 ms  products          product.stockReserved because of order.created',
      '+1500 ms  payments          payment.completed',
    ]);
  });
});
