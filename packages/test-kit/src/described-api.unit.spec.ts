import { expect, test } from '@jest/globals';
import { DescribedApi } from './described-api.js';

const api = new DescribedApi();
const headers = { 'content-type': 'application/json', 'x-correlation-id': 'c-1' };
const state = {
  orderId: '0190a000-0000-7000-8000-000000000001',
  status: 'PENDING',
  updatedAt: '2026-01-31T12:00:00.000Z',
};
const answer = (more: { status?: number; body?: object; headers?: Record<string, string> } = {}) => ({
  method: 'GET',
  path: `/api/v1/orders/${state.orderId}/status?`,
  status: more.status ?? 200,
  headers: new Headers({ ...headers, ...more.headers }),
  text: JSON.stringify(more.body ?? state),
});

test('an answer as it is described', () => {
  expect(api.faultsOf(answer())).toEqual([]);
  expect(() => api.check(answer())).not.toThrow();
});

test.each([
  ['a status', answer({ status: 299 }), 'the status 299 is not described'],
  ['a field', answer({ body: { ...state, more: 1 } }), 'must NOT have additional properties'],
  ['a value', answer({ body: { ...state, status: 'LOST' } }), 'must be equal to one of the allowed values'],
  ['a header', answer({ headers: { 'x-more': '1' } }), 'the header x-more is not described'],
  ['a type of content', answer({ headers: { 'content-type': 'text/html' } }), '"text/html" is not described'],
  [
    'the code of a problem',
    answer({
      status: 404,
      headers: { 'content-type': 'application/problem+json' },
      body: {
        ...{ type: 'about:blank', title: 'Not Found', status: 404, detail: 'No.', instance: '/' },
        ...{ correlationId: 'c-1', code: 'EMAIL_TAKEN' },
      },
    }),
    '/code must be equal to one of the allowed values',
  ],
])('%s that is not described', (_, answered, fault) => {
  expect(api.faultsOf(answered).join('\n')).toContain(fault);
  expect(() => api.check(answered)).toThrow(fault);
});

test('what is no route is refused as everything is', () => {
  const refused = { method: 'PUT', path: '/api/v1/orders', headers: new Headers(headers), text: '{}' };
  expect(api.faultsOf({ ...refused, status: 200 })).toEqual(['the status 200 is not described']);
  expect(api.faultsOf({ ...refused, status: 405 })).toContain('the header allow is missing');
});
