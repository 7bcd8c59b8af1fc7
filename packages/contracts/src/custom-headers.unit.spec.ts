import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { CustomHeaders } from './custom-headers.js';

const many = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`x-${at}`, 'v']));

describe('custom headers', () => {
  test.each([
    [{ authorization: 'Bearer abc.def' }],
    [{ 'X-Api-Key': 'k'.repeat(500), Cookie: 'a=b; c="d"' }],
    [{ "!#$%&'*+-.^_`|~09az": '~' }],
    [many(10)],
  ])('are taken: %j', (headers) => {
    expect(CustomHeaders.parse(headers)).toEqual(headers);
  });

  test.each([
    ['none', {}],
    ['more than ten', many(11)],
    ['no name', { '': 'v' }],
    ['a name with a space', { 'x y': 'v' }],
    ['a name with a colon', { 'x:y': 'v' }],
    ['a name that is too long', { ['x'.repeat(65)]: 'v' }],
    ['a name in another alphabet', { clé: 'v' }],
    ['nothing in it', { 'x-key': '' }],
    ['a line break', { 'x-key': 'v\r\nhost: evil' }],
    ['a line break at its end', { 'x-key': 'v\n' }],
    ['a space at its end', { 'x-key': 'v ' }],
    ['what is no ASCII', { 'x-key': 'ñ' }],
    ['too much', { 'x-key': 'v'.repeat(501) }],
    ['no text', { 'x-key': 1 }],
    ['the same name twice', { 'x-key': 'v', 'X-KEY': 'v' }],
    ...[
      ...['Host', 'Content-Length', 'content-type', 'Content-Encoding', 'Connection', 'Keep-Alive', 'Expect'],
      ...['Transfer-Encoding', 'TE', 'Trailer', 'Upgrade', 'Proxy-Authorization', 'Proxy-Connection'],
      ...['User-Agent', 'Accept-Encoding', 'X-Correlation-Id'],
      ...['Webhook-Id', 'webhook-timestamp', 'WEBHOOK-SIGNATURE', 'webhook-anything'],
    ].map((name) => [name, { 'x-key': 'v', [name]: 'v' }] as const),
  ])('are refused with %s, and the refusal repeats no value', (_what, headers) => {
    const parsed = z.object({ headers: CustomHeaders }).safeParse({ headers });
    expect(parsed.success).toBe(false);
    expect(JSON.stringify(parsed.error)).not.toContain('evil');
  });

  test('have no name that means something to our own language', () => {
    expect(CustomHeaders.safeParse(JSON.parse('{"__proto__":"v"}')).success).toBe(false);
  });
});
