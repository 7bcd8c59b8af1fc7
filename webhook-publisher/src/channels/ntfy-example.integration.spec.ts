import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { expect, test } from '@jest/globals';
import { itConforms } from '../testing/channel-conformance.js';
import { HttpPeer } from '../testing/http-peer.js';
import { ntfy } from '../testing/ntfy/ntfy-channel.js';

const TOKEN = 'tk_the-token-of-the-operator';
const says =
  (status: number, headers = {}): RequestListener =>
  (_request, response) =>
    void response
      .writeHead(status, { 'content-type': 'application/json', ...headers })
      .end('{"id":"hwQ2YpKdmg"}');
const settings = { COMANDA_DEMO: false, WEBHOOK_TIMEOUT_MS: 5_000 };

itConforms('ntfy', {
  start: () =>
    HttpPeer.start({
      'takes it': says(200),
      fails: says(500),
      throttles: says(429, { 'retry-after': '35' }),
      'refuses it for good': says(410),
    }),
  open: ({ url }, WEBHOOK_TIMEOUT_MS, dependencies) =>
    ntfy.open({ ...settings, WEBHOOK_TIMEOUT_MS, NTFY_ROOT: url, NTFY_TOKEN: TOKEN }, dependencies),
  openUnconfigured: (dependencies) =>
    ntfy.open({ ...settings, NTFY_ROOT: 'http://127.0.0.1:1' }, dependencies),
  target: () => 'orders',
  secrets: [TOKEN],
  goodTargets: ['comanda_orders-1'],
  badTargets: ['a/b', '../admin', 'a'.repeat(65)],
});

test('the channel that docs/channels.md shows is the one that conforms', () => {
  const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
  const shown = read('docs/channels.md').split('```ts\n')[1]?.split('```')[0] ?? '';
  const real = read('webhook-publisher/src/testing/ntfy/ntfy-channel.ts');
  // As it stands in the folder of the other channels, where its imports have another order.
  const moved = real.replaceAll("'../../channels/", "'../");
  const parts = (text: string) =>
    Object.groupBy(text.split('\n'), (line) => (/^import /.test(line) ? 'imports' : 'rest'));
  expect(parts(shown).imports?.sort()).toEqual(parts(moved).imports?.sort());
  expect(parts(shown).rest).toEqual(parts(moved).rest);
});
