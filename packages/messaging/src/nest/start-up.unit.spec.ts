import { COMMANDS, defineEvent, EVENTS, type ServiceName, typesFor } from '@comanda/contracts';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { queues } from '../broker/topology.js';
import { whyNotToStart } from './start-up.js';

const event = (type: string, publisher: ServiceName, consumers: readonly ServiceName[]) =>
  defineEvent(type, {
    publisher,
    aggregate: 'order',
    consumers,
    summary: '',
    data: z.object({}),
    example: {},
  });

const start = (handled: readonly string[], ...events: ReturnType<typeof event>[]) =>
  whyNotToStart('orders-service', handled, { events, commands: [] });

describe('a service', () => {
  test('that handles exactly what the catalogue sends it, and publishes what has consumers, may start', () => {
    const published = event('order.told', 'orders-service', ['products-service']);
    const handled = event('product.told', 'products-service', ['orders-service']);
    expect(start(['product.told'], published, handled)).toEqual([]);
  });

  test('that has no handler for what the catalogue sends it must not', () => {
    expect(start([], event('product.told', 'products-service', ['orders-service']))).toEqual([
      'orders-service has no handler for product.told, which the catalogue sends it',
    ]);
  });

  test('that handles what the catalogue does not send it must not', () => {
    expect(start(['product.told'], event('product.told', 'products-service', ['payments-service']))).toEqual([
      'orders-service handles product.told, which the catalogue does not send it',
    ]);
  });

  test('that publishes what no queue is bound to must not', () => {
    const toNobody = event('order.told', 'orders-service', []);
    const toOneWithoutQueue = event('order.asked', 'orders-service', ['products-service', 'api-gateway']);
    expect(start([], toNobody, toOneWithoutQueue)).toEqual([
      'orders-service publishes order.told, which has no consumer: no queue is bound to it',
      'orders-service publishes order.asked to api-gateway, which has no queue that could be bound to it',
    ]);
  });

  test('gets all reasons at once', () => {
    const reasons = start(
      ['a', 'b'],
      event('c', 'products-service', ['orders-service']),
      event('d', 'orders-service', []),
    );
    expect(reasons).toHaveLength(4);
    for (const reason of reasons) expect(reason).not.toContain('\n');
  });
});

describe('the catalogue', () => {
  test('sends each event and each command to services that have a queue, and each event has consumers', () => {
    expect(EVENTS.length).toBeGreaterThan(0);
    expect(COMMANDS.length).toBeGreaterThan(0);
    for (const { service } of queues()) expect(whyNotToStart(service, typesFor(service))).toEqual([]);
    const publishers = new Set(EVENTS.map(({ publisher }) => publisher));
    expect([...publishers].filter((one) => !queues().some(({ service }) => service === one))).toEqual([]);
    expect(COMMANDS.filter(({ to }) => !queues().some(({ service }) => service === to))).toEqual([]);
  });
});
