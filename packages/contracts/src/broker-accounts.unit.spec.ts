import { expect, test } from '@jest/globals';
import { accountOf, BROKER_ACCOUNTS, mayPublish, sendersOf } from './broker-accounts.js';
import { COMMANDS, EVENTS, QUERIES } from './catalogue.js';
import { OrderCreated } from './events/orders.js';
import { CreateOrder } from './requests/orders.js';
import { MendPriceList } from './requests/price-list.js';
import { ListTenants } from './requests/products.js';

test('an account belongs to its users: the one that is called so, and one beside it while a password changes', () => {
  expect(accountOf('orders-service')).toBe('orders-service');
  expect(accountOf('orders-service.b')).toBe('orders-service');
  expect(accountOf('operator')).toBe('operator');
  for (const shared of ['guest', 'comanda', '', 'orders', 'orders-service-b', 'my.orders-service'])
    expect(accountOf(shared)).toBeUndefined();
});

test('each event has one account that may publish it; a service may send no request but the questions that name it', () => {
  for (const event of EVENTS)
    expect(BROKER_ACCOUNTS.filter((account) => mayPublish(account, event))).toEqual([event.publisher]);
  const others = [...COMMANDS, ...QUERIES].flatMap((request) =>
    [...sendersOf(request, request.to)]
      .filter((account) => !['api-gateway', 'operator', request.to].includes(account))
      .map((account) => `${account} asks ${request.type}`),
  );
  expect(others.toSorted()).toEqual([
    'webhook-publisher asks orders.get',
    'webhook-publisher asks orders.timeline',
    'webhook-publisher asks products.catalogue',
  ]);
});

test('a message comes from its publisher, or back from the service that handles it', () => {
  expect([...sendersOf(OrderCreated, 'products-service')]).toEqual(['orders-service', 'products-service']);
  expect([...sendersOf(CreateOrder, 'orders-service')]).toEqual([
    'api-gateway',
    'operator',
    'orders-service',
  ]);
  expect([...sendersOf(ListTenants, 'products-service')]).toEqual(['operator', 'products-service']);
  expect([...sendersOf(MendPriceList, 'orders-service')]).toEqual(['operator', 'orders-service']);
});
