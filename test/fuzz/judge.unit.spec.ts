import { describe, expect, test } from '@jest/globals';
import { leakIn } from './campaign.js';
import { faultIn } from './judge.js';

const PROBLEM = {
  type: 'about:blank',
  title: 'Not Found',
  status: 404,
  detail: 'There is no such order.',
  instance: '/api/v1/orders/x',
  correlationId: 'one',
  code: 'NOT_FOUND',
};
const HEADERS = { 'content-type': 'application/problem+json; charset=utf-8', 'x-correlation-id': 'one' };
const answer = (change: object, status = 404, headers: object = {}) => ({
  status,
  headers: { ...HEADERS, ...headers },
  body: JSON.stringify({ ...PROBLEM, status, ...change }),
});
const errors = (message: string) => ({ errors: [{ path: 'q', message }] });

describe('no fault is', () => {
  test.each([
    ['a problem', answer({})],
    [
      'a name of the client where a mistake is',
      answer({ errors: [{ path: 'SELECT * FROM x', message: 'is no field' }] }),
    ],
    ['to be asked to come back', answer({}, 503, { 'retry-after': '3' })],
    ['a refusal that was kept', answer({ correlationId: 'older' }, 409, { 'idempotent-replayed': 'true' })],
    [
      'an answer with a text that somebody stored',
      { status: 200, headers: {}, body: `{"name":"'; DROP TABLE x"}` },
    ],
    ['a HEAD that is refused', { status: 404, headers: HEADERS, body: '' }],
  ])('%s', (_, good) => {
    expect(faultIn(good, ['dead_letters'])).toBeUndefined();
  });
});

describe('a fault is', () => {
  test.each([
    ['an error of ours', answer({}, 500), /^a 500/],
    ['a 503 that does not say when to come back', answer({}, 503), /^a 503/],
    [
      'a stack',
      { status: 200, headers: {}, body: '{"stack":"Error: x\\n    at f (file:///a/b.js:1:2)"}' },
      /^a stack/,
    ],
    [
      'a page',
      { status: 404, headers: { 'content-type': 'text/html' }, body: '<h1>Not Found</h1>' },
      /is no problem/,
    ],
    ['a field that is missing', answer({ code: undefined }), /code/],
    ['a field too many', answer({ stack: 'x' }), /stack/],
    ['another status', answer({ status: 400 }), /not of this answer/],
    ['another request', answer({ correlationId: 'two' }), /not of this answer/],
    [
      'a word of a library',
      answer(errors('Invalid input: expected string, received number'), 400),
      /not our words/,
    ],
    ['a statement', answer({ detail: 'SELECT x FROM y failed at once' }), /not our words/],
    ['an error of the system', answer({ detail: 'connect ECONNREFUSED 127.0.0.1:5432' }), /not our words/],
    ['the name of a table', answer({ detail: 'There is no row in dead_letters.' }), /not our words/],
  ])('%s', (_, bad, fault) => {
    expect(faultIn(bad, ['dead_letters'])).toMatch(fault);
  });
});

test('memory is flat when the second half of the rounds leaves nothing that the first had not', () => {
  const MIB = 1024 * 1024;
  expect(leakIn([60 * MIB, 64 * MIB, 64.5 * MIB, 64.2 * MIB])).toEqual([]);
  expect(leakIn([60 * MIB, 64 * MIB, 66 * MIB, 68 * MIB])).toHaveLength(1);
});
